from odoo import fields, models


class SekpCitizenChildMixin(models.AbstractModel):
    """A record that hangs on a person and obeys the same entitlement (C3).

    It carries company, team and code of the citizen as stored columns, so that rules
    use stored fields and a name never says more than the code.
    """

    _name = "sekp.citizen.child.mixin"
    _description = "Part of a Person"
    _inherit = ["sekp.part.mixin"]

    citizen_id = fields.Many2one(
        comodel_name="sekp.citizen", required=True, index=True, ondelete="cascade"
    )
    # related_sudo=False: an unsaved row must not tell of a citizen one may not read.
    reference = fields.Char(
        related="citizen_id.reference", related_sudo=False, store=True, index=False
    )
    company_id = fields.Many2one(
        related="citizen_id.company_id",
        related_sudo=False,
        store=True,
        precompute=True,
        default=None,
    )
    team_id = fields.Many2one(
        comodel_name="sekp.team",
        related="citizen_id.team_id",
        related_sudo=False,
        store=True,
        precompute=True,
        index=True,
    )

    def _registration_standard(self):
        # Superuser: the bound on what may be stored holds for every reader.
        return self.sudo().citizen_id.standard_id

    def _standard_of(self, vals):
        citizen_id = {**self._given_defaults(), **vals}.get("citizen_id")
        # Superuser: the bound on what may be stored holds for every writer.
        return self.env["sekp.citizen"].sudo().browse(citizen_id).standard_id

    def _history_parent(self):
        return {"citizen_id": self.citizen_id.id}

    def _own_courses(self):
        return self.citizen_id.course_ids

    def _obligation_owner(self):
        # Superuser: an owner is found whoever asks.
        return self.sudo().citizen_id._obligation_owner()
