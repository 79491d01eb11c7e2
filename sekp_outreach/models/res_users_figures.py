from odoo import api, fields, models

# Who reads figures, and who knows of single persons what is counted in them.
READING = ("scheme_manager", "statistics_reader")
KNOWING = ("supervisor", "contact_person", "intake", "receiver", "auditor")


class ResUsers(models.Model):
    """Says to who gives out roles when two of them together tell more than each."""

    _inherit = "res.users"

    sekp_role_notice = fields.Char(
        string="Roles Together",
        compute="_compute_sekp_role_notice",
        groups="base.group_erp_manager",
        exportable=False,
    )

    @api.depends("all_group_ids")
    @api.depends_context("lang")
    def _compute_sekp_role_notice(self):
        for user in self:
            reading, knowing = user._sekp_named(READING), user._sekp_named(KNOWING)
            user.sekp_role_notice = bool(reading and knowing) and self.env._(
                "%(reading)s reads figures; %(knowing)s knows of single persons. "
                "Who is both can take away what is known from a figure, and is left "
                "with a number that was too small to be told. It is allowed; two "
                "people are better.",
                reading=", ".join(reading),
                knowing=", ".join(knowing),
            )

    def _sekp_named(self, roles):
        """Return the names of those of some roles that a user has."""
        groups = [self.env.ref(f"sekp_outreach.group_{role}") for role in roles]
        held = [group for group in groups if group.id in self.all_group_ids.ids]
        # A supervisor is a contact person too: the wider role says it.
        implied = {other.id for group in held for other in group.implied_ids}
        return [group.name for group in held if group.id not in implied]
