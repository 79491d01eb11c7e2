from datetime import timedelta

from odoo import api, fields, models

# Who is met before the hour is met by the visit.
EARLIER = timedelta(hours=1)


class SekpContact(models.Model):
    """A contact logged from the course is that of the visit planned for the day (F4).

    Only where there is no doubt which: nothing is asked.
    """

    _inherit = "sekp.contact"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            given = {**self._given_defaults(), **vals}
            if not given.get("appointment_id") and not given.get("replaces_id"):
                visit = self._visit_of_the_day(given)
                if visit:
                    vals["appointment_id"] = visit.id
        return super().create(vals_list)

    @api.model
    def _visit_of_the_day(self, vals):
        """Return the one planned visit that a contact can only be of, or an empty one.

        It is the worker's own, lies on the day of the contact, has begun or is about
        to, and a visit is no call.

        :param dict vals: of the contact that is to be created
        """
        none = self.env["sekp.appointment"]
        user_id = vals.get("user_id") if self.env.su else self.env.uid
        moment = fields.Datetime.to_datetime(vals.get("started_at"))
        moment = moment or fields.Datetime.now()
        company = self.env.company
        day = company._sekp_local(moment).date()
        # One that goes on after midnight lies on both days.
        found = none.search(
            [
                ("course_id", "=", vals.get("course_id")),
                ("state", "=", "planned"),
                ("worker_ids", "in", [user_id or self.env.uid]),
                ("starts_at", "<=", moment + EARLIER),
                ("starts_at", "<", company._sekp_end_of_day(day)),
                ("ends_at", ">", company._sekp_start_of_day(day)),
            ],
            limit=2,
        )
        if len(found) != 1:
            return none
        # Superuser: a form of contact is no secret, its catalogue not everybody's.
        form = self.env["sekp.contact.form"].sudo().browse(vals.get("form_id"))
        same = form.is_visit == found.sudo().form_id.is_visit
        return found if same else none
