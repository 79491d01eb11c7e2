import logging
from collections import defaultdict
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.periods import overlaps
from .sekp_logged_mixin import writes

_logger = logging.getLogger(__name__)

LONGEST_ABSENCE = timedelta(days=366)
# What people enter; the rest follows, and nothing comes along.
ENTERED = {"user_id", "company_id", "date_from", "date_to"}


class SekpAbsence(models.Model):
    """A worker is away on some days (R120, F5).

    It holds days and nothing else: why somebody is away is told by no row of ours.
    Time off in the working hours makes one by itself, whichever app it comes from.
    """

    _name = "sekp.absence"
    _inherit = ["sekp.kept.mixin", "sekp.link.mixin"]
    _description = "Absence of a Worker"
    _order = "date_from desc, id desc"

    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Worker",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.user,
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        string="Municipality",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.company,
    )
    team_ids = fields.Many2many(
        comodel_name="sekp.team",
        relation="sekp_absence_team_rel",
        column1="absence_id",
        column2="team_id",
        string="Teams",
        readonly=True,
    )
    date_from = fields.Date(string="First Day Away", required=True)
    date_to = fields.Date(string="Last Day Away", required=True)
    kind = fields.Selection(
        [("planned", "Planned"), ("sick", "Reported sick")],
        required=True,
        readonly=True,
        default="planned",
    )
    leave_id = fields.Many2one(
        comodel_name="resource.calendar.leaves",
        string="Time Off",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        groups=fields.NO_ACCESS,
    )
    from_time_off = fields.Boolean(
        readonly=True, help="It follows the time off and is changed there."
    )
    cancelled = fields.Boolean(readonly=True)
    agreement_ids = fields.One2many(
        comodel_name="sekp.absence.agreement",
        inverse_name="absence_id",
        string="Agreements",
        readonly=True,
    )
    lacking_ids = fields.Many2many(
        comodel_name="sekp.course",
        string="Without an Agreement",
        compute="_compute_lacking_ids",
    )
    progress = fields.Char(compute="_compute_lacking_ids")

    _in_order = models.Constraint(
        "CHECK (date_to >= date_from)", "An absence cannot end before it begins."
    )
    _one_of_each_leave = models.UniqueIndex("(leave_id) WHERE leave_id IS NOT NULL")
    _by_worker = models.Index(
        "(user_id, date_from, date_to) WHERE cancelled IS NOT TRUE"
    )

    @api.depends("user_id", "date_from", "date_to")
    @api.depends_context("uid", "lang")
    def _compute_display_name(self):
        withheld = self - self._told()
        withheld.display_name = False
        for absence in self - withheld:
            # Superuser: the colleague's name, to those who may read the absence.
            name = absence.sudo().user_id.name or ""
            if not absence.date_to:
                absence.display_name = name
                continue
            absence.display_name = self.env._(
                "%(who)s, away until %(day)s",
                who=name,
                day=format_date(self.env, absence.date_to),
            )

    def _told(self):
        """Return those whose name the user is told: who may read them, or may open a
        course for which they are agreed on, and those not saved yet."""
        saved = self.filtered("id")
        # Superuser is left: Odoo computes names as one, for the user who asks.
        told = self - saved | saved.sudo(False)._filtered_access("read")
        Agreement = self.env["sekp.absence.agreement"].sudo(False)
        rest = self - told
        if rest and Agreement.has_access("read"):
            told |= Agreement.search([("absence_id", "in", rest.ids)]).absence_id
        return told

    @api.depends("date_from", "date_to", "user_id", "agreement_ids", "cancelled")
    @api.depends_context("uid")
    def _compute_lacking_ids(self):
        today = self.env.company._sekp_today()
        # What is over is not agreed on any more: the report tells how it was.
        told = self.filtered(lambda absence: absence.id and absence.date_to >= today)
        others = self - told
        others.lacking_ids = others.progress = False
        for absence in told:
            # Read as the user: which courses a colleague carries is the team's.
            courses = absence._courses().with_env(self.env)._filtered_access("read")
            # Superuser: who else is away is asked for and not told.
            away = self.sudo().search(
                [
                    ("company_id", "=", absence.company_id.id),
                    ("cancelled", "=", False),
                    ("date_from", "<=", absence.date_to),
                    ("date_to", ">=", absence.date_from),
                ]
            )
            # Superuser: which days are agreed on; the courses are the reader's.
            lacking = courses.filtered(
                lambda course, absence=absence, away=away: course.sudo()._uncovered(
                    absence, away
                )
            )
            absence.lacking_ids = lacking
            absence.progress = bool(courses) and self.env._(
                "%(agreed)s of %(all)s agreed",
                agreed=len(courses - lacking),
                all=len(courses),
            )

    @writes
    def web_read(self, specification):
        # It shows courses, and that is logged.
        return super().web_read(specification)

    # --- who may ----------------------------------------------------------------------
    @api.model
    def _check_may(self, user_id, company_id):
        """Let people enter their own absence, and supervisors that of their members.

        :raises AccessError: for anybody else, and for another municipality
        """
        if self.env.su:
            return
        own = user_id == self.env.uid and company_id in self.env.companies.ids
        teams = self.env["sekp.team"]._led_with(user_id)
        if not own and company_id not in teams.company_id.ids:
            raise AccessError(
                self.env._(
                    "You enter your own absence, and that of the members of a team you "
                    "supervise."
                )
            )

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        for vals in vals_list:
            given = {
                **self.default_get(["user_id", "company_id"]),
                **self._given_defaults(),
                **vals,
            }
            if not self.env.su:
                if (set(vals) | set(self._given_defaults())) - ENTERED:
                    raise UserError(
                        self.env._("Only the worker and the days are entered.")
                    )
                self._check_may(given["user_id"], given["company_id"])
            self._check_days(given)
            self._check_free(given)
        # Superuser: a supervisor reads it by its teams, which are not set yet; who may
        # enter it has been checked.
        absences = super(SekpAbsence, self.sudo()).create(vals_list)
        for absence in absences:
            absence.team_ids = absence._teams_of_worker()
        absences._settle()
        return absences.with_env(self.env)

    def write(self, vals):
        if not self.env.su:
            for absence in self:
                self._check_may(absence.user_id.id, absence.company_id.id)
            if set(vals) - {"date_from", "date_to"}:
                raise UserError(self.env._("Only the days of an absence are changed."))
            if any(absence.from_time_off or absence.cancelled for absence in self):
                raise UserError(
                    self.env._(
                        "This absence follows the time off, or was taken back. Change "
                        "the time off, or enter a new absence."
                    )
                )
        if {"date_from", "date_to"} & set(vals):
            for absence in self:
                given = {
                    "user_id": absence.user_id.id,
                    "date_from": absence.date_from,
                    "date_to": absence.date_to,
                    **vals,
                }
                self._check_days(given)
                if not self.env.su:
                    absence._check_free(given)
        result = super().write(vals)
        if {"date_from", "date_to", "cancelled"} & set(vals):
            # Superuser: what was agreed follows the days, whoever changes them.
            agreements = self.sudo().agreement_ids
            agreements._follow_absence()
            if vals.get("cancelled") is False:
                agreements._come_back()
            self._settle()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("An absence is kept. Take it back instead."))

    @api.model
    def _check_days(self, vals):
        """Refuse days in the wrong order before SQL.

        :raises ValidationError: with a sentence
        """
        first = fields.Date.to_date(vals.get("date_from"))
        last = fields.Date.to_date(vals.get("date_to"))
        if not first or not last:
            raise ValidationError(self.env._("Say the first and the last day away."))
        if last < first:
            raise ValidationError(self.env._("An absence cannot end before it begins."))
        if last - first > LONGEST_ABSENCE and not self.env.su:
            raise ValidationError(self.env._("An absence lasts a year at most."))

    def _check_free(self, vals):
        """Refuse by hand what overlaps an absence of the same worker.

        :raises UserError: telling where to look
        """
        if self.env.su:
            return
        period = tuple(
            fields.Date.to_date(vals[name]) for name in ("date_from", "date_to")
        )
        others = self.search(
            [("user_id", "=", vals["user_id"]), ("cancelled", "=", False)]
        )
        if any(
            overlaps(period, (other.date_from, other.date_to))
            for other in others - self
        ):
            raise UserError(
                self.env._(
                    "There is already an absence in these days. Open that one and "
                    "change its days."
                )
            )

    def action_take_back(self):
        """Take the absence back: access and visits return, nothing was to be agreed.

        :raises UserError: for one that follows the time off
        """
        self.check_access("write")
        for absence in self:
            self._check_may(absence.user_id.id, absence.company_id.id)
            if absence.from_time_off:
                raise UserError(
                    self.env._("It follows the time off. Take that back instead.")
                )
        # Superuser: the mark is set by this act only; the record was checked.
        self.sudo().write({"cancelled": True})

    # --- what it means for the courses ------------------------------------------------
    def _teams_of_worker(self):
        self.ensure_one()
        return self.env["sekp.team"].search(
            [
                ("member_ids", "in", self.user_id.ids),
                ("company_id", "=", self.company_id.id),
            ]
        )

    def _courses(self):
        """Return the open courses the worker carries, as superuser."""
        # Superuser: whether a course is there is told by what is done with it.
        courses = self.env["sekp.course"].sudo()
        live = self.filtered(lambda absence: not absence.cancelled)
        if not live:
            return courses
        return courses.search(
            [
                ("contact_person_id", "in", live.user_id.ids),
                ("company_id", "in", live.company_id.ids),
                ("phase", "!=", "closed"),
            ]
        )

    def _settle(self):
        """Bring the courses' call for an agreement in step."""
        # Superuser: obligations follow the act, whoever performs it.
        courses = self.sudo()._courses()
        if self.filtered("cancelled"):
            users = self.filtered("cancelled").user_id
            courses |= (
                self.env["sekp.course"]
                .sudo()
                .search(
                    [("contact_person_id", "in", users.ids), ("phase", "!=", "closed")]
                )
            )
        courses._sync_absence()
        # Where the one who is away stands in for a colleague.
        self.env["sekp.absence.agreement"]._covered_by(self.user_id)._call_again()

    @api.model
    def _in_days(self, company, users, first, last):
        """Return the absences of users that touch some days, as superuser."""
        # Superuser: who is away is asked for by the system.
        return self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("user_id", "in", users.ids),
                ("cancelled", "=", False),
                ("date_from", "<=", last),
                ("date_to", ">=", first),
            ]
        )

    @api.model
    def _current(self, companies, day):
        """Return the absences that are not over on a day, as superuser.

        :param companies: municipalities
        :param date day: the day asked about
        """
        # Superuser: who is away is asked for by the system.
        return self.sudo().search(
            [
                ("company_id", "in", companies.ids),
                ("cancelled", "=", False),
                ("date_to", ">=", day),
            ],
            order="date_from, id",
        )

    @api.model
    def _away(self, company, day):
        """Return the users who are away on a day."""
        return (
            self._current(company, day)
            .filtered(lambda absence: absence.date_from <= day)
            .user_id
        )

    @api.model
    def _left_without(self, day, company):
        """Return the courses that have something due on a day and nobody to do it.

        Their contact person is away, and nobody else who may open the course is there.

        :param date day: the day asked about
        :param company: a municipality
        """
        away = self._away(company, day)
        if not away:
            return self.env["sekp.course"]
        # Superuser: a figure of the whole municipality; codes are told to nobody here.
        courses = (
            self.env["sekp.course"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("contact_person_id", "in", away.ids),
                    ("phase", "!=", "closed"),
                ]
            )
        )
        return courses.filtered(
            lambda course: (
                course._is_due_within(day, day)
                and not any(
                    row._covers(day)
                    and row.role != "break_glass"
                    and row.user_id not in away
                    and row.user_id.active
                    for row in course.assignment_ids
                )
            )
        )

    # --- from time off ----------------------------------------------------------------
    @api.model
    def _follow_leaves(self, leaves):
        """Make, move or take back absences as the time off says.

        :param leaves: ``resource.calendar.leaves``, as superuser
        """
        # Superuser: the time off was decided elsewhere.
        everything = self.sudo()
        known = everything.search([("leave_id", "in", leaves.ids)])
        by_leave = {absence.leave_id: absence for absence in known}
        for leave in leaves:
            absence = by_leave.get(leave, everything.browse())
            user = leave.resource_id.user_id
            company = leave.company_id
            days = company._sekp_days_between(leave.date_from, leave.date_to)
            member = user and everything.env["sekp.team"].search_count(
                [
                    ("member_ids", "in", user.ids),
                    ("company_id", "=", company.id),
                ],
                limit=1,
            )
            if leave.time_type != "leave" or not days or not member:
                absence._end_with_leave()
            elif absence and absence.user_id == user and not absence.cancelled:
                vals = {"date_from": days[0], "date_to": days[-1]}
                if any(absence[name] != value for name, value in vals.items()):
                    absence.write(vals)
            else:
                absence._end_with_leave()
                everything._begin_with_leave(
                    {
                        "user_id": user.id,
                        "company_id": company.id,
                        "date_from": days[0],
                        "date_to": days[-1],
                        "leave_id": leave.id,
                        "from_time_off": True,
                    }
                )

    @api.model
    def _begin_with_leave(self, vals):
        """Create the absence, or let one come back whose time off was made anew.

        Odoo's own app takes time off away and makes it again, when a public holiday
        is entered, or when it is refused and approved after all.
        """
        before = self.search(
            [
                ("user_id", "=", vals["user_id"]),
                ("company_id", "=", vals["company_id"]),
                ("from_time_off", "=", True),
                ("cancelled", "=", True),
                ("leave_id", "=", False),
                ("date_from", "<=", vals["date_to"]),
                ("date_to", ">=", vals["date_from"]),
            ],
            order="id desc",
        )
        days = (vals["date_from"], vals["date_to"])
        same = before.filtered(lambda one: (one.date_from, one.date_to) == days)
        if absence := (same or before)[:1]:
            absence.write({**vals, "cancelled": False})
        else:
            self.create(vals)

    @api.model
    def _catch_up_with_time_off(self):
        """Follow time off that was entered before somebody joined a team.

        Or had a user, or a resource: then nothing happened to the time off itself.
        """
        # Superuser: the time off was decided elsewhere.
        env = self.sudo().env
        members = env["sekp.team"].search([("member_ids", "!=", False)]).member_ids
        leaves = env["resource.calendar.leaves"].search(
            [
                ("resource_id.user_id", "in", members.ids),
                ("time_type", "=", "leave"),
                ("date_to", ">=", fields.Datetime.now()),
            ],
            order="id",
        )
        known = env["sekp.absence"].search(
            [("leave_id", "in", leaves.ids), ("cancelled", "=", False)]
        )
        right = known.filtered(
            lambda absence: absence.user_id == absence.leave_id.resource_id.user_id
        )
        for leave in leaves - right.leave_id:
            self._catch_up_with(leave)

    @api.model
    def _catch_up_with(self, leave):
        """Follow one; one that fails keeps no other back."""
        try:
            with self.env.cr.savepoint():
                self._follow_leaves(leave)
        except OperationalError:
            raise  # Odoo tries again what two did at once.
        except Exception as error:
            # The type only: a message could tell of somebody.
            _logger.error(
                "%s %s could not be followed: %s",
                leave._name,
                leave.id,
                type(error).__name__,
            )

    def _end_with_leave(self):
        """Take back what the time off no longer says."""
        for absence in self.filtered(lambda absence: not absence.cancelled):
            absence.write({"cancelled": True, "leave_id": False})

    # --- proposals --------------------------------------------------------------------
    def _propose_covers(self, courses, days=None):
        """Return who could cover each course: who knows the citizen best.

        Those of the course's team who are there on all the days: first who has met the
        citizen most often, then who carries the fewest courses.

        :param days: the first and the last day; those of the absence by default
        :return: ``{course id: user}``; an empty user where nobody is there
        """
        self.ensure_one()
        # Superuser: who is away, and how many courses a colleague carries, is asked
        # for and not told.
        everything = self.sudo()
        first, last = days or (self.date_from, self.date_to)
        others = everything.search(
            [
                ("company_id", "=", self.company_id.id),
                ("cancelled", "=", False),
                ("date_from", "<=", last),
                ("date_to", ">=", first),
            ]
        )
        away = others.user_id | self.user_id
        met = defaultdict(int)
        for course, user, count in everything.env["sekp.contact"]._read_group(
            [
                ("course_id", "in", courses.ids),
                ("is_current", "=", True),
                ("outcome", "=", "met"),
            ],
            ["course_id", "user_id"],
            ["__count"],
        ):
            met[course.id, user.id] = count
        carried = dict(
            everything.env["sekp.course"]._read_group(
                [
                    ("team_id", "in", courses.sudo().team_id.ids),
                    ("phase", "!=", "closed"),
                ],
                ["contact_person_id"],
                ["__count"],
            )
        )
        found = {}
        for course in courses.sudo():
            there = course.team_id.member_ids.filtered("active") - away
            found[course.id] = there.sorted(
                lambda user, id_=course.id: (
                    -met[id_, user.id],
                    carried.get(user, 0),
                    user.id,
                )
            )[:1].sudo(False)
            if found[course.id]:
                carried[found[course.id].sudo()] = (
                    carried.get(found[course.id].sudo(), 0) + 1
                )
        return found


class SekpTeam(models.Model):
    """Whoever comes into a team, or leaves it, is away for that team as well."""

    _inherit = "sekp.team"

    def write(self, vals):
        before = self.member_ids if "member_ids" in vals else None
        result = super().write(vals)
        if before is not None:
            changed = (before | self.member_ids) - (before & self.member_ids)
            # Superuser: the absences of colleagues follow their teams.
            for absence in (
                self.env["sekp.absence"]
                .sudo()
                .search(
                    Domain("user_id", "in", changed.ids)
                    & Domain("date_to", ">=", self.env.company._sekp_today())
                )
            ):
                absence.team_ids = [Command.set(absence._teams_of_worker().ids)]
        return result
