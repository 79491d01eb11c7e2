from odoo import fields, models
from odoo.fields import Domain

from .sekp_intake_flood import FLOOD, SHOWN


class SekpMorning(models.AbstractModel):
    """A flood from outside is one line, apart from the referrals."""

    _inherit = "sekp.morning"

    def _words(self):
        return {
            **super()._words(),
            "flood": (
                self.env._("Refused from Outside"),
                self.env._("Nothing was refused."),
            ),
        }

    def _flood(self, today):
        """Return the section of the flood of the last day; nothing without one."""
        since = fields.Datetime.now() - SHOWN
        domain = Domain("last", ">=", since) & Domain("count", ">=", FLOOD)
        domain &= Domain("company_id", "in", self.env.companies.ids)
        Flood = self.env["sekp.intake.flood"]
        floods = Flood.search_fetch(domain, ["count", "begun", "last"])
        if not floods:
            return {}
        day = self.env.company._sekp_local(max(floods.mapped("last"))).date()
        number = sum(floods.mapped("count"))
        text = self.env._(
            "A flood of reports: what was refused is not among the referrals."
        )
        line = self._line(floods[0], str(number), day, today, text=text)
        # It tells what was, and waits for nobody.
        line["late"] = False
        action = self._action("sekp.intake.flood", Domain("last", ">=", since))
        return {"flood": self._section(1, 0, None, [line], action, today)}
