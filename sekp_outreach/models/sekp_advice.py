from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain

from .sekp_referral import CHANNELS


class SekpAdvice(models.Model):
    """Advice given without a course: counted, and nothing else.

    A row tells the day, the entry point, the channel, the source and what was done;
    not who asked, about whom, in which words or at which hour, nor who answered.
    """

    _name = "sekp.advice"
    _description = "Advice Given"
    _order = "day desc, id desc"
    _rec_name = "day"
    _check_company_auto = True
    # The minute and the colleague would lead back to a call.
    _log_access = False

    day = fields.Date(
        required=True,
        default=lambda self: self.env.company._sekp_today(),
    )
    team_id = fields.Many2one(
        comodel_name="sekp.team",
        string="Entry Point",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        default=lambda self: self.env["sekp.team"]._own_entry_point(),
        domain="[('is_entry_point', '=', True)]",
    )
    company_id = fields.Many2one(
        related="team_id.company_id",
        string="Municipality",
        related_sudo=False,
        store=True,
        precompute=True,
        index=True,
    )
    channel = fields.Selection(CHANNELS, required=True, default="phone")
    source_id = fields.Many2one(
        comodel_name="sekp.source",
        string="From",
        ondelete="restrict",
        check_company=True,
        help="Empty when it was not said.",
    )
    outcome = fields.Selection(
        [
            ("advice", "Advice given"),
            ("redirect", "Redirected"),
            ("outside", "Outside the scheme"),
        ],
        required=True,
        default="advice",
    )

    _by_day = models.Index("(company_id, day)")

    @api.model_create_multi
    def create(self, vals_list):
        advice = super().create(vals_list)
        # What follows from an act on a referral is counted where that lies.
        if not self.env.su:
            advice._check_own_entry_point()
        return advice

    def _check_own_entry_point(self):
        """Refuse to count where the user does not answer.

        :raises AccessError: for a team that is no entry point of the user's own
        """
        for advice in self:
            team = advice.team_id
            if team not in team._own_entry_points(team.company_id):
                raise AccessError(
                    self.env._(
                        "Advice is counted at an entry point of your own. Choose it."
                    )
                )

    @api.constrains("day")
    def _check_day(self):
        for advice in self:
            if advice.day > advice.company_id._sekp_today():
                raise ValidationError(
                    self.env._("Advice is counted when it has been given.")
                )

    @api.model
    def _take_back(self, values):
        """Remove one row with exactly these values; one is like the other."""
        # Superuser: the act that counted is undone, and has been checked.
        rows = self.sudo().search(
            Domain.AND(Domain(name, "=", value) for name, value in values.items()),
            limit=1,
        )
        rows.unlink()
