from datetime import timedelta

from odoo import models

# States of a handover that cannot go on without its consent.
NEEDS_CONSENT = ("consented", "sent", "accepted")
EXPIRING = "activity_consent_expiring"


class SekpConsent(models.Model):
    """A consent that is in use is renewed before it ends.

    One to tell is in use while a handover goes on under it; one to ask is while the
    course goes on. It is done with when it was renewed or withdrawn, or is no longer
    in use; that it ran out is no end of it.
    """

    _inherit = "sekp.consent"

    # --- which ----------------------------------------------------------------------
    def _handovers_under_way(self):
        """Return the open handovers that go on under these consents."""
        # Superuser: those that use a consent count, whoever acts.
        return (
            self.env["sekp.handover"]
            .sudo()
            .search(
                [("consent_id", "in", self.ids), ("state", "in", NEEDS_CONSENT)],
                order="id",
            )
        )

    def _counterpart(self):
        """Return the consents of this course with the same counterpart."""
        self.ensure_one()
        # Superuser: as above.
        return self.sudo().search(
            [
                ("course_id", "=", self.course_id.id),
                ("offer_id", "=", self.offer_id.id),
                ("direction", "=", self.direction),
                ("id", "!=", self.id),
            ]
        )

    def _renewed(self):
        """Tell whether another consent with the counterpart holds longer."""
        return any(
            not other.withdrawn_on and other.valid_until > self.valid_until
            for other in self._counterpart()
        )

    def _is_in_use(self):
        """Tell whether something would stop if the consent ran out."""
        self.ensure_one()
        if self.withdrawn_on or self.course_id.phase == "closed":
            return False
        if self.direction == "disclose":
            # What goes on under this very consent is not helped by another one.
            return bool(self._handovers_under_way())
        return not self._renewed()

    def _ask_on(self):
        """Return the day from which the consent is to be renewed."""
        days = self.course_id.standard_id.consent_warning_days
        return max(self.valid_until - timedelta(days=days), self.given_on)

    # --- keeping in step ------------------------------------------------------------
    def _sync_expiring(self):
        """Let the contact person be asked to renew a consent in use, and no other."""
        # Superuser: obligations follow the act, whoever performs it.
        for consent in self.sudo():
            if consent._is_in_use():
                consent._set_obligation(EXPIRING, consent._ask_on())
            else:
                consent._meet_obligation(EXPIRING)

    def _renew(self):
        """Let what went on under an earlier consent go on under this one.

        Only what it covers in full: to tell the same offer the same, for a handover.
        """
        self.ensure_one()
        earlier = self._counterpart()
        if self.direction == "disclose" and self.purpose == "handover":
            for handover in earlier._handovers_under_way():
                if (
                    handover.consent_id.valid_until < self.valid_until
                    and handover._letter().information_ids <= self.information_ids
                ):
                    handover._go_on_under(self)
        (earlier | self)._sync_expiring()


class SekpHandover(models.Model):
    """What a handover does to the consent it goes on under."""

    _inherit = "sekp.handover"

    def _advance(self, vals):
        # Superuser: the receiver may not open the consent.
        before = self.sudo().consent_id
        result = super()._advance(vals)
        if {"state", "consent_id"} & set(vals):
            (before | self.sudo().consent_id)._sync_expiring()
        return result

    def _go_on_under(self, consent):
        """Go on under a renewed consent that covers all that goes along."""
        self.ensure_one()
        vals = {"consent_id": consent.id}
        if self.state == "consented":
            self._advance(vals)
            return
        self._advance({**vals, "shared_until": consent.ends_at})
        self._keep_what_left()
