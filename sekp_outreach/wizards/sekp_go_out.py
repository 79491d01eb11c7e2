from odoo import api, fields, models


class SekpGoOut(models.TransientModel):
    """One screen for the one who goes out alone: out, later than said, back."""

    _name = "sekp.go.out"
    _inherit = ["sekp.dialog.mixin"]
    _description = "I Am Out"

    appointment_id = fields.Many2one(
        comodel_name="sekp.appointment", readonly=True, ondelete="cascade"
    )
    lone_work_id = fields.Many2one(
        comodel_name="sekp.lone.work",
        default=lambda self: self.env["sekp.lone.work"]._mine(),
        readonly=True,
        ondelete="cascade",
    )
    state = fields.Selection(related="lone_work_id.state", related_sudo=False)
    started_at = fields.Datetime(related="lone_work_id.started_at", related_sudo=False)
    awaited = fields.Datetime(
        string="Expected Back",
        related="lone_work_id.expected_back",
        related_sudo=False,
    )
    expected_back = fields.Datetime(
        string="Back by",
        default=lambda self: self._default_expected_back(),
        help="If you have not said that you are back by then, those on duty are told.",
    )

    @api.model
    def _default_expected_back(self):
        Appointment = self.env["sekp.appointment"]
        given = self.env.context.get("default_appointment_id")
        appointment = Appointment.browse(given if type(given) is int else ())
        return self.env["sekp.lone.work"]._default_expected_back(
            appointment._filtered_access("read")
        )

    def action_go(self):
        """Note that the user is out, until the time the screen says."""
        self.ensure_one()
        self.check_access("read")
        self.env["sekp.lone.work"]._go_out(self.expected_back, self.appointment_id)
        return self._close(self.env._("You are out. Say here when you are back."))

    def action_back(self):
        """Note that the user is back."""
        self.ensure_one()
        self.check_access("read")
        self.env["sekp.lone.work"]._mine().action_back()
        return self._close(self.env._("Welcome back."))

    def action_extend(self):
        """Expect the user 30 minutes later."""
        self.ensure_one()
        self.check_access("read")
        self.env["sekp.lone.work"]._mine().action_extend()
        return self._close(self.env._("You are expected 30 minutes later."))

    def _close(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
