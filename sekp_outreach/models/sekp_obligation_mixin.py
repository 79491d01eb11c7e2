from odoo import api, models
from odoo.fields import Domain


class SekpObligationMixin(models.AbstractModel):
    """What every record that must not be forgotten is and does (F1).

    An obligation is a typed activity that the system keeps: one open of each type and
    record, with a date and an owner, ended by the act itself. Most follow from acts;
    what only the passing of time brings about is found by the daily follow-up.
    """

    _name = "sekp.obligation.mixin"
    _description = "Record with Obligations"
    _inherit = ["mail.activity.mixin"]

    # --- what the passing of time brings about --------------------------------------
    @api.model
    def _sekp_to_follow_up(self, today):
        """Return the domain of the records that have to be followed up on a day.

        What was followed up is not found again on the same day: the domain asks for
        what is wrong, not for what might be.

        :param date today: the day in the municipality
        """
        return Domain.FALSE

    def _sekp_follow_up(self, today):
        """Bring the obligations of these records in step with a day; done again it
        changes nothing.

        :param date today: the day in the municipality
        """

    # --- obligations ----------------------------------------------------------------
    def _readable_by(self, user):
        """Return the records that a user may open now, whatever the caller may.

        :param user: the municipalities of the user count, not the caller's selection
        """
        if not user.active:
            return self.browse()
        records = self.with_user(user).with_context(
            allowed_company_ids=user.company_ids.ids
        )
        return self.browse(records.exists()._filtered_access("read").ids)

    def _obligation_owner(self):
        """Return the user who owns this record's obligations."""
        raise NotImplementedError

    def _next_owner(self, leaving, day):
        """Return who takes over an activity from a user who will not be entitled.

        :param leaving: users who do not come into question
        :param day: the day the activity is due
        """
        return self.env["res.users"]

    def _set_obligation(self, type_xmlid, due, user=None):
        """Let the record have exactly one open automatic activity of a type (F1).

        A new date moves the activity; no date takes it away.

        :param str type_xmlid: name of the activity type in this addon's data
        :param due: date the obligation falls due, or False
        :param user: owner; the record's own owner by default, and another who answers
            for the record when that one may not open it
        """
        self.ensure_one()
        xmlid = f"sekp_outreach.{type_xmlid}"
        # Superuser: an obligation is moved by the act, whoever performs it, and
        # whatever the caller's context would leave out.
        record = self.sudo().with_context(mail_activity_automation_skip=False)
        activities = record.activity_search([xmlid])
        if not due:
            activities.unlink()
            return
        owner = user or record._obligation_owner()
        if not record._readable_by(owner):
            owner = record._next_owner(owner, due) or owner
        if not activities:
            # The type's name in the owner's language: neutral, and seen in the list.
            # Superuser: the types are not open to every role.
            summary = self.env.ref(xmlid).sudo().with_context(lang=owner.lang).name
            record.with_context(mail_activity_quick_update=True).activity_schedule(
                xmlid, date_deadline=due, user_id=owner.id, summary=summary
            )
            return
        activities[1:].unlink()
        first = activities[0]
        if first.date_deadline != due or first.user_id != owner:
            first.with_context(mail_activity_quick_update=True).write(
                {"date_deadline": due, "user_id": owner.id}
            )

    def _meet_obligation(self, *type_xmlids):
        """Mark the automatic activities of these types done: the act was performed."""
        xmlids = [f"sekp_outreach.{name}" for name in type_xmlids]
        for record in self:
            # Superuser: the act meets the obligation whoever owns the activity.
            record.sudo().activity_search(xmlids).action_done()

    def _drop_obligations(self):
        """Take away every open automatic activity: the record is at its end."""
        for record in self:
            # Superuser: the owner may be a colleague.
            record.sudo().activity_ids.filtered("automated").unlink()
