from odoo import api, fields, models


class SekpAllocate(models.TransientModel):
    """Makes citizen, course and access of a referral, in one step.

    Holds no text about the person: a transient row lives on until it is vacuumed.
    """

    _name = "sekp.allocate"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Allocate a Referral"

    referral_id = fields.Many2one(
        comodel_name="sekp.referral", required=True, readonly=True
    )
    company_id = fields.Many2one(related="referral_id.company_id", related_sudo=False)
    warnings = fields.Text(related="referral_id.warnings", related_sudo=False)
    deviation_reason = fields.Selection(
        related="referral_id.deviation_reason", related_sudo=False, readonly=False
    )
    team_id = fields.Many2one(
        comodel_name="sekp.team",
        required=True,
        compute="_compute_team_id",
        store=True,
        readonly=False,
        domain="[('is_provider', '=', True), ('company_id', '=', company_id)]",
    )
    member_ids = fields.Many2many(related="team_id.member_ids", related_sudo=False)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Contact Person",
        required=True,
        domain="[('id', 'in', member_ids)]",
    )
    earlier_course_id = fields.Many2one(
        comodel_name="sekp.course",
        domain="[('phase', '=', 'closed'), ('company_id', '=', company_id)]",
        help="When the team knows the person from an earlier course.",
    )
    guidance = fields.Text(compute="_compute_guidance")

    @api.depends("referral_id")
    def _compute_team_id(self):
        """Propose the entry point when it provides, else the only provider."""
        for wizard in self:
            own = wizard.referral_id.team_id
            providers = self.env["sekp.team"].search(
                [
                    ("company_id", "=", wizard.company_id.id),
                    ("is_provider", "=", True),
                ]
            )
            if own in providers:
                wizard.team_id = own
            else:
                wizard.team_id = providers if len(providers) == 1 else False

    @api.depends("referral_id", "team_id")
    def _compute_guidance(self):
        for wizard in self:
            standard = wizard.referral_id.standard_id
            age, team = wizard.referral_id.age, wizard.team_id
            lines = []
            if standard.competence:
                lines.append(
                    self.env._("Competence: %(text)s", text=standard.competence)
                )
            if standard.worker_matching == "required":
                lines.append(
                    self.env._(
                        "The standard asks for a contact person chosen to suit the "
                        "citizen."
                    )
                )
            if age and (
                (team.age_from and age < team.age_from)
                or (team.age_to and age > team.age_to)
            ):
                lines.append(
                    self.env._(
                        "The team works with another age group: consider another."
                    )
                )
            wizard.guidance = "\n".join(lines)

    def action_allocate(self):
        """Allocate the referral and open the course."""
        self.ensure_one()
        referral = self.referral_id
        course = referral._allocate(
            self.user_id,
            self.team_id,
            earlier_course=self.earlier_course_id,
            **referral._citizen_facts(),
        )
        return course._action_open()
