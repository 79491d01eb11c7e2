from odoo import api, models
from odoo.fields import Domain


class SekpClockMixin(models.AbstractModel):
    """What carries clocks: the supervisor is told before one falls due, and after (F3).

    One obligation of the team's supervisor for all clocks of a record that are at
    risk, due when the first of them is. It follows in the act what is done to them;
    that one comes near is brought about by time.
    """

    _name = "sekp.clock.mixin"
    _description = "Record with Clocks"
    _inherit = ["sekp.obligation.mixin"]

    def _escalation_type(self):
        """Return the name of the activity type by which the supervisor is told."""
        raise NotImplementedError

    def _carried_clocks(self):
        """Return the clocks whose obligations lie on this record."""
        raise NotImplementedError

    @api.model
    def _carried_clocks_domain(self):
        """Return the domain of clocks whose obligations lie on records of this model.

        As a domain of ``sekp.deadline``.
        """
        return Domain.TRUE

    @api.model
    def _sekp_to_follow_up(self, today):
        """Find those with a clock at risk and nobody told, and those that are past it.

        What was done with is an archived activity, and counts as nobody told.
        """
        at_risk = Domain(
            "deadline_ids",
            "any",
            self.env["sekp.deadline"]._at_risk_domain(today)
            & self._carried_clocks_domain(),
        )
        told = self._owing(self._escalation_type())
        wrong = (at_risk & ~told) | (told & ~at_risk)
        return super()._sekp_to_follow_up(today) | wrong

    def _sekp_follow_up(self, today):
        result = super()._sekp_follow_up(today)
        self._sync_escalation()
        return result

    def _sync_escalation(self):
        """Let the supervisor have an obligation while a clock is at risk.

        It is met when none is at risk any more, by whatever act.
        """
        for record in self:
            # Superuser: the supervisor is told, whoever acts.
            stored = record.sudo()
            today = stored.company_id._sekp_today()
            clocks = stored._carried_clocks()._at_risk(today)
            if clocks:
                record._set_obligation(
                    record._escalation_type(),
                    min(clocks.mapped("falls_due")),
                    user=stored.team_id._supervisor(),
                )
            else:
                record._meet_obligation(record._escalation_type())
