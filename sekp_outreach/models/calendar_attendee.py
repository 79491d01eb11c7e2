from odoo import api, models


class CalendarAttendee(models.Model):
    """The attendee of a busy block is its worker, who has accepted (C6)."""

    _inherit = "calendar.attendee"

    # Every page asks for one's own, and each appointment adds some for its workers.
    _sekp_own = models.Index("(partner_id)")

    @api.model_create_multi
    def create(self, vals_list):
        attendees = super().create(vals_list)
        if attendees.event_id._sekp_blocks():
            attendees.event_id._sekp_refuse()
        return attendees

    def write(self, vals):
        return super(CalendarAttendee, self._sekp_changeable()).write(vals)

    def unlink(self):
        return super(CalendarAttendee, self._sekp_changeable()).unlink()

    def do_accept(self):
        """Answer an invitation; a busy block is none."""
        return super(CalendarAttendee, self._sekp_changeable()).do_accept()

    def do_decline(self):
        """Answer an invitation; a busy block is none."""
        return super(CalendarAttendee, self._sekp_changeable()).do_decline()

    def do_tentative(self):
        """Answer an invitation; a busy block is none."""
        return super(CalendarAttendee, self._sekp_changeable()).do_tentative()

    def _sekp_changeable(self):
        """Return the attendees of other events.

        The public pages, which act as superuser for whoever holds a token, change
        nothing of a busy block and say nothing about it.

        :raises UserError: when a user wants to change one of a busy block
        """
        blocks = self.event_id._sekp_blocks()
        if not blocks:
            return self
        if not self.env.su:
            # A stranger gets the same answer as for any private event.
            self.event_id.check_access("write")
            self.event_id._sekp_refuse()
        return self.filtered(lambda attendee: attendee.event_id not in blocks.event_id)
