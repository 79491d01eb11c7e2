from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

GIVEN = [("oral", "Orally"), ("written", "In writing"), ("screen", "On the screen")]
LONGEST_CONSENT = 730


class SekpConsent(models.Model):
    """What the citizen agreed to: which information, to or from whom, until when.

    One counterpart each and never for everything (retssikkerhedsloven § 11 a). Once
    given it is not changed, it is only withdrawn; what is agreed anew is a new consent.
    """

    _name = "sekp.consent"
    _inherit = ["sekp.course.child.mixin"]
    _description = "Consent"
    _order = "given_on desc, id desc"

    _sekp_print_fields = (
        "direction", "offer_id", "information_ids", "purpose", "given_how", "given_on",
        "valid_until", "state", "withdrawn_on", "withdrawn_how",
    )  # fmt: skip
    _sekp_print_when = "given_on"

    _sekp_act_fields = frozenset({"withdrawn_on", "withdrawn_how", "left_ids"})

    direction = fields.Selection(
        [("disclose", "Tell"), ("obtain", "Ask")], required=True, default="disclose"
    )
    offer_id = fields.Many2one(
        comodel_name="sekp.offer",
        string="With Whom",
        required=True,
        index=True,
        ondelete="restrict",
        help="Exactly one: a consent for everybody is none.",
    )
    information_ids = fields.Many2many(
        comodel_name="sekp.information.type", string="Which Information"
    )
    purpose = fields.Selection(
        [
            ("handover", "Bridging or handover"),
            ("coordinate", "Coordinating the help"),
            ("apply", "Applying for something"),
            ("other", "Other"),
        ],
        required=True,
        default="handover",
    )
    given_how = fields.Selection(GIVEN, string="Given", required=True, default="oral")
    given_on = fields.Date(
        required=True, default=lambda self: self.env.company._sekp_today()
    )
    valid_until = fields.Date(
        compute="_compute_valid_until",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        help="The last day on which it holds.",
    )
    ends_at = fields.Datetime(compute="_compute_ends_at", store=True, precompute=True)
    withdrawn_on = fields.Date(readonly=True, copy=False)
    withdrawn_how = fields.Selection(
        GIVEN, string="Withdrawn", readonly=True, copy=False
    )
    state = fields.Selection(
        [("live", "Live"), ("expired", "Expired"), ("withdrawn", "Withdrawn")],
        compute="_compute_state",
        search="_search_state",
    )
    left_ids = fields.Many2many(
        comodel_name="sekp.handover",
        relation="sekp_consent_left_rel",
        string="What Has Left",
        readonly=True,
        copy=False,
        help="Handovers that were sent under this consent.",
    )
    emergency_until = fields.Datetime(
        related="course_id.emergency_until", related_sudo=False
    )

    # --- time ---------------------------------------------------------------------
    @api.depends("given_on", "course_id")
    def _compute_valid_until(self):
        for consent in self:
            days = consent.course_id.standard_id.consent_days
            consent.valid_until = (
                consent.given_on and days and consent.given_on + timedelta(days=days)
            )

    @api.depends("valid_until", "company_id")
    def _compute_ends_at(self):
        for consent in self:
            company = consent.company_id or self.env.company
            consent.ends_at = company._sekp_end_of_day(consent.valid_until)

    @api.depends("ends_at", "withdrawn_on")
    def _compute_state(self):
        now = fields.Datetime.now()
        for consent in self:
            if consent.withdrawn_on:
                consent.state = "withdrawn"
            elif consent.ends_at and consent.ends_at <= now:
                consent.state = "expired"
            else:
                consent.state = "live"

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        kept = Domain("withdrawn_on", "=", False)
        domains = {
            "live": kept & Domain("ends_at", ">", "now"),
            "expired": kept & Domain("ends_at", "<=", "now"),
            "withdrawn": Domain("withdrawn_on", "!=", False),
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    def _live(self, on):
        """Return those of the consents that hold on a day."""
        return self.filtered(
            lambda consent: (
                consent.given_on <= on <= consent.valid_until
                and not (consent.withdrawn_on and consent.withdrawn_on <= on)
            )
        )

    def _covers(self, direction, offer, information, day):
        """Tell whether one of the consents allows something on a day.

        :param str direction: ``disclose`` or ``obtain``
        :param offer: the one counterpart
        :param information: all the kinds it is about
        """
        return any(
            consent.direction == direction
            and consent.offer_id == offer
            and information <= consent.information_ids
            for consent in self._live(day)
        )

    # --- giving -------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        consents = super().create(vals_list)
        consents._check_whole()
        for consent in consents:
            consent._renew()
        return consents

    def _check_whole(self):
        """Refuse a consent that says too little or too much to be one.

        :raises ValidationError: telling what is missing
        """
        for consent in self:
            company = consent.company_id
            longest = consent.given_on + timedelta(days=LONGEST_CONSENT)
            if not consent.information_ids:
                raise ValidationError(
                    self.env._("Choose which information the consent is about.")
                )
            if consent.given_on > company._sekp_today():
                raise ValidationError(
                    self.env._("A consent cannot be given in the future.")
                )
            if not consent.given_on <= consent.valid_until <= longest:
                raise ValidationError(
                    self.env._(
                        "A consent ends after it was given, and within %(days)s days.",
                        days=LONGEST_CONSENT,
                    )
                )
            # Superuser: what lies elsewhere is refused with a sentence.
            stored = consent.sudo()
            chosen = stored.offer_id.company_id | stored.information_ids.company_id
            if chosen - company:
                raise ValidationError(
                    self.env._("Choose what is in use in the municipality.")
                )

    def write(self, vals):
        if not self.env.su:
            raise UserError(
                self.env._(
                    "A consent is not changed. Withdraw it, and record what was agreed "
                    "instead."
                )
            )
        return super().write(vals)

    # --- withdrawing --------------------------------------------------------------
    def action_withdraw(self):
        """Record that the citizen withdrew orally; what is open under it ends now."""
        self._withdraw("oral")

    def action_withdraw_written(self):
        """Record that the citizen withdrew in writing; what is open under it ends."""
        self._withdraw("written")

    def _withdraw(self, how):
        self.check_access("read")
        self.course_id._take_for_change()
        for consent in self:
            if consent.withdrawn_on:
                raise UserError(self.env._("The consent has already been withdrawn."))
            # Superuser: nobody writes a consent; that the user carries the course has
            # been checked.
            consent.sudo().write(
                {
                    "withdrawn_on": consent.company_id._sekp_today(),
                    "withdrawn_how": how,
                }
            )
            consent._end_what_is_open()
            (consent | consent._counterpart())._sync_expiring()

    def _end_what_is_open(self):
        """Close the handovers under the consent, and tell those who could read them."""
        # Superuser: the receivers' access ends with the consent, whoever records it.
        handovers = (
            self.env["sekp.handover"].sudo().search([("consent_id", "in", self.ids)])
        )
        read = handovers.filtered(
            lambda handover: handover.state in ("sent", "accepted", "completed")
        )
        told = read.receiver_id
        handovers.filtered(
            lambda handover: handover.state in ("consented", "sent", "accepted")
        )._withdraw()
        read.write({"shared_until": fields.Datetime.now()})
        told._sekp_notice()
