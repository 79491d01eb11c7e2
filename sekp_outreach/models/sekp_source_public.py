from odoo import fields, models


class SekpSource(models.Model):
    """Which door of the public page a source comes through."""

    _inherit = "sekp.source"

    door = fields.Selection(
        [
            ("self", "I need help myself"),
            ("worried", "I am worried about someone"),
            ("professional", "I write as a professional"),
            ("both", "Both of those who write about others"),
            ("none", "Not on the page"),
        ],
        string="Door of the Public Page",
        compute="_compute_door",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )

    def _compute_door(self):
        for source in self:
            source.door = "self" if source.is_self else "both"

    def _fits_door(self, door):
        """Tell whether one of this source may come through a door."""
        self.ensure_one()
        return self.door == door or (
            self.door == "both" and door in ("worried", "professional")
        )
