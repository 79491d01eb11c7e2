from odoo import models
from odoo.exceptions import UserError


class SekpAbsenceAgreement(models.Model):
    """What was agreed for an absence, on paper for the person (R120)."""

    _inherit = "sekp.absence.agreement"

    def _paper_values(self):
        """Return what the agreement on paper says, as texts for the reader.

        :raises UserError: for one that was taken back
        """
        self.ensure_one()
        if self.stage == "cancelled":
            raise UserError(self.env._("This agreement was taken back."))
        course = self.course_id
        local = self.company_id._sekp_local
        visits = self.moved_ids.filtered(lambda one: one.state == "planned")
        return {
            **course.standard_id._paper_frame(self.company_id, self.reference),
            "days": self._days_in_words(),
            "how": self.how,
            "cover": self.cover_id.name,
            "opened": bool(self.assignment_id),
            "agreed_on": self._citizen_print_value("agreed_on"),
            "note": self.note,
            "visits": [
                (
                    self._citizen_print_date(local(visit.starts_at).date()),
                    f"{local(visit.starts_at):%H.%M}",
                    visit.form_id.name,
                )
                for visit in visits.sorted("starts_at")
            ],
            "team": course.team_id.name,
            "phone": course.team_id.phone,
            "hours": course.team_id.opening_hours,
        }

    def _days_in_words(self):
        who = self.worker_id.name
        first = self._citizen_print_value("date_from")
        if self.date_from == self.date_to:
            return self.env._("%(who)s is away on %(day)s.", who=who, day=first)
        return self.env._(
            "%(who)s is away from %(first)s to %(last)s, both days included.",
            who=who,
            first=first,
            last=self._citizen_print_value("date_to"),
        )

    def action_print(self):
        """Open the agreement on paper.

        :raises UserError: for one that was taken back
        """
        self.ensure_one()
        self.check_access("read")
        self._paper_values()
        return self.env.ref("sekp_outreach.report_absence_agreement").report_action(
            self, config=False
        )
