from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.periods import overlaps


class SekpGrant(models.Model):
    """A decision on support and its period, where the standard has one (R052)."""

    _name = "sekp.grant"
    _inherit = ["sekp.course.child.mixin"]
    _description = "Grant"
    _order = "date_from desc, id desc"

    _sekp_print_fields = (
        "decision", "decided_on", "date_from", "date_to", "notified_on",
    )  # fmt: skip
    _sekp_print_when = "date_from"

    decision = fields.Selection(
        [("granted", "Granted"), ("refused", "Refused")],
        required=True,
        default="granted",
    )
    decided_on = fields.Date(
        required=True, default=lambda self: self.env.company._sekp_today()
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self.env.company._sekp_today(),
    )
    date_to = fields.Date(string="To")
    notified_on = fields.Date(
        string="Citizen Told On", help="When the citizen was told (R074)."
    )

    _no_overlap = models.Constraint(
        "EXCLUDE USING gist ("
        "int4range(course_id, course_id, '[]') WITH &&, "
        "daterange(date_from, date_to, '[]') WITH &&) "
        "WHERE (decision = 'granted')",
        "Two grants of a course cannot overlap. End the first before the next begins.",
    )
    _in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)",
        "A grant cannot end before it begins.",
    )

    def _check_period(self, vals):
        """Refuse a wrong period before SQL: a clear sentence, no values in a log.

        :param dict vals: what is to be written, over what the grant already holds
        :raises ValidationError: for a period that is reversed or overlaps another
        """
        drafts = [self.new(vals, origin=grant) for grant in self] or [self.new(vals)]
        for draft in drafts:
            period = (draft.date_from, draft.date_to or None)
            if draft.date_to and draft.date_from and draft.date_to < draft.date_from:
                raise ValidationError(
                    self.env._("A grant cannot end before it begins.")
                )
            others = (
                self.search([("course_id", "=", draft.course_id._origin.id)])
                - draft._origin
            ).filtered(lambda other: other.decision == "granted")
            if draft.decision == "granted" and any(
                overlaps(period, (other.date_from, other.date_to or None))
                for other in others
            ):
                raise ValidationError(
                    self.env._(
                        "Two grants of a course cannot overlap. End the first before "
                        "the next begins."
                    )
                )

    @api.constrains("decided_on")
    def _check_decided_on(self):
        for grant in self:
            if grant.decided_on > grant.company_id._sekp_today():
                raise ValidationError(
                    self.env._("A decision cannot be dated in the future.")
                )

    def _prepare_create(self, vals):
        self.browse()._check_period({**self._given_defaults(), **vals})
        return super()._prepare_create(vals)

    @api.model_create_multi
    def create(self, vals_list):
        grants = super().create(vals_list)
        for grant in grants:
            if not grant.course_id.uses_grant:
                raise UserError(self.env._("The quality standard does not use grants."))
            # Superuser: clocks are run by the system; the grant has been checked.
            clocks = grant.course_id.sudo().deadline_ids
            clocks._meet(["decision"], grant.decided_on)
            if grant.decision == "granted":
                clocks._open().filtered(
                    lambda clock: (
                        clock.promise_id.clock_start == "decided"
                        and not clock.started_on
                    )
                )._start(grant.decided_on)
            grant.course_id._plan_review()
        return grants

    def write(self, vals):
        self._check_period(vals)
        result = super().write(vals)
        self.course_id._plan_review()
        return result
