from datetime import timedelta

from odoo import api, fields, models

# Who is met before the hour is met by the visit.
EARLIER = timedelta(hours=1)


class SekpContact(models.Model):
    """A contact logged from the course is that of the visit planned for the day (F4).

    Only where there is no doubt which: nothing is asked.
    """

    _inherit = "sekp.contact"

    @api.model
    def _around(self, given):
        queries = super()._around(given)
        if not given.get("appointment_id") and not given.get("replaces_id"):
            queries["visits"] = self._visits_of_the_day(given)
        return queries

    @api.model
    def _look_up(self, vals):
        found = super()._look_up(vals)
        visits = [visit_id for visit_id, _none in found.get("visits", ())]
        visit = self.env["sekp.appointment"].browse(visits if len(visits) == 1 else ())
        given = {**self._given_defaults(), **vals}
        if visit and self._is_same_kind(visit, given):
            vals["appointment_id"] = visit.id
        return found

    @api.model
    def _visits_of_the_day(self, vals):
        """Return the query for the planned visits a contact can be of, two at most.

        They are the worker's own, lie on the day of the contact, have begun or are
        about to.

        :param dict vals: of the contact that is to be created
        """
        user_id = vals.get("user_id") if self.env.su else self.env.uid
        moment = fields.Datetime.to_datetime(vals.get("started_at"))
        moment = moment or fields.Datetime.now()
        company = self.env.company
        day = company._sekp_local(moment).date()
        # One that goes on after midnight lies on both days.
        visits = self.env["sekp.appointment"]
        return visits._search(
            [
                ("course_id", "=", vals.get("course_id")),
                ("state", "=", "planned"),
                ("worker_ids", "in", [user_id or self.env.uid]),
                ("starts_at", "<=", moment + EARLIER),
                ("starts_at", "<", company._sekp_end_of_day(day)),
                ("ends_at", ">", company._sekp_start_of_day(day)),
            ],
            limit=2,
            order=visits._order,
        )

    @api.model
    def _is_same_kind(self, visit, vals):
        """Tell whether a contact took place as its visit was planned: a visit is no
        call.

        :param dict vals: of the contact that is to be created
        """
        # Superuser: a form of contact is no secret, its catalogue not everybody's.
        form = self.env["sekp.contact.form"].sudo().browse(vals.get("form_id"))
        return form.is_visit == visit.sudo().form_id.is_visit
