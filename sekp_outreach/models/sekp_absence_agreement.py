from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..tools.periods import overlaps, without
from .sekp_absence import LONGEST_ABSENCE

HOW = [
    ("visits", "A colleague comes instead"),
    ("on_call", "A colleague can be rung"),
    ("nothing", "No contact in these days"),
    ("unasked", "The person could not be asked"),
]
# Nobody can be left to nobody: only the person says that no contact is wanted.
WITH_COVER = ("visits", "on_call", "unasked")


class SekpAbsenceAgreement(models.Model):
    """What was agreed with the citizen for the days their contact person is away.

    It opens the course to a colleague for exactly those days, and gives back by itself
    what it gave (R120).
    """

    _name = "sekp.absence.agreement"
    _inherit = ["sekp.course.child.mixin"]
    _description = "Absence Agreement"
    _order = "date_from desc, id desc"

    _sekp_person_fields = {"note": "alias"}
    _sekp_act_fields = frozenset(
        {"assignment_id", "stage", "lapsed", "seen_on", "moved_ids"}
    )
    _sekp_print_fields = ("date_from", "date_to", "how", "agreed_on", "note")
    _sekp_print_when = "date_from"

    absence_id = fields.Many2one(
        comodel_name="sekp.absence", required=True, index=True, ondelete="cascade"
    )
    worker_id = fields.Many2one(
        comodel_name="res.users",
        string="Away",
        compute="_compute_worker_id",
        store=True,
        precompute=True,
        compute_sudo=False,
        index=True,
    )
    date_from = fields.Date(string="From", required=True)
    date_to = fields.Date(string="To", required=True)
    how = fields.Selection(HOW, string="What Was Agreed", required=True)
    cover_id = fields.Many2one(
        comodel_name="res.users",
        index="btree_not_null",
        ondelete="restrict",
    )
    agreed_on = fields.Date(
        string="Agreed with the Person On",
        help="Empty when the person could not be asked.",
    )
    note = fields.Text(
        string="What Else Was Agreed", help="Written so that the person could read it."
    )
    assignment_id = fields.Many2one(
        comodel_name="sekp.assignment",
        string="Access",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    moved_ids = fields.Many2many(
        comodel_name="sekp.appointment",
        relation="sekp_absence_agreement_appointment_rel",
        column1="agreement_id",
        column2="appointment_id",
        string="Visits Moved to the Cover",
        readonly=True,
        copy=False,
    )
    stage = fields.Selection(
        [
            ("coming", "Coming"),
            ("running", "Running"),
            ("over", "Over"),
            ("cancelled", "Taken back"),
        ],
        required=True,
        readonly=True,
        default="coming",
        copy=False,
        index=True,
    )
    lapsed = fields.Boolean(
        readonly=True,
        copy=False,
        help="Taken back with the absence, and agreed again when that comes back.",
    )
    seen_on = fields.Date(
        string="Summary Seen",
        readonly=True,
        copy=False,
        help="When the contact person looked at what happened meanwhile.",
    )
    possible_cover_ids = fields.Many2many(
        comodel_name="res.users", compute="_compute_possible_cover_ids"
    )
    registration_mode = fields.Selection(
        related="course_id.registration_mode", related_sudo=False
    )

    _in_order = models.Constraint(
        "CHECK (date_to >= date_from)", "An absence cannot end before it begins."
    )
    _by_day = models.Index("(team_id, date_from, date_to)")
    _one_at_a_time = models.Constraint(
        "EXCLUDE USING gist ("
        "int4range(course_id, course_id, '[]') WITH &&, "
        "int4range(absence_id, absence_id, '[]') WITH &&, "
        # A second one stands in where the cover is away in turn.
        "int4range(COALESCE(cover_id, 0), COALESCE(cover_id, 0), '[]') WITH &&, "
        "daterange(date_from, date_to, '[]') WITH &&) "
        "WHERE (stage <> 'cancelled')",
        "There is already an agreement for these days.",
    )

    @api.depends("absence_id")
    def _compute_worker_id(self):
        for agreement in self:
            absence = agreement.absence_id
            if not agreement.id:
                # An unsaved row tells of no absence that its maker may not read.
                absence = absence._origin._filtered_access("read")
            agreement.worker_id = absence.user_id

    @api.depends("course_id", "absence_id")
    def _compute_possible_cover_ids(self):
        for agreement in self:
            people = agreement.course_id.team_id.member_ids
            agreement.possible_cover_ids = people - agreement.worker_id

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        course = self.env["sekp.course"].browse(values.get("course_id"))
        absence = self.env["sekp.absence"].browse(values.get("absence_id"))
        if not (course and absence and course.has_access("read")):
            return values
        if not absence.has_access("read"):
            return values
        first, last = course._uncovered(absence) or (absence.date_from, absence.date_to)
        if "date_from" in fields:
            values.setdefault("date_from", first)
        if "date_to" in fields:
            values.setdefault("date_to", last)
        if "agreed_on" in fields:
            values.setdefault("agreed_on", course._today())
        if "cover_id" in fields and "cover_id" not in values:
            covers = absence._propose_covers(course, (first, last))
            values["cover_id"] = covers[course.id].id
        return values

    # --- guards -----------------------------------------------------------------------
    def _prepare_create(self, vals):
        given = {**self._given_defaults(), **vals}
        # Superuser: whether the course may be read is checked with every other link.
        course = self.env["sekp.course"].sudo().browse(given.get("course_id"))
        absence = self.env["sekp.absence"].browse(given.get("absence_id"))
        if not self.env.su:
            self._check_may(course, absence)
        # Superuser: the absence was checked as the caller's to read.
        self._check_period(given, absence.sudo())
        self._check_cover(given, course)
        days = [fields.Date.to_date(given[name]) for name in ("date_from", "date_to")]
        # Superuser: one that is hidden counts as well.
        if self.sudo()._kept_between(course, absence, *days):
            raise UserError(self.env._("There is already an agreement for these days."))
        return super()._prepare_create(vals)

    @api.model
    def _kept_between(self, course, absence, first, last):
        """Tell whether something is agreed for some days, and can be kept on one."""
        agreements = self.search(
            [
                ("absence_id", "=", absence.id),
                ("course_id", "=", course.id),
                ("stage", "!=", "cancelled"),
                ("date_from", "<=", last),
                ("date_to", ">=", first),
            ]
        )
        return any(
            overlaps((first, last), days)
            for agreement in agreements
            for days in agreement._days_kept()
        )

    @api.model
    def _check_may(self, course, absence):
        """Let the contact person agree for the own absence, and a supervisor for the
        team.

        :raises AccessError: for anybody else, and for the absence of another worker
        """
        absence.check_access("read")
        user = self.env.user
        supervises = user in course.team_id.supervisor_ids and user.has_group(
            "sekp_outreach.group_supervisor"
        )
        carried = (
            absence.user_id == course.contact_person_id
            and absence.company_id == course.company_id
        )
        if not carried or not (supervises or user == absence.user_id):
            raise AccessError(
                self.env._(
                    "The contact person who will be away, or a supervisor of the team, "
                    "agrees on the absence."
                )
            )

    def _check_period(self, vals, absence):
        """Refuse days outside the absence.

        :raises ValidationError: with a sentence
        """
        first = fields.Date.to_date(vals.get("date_from"))
        last = fields.Date.to_date(vals.get("date_to"))
        if (
            not first
            or not last
            or not absence
            or absence.cancelled
            or not absence.date_from <= first <= last <= absence.date_to
        ):
            raise ValidationError(
                self.env._("The agreement lies within the days of the absence.")
            )
        # Time off of another app may be longer than any absence entered by hand.
        if last - first > LONGEST_ABSENCE:
            raise ValidationError(self.env._("An agreement is for a year at most."))

    def _check_cover(self, vals, course):
        """Refuse to be without a cover where one was agreed, and a stranger as cover.

        :raises ValidationError: with a sentence
        """
        cover = self.env["res.users"].browse(vals.get("cover_id"))
        if vals.get("how") in WITH_COVER and not cover:
            raise ValidationError(self.env._("Choose the colleague who covers."))
        if vals.get("how") == "nothing" and cover:
            raise ValidationError(
                self.env._("Nobody covers where no contact was agreed.")
            )
        if cover and (
            cover not in course.team_id.member_ids or cover == course.contact_person_id
        ):
            raise ValidationError(
                self.env._("The cover is another member of the course's team.")
            )

    @api.model_create_multi
    def create(self, vals_list):
        agreements = super().create(vals_list)
        for agreement in agreements:
            # Superuser: access and visits follow the act; it has been checked.
            agreement.sudo()._open_access()
            agreement.sudo()._move_visits()
            agreement.sudo()._step(agreement.course_id._today())
            agreement.course_id.sudo()._sync_absence()
        return agreements

    def write(self, vals):
        if not self.env.su and set(vals) - {"note", "agreed_on"}:
            raise UserError(
                self.env._(
                    "Days and cover stay as agreed. Take the agreement back and make "
                    "a new one."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("An agreement is kept. Take it back instead."))

    # --- acts -------------------------------------------------------------------------
    def action_save_and_close(self):
        """Close the dialog: the client saved the record before calling."""
        self.check_access("read")
        return {"type": "ir.actions.act_window_close"}

    def action_take_back(self):
        """Take the agreement back: access and visits return.

        :raises UserError: for one that is over
        """
        self._take_for_change()
        for agreement in self:
            self._check_may(agreement.course_id.sudo(), agreement.absence_id)
            if agreement.stage not in ("coming", "running"):
                raise UserError(self.env._("This agreement is over already."))
        # Superuser: only acts end it; the record has been checked.
        self.sudo()._take_back()

    def _take_back(self, lapsed=False):
        """Take back what is still to be kept.

        :param bool lapsed: whether it is agreed again when the absence comes back
        """
        for agreement in self.filtered(lambda one: one.stage in ("coming", "running")):
            agreement.write({"stage": "cancelled", "lapsed": lapsed})
            agreement._end_access(agreement.course_id._today() - timedelta(days=1))
            agreement._return_visits()
            if agreement.course_id.phase != "closed":
                agreement.course_id._move_obligations()
                agreement.course_id._sync_absence()

    def _follow_absence(self):
        """Follow the days of the absence: shorter with it, and gone with it."""
        for agreement in self.filtered(lambda one: one.stage in ("coming", "running")):
            absence = agreement.absence_id
            first = max(agreement.date_from, absence.date_from)
            last = min(agreement.date_to, absence.date_to)
            if absence.cancelled or last < first:
                agreement._take_back(lapsed=absence.cancelled)
            elif (first, last) != (agreement.date_from, agreement.date_to):
                agreement.write({"date_from": first, "date_to": last})
                agreement._end_access(last)
                agreement._return_visits(after=last, before=first)
                agreement._step(agreement.course_id._today())

    def _come_back(self):
        """Agree again on what was taken back with an absence that is there again."""
        for agreement in self.filtered("lapsed"):
            absence, course = agreement.absence_id, agreement.course_id
            cover, today = agreement.cover_id, course._today()
            first = max(agreement.date_from, absence.date_from)
            last = min(agreement.date_to, absence.date_to)
            if (
                last < max(first, today)
                or course.phase == "closed"
                or course.contact_person_id != agreement.worker_id
                or (cover and cover not in course.team_id.member_ids)
                or self._kept_between(course, absence, first, last)
            ):
                continue
            agreement.write(
                {
                    "date_from": first,
                    "date_to": last,
                    "stage": "coming",
                    "lapsed": False,
                }
            )
            agreement._open_access()
            agreement._move_visits()
            agreement._step(today)

    # --- on which days it can be kept -------------------------------------------------
    def _days_kept(self, absences=None):
        """Return the days, as periods, on which what was agreed can be kept.

        Not those on which the cover is away in turn or may not open the course.

        :param absences: live absences to look in; searched for by default
        """
        self.ensure_one()
        begin, end = self.date_from, self.date_to
        # Superuser: who is away, and who may open a course, is asked for.
        agreement = self.sudo()
        cover, company = agreement.cover_id, agreement.company_id
        if not cover:
            return [(begin, end)]
        if not cover.active:
            end = min(end, company._sekp_today() - timedelta(days=1))
        if absences is None:
            absences = agreement.env["sekp.absence"]._in_days(
                company, cover, begin, end
            )
        away = [
            (one.date_from, one.date_to)
            for one in absences
            if one.user_id == cover and one.company_id == company
        ]
        closed = without(
            begin,
            end,
            [
                (row.date_from, row.date_to or end)
                for row in agreement.course_id.assignment_ids
                if row.user_id == cover
                and row.role != "break_glass"
                and not row.closes_at
            ],
        )
        return without(begin, end, away + closed)

    def _is_kept(self, day):
        """Tell whether what was agreed can be kept on a day."""
        return any(first <= day <= last for first, last in self._days_kept())

    @api.model
    def _covered_by(self, users):
        """Return what is agreed with users as covers and not over, as superuser."""
        # Superuser: whom somebody stands in for is asked by the system.
        return self.sudo().search(
            [("cover_id", "in", users.ids), ("stage", "in", ("coming", "running"))]
        )

    def _call_again(self):
        """Call for somebody else where the cover is away in turn, and no more where
        the cover is back."""
        courses = self.course_id.filtered(lambda course: course.phase != "closed")
        running = self.filtered(lambda one: one.stage == "running").course_id
        (courses & running)._move_obligations()
        courses._sync_absence()

    # --- access -----------------------------------------------------------------------
    def _open_access(self):
        """Open the course to the cover for exactly these days."""
        self.ensure_one()
        course, cover = self.course_id, self.cover_id
        first = max(self.date_from, course._today())
        if not cover or self.date_to < first:
            return
        if any(
            row.user_id == cover
            and row.role != "break_glass"
            and row._covers(first)
            and row._covers(self.date_to)
            for row in course.assignment_ids
        ):
            # The colleague works on the course anyway.
            return
        self.assignment_id = course._assign(
            cover,
            "cover",
            self.env._("Absence of the contact person"),
            date_from=first,
            date_to=self.date_to,
        ).id

    def _end_access(self, day):
        """Let the cover's access end with ``day``, or not begin at all."""
        # What became another access meanwhile is no longer the agreement's to end.
        row = self.assignment_id.filtered(lambda row: row.role == "cover")
        if not row:
            return
        today = self.course_id._today()
        if row.date_from > max(day, today):
            self.assignment_id = False
            row.unlink()
        elif row.date_from == today > day:
            row._end_now()
        elif not row.date_to or row.date_to > day:
            row._end(day)

    # --- visits -----------------------------------------------------------------------
    def _move_visits(self):
        """Give the planned visits of these days to the cover."""
        self.ensure_one()
        local = self.company_id._sekp_local
        days = {
            visit: local(visit.starts_at).date()
            for visit in self.course_id.appointment_ids
            if visit.state == "planned"
        }
        if not self.cover_id or not any(
            self.date_from <= day <= self.date_to for day in days.values()
        ):
            return
        kept = self._days_kept()
        others = self.absence_id.agreement_ids.filtered(
            lambda one: (
                one != self
                and one.course_id == self.course_id
                and one.stage in ("coming", "running")
                and one.cover_id
            )
        )
        for visit, day in days.items():
            if not any(first <= day <= last for first, last in kept):
                continue
            away = others.filtered(lambda one, day=day: not one._is_kept(day)).cover_id
            leaving = visit.worker_ids & (self.worker_id | away)
            if leaving:
                visit.write(
                    {
                        "worker_ids": [
                            *(Command.unlink(user.id) for user in leaving),
                            Command.link(self.cover_id.id),
                        ]
                    }
                )
                self.moved_ids |= visit

    def _return_visits(self, after=None, before=None):
        """Give coming visits back to the worker: all, or those outside the days."""
        local = self.company_id._sekp_local
        now = fields.Datetime.now()
        for visit in self.moved_ids:
            day = local(visit.starts_at).date()
            if visit.state != "planned" or visit.starts_at <= now:
                continue
            if after and before and before <= day <= after:
                continue
            if not self.course_id._entitles(self.worker_id, visit.starts_at):
                continue
            if self.cover_id not in visit.worker_ids:
                # Another one stands in for the cover.
                self.moved_ids = [Command.unlink(visit.id)]
                continue
            visit.write(
                {
                    "worker_ids": [
                        Command.unlink(self.cover_id.id),
                        Command.link(self.worker_id.id),
                    ]
                }
            )
            self.moved_ids = [Command.unlink(visit.id)]

    # --- as the days pass -------------------------------------------------------------
    @api.model
    def _sekp_to_follow_up(self, today):
        begun = Domain("stage", "=", "coming") & Domain("date_from", "<=", today)
        ended = Domain("stage", "=", "running") & Domain("date_to", "<", today)
        return super()._sekp_to_follow_up(today) | begun | ended

    def _sekp_follow_up(self, today):
        for agreement in self:
            agreement._step(today)
        return super()._sekp_follow_up(today)

    def _step(self, today):
        """Let the agreement begin and end with its days."""
        self.ensure_one()
        if self.stage not in ("coming", "running"):
            return
        stage = "coming"
        if self.date_to < today:
            stage = "over"
        elif self.date_from <= today:
            stage = "running"
        if stage == self.stage:
            return
        self.write({"stage": stage})
        course = self.course_id
        if course.phase == "closed":
            return
        course._move_obligations()
        if stage == "over":
            course._tell_what_happened(self)


class SekpAppointment(models.Model):
    """A visit that is planned into the days of an absence goes to the cover."""

    _inherit = "sekp.appointment"

    @api.model_create_multi
    def create(self, vals_list):
        appointments = super().create(vals_list)
        appointments._follow_absence()
        return appointments

    def write(self, vals):
        result = super().write(vals)
        if {"starts_at", "worker_ids"} & set(vals):
            self._follow_absence()
        return result

    def _follow_absence(self):
        # Superuser: visits follow what was agreed, whoever plans them.
        agreements = self.sudo().course_id.absence_agreement_ids
        for agreement in agreements.filtered(
            lambda one: one.stage in ("coming", "running") and one.cover_id
        ):
            agreement._move_visits()


class ResUsers(models.Model):
    """Who works no more covers for nobody."""

    _inherit = "res.users"

    def _sekp_settle(self):
        result = super()._sekp_settle()
        if self:
            self.env["sekp.absence.agreement"]._covered_by(self)._call_again()
        return result
