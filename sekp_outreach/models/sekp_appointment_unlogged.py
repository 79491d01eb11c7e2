from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

TYPE = "activity_visit_unlogged"
# What says when it is over, and who is to log it.
SETTLES = {"starts_at", "minutes", "ends_at", "worker_ids", "state"}


class SekpAppointment(models.Model):
    """A planned appointment is logged, or called off: the next working day asks (F4).

    The obligation is there from the moment it is planned, moves with it, and ends by
    logging the contact or the attempt, or by cancelling.
    """

    _inherit = "sekp.appointment"

    unlogged = fields.Boolean(string="Not Logged", compute="_compute_unlogged")

    @api.depends("state", "ends_at")
    def _compute_unlogged(self):
        now = fields.Datetime.now()
        for appointment in self:
            appointment.unlogged = bool(
                appointment.state == "planned"
                and appointment.ends_at
                and appointment.ends_at <= now
            )

    @api.model_create_multi
    def create(self, vals_list):
        appointments = super().create(vals_list)
        appointments._sync_unlogged()
        return appointments

    def write(self, vals):
        result = super().write(vals)
        if SETTLES & set(vals):
            self._sync_unlogged()
        return result

    def _sync_unlogged(self):
        """Let the obligation follow what is planned, held or cancelled."""
        for appointment in self:
            if appointment.state == "planned":
                appointment._set_obligation(TYPE, appointment._log_due())
            elif appointment.state == "held":
                appointment._meet_obligation(TYPE)
            else:
                appointment._drop_obligations()

    def _log_due(self):
        """Return the first working day after the day on which it ends."""
        self.ensure_one()
        # What ends at midnight ends on the day it was on.
        last = self.company_id._sekp_local(self.ends_at - timedelta(minutes=1)).date()
        return self.company_id._sekp_next_working_day(last + timedelta(days=1))

    def _obligation_owner(self):
        """Return the first worker who may open it until it is due, or who owns what
        the course owes."""
        self.ensure_one()
        due = self._log_due()
        # Superuser: who goes along is known to the entitled only.
        appointment = self.sudo()
        for user in appointment.worker_ids:
            if appointment._readable_by(user) and appointment._keeps_access(user, due):
                return user
        return super()._obligation_owner()

    # --- what the passing of time brings about --------------------------------------
    @api.model
    def _sekp_to_follow_up(self, today):
        """Find planned ones that nobody is asked to log, or another than who goes.

        A cover may open the course from a day on: from then on it is the cover's.
        """
        wrong = Domain("id", "not in", self._asked_for()) | Domain(
            "id", "in", self._asked_of_another()
        )
        planned = Domain("state", "=", "planned") & wrong
        return super()._sekp_to_follow_up(today) | planned

    def _sekp_follow_up(self, today):
        result = super()._sekp_follow_up(today)
        self.filtered(lambda one: one.state == "planned")._sync_unlogged()
        return result

    @api.model
    def _asked_for(self):
        return SQL(
            "(SELECT res_id FROM mail_activity WHERE active AND res_model = %s "
            "AND activity_type_id = %s AND res_id IS NOT NULL)",
            self._name,
            self.env.ref(f"sekp_outreach.{TYPE}").id,
        )

    @api.model
    def _asked_of_another(self):
        """Return those with another than a worker, while a worker may open the course
        until it is due."""
        return SQL(
            """(
            SELECT appointment.id
              FROM sekp_appointment appointment
              JOIN mail_activity asked
                ON asked.res_id = appointment.id AND asked.res_model = %s
               AND asked.activity_type_id = %s AND asked.active
             WHERE appointment.state = 'planned'
               AND NOT EXISTS (
                   SELECT 1 FROM sekp_appointment_worker_rel goes
                    WHERE goes.appointment_id = appointment.id
                      AND goes.user_id = asked.user_id)
               AND EXISTS (
                   SELECT 1
                     FROM sekp_appointment_worker_rel goes
                     JOIN res_users worker ON worker.id = goes.user_id AND worker.active
                     JOIN sekp_assignment access
                       ON access.course_id = appointment.course_id
                      AND access.user_id = goes.user_id
                    WHERE goes.appointment_id = appointment.id
                      AND access.role <> 'break_glass'
                      AND access.starts_at <= %s AND access.ends_at > %s
                      AND (access.date_to IS NULL
                           OR access.date_to >= asked.date_deadline)))""",
            self._name,
            self.env.ref(f"sekp_outreach.{TYPE}").id,
            fields.Datetime.now(),
            fields.Datetime.now(),
        )
