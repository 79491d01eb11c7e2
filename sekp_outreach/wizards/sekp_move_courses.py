from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..models.sekp_course_standard import differ
from ..models.sekp_standard import REGISTRATION_ORDER
from ..tools.ranges import last_whole_month, range_of

# What a version may newly ask of each course.
ASKED = ("grant", "action_plan", "sub_goals", "status_report", "absence_agreement")


class SekpMoveDialog(models.AbstractModel):
    """Says what another version of the standard changes for open courses.

    What was promised to a person is not made later by a move, and the dialog says so.
    """

    _name = "sekp.move.dialog"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Move to a Version"

    standard_id = fields.Many2one(
        comodel_name="sekp.standard",
        string="To the Version",
        required=True,
        readonly=True,
        default=lambda self: self._default_standard(),
    )
    meaning = fields.Text(string="What It Means", compute="_compute_meaning")
    changes = fields.Html(
        compute="_compute_meaning", string="What Changes", sanitize=False
    )

    @api.model
    def _default_standard(self):
        """Return the version in force today."""
        company = self.env.company
        return self.env["sekp.standard"]._in_force(company, company._sekp_today())

    @api.constrains("standard_id")
    def _check_standard(self):
        """Refuse a version of another municipality: a link would tell its name."""
        # Superuser is left: Odoo runs constraints as one, for the user who asks.
        self.standard_id.sudo(False).check_access("read")

    @api.model
    def _moved_by(self):
        """Return the names of the fields that say which courses are moved."""
        return ["standard_id"]

    def _earlier(self):
        """Return the versions from which courses are moved, latest first."""
        raise NotImplementedError

    @api.depends(lambda self: self._moved_by())
    @api.depends_context("uid", "lang")
    def _compute_meaning(self):
        for dialog in self:
            standard, earlier = dialog.standard_id, dialog._earlier()
            dialog.meaning = "\n".join(
                f"• {line}" for line in dialog._list_meaning(earlier)
            )
            dialog.changes = (
                Markup().join(standard._changes_html(old) for old in earlier) or False
            )

    def _list_meaning(self, earlier):
        """Return what the move means for what is under way, as sentences."""
        new, rank = self.standard_id, REGISTRATION_ORDER.index
        lines = [
            self.env._(
                "Deadlines that run keep their days: what was promised to a person is "
                "not made later."
            ),
            self.env._(
                "Reviews that are planned keep their day, or come earlier. New "
                "intervals are counted from today, so that nothing is late because of "
                "the move."
            ),
            self.env._(
                "An interval between contacts that was agreed for a course stays. One "
                "that is simply the version's becomes shorter with it, never longer."
            ),
            self.env._(
                "Everything else follows the new version from today on. Closed courses "
                "stay as they are."
            ),
        ]
        if any(
            new[name] == "required" and differ(old, new, [name])
            for old in earlier
            for name in ASKED
        ):
            lines.append(
                self.env._(
                    "What the new version requires and a course lacks is said on the "
                    "course."
                )
            )
        modes = [rank(old.registration_mode) for old in earlier]
        if any(mode > rank(new.registration_mode) for mode in modes):
            lines.append(
                self.env._(
                    "The new version lets less be stored of the person. Nothing is "
                    "erased by the move: a course of which more is stored stays under "
                    "its version until the person wishes to be known less, or the "
                    "texts are taken out, or it is closed. Supervisors find it with "
                    "the filter “Under an Earlier Version”."
                )
            )
        if any(mode < rank(new.registration_mode) for mode in modes):
            lines.append(
                self.env._(
                    "The new version lets more be stored of the person. How the person "
                    "is known does not change by the move: the person's wish decides."
                )
            )
        return lines

    def _done(self, message, kind="success"):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "sticky": kind == "warning",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


class SekpMoveCourses(models.TransientModel):
    """Moves all open courses of the municipality, or of some of its teams.

    A scheme manager does, and is shown no course: how many there are is told as a
    range, of whole months.
    """

    _name = "sekp.move.courses"
    _inherit = ["sekp.move.dialog"]
    _description = "Move Open Courses"

    company_id = fields.Many2one(related="standard_id.company_id", related_sudo=False)
    team_ids = fields.Many2many(
        comodel_name="sekp.team",
        string="Of These Teams Only",
        domain="[('is_provider', '=', True), ('company_id', '=', company_id)]",
        help="Empty for all teams of the municipality.",
    )
    told = fields.Char(string="How Many", compute="_compute_told")

    @api.depends("standard_id", "team_ids")
    @api.depends_context("uid", "lang")
    def _compute_told(self):
        """Tell a scheme manager a range, by the end of the last whole month."""
        manager = self.env.user._sekp_is_manager()
        for dialog in self:
            dialog.told = manager and dialog._tell_range()

    def _tell_range(self):
        """Tell of the municipality, or of each named team by itself.

        Teams in changing company would tell of a small one: a range that another team
        lifts is lifted by somebody. So would versions that are not in force.
        """
        standard = self.standard_id
        if standard.status != "in_force" or not standard.company_id:
            return False
        day = last_whole_month(standard.company_id._sekp_today() - timedelta(days=1))
        teams = self.team_ids._origin
        if teams:
            told = " · ".join(
                f"{team.display_name}: {self._range_in_words(day, team)}"
                for team in teams
            )
        else:
            told = self._range_in_words(day, teams)
        return self.env._(
            "On %(day)s: %(told)s",
            day=format_date(self.env, day, date_format="long"),
            told=told,
        )

    def _range_in_words(self, day, team):
        standard = self.standard_id
        there = Domain("date_start", "<=", day) & (
            Domain("phase", "!=", "closed") | Domain("date_end", ">", day)
        )
        earlier = Domain("standard_id", "!=", standard.id) | Domain(
            "standard_since", ">", day
        )
        # Superuser: a number only, and told as a range.
        number = (
            self.env["sekp.course"]
            .sudo()
            .search_count(self._all(team) & there & earlier)
        )
        least, most = range_of(number, standard.company_id.sekp_statistic_threshold)
        if not least:
            return self.env._("fewer than %(number)s", number=most + 1)
        return self.env._("%(least)s to %(most)s", least=least, most=most)

    def _all(self, teams):
        """Return the domain of the municipality's courses, or of those of teams."""
        domain = Domain("company_id", "=", self.standard_id.company_id.id)
        if teams:
            domain &= Domain("team_id", "in", teams.ids)
        return domain

    def _earlier(self):
        # Whether any course stands under one is not told.
        return self.standard_id._earlier_versions()

    def action_move(self):
        """Move the courses, all of them or none.

        :raises AccessError: for who is no scheme manager
        :raises UserError: where the version is not in force any more
        """
        self.ensure_one()
        self.check_access("write")
        self.env.user._sekp_check_manager()
        self.standard_id._check_open_for_move()
        # Superuser: all are moved, and nothing is told of them.
        courses = (
            self.env["sekp.course"]
            .sudo()
            .search(
                self._all(self.team_ids)
                & Domain("phase", "!=", "closed")
                & Domain("standard_id", "!=", self.standard_id.id),
                order="id",
            )
        )
        courses._move_to_standard(self.standard_id)
        # The same when there was nothing to move: how many there were is not told.
        return self._done(
            self.env._(
                "The open courses stand under this version now. Those of which more is "
                "stored than it allows stay under theirs."
            )
        )


class SekpMoveChosen(models.TransientModel):
    """Moves chosen courses of the teams that one supervises."""

    _name = "sekp.move.chosen"
    _inherit = ["sekp.move.dialog"]
    _description = "Move Chosen Courses"

    course_ids = fields.Many2many(
        comodel_name="sekp.course",
        string="Courses",
        default=lambda self: self._given_courses(),
    )
    staying = fields.Char(
        string="Stay as They Are", compute="_compute_staying", exportable=False
    )

    @api.model
    def _given_courses(self):
        """Return the courses that were chosen in a list and that one may open."""
        context = self.env.context
        if context.get("active_model") != "sekp.course":
            return self.env["sekp.course"]
        ids = [id_ for id_ in context.get("active_ids") or [] if type(id_) is int]
        Course = self.env["sekp.course"]
        return (
            Course.search([("id", "in", ids)]) if Course.has_access("read") else Course
        )

    @api.model
    def _default_standard(self):
        company = self._given_courses().company_id[:1] or self.env.company
        return self.env["sekp.standard"]._in_force(company, company._sekp_today())

    @api.model
    def _moved_by(self):
        return [*super()._moved_by(), "course_ids"]

    def _chosen(self):
        """Return the open courses to move, of those the user may open."""
        return self.env["sekp.course"].search(
            [
                ("id", "in", self.course_ids.ids),
                ("phase", "!=", "closed"),
                ("standard_id", "!=", self.standard_id.id),
            ]
        )

    def _earlier(self):
        return self._chosen().standard_id.sorted("valid_from", reverse=True)

    @api.depends("standard_id", "course_ids")
    @api.depends_context("uid")
    def _compute_staying(self):
        """Name the chosen courses of which more is stored than the version allows."""
        for dialog in self:
            standard = dialog.standard_id
            above = dialog._chosen()
            above = above._storing_above(standard) if standard else above.browse()
            dialog.staying = " ".join(above.mapped("reference")) or False

    def action_move(self):
        """Move the courses, all of them or none.

        :raises AccessError: for who does not supervise the team of one of them
        :raises UserError: where the version is not in force any more
        """
        self.ensure_one()
        self.check_access("write")
        courses = self.course_ids
        if not courses:
            raise UserError(self.env._("Choose at least one course."))
        courses._check_supervised()
        moved, staying = courses._move_to_standard(self.standard_id)
        if not staying:
            return self._done(self.env._("Moved: %(count)s courses.", count=len(moved)))
        return self._done(
            self.env._(
                "Moved: %(count)s courses. More is stored than the version allows, and "
                "they stay: %(codes)s",
                count=len(moved),
                codes=" ".join(staying.mapped("reference")),
            ),
            kind="warning",
        )
