from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain


class SekpSickToday(models.TransientModel):
    """A worker reports sick: everything is proposed, the supervisor confirms (R120)."""

    _name = "sekp.sick.today"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Sick Today"

    user_id = fields.Many2one(
        comodel_name="res.users", string="Worker", required=True, readonly=True
    )
    date_to = fields.Date(
        string="Away until",
        required=True,
        default=lambda self: self.env.company._sekp_today(),
        help="The last day away; today when nothing else is known.",
    )
    line_ids = fields.One2many(
        comodel_name="sekp.sick.today.line", inverse_name="dialog_id", string="Courses"
    )

    @api.model
    def _open_for(self, user):
        """Return the dialog in which a worker's sickness is confirmed.

        :param user: a member of a team that the caller supervises
        :raises AccessError: for anybody else
        """
        dialog = self.create({"user_id": user.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Sick Today"),
            "res_model": self._name,
            "res_id": dialog.id,
            "view_mode": "form",
            "target": "new",
        }

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_supervises(vals.get("user_id"))
        dialogs = super().create(vals_list)
        for dialog in dialogs.filtered(lambda dialog: not dialog.line_ids):
            dialog._propose()
        return dialogs

    @api.model
    def _check_supervises(self, user_id):
        """Refuse what is no supervisor's of the worker.

        :raises AccessError: naming nobody
        """
        if not self.env.su and not self._teams(user_id):
            raise AccessError(
                self.env._("A supervisor of the team enters that somebody is sick.")
            )

    @api.model
    def _teams(self, user_id):
        return (
            self.env["sekp.team"]
            ._led_with(user_id)
            .filtered(lambda team: team.company_id == self.env.company)
        )

    def _propose(self):
        """Fill in the courses on which something falls due, each with a cover."""
        self.ensure_one()
        today = self.env.company._sekp_today()
        last = max(self.date_to, today)
        agreements = self.env["sekp.absence.agreement"]._covered_by(self.user_id)
        covered = agreements.filtered(
            lambda one: one.date_from <= last and one.date_to >= today
        ).course_id
        courses = self.env["sekp.course"].search(
            Domain("team_id", "in", self._teams(self.user_id.id).ids)
            & Domain("phase", "!=", "closed")
            & (
                Domain("contact_person_id", "=", self.user_id.id)
                | Domain("id", "in", covered.ids)
            )
        )
        due = courses.filtered(lambda course: course._is_due_within(today, last))
        # The dialog tells what falls due on them.
        due._log_read("list")
        probe = self.env["sekp.absence"].new(
            {
                "user_id": self.user_id.id,
                "company_id": self.env.company.id,
                "date_from": today,
                "date_to": last,
            }
        )
        covers = probe._propose_covers(due)
        self.line_ids = [
            Command.create({"course_id": course.id, "cover_id": covers[course.id].id})
            for course in due
        ]

    def action_confirm(self):
        """Enter the absence, open the courses to the covers and move the visits.

        Confirmed twice, it changes nothing more.

        :raises UserError: for a last day in the past
        """
        self.ensure_one()
        self.check_access("write")
        self._check_supervises(self.user_id.id)
        today = self.env.company._sekp_today()
        if self.date_to < today:
            raise UserError(self.env._("The last day away cannot lie in the past."))
        absence = self._absence(today)
        for line in self.line_ids.filtered("cover_id"):
            # Where nobody can cover nothing is agreed, and the call for it stays.
            line._agree(absence)
        return {"type": "ir.actions.act_window_close"}

    def _absence(self, today):
        """Return the worker's absence of today, which may have been planned."""
        # Superuser: only this act marks an absence as sickness; who asks was checked.
        absences = self.env["sekp.absence"].sudo()
        absence = absences.search(
            [
                ("user_id", "=", self.user_id.id),
                ("company_id", "=", self.env.company.id),
                ("cancelled", "=", False),
                ("date_from", "<=", today),
                ("date_to", ">=", today),
            ],
            limit=1,
        )
        if not absence:
            absence = absences.create(
                {
                    "user_id": self.user_id.id,
                    "company_id": self.env.company.id,
                    "date_from": today,
                    "date_to": self.date_to,
                    "kind": "sick",
                }
            )
        elif absence.date_to < self.date_to:
            absence.write({"date_to": self.date_to})
        return absence.sudo(False)


class SekpSickTodayLine(models.TransientModel):
    """A course on which something falls due, and who is to cover it."""

    _name = "sekp.sick.today.line"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Course of a Worker Who Is Sick"

    dialog_id = fields.Many2one(
        comodel_name="sekp.sick.today", required=True, ondelete="cascade", index=True
    )
    course_id = fields.Many2one(
        comodel_name="sekp.course", required=True, ondelete="cascade"
    )
    due_in_absence = fields.Char(
        related="course_id.due_in_absence", related_sudo=False, string="Due"
    )
    team_id = fields.Many2one(related="course_id.team_id", related_sudo=False)
    member_ids = fields.Many2many(related="team_id.member_ids", related_sudo=False)
    cover_id = fields.Many2one(
        comodel_name="res.users",
        domain="[('id', 'in', member_ids)]",
    )

    @api.model_create_multi
    def create(self, vals_list):
        self._check_whole(
            vals_list,
            ("dialog_id", "course_id"),
            self.env._("The courses are proposed by the dialog."),
        )
        return super().create(vals_list)

    def _agree(self, absence):
        """Let the cover stand in, also where the one who is sick was to cover."""
        course, sick = self.course_id, self.dialog_id.user_id
        course.check_access("write")
        # Superuser: which days are agreed on; the course was checked.
        asked = course.sudo()
        last = absence.date_to
        if course.contact_person_id != sick:
            absence = asked._first_without_agreement(asked._absences()).sudo(False)
            last = self.dialog_id.date_to
        days = absence and asked._uncovered(absence.sudo())
        if not days or days[0] > last:
            return
        self.env["sekp.absence.agreement"].create(
            {
                "course_id": course.id,
                "absence_id": absence.id,
                "date_from": days[0],
                "date_to": min(days[1], last),
                "how": "unasked",
                "cover_id": self.cover_id.id,
            }
        )
