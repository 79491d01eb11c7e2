from odoo import api, models

# Coarse facts that a team plans its work by.
COARSE = frozenset({"district", "age_band", "target_group_ids"})


class SekpConfidentialMixin(models.AbstractModel):
    """Pivot, graph and lists offer no grouping by what is told of the person.

    Grouped by a word, a table of a team's work would be a list of persons.
    """

    _inherit = "sekp.confidential.mixin"

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Return the definitions of the fields, those of the person not to group by."""
        found = super().fields_get(allfields, attributes)
        for name in set(self._sekp_person_fields) - COARSE:
            if found.get(name, {}).get("groupable"):
                found[name]["groupable"] = False
        return found
