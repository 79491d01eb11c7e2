from odoo import api, models
from odoo.fields import Domain


class SekpRetentionMixin(models.AbstractModel):
    """A record that a municipality's rule lets go, or that goes with such a one."""

    _name = "sekp.retention.mixin"
    _description = "Record That Is Erased by Rule"

    # What a rule can be made for (a class of ``sekp.retention.rule``), the date its
    # period begins with, and the outcome by which rules may differ. A model without
    # a class goes with the record it belongs to.
    _sekp_retention_class = None
    _sekp_retention_end = None
    _sekp_retention_outcome = None

    # --- erasure ------------------------------------------------------------------
    @api.model
    def _sekp_retention_domain(self):
        """Return the domain of the records that have ended: their period runs."""
        return Domain(self._sekp_retention_end, "!=", False)

    @api.model
    def _sekp_waiting_over(self):
        """Return the domain of the records that wait for no later one."""
        return Domain.TRUE

    @api.model
    def _sekp_hold_domain(self):
        """Return the domain of the records that are held back from erasure."""
        return Domain.FALSE

    def _sekp_shared(self):
        """Return records that these share with others and that go with the last."""
        return []

    def _sekp_erased_along(self):
        """Return what goes when this record is erased, itself among it.

        Its parts go by themselves: what the database deletes along, and what names it.
        """
        return [self]

    def _sekp_before_erasure(self):
        """Hook: these records are about to be erased; see ``sekp.erasure``."""

    def _sekp_erase_elsewhere(self):
        """Take away what lies in another app and bears no trace of these records.

        :return: pairs of a model's name and the numbers of what was taken away
        """
        return []
