from odoo import api, fields, models


class SekpPartMixin(models.AbstractModel):
    """A record that is known by the code of the record it belongs to (C3).

    It carries company, team and code of that record as stored columns, so that rules
    use stored fields and a name never says more than the code.
    """

    _name = "sekp.part.mixin"
    _description = "Part of Another Record"
    _inherit = ["sekp.confidential.mixin"]

    def _takes_own_reference(self):
        return False

    def _prepare_create(self, vals):
        # The columns the rules are built on come from what it belongs to alone.
        for name in ("company_id", "team_id", "reference"):
            vals.pop(name, None)
        return super()._prepare_create(vals)


class SekpCasePartMixin(models.AbstractModel):
    """A part of a referral, or of a course."""

    _name = "sekp.case.part.mixin"
    _description = "Part of a Referral or a Course"
    _inherit = ["sekp.part.mixin"]

    referral_id = fields.Many2one(
        comodel_name="sekp.referral",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    course_id = fields.Many2one(
        comodel_name="sekp.course",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    # compute_sudo=False: an unsaved row must not tell of what one may not read.
    reference = fields.Char(
        compute="_compute_from_parent",
        store=True,
        precompute=True,
        compute_sudo=False,
        index=False,
    )
    company_id = fields.Many2one(
        compute="_compute_from_parent",
        store=True,
        precompute=True,
        compute_sudo=False,
        default=None,
    )
    team_id = fields.Many2one(
        comodel_name="sekp.team",
        compute="_compute_from_parent",
        store=True,
        precompute=True,
        compute_sudo=False,
        index=True,
    )

    @api.depends(
        "referral_id.reference", "referral_id.team_id", "referral_id.company_id",
        "course_id.reference", "course_id.team_id", "course_id.company_id",
    )  # fmt: skip
    def _compute_from_parent(self):
        for part in self:
            parent = part._parent()
            part.reference = parent.reference
            part.team_id = parent.team_id
            part.company_id = parent.company_id

    def _parent(self):
        """Return the referral or the course that it belongs to."""
        return self.course_id or self.referral_id

    def _registration_standard(self):
        # Superuser: the bound on what may be stored holds for every reader.
        return self.sudo()._parent().standard_id

    def _own_courses(self):
        return self.course_id

    def _obligation_owner(self):
        # Superuser: who owns the obligation is asked whoever acts.
        return self.sudo()._parent()._obligation_owner()

    def _history_parent(self):
        return {"referral_id": self.referral_id.id, "course_id": self.course_id.id}
