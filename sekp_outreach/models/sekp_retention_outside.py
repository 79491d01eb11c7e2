from odoo import SUPERUSER_ID, api, models

from .sekp_referral import OUTSIDE

# What is proposed; the municipality decides.
PROPOSED_DAYS = 90


class SekpRetentionRule(models.Model):
    """A short rule for what comes from outside and is not accepted."""

    _inherit = "sekp.retention.rule"

    @api.model
    def _propose_for_outside(self, companies):
        """Let a municipality that takes referrals from outside have a short rule.

        It is a draft, as every rule is until the municipality has looked at what goes;
        scheme managers are told that something waits for them. Made once: a
        municipality that has or had such a rule, or ended it, gets no other.
        """
        # Superuser: whoever opens a way in, or sends; a proposal takes nothing away.
        rules = self.with_user(SUPERUSER_ID)
        for company in companies:
            if rules.search_count(
                [("company_id", "=", company.id), ("from_outside", "=", True)], limit=1
            ):
                continue
            lang = self.env["sekp.print.mixin"]._citizen_print_lang()
            rules.with_context(lang=lang).create(
                {
                    "company_id": company.id,
                    "record_class": "referral",
                    "from_outside": True,
                    "keep_amount": PROPOSED_DAYS,
                    "keep_unit": "days",
                    "note": rules.with_context(lang=lang).env._(
                        "Proposal: put in what the municipality has decided."
                    ),
                }
            )
            company._sekp_managers()._sekp_notice()


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._sekp_propose_for_outside()
        return companies

    def write(self, vals):
        result = super().write(vals)
        if vals.get("sekp_public_page"):
            self._sekp_propose_for_outside()
        return result

    def _sekp_propose_for_outside(self):
        pages = self.filtered("sekp_public_page")
        self.env["sekp.retention.rule"]._propose_for_outside(pages)


class SekpTeam(models.Model):
    _inherit = "sekp.team"

    @api.model_create_multi
    def create(self, vals_list):
        teams = super().create(vals_list)
        teams._propose_for_mail()
        return teams

    def write(self, vals):
        result = super().write(vals)
        if vals.get("alias_name") or vals.get("alias_id"):
            self._propose_for_mail()
        return result

    def _propose_for_mail(self):
        reachable = self.filtered("alias_name")
        self.env["sekp.retention.rule"]._propose_for_outside(reachable.company_id)


class SekpReferral(models.Model):
    _inherit = "sekp.referral"

    @api.model_create_multi
    def create(self, vals_list):
        referrals = super().create(vals_list)
        if self.env.su:
            # A colleague who writes a mail down has looked at it.
            sent = referrals.filtered(lambda referral: referral.channel in OUTSIDE)
            self.env["sekp.retention.rule"]._propose_for_outside(sent.company_id)
        return referrals
