from odoo import api, models
from odoo.fields import Domain

from .sekp_citizen import HIGHEST, LEVEL_ORDER, rank


class SekpConfidentialMixin(models.AbstractModel):
    """Finds what is stored of a person beyond what a version of the standard allows."""

    _inherit = "sekp.confidential.mixin"

    @api.model
    def _sekp_stored_above(self, standard):
        """Return the domain of the records that hold more than a standard allows (C4).

        :param standard: a version that a course may be moved to
        """
        return Domain.OR(
            Domain(name, "!=", False)
            for name, mode in self._sekp_person_fields.items()
            if self._fields[name].store and not standard._allows_registration(mode)
        )


class SekpCitizen(models.Model):
    """The step a person is on counts as well, not only what is known on it."""

    _inherit = "sekp.citizen"

    @api.model
    def _sekp_stored_above(self, standard):
        highest = rank(HIGHEST[standard.registration_mode])
        above = [level for level in LEVEL_ORDER if rank(level) > highest]
        return super()._sekp_stored_above(standard) | Domain(
            "identity_level", "in", above
        )


class SekpDialogueMessage(models.Model):
    """What was said and is kept; what may not be kept goes by itself."""

    _inherit = "sekp.dialogue.message"

    @api.model
    def _sekp_stored_above(self, standard):
        kept = Domain("transient", "=", False)
        return super()._sekp_stored_above(standard) | (
            Domain.FALSE if standard._allows_registration("alias") else kept
        )
