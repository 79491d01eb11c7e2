from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError


class SekpLeave(models.TransientModel):
    """Gives all courses of a colleague who leaves to others, in one act."""

    _name = "sekp.leave"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Give Courses On"

    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Who Leaves",
        required=True,
        domain="[('id', 'in', carrier_ids)]",
    )
    # Who works no more may still carry courses.
    carrier_ids = fields.Many2many(
        comodel_name="res.users",
        compute="_compute_carrier_ids",
        context={"active_test": False},
    )
    line_ids = fields.One2many(
        comodel_name="sekp.leave.line", inverse_name="leave_id", string="Courses"
    )
    end_other_access = fields.Boolean(
        string="End Other Access Too",
        default=True,
        help="What the colleague may open as second contact person or as cover.",
    )
    proposed = fields.Boolean(readonly=True)

    @api.depends("user_id")
    def _compute_carrier_ids(self):
        """Offer those who carry an open course of a team one supervises."""
        groups = self.env["sekp.course"]._read_group(
            self._carried(), ["contact_person_id"]
        )
        carriers = [user.id for (user,) in groups]
        for wizard in self:
            wizard.carrier_ids = [Command.set(carriers)]

    @api.model
    def _carried(self, user=None):
        domain = [
            ("phase", "!=", "closed"),
            ("team_id.supervisor_ids", "in", [self.env.uid]),
        ]
        wanted = ("=", user.id) if user else ("!=", False)
        return [*domain, ("contact_person_id", *wanted)]

    def action_propose(self):
        """List the open courses of the one who leaves, each with a colleague proposed.

        Who has access already comes first, then who carries least.
        """
        self.ensure_one()
        self.check_access("write")
        courses = self.env["sekp.course"].search(
            self._carried(self.user_id), order="team_id, id"
        )
        members = courses.team_id.member_ids.filtered("active") - self.user_id
        # Superuser: how many courses a colleague carries, and nothing of them.
        load = dict(
            self.env["sekp.course"]
            .sudo()
            ._read_group(
                [("phase", "!=", "closed"), ("contact_person_id", "in", members.ids)],
                ["contact_person_id"],
                ["__count"],
            )
        )
        lines = []
        for course in courses:
            person = self._propose(course, load)
            load[person] = load.get(person, 0) + 1
            lines.append(Command.create({"course_id": course.id, "user_id": person.id}))
        self.write({"line_ids": [Command.clear(), *lines], "proposed": True})
        return self._reopen()

    def _propose(self, course, load):
        """Return the colleague proposed for a course, if the team has one."""
        today = course._today()
        candidates = course.team_id.member_ids.filtered("active") - self.user_id
        live = course.assignment_ids.filtered(
            lambda row: row.role in ("second", "cover") and row._covers(today)
        )
        return min(
            candidates,
            key=lambda user: (user not in live.user_id, load.get(user, 0), user.id),
            default=candidates,
        )

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Give Courses On"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_leave(self):
        """Give the courses to those who were chosen, all of them or none.

        :raises AccessError: for a course of a team one does not supervise
        :raises UserError: for one who is not in the team, or a course that meanwhile
            has another contact person
        """
        self.ensure_one()
        self.check_access("write")
        given = self.line_ids.filtered(lambda line: line.course_id and line.user_id)
        if not given:
            raise UserError(self.env._("Choose a colleague for at least one course."))
        given.course_id._take_for_change()
        for line in given:
            line._give()
        left = self.env["sekp.course"].search_count(self._carried(self.user_id))
        if not left and self.end_other_access:
            self._end_other_access()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if left else "success",
                "sticky": bool(left),
                "message": self.env._(
                    "Given on: %(given)s courses. Still with the colleague: %(left)s.",
                    given=len(given),
                    left=left,
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _end_other_access(self):
        """End what else the one who leaves may open in one's own teams."""
        rows = self.env["sekp.assignment"].search(
            [
                ("user_id", "=", self.user_id.id),
                ("team_id.supervisor_ids", "in", [self.env.uid]),
                ("role", "in", ("second", "cover")),
            ]
        )
        today = self.env.company._sekp_today()
        coming = rows.filtered(lambda row: row.date_from > today)
        # Superuser: access rows are ended by acts; whose they are was asked above.
        coming.sudo().unlink()
        (rows - coming).filtered(
            lambda row: not row.date_to or row.date_to > today
        ).sudo()._end(today)


class SekpLeaveLine(models.TransientModel):
    """One course of the one who leaves, and who is to carry it."""

    _name = "sekp.leave.line"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Course to Give On"

    leave_id = fields.Many2one(
        comodel_name="sekp.leave", required=True, index=True, ondelete="cascade"
    )
    course_id = fields.Many2one(
        comodel_name="sekp.course", readonly=True, ondelete="cascade"
    )
    team_id = fields.Many2one(related="course_id.team_id", related_sudo=False)
    member_ids = fields.Many2many(related="team_id.member_ids", related_sudo=False)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="New Contact Person",
        domain="[('id', 'in', member_ids)]",
    )

    def _give(self):
        self.ensure_one()
        course, leaving = self.course_id, self.leave_id.user_id
        if self.env.user not in course.team_id.supervisor_ids:
            raise AccessError(
                self.env._("Only a supervisor of the team gives access to a course.")
            )
        if (
            self.user_id not in course.team_id.member_ids
            or not self.user_id.active
            or self.user_id == leaving
        ):
            raise UserError(
                self.env._("The contact person must be a member of the team.")
            )
        if course.phase == "closed" or course.contact_person_id != leaving:
            raise UserError(
                self.env._(
                    "A colleague has changed one of these courses meanwhile. Begin "
                    "again."
                )
            )
        course._assign(self.user_id, "contact_person", self.env._("Contact person"))
