from datetime import timedelta

from odoo import fields, models
from odoo.tools import format_date

OVERSEERS = "sekp_outreach.group_scheme_manager,sekp_outreach.group_auditor"
# The job comes each night: a day more, and something is wrong with it.
NIGHTS = 2


class SekpRetentionRule(models.Model):
    """That a rule is carried out, when, and that nothing is left.

    What a scheme manager has to know of erasure. There is a certificate for each
    record, so that even how many they are is a number; they are the auditors' to read.
    """

    _inherit = "sekp.retention.rule"

    carried_out_on = fields.Date(
        string="Last Carried Out",
        readonly=True,
        copy=False,
        groups=OVERSEERS,
        help="When the nightly job last went through everything that was due.",
    )
    is_something_left = fields.Boolean(
        readonly=True,
        copy=False,
        groups=OVERSEERS,
        help="Something that was due could not be erased.",
    )
    account = fields.Char(
        string="Carried Out",
        compute="_compute_account",
        groups=OVERSEERS,
        exportable=False,
    )

    def _compute_account(self):
        for rule in self:
            rule.account = rule._account()

    def _account(self):
        """Return in a sentence when the rule was carried out, and whether fully."""
        if self.state == "draft":
            return False
        if not self.carried_out_on:
            if self.state == "ended":
                return False
            return self.env._("Not yet. The nightly job carries it out.")
        day = format_date(self.env, self.carried_out_on)
        if self.state == "ended":
            return self.env._("Ended. Carried out for the last time %(day)s.", day=day)
        today = self.company_id._sekp_today()
        if self.carried_out_on < today - timedelta(days=NIGHTS):
            return self.env._(
                "Last carried out %(day)s: the nightly job has not come through since. "
                "Ask the administrator.",
                day=day,
            )
        if self.is_something_left:
            return self.env._(
                "Carried out %(day)s. Something that was due could not be erased: the "
                "administrator finds in the server log why.",
                day=day,
            )
        return self.env._(
            "Carried out %(day)s. Everything that was due is erased.", day=day
        )

    def _carried_out(self, is_something_left):
        """Keep that the nightly job went through all that was due by these rules.

        :param bool is_something_left: whether some of it is still there
        """
        for rule in self:
            rule.write(
                {
                    "carried_out_on": rule.company_id._sekp_today(),
                    "is_something_left": is_something_left,
                }
            )
