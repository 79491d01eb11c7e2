from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.similar import perhaps_the_same
from .sekp_referral_clocks import OPEN_STATES

WINDOW = timedelta(days=30)
# The latest so many referrals of the entry points are compared.
COMPARED = 500
# So many codes are named in the hint.
NAMED = 5


class SekpReferral(models.Model):
    """Whether the same was said before, and what becomes of what was said twice.

    The hint compares places of the same entry point within thirty days, among the
    referrals the user may open, and tells codes and dates alone: no person, no course.
    """

    _inherit = "sekp.referral"

    similar_count = fields.Integer(
        string="Perhaps the Same", compute="_compute_similar"
    )
    similar_hint = fields.Text(compute="_compute_similar")
    duplicate_of_id = fields.Many2one(
        comodel_name="sekp.referral",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The referral that says the same and was received first.",
    )

    @api.depends("place", "district", "team_id", "received_at", "outcome")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_similar(self):
        similar = self._similar()
        for referral in self:
            found = similar[referral.id or referral]
            referral.similar_count = len(found)
            referral.similar_hint = referral._similar_sentence(found)

    def _similar_sentence(self, found):
        if not found:
            return False
        codes = ", ".join(
            f"{other.reference} ({format_date(self.env, other._received_on())})"
            for other in found[:NAMED]
        )
        return self.env._("Perhaps the same: %(codes)s", codes=codes)

    def _similar(self):
        """Return what may be about the same place, of what the user may open.

        :return: ``{id, or the record where it is not saved: referrals}``
        """
        compared = [one for one in self if one._may_be_similar()]
        others = self._similar_candidates(self.browse().union(*compared))
        similar = {one.id or one: others.browse() for one in self}
        for one in compared:
            similar[one.id or one] = others.filtered(
                lambda other, one=one: one._is_similar(other)
            )
        return similar

    def _may_be_similar(self):
        return bool(
            (self.place or self.district)
            and self.team_id
            and self.received_at
            and not self.duplicate_of_id
        )

    @api.model
    def _similar_candidates(self, referrals):
        # Not as superuser, whoever computes it: what the user may not open is no hint.
        Referral = self.browse().sudo(False)
        if not referrals:
            return Referral
        moments = referrals.mapped("received_at")
        return Referral.search(
            Domain("team_id", "in", referrals.team_id.ids)
            & Domain("received_at", ">=", min(moments) - WINDOW)
            & Domain("received_at", "<=", max(moments) + WINDOW)
            & Domain("outcome", "!=", "duplicate"),
            order="received_at desc, id desc",
            limit=COMPARED,
        )

    def _is_similar(self, other):
        return (
            other != self._origin
            and other.team_id == self.team_id
            and abs(other.received_at - self.received_at) <= WINDOW
            and perhaps_the_same(
                (self.place, self.district), (other.place, other.district)
            )
        )

    def action_similar(self):
        """Open the list of the referrals that may be about the same place."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Perhaps the Same"),
            "res_model": self._name,
            "view_mode": "list,form",
            "domain": [("id", "in", [self.id, *self._similar()[self.id].ids])],
        }

    # --- a duplicate ----------------------------------------------------------------
    def action_duplicate(self):
        """Open the dialog that closes the referral as a duplicate of another."""
        self.ensure_one()
        self.check_access("write")
        self._check_state(*OPEN_STATES)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Duplicate"),
            "res_model": "sekp.mark.duplicate",
            "view_mode": "form",
            "target": "new",
            "context": {"default_referral_id": self.id},
        }

    def _close_as_duplicate(self, original):
        """Close the referral: another one of the entry point says the same.

        Its own clocks lapse; the promise is measured on the one received first. What
        is acute stays somebody's: it goes on to the other one.

        :param original: the referral that goes on, readable by the user
        :raises UserError: when the two do not fit together
        """
        self.ensure_one()
        original.ensure_one()
        original.check_access("read")
        if original == self or original.team_id != self.team_id:
            raise UserError(
                self.env._(
                    "A duplicate is of another referral of the same entry point."
                )
            )
        # In one order, so that two who mark each other wait instead of failing.
        (self | original).sorted("id")._take_for_change()
        self._check_state(*OPEN_STATES)
        self._check_original(original)
        self._pass_on_acute(original)
        self._advance(
            {
                "state": "closed",
                "outcome": "duplicate",
                "closed_on": self._today(),
                "duplicate_of_id": original.id,
            }
        )
        # Superuser: what pointed to this one follows; the act has been checked.
        self.sudo().search([("duplicate_of_id", "=", self.id)]).write(
            {"duplicate_of_id": original.id}
        )
        self._clocks()._lapse()
        self._meet_obligation("activity_triage", "activity_allocate")
        self._drop_obligations()

    def _check_original(self, original):
        if original.outcome == "duplicate":
            raise UserError(
                self.env._("%(code)s is a duplicate itself.", code=original.reference)
            )
        if (
            original.state in OPEN_STATES
            and original._received_on() > self._received_on()
        ):
            raise UserError(
                self.env._(
                    "The promise runs from the first referral: go on with "
                    "%(first)s and mark %(second)s as its duplicate.",
                    first=self.reference,
                    second=original.reference,
                )
            )

    def _pass_on_acute(self, original):
        """Let the one that goes on be acute, when nobody has acted on this one."""
        if not self._acute_is_open() or original._acute_is_open():
            return
        if original.state not in OPEN_STATES or original.acute:
            self._check_acute_handled()
        original.acute = True

    def action_reopen(self):
        result = super().action_reopen()
        self._advance({"duplicate_of_id": False})
        return result
