from odoo import models

from .sekp_complaint import ANSWER_DAYS


class SekpStandard(models.Model):
    """What a quality standard lends to what people get on paper (R005, R137, R138)."""

    _inherit = "sekp.standard"

    def _paper_frame(self, company, code=""):
        """Return what every print for a person bears, as texts for the reader.

        :param company: the municipality, or an empty set for a preset
        :param str code: of the record that is printed
        """
        return {
            "code": code,
            "municipality": company.name or self.municipality or "",
            "scheme": self.scheme_name or "",
            "date": self.env["sekp.print.mixin"]._citizen_print_date(
                (company or self.env.company)._sekp_today()
            ),
            "you": self.form_of_address != "citizen",
            "stores_nothing": self.registration_mode == "none",
            "emergency": self._paper_emergency(),
        }

    def _paper_emergency(self):
        """Return what to do when it cannot wait, as lines, most urgent first (R053)."""
        lines = [self.env._("Is anybody's life in danger? Call 112.")]
        if self.acute_text:
            lines.append(self.acute_text)
        elif self.acute_policy == "redirect" and self.acute_phone:
            lines.append(
                self.env._("Is it acute? Call %(phone)s.", phone=self.acute_phone)
            )
        elif self.acute_policy == "handle":
            lines.append(self.env._("Is it acute? Call us."))
        return lines

    def _paper_complaint(self):
        """Return whom to complain to and how soon one is answered (R137, R138)."""
        sections = self.section_ids.filtered(lambda one: one.kind == "complaint")
        bodies = sections.mapped("body") if self.complaint_block else []
        return {
            "bodies": bodies,
            "places": [] if bodies else self._public_entry_points() if self else [],
            "days": self.complaint_days if self else ANSWER_DAYS,
        }

    def _complaint_guidance_values(self):
        """Return what the guidance on how to complain says."""
        self.ensure_one()
        return self._complaint_paper(self.company_id)

    def _complaint_paper(self, company):
        return {**self._paper_frame(company), "complaint": self._paper_complaint()}
