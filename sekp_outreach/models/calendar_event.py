from odoo import api, models
from odoo.exceptions import UserError

from .sekp_appointment_block import IN_STEP, QUIET

# What a worker may change of a busy block in Odoo's calendar.
MOVABLE = {"start", "stop", "duration", "active", "recurrence_update"}
DOCUMENT = {"res_id", "res_model", "res_model_id", "activity_ids"}


class CalendarEvent(models.Model):
    """Events of other people are untouched; busy blocks hold times and nothing else.

    A block moves its appointment and is moved by it, and whoever deletes it leaves the
    appointment. No event is linked to a record about a person (C6).
    """

    _inherit = "calendar.event"

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        events._sekp_refuse_document()
        return events

    def write(self, vals):
        blocks = self._sekp_blocks()
        if not blocks:
            result = super().write(vals)
            if DOCUMENT & set(vals):
                self._sekp_refuse_document()
            return result
        # What follows must not tell a stranger that this event is a block.
        self.check_access("write")
        ours = self & blocks.event_id.with_env(self.env)
        others = self - ours
        ours._sekp_refuse_text(vals)
        if others:
            others.write(dict(vals))
        if vals.get("active") is False:
            return ours.unlink()
        result = super(CalendarEvent, ours.with_context(**QUIET)).write(dict(vals))
        blocks._follow_events(self.env.user)
        return result

    def unlink(self):
        blocks = self._sekp_blocks()
        if blocks:
            self.check_access("unlink")
            blocks._give_up(self.env.user)
        return super().unlink()

    def _sekp_blocks(self):
        """Return which of the events are busy blocks, unless it is them who change."""
        blocks = self.env["sekp.appointment.block"]
        if self.env.su and self.env.context.get(IN_STEP):
            return blocks
        return blocks._of(self)

    def _sekp_refuse_text(self, vals):
        """Refuse to write more into a busy block than times.

        A value that is there already is let through: a screen may send it along.

        :raises UserError: telling where it belongs
        """
        for name in set(vals) - MOVABLE:
            field = self._fields.get(name)
            value = vals[name]
            if not field or (
                not value
                if field.type in ("one2many", "many2many")
                else all((event[name] or False) == (value or False) for event in self)
                if field.type != "many2one"
                else all(event[name].id == value for event in self)
            ):
                continue
            self._sekp_refuse()

    @api.model
    def _sekp_refuse(self):
        raise UserError(
            self.env._(
                "This time is kept free for work that Odoo's calendar says nothing "
                "about. Move or delete it here; write everything else on the "
                "appointment, under “My Appointments”."
            )
        )

    def _sekp_refuse_document(self):
        """Refuse an event about a record about a person, whoever makes it.

        :raises UserError: telling what to do instead
        """
        confidential = set(self.env["sekp.confidential.mixin"]._confidential_models())
        # Superuser: whether the record may be read makes no difference here.
        for event in self.sudo():
            models_ = {event.res_model, *event.activity_ids.mapped("res_model")}
            if confidential & models_:
                self.env["mail.activity"]._sekp_refuse_event()

    # --- nothing is sent or written about a block ---------------------------------
    def _skip_send_mail_status_update(self):
        return super()._skip_send_mail_status_update() or bool(
            self.env["sekp.appointment.block"]._of(self)
        )

    def action_open_composer(self):
        """Refuse mails about a busy block to the one who owns it."""
        action = super().action_open_composer()
        if self._sekp_blocks() and self.has_access("write"):
            self._sekp_refuse()
        return action

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Nobody follows a busy block."""
        blocks = self._sekp_blocks()
        if not blocks:
            return super().message_subscribe(partner_ids, subtype_ids)
        others = self - blocks.event_id.with_env(self.env)
        return others.message_subscribe(partner_ids, subtype_ids) if others else True
