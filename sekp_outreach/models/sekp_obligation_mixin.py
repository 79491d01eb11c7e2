from odoo import api, models
from odoo.fields import Domain

from .sekp_read_at_once_mixin import remembering


class SekpObligationMixin(models.AbstractModel):
    """What every record that must not be forgotten is and does (F1).

    An obligation is a typed activity that the system keeps: one open of each type and
    record, with a date and an owner, ended by the act itself. Most follow from acts;
    what only the passing of time brings about is found by the daily follow-up.
    """

    _name = "sekp.obligation.mixin"
    _description = "Record with Obligations"
    _inherit = ["mail.activity.mixin", "sekp.remembering.mixin"]

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
        if not user._sekp_is_active():
            return self.browse()
        records = self.with_user(user).with_context(
            active_test=False, allowed_company_ids=list(user._get_company_ids())
        )
        if not records.browse().has_access("read"):
            return self.browse()
        # What is not there is not found either.
        known = records._remembered()
        if missing := [id_ for id_ in self.ids if id_ not in known]:
            known = known.union(records._search([("id", "in", missing)]))
            records._remembered().update(known)
        return self.browse(id_ for id_ in self.ids if id_ in known)

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

    def _automatic_activities(self, *names):
        """Return the open automatic activities of some types.

        All activities of the records are read at once, and known from then on.

        :param str names: of activity types in this addon's data
        """
        types = [self._activity_type_id(name) for name in names]
        return self.activity_ids.filtered(
            lambda activity: (
                activity.active
                and activity.automated
                and activity.activity_type_id.id in types
            )
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
        activities = record._automatic_activities(type_xmlid)
        if not due:
            activities.unlink()
            return
        with remembering():
            owner = user or record._obligation_owner()
            if not record._readable_by(owner):
                supervised = type_xmlid in record._types_of_supervisor()
                owner = record._next_owner(owner, due, supervised) or owner
        if not activities:
            # The type's name in the owner's language: neutral, and seen in the list.
            # Superuser: the types are not open to every role.
            types = self.env["mail.activity.type"].sudo().with_context(lang=owner.lang)
            summary = types.browse(self._activity_type_id(type_xmlid)).name
            record.with_context(mail_activity_quick_update=True).activity_schedule(
                xmlid, date_deadline=due, user_id=owner.id, summary=summary
            )
            return
        activities[1:].unlink()
        first = activities[0]
        vals = {"date_deadline": due} if first.date_deadline != due else {}
        if first.user_id != owner:
            vals["user_id"] = owner.id
        if vals:
            first.with_context(mail_activity_quick_update=True).write(vals)

    def _meet_obligation(self, *type_xmlids):
        """Mark the automatic activities of these types done: the act was performed."""
        for record in self._with_obligations():
            record._automatic_activities(*type_xmlids).action_done()

    def _drop_obligations(self):
        """Take away every open automatic activity: the record is at its end."""
        for record in self._with_obligations():
            record.activity_ids.filtered("automated").unlink()
