from odoo import api, fields, models
from odoo.exceptions import UserError


class SekpCourse(models.Model):
    """The citizen's own code: messages, next meeting, who has looked, stopping."""

    _inherit = "sekp.course"

    dialogue_ids = fields.One2many(
        comodel_name="sekp.dialogue",
        inverse_name="course_id",
        string="Conversation",
        readonly=True,
    )
    dialogue_line_ids = fields.One2many(
        comodel_name="sekp.dialogue.message",
        inverse_name="course_id",
        string="Messages",
        readonly=True,
    )

    stop_wished_on = fields.Date(
        string="Said That It Is to Stop",
        readonly=True,
        copy=False,
        help="The citizen said so with the code; the contact person talks with the "
        "citizen, and closes or goes on.",
    )

    messages_waiting = fields.Integer(compute="_compute_messages_waiting")

    @api.depends("dialogue_line_ids.read_at")
    def _compute_messages_waiting(self):
        for course in self:
            course.messages_waiting = len(course.dialogue_line_ids._waiting())

    def _wish_to_stop(self):
        """Keep that the citizen wants to stop, and ask the contact person at once.

        The course goes on until staff closes it: whoever found the code cannot.

        :raises UserError: when the course is closed
        """
        self.ensure_one()
        # Superuser: the citizen has no user.
        course = self.sudo()
        if course.phase == "closed":
            raise UserError(self.env._("The course is already closed."))
        if not course.stop_wished_on:
            course.stop_wished_on = course._today()
        course._set_obligation("activity_wants_to_stop", course.stop_wished_on)

    def action_go_on(self):
        """Keep that the citizen was asked and wants to go on."""
        self._take_for_change()
        # Superuser: set by acts only, which have been checked.
        self.sudo().write({"stop_wished_on": False})
        self._meet_obligation("activity_wants_to_stop")

    # --- the citizen's own page -------------------------------------------------------
    def _next_meeting(self):
        """Return when the next planned meeting begins, in UTC, or False."""
        self.ensure_one()
        # Superuser: the citizen has no user.
        planned = self.sudo().appointment_ids.filtered(
            lambda one: one.state == "planned" and one.starts_at > fields.Datetime.now()
        )
        return min(planned.mapped("starts_at"), default=False)

    def _looks(self):
        """Return who has looked at what is kept of the citizen, for the citizen."""
        self.ensure_one()
        # Superuser: the citizen has no user; the code opens this course only.
        course = self.sudo()
        return course.env["sekp.who.looked"]._told(course.citizen_id, course)

    # --- buttons ----------------------------------------------------------------------
    def action_give_code(self):
        """Give the citizen a code of their own, told by word of mouth."""
        self.ensure_one()
        self._take_for_change()
        dialogue, code = self.env["sekp.dialogue"]._open_for(
            self, "citizen", by_staff=True
        )
        return dialogue._show_code(code)

    def action_answer(self):
        """Write to the citizen."""
        self.ensure_one()
        self.check_access("write")
        return self.env["sekp.dialogue"]._of(self).sudo(False).action_answer()
