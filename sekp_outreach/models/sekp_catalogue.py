from odoo import api, fields, models
from odoo.exceptions import UserError


class SekpCatalogueMixin(models.AbstractModel):
    """What every catalogue entry has: a name, a code that data and presets refer to,
    an order, and a place in the national vocabulary when there is one.

    An entry without a company is common to all municipalities of the database and is
    changed by none of them; each adds its own.
    """

    _name = "sekp.catalogue.mixin"
    _inherit = ["sekp.kept.mixin"]
    _description = "Catalogue Entry"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True,
        help="Short technical name that presets and imports refer to.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        string="Municipality",
        index=True,
        help="Empty: common to every municipality in this database.",
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    ffb_code = fields.Char(
        string="FFB Code",
        help="Code in the common Danish language for social services, where there is "
        "one. Optional: § 99 itself lies outside that vocabulary.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                vals["company_id"] = vals.get("company_id") or self.env.company.id
        return super().create(vals_list)

    def write(self, vals):
        self._check_own()
        if "company_id" in vals and not self.env.su:
            raise UserError(self.env._("An entry stays with its municipality."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_common(self):
        self._check_own()

    def _check_own(self):
        if not self.env.su and any(not entry.company_id for entry in self):
            raise UserError(
                self.env._(
                    "This entry is common to all municipalities and cannot be changed. "
                    "Add your own instead."
                )
            )


class SekpTargetGroup(models.Model):
    """Whom the scheme is for (R020-R029). A circumstance informs and never excludes."""

    _name = "sekp.target.group"
    _inherit = ["sekp.catalogue.mixin"]
    _description = "Target Group"

    kind = fields.Selection(
        [("group", "Group"), ("circumstance", "Circumstance")],
        required=True,
        default="group",
        help="A group is who the person is; a circumstance is what the standard adds, "
        "such as not being retained in other offers.",
    )

    _code_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))", "Two target groups cannot share a code."
    )


class SekpContactForm(models.Model):
    """How a contact takes place (R080-R086)."""

    _name = "sekp.contact.form"
    _inherit = ["sekp.catalogue.mixin"]
    _description = "Form of Contact"

    is_visit = fields.Boolean(
        string="Worker Goes Out",
        help="Counts as having come out to the citizen: meets a first-visit deadline.",
    )

    _code_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))", "Two forms of contact cannot share a code."
    )


class SekpSupportFunction(models.Model):
    """What the contact person helps with (R090-R108)."""

    _name = "sekp.support.function"
    _inherit = ["sekp.catalogue.mixin"]
    _description = "Support Function"

    _code_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))", "Two support functions cannot share a code."
    )


class SekpSource(models.Model):
    """Who says that someone needs help (R040-R046)."""

    _name = "sekp.source"
    _inherit = ["sekp.catalogue.mixin"]
    _description = "Source of Referrals"

    is_self = fields.Boolean(
        string="The Citizen",
        help="The person asks on their own behalf; all other sources are concern "
        "reports.",
    )

    _code_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))", "Two sources cannot share a code."
    )


class SekpInformationType(models.Model):
    """A kind of information that a consent names (retssikkerhedsloven § 11 a).

    What goes along by itself when it is agreed follows from the code of an entry that
    is common to all; what a municipality adds is told by the contact person.
    """

    _name = "sekp.information.type"
    _inherit = ["sekp.catalogue.mixin"]
    _description = "Kind of Information"

    _code_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))",
        "Two kinds of information cannot share a code.",
    )

    def _codes(self):
        """Return the codes of the common entries: what to do with those is known."""
        return {entry.code for entry in self if not entry.company_id}


class SekpOffer(models.Model):
    """An ordinary offer or a partner that a citizen can be bridged to."""

    _name = "sekp.offer"
    _inherit = ["sekp.catalogue.mixin"]
    _description = "Ordinary Offer or Partner"
    _check_company_auto = True

    kind = fields.Selection(
        [
            ("home_support", "Home support (§ 85)"),
            ("treatment", "Treatment of dependency"),
            ("psychiatry", "Psychiatry"),
            ("health", "Doctor, dentist, hospital"),
            ("activity", "Activity or drop-in centre (§ 104)"),
            ("shelter", "Shelter (§ 110)"),
            ("acute", "Social acute offer (§ 82 c)"),
            ("housing", "Housing company"),
            ("authority", "Public authority"),
            ("voluntary", "Voluntary organisation"),
            ("other", "Other"),
        ],
        required=True,
        default="other",
    )
    paragraph = fields.Char(help="Paragraph the offer is given under, such as § 104.")
    receives_anonymous = fields.Boolean(
        string="Receives Anonymous Citizens",
        help="A citizen can come without giving a name.",
    )
    opening_hours = fields.Char()
    phone = fields.Char()
    valid_from = fields.Date()
    valid_to = fields.Date()
    required_meetings = fields.Integer(
        default=2,
        help="How many times receiver and citizen must have met before a handover is "
        "complete.",
    )

    answer_days = fields.Integer(
        string="Days to Answer",
        default=14,
        help="How long to wait for an answer to a handover.",
    )

    _code_company_unique = models.UniqueIndex(
        "(code, COALESCE(company_id, 0))", "Two offers cannot share a code."
    )
    _meetings_positive = models.Constraint(
        "CHECK (required_meetings >= 0)",
        "The number of meetings cannot be negative.",
    )
    _valid_in_order = models.Constraint(
        "CHECK (valid_to IS NULL OR valid_from IS NULL OR valid_to >= valid_from)",
        "An offer cannot end before it begins.",
    )
