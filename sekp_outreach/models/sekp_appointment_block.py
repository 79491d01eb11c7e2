from odoo import api, fields, models
from odoo.exceptions import UserError

# Odoo's own switches: no mail, no message, no follower, no reminder, no tracking.
QUIET = {
    "dont_notify": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "no_mail_to_attendees": True,
    "skip_attendee_notification": True,
    "skip_contact_description": True,
    "tracking_disable": True,
}
# Tells a change made by the appointment from one made by hand; counts as superuser
# only, because a caller writes whatever he likes into his context.
IN_STEP = "sekp_appointment_in_step"


class SekpAppointmentBlock(models.Model):
    """Which event in Odoo's calendar is the busy block of which worker (C6).

    The link lies here, and nobody has access to it: an event says of itself neither
    what it belongs to nor that it belongs to anything. One event for each worker, as
    if made by that worker: no attendee list tells who goes together.
    """

    _name = "sekp.appointment.block"
    _description = "Busy Block of a Worker"

    appointment_id = fields.Many2one(
        comodel_name="sekp.appointment", required=True, index=True, ondelete="cascade"
    )
    user_id = fields.Many2one(
        comodel_name="res.users", required=True, index=True, ondelete="cascade"
    )
    event_id = fields.Many2one(
        comodel_name="calendar.event", required=True, ondelete="cascade"
    )

    _one_event = models.UniqueIndex("(event_id)")
    _one_each = models.UniqueIndex("(appointment_id, user_id)")

    @api.depends("appointment_id")
    def _compute_display_name(self):
        for block in self:
            block.display_name = str(block.id)

    @api.model
    def _of(self, events):
        """Return the blocks that events are, as superuser."""
        # Superuser: nobody may read which events are ours, the guards must know.
        blocks = self.sudo()
        return blocks.search([("event_id", "in", events.ids)]) if events.ids else blocks

    @api.model
    def _events_as(self, user):
        """Return the events as a worker made them, without the caller's context.

        The caller's defaults could bring a text or a document along; the worker as
        the author keeps who planned the appointment out of ``create_uid``.
        """
        context = {"lang": user.lang, "tz": user.tz, IN_STEP: True, **QUIET}
        # Superuser: the calendar of a worker is written for him, whoever plans.
        return self.env(user=user.id, su=True, context=context)["calendar.event"]

    @api.model
    def _add(self, appointment, user):
        """Block the calendar of a worker, and say nothing else.

        :return: the new block
        """
        events = self._events_as(user)
        event = events.create(
            {
                # Odoo shows the same word to others for any private event.
                "name": events.env._("Busy"),
                "start": appointment.starts_at,
                "stop": appointment.ends_at,
                "allday": False,
                "privacy": "private",
                "show_as": "busy",
                "user_id": user.id,
                "partner_ids": [fields.Command.set(user.partner_id.ids)],
                "description": False,
                "location": False,
                "notes": False,
                "videocall_location": False,
                "res_id": False,
                "res_model_id": False,
                "alarm_ids": [fields.Command.clear()],
                "categ_ids": [fields.Command.clear()],
            }
        )
        return self.create(
            {
                "appointment_id": appointment.id,
                "user_id": user.id,
                "event_id": event.id,
            }
        )

    def _move(self, start, stop):
        """Let the events follow the appointment."""
        for block in self:
            event = block.event_id
            if (event.start, event.stop) != (start, stop):
                self._events_as(block.user_id).browse(event.id).write(
                    {"start": start, "stop": stop}
                )

    def _remove(self):
        """Free the workers' calendars again; the links go with the events."""
        for block in self:
            self._events_as(block.user_id).browse(block.event_id.id).unlink()

    def _planned_for(self, user):
        """Return the planned appointments among these that a user may change.

        Decided by the record as that user: who still owns an event after the access
        ended changes nothing and learns nothing.
        """
        context = {
            "lang": user.lang,
            "tz": user.tz,
            "allowed_company_ids": user.company_ids.ids,
        }
        env = self.env(user=user.id, su=False, context=context)
        appointments = env["sekp.appointment"].browse(self.appointment_id.ids)
        if not appointments.browse().has_access("write"):
            return appointments.browse()
        return appointments._filtered_access("write").filtered(
            lambda appointment: appointment.state == "planned"
        )

    def _check_may_follow(self, user, planned):
        """Refuse to part a coming appointment from the block of one of its workers.

        Who covers from next week on has the block today, and not yet the access.

        :param planned: the appointments that the user may change
        :raises UserError: telling whom to ask
        """
        now = fields.Datetime.now()
        for appointment in self.appointment_id - planned.sudo():
            if (
                appointment.state == "planned"
                and appointment.starts_at > now
                and user in appointment.worker_ids
            ):
                raise UserError(
                    self.env._(
                        "This time is kept free for work that you have no access to "
                        "today. Ask your supervisor to move or cancel it."
                    )
                )

    def _follow_events(self, user):
        """Let the appointments follow events that a user moved.

        :raises UserError: when a coming appointment cannot follow
        """
        planned = self._planned_for(user)
        self._check_may_follow(user, planned)
        for appointment in planned:
            event = self.filtered(
                lambda block, id_=appointment.id: block.appointment_id.id == id_
            )[:1].event_id
            moved = {"starts_at": event.start, "ends_at": event.stop}
            if moved != {name: appointment[name] for name in moved}:
                appointment.write(moved)

    def _give_up(self, user):
        """Let the workers leave whose events a user takes away.

        :raises UserError: when a coming appointment cannot be left
        """
        people = {}
        for block in self:
            people.setdefault(block.appointment_id.id, self.env["res.users"])
            people[block.appointment_id.id] |= block.user_id
        planned = self._planned_for(user)
        self._check_may_follow(user, planned)
        self.unlink()
        for appointment in planned:
            appointment._leave(people[appointment.id])
