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

    # Names of the types that stay the supervisor's, whoever owns the rest.
    _sekp_supervised_types = ()

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
    @api.model
    def _activity_type_id(self, name):
        """Return the number of one of this addon's activity types, or None.

        Known to the server: to fetch the type would cost a query each time.

        :param str name: in this addon's data
        """
        return self.env["ir.model.data"]._xmlid_to_res_id(f"sekp_outreach.{name}")

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

    @api.model
    def _owing(self, type_xmlid):
        """Return the domain of the records with an open obligation of a type.

        Also where the search includes what is archived: a done one is no open one.

        :param str type_xmlid: name of the activity type in this addon's data
        """
        kind = self.env.ref(f"sekp_outreach.{type_xmlid}").id
        return Domain(
            "activity_ids",
            "any",
            [
                ("activity_type_id", "=", kind),
                ("automated", "=", True),
                ("active", "=", True),
            ],
        )

    def _obligation_owner(self):
        """Return the user who owns this record's obligations."""
        raise NotImplementedError

    def _types_of_supervisor(self):
        """Return the names of the types that are the supervisor's as things stand."""
        return self._sekp_supervised_types

    def _supervised(self, activities):
        """Return those of the activities that stay the supervisor's."""
        types = [
            self.env.ref(f"sekp_outreach.{name}").id
            for name in self._types_of_supervisor()
        ]
        return activities.filtered(
            lambda activity: activity.activity_type_id.id in types
        )

    def _next_owner(self, leaving, day, supervised=False):
        """Return who takes over an activity from a user who will not be entitled.

        :param leaving: users who do not come into question
        :param day: the day the activity is due
        :param bool supervised: whether it stays the supervisor's
        """
        return self.env["res.users"]

    def _keeps_access(self, user, day):
        """Tell whether a user who may open the record now still may on a later day."""
        return True

    def _with_obligations(self):
        """Return the records with what is open on them, and that alone, whatever the
        caller's context would show or leave out."""
        # Superuser: an obligation follows from the act, whoever performs it, and its
        # owner may be a colleague.
        return self.sudo().with_context(
            mail_activity_automation_skip=False, active_test=True
        )

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
        record = self._with_obligations()
        activities = record.activity_search([xmlid])
        if not due:
            activities.unlink()
            return
        owner = user or record._obligation_owner()
        if not record._readable_by(owner):
            supervised = type_xmlid in record._types_of_supervisor()
            owner = record._next_owner(owner, due, supervised) or owner
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
        for record in self._with_obligations():
            record.activity_search(xmlids).action_done()

    def _drop_obligations(self):
        """Take away every open automatic activity: the record is at its end."""
        for record in self._with_obligations():
            record.activity_ids.filtered("automated").unlink()
