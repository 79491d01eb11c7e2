from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.grant_periods import next_period
from ..tools.periods import overlaps
from .sekp_course_reviews import EXPIRY


class SekpGrant(models.Model):
    """A decision on support and its period, where the standard has one (R052)."""

    _name = "sekp.grant"
    _inherit = ["sekp.course.child.mixin"]
    _description = "Grant"
    _order = "date_from desc, id desc"

    _sekp_act_fields = frozenset({"let_end_on"})

    _sekp_print_fields = (
        "decision", "decided_on", "date_from", "date_to", "notified_on", "let_end_on",
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
    let_end_on = fields.Date(
        string="Ends as Granted",
        readonly=True,
        copy=False,
        help="The day it was decided that the grant ends without an extension.",
    )
    review_ids = fields.One2many(
        comodel_name="sekp.review", inverse_name="grant_id", string="Reviews"
    )
    can_extend = fields.Boolean(compute="_compute_can_extend")

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

    @api.depends("decision", "date_to", "course_id.grant_ids", "course_id.phase")
    def _compute_can_extend(self):
        """Tell which grant is the last of an open course, and has an end."""
        for grant in self:
            grant.can_extend = (
                grant.course_id.phase != "closed"
                and bool(grant.date_to)
                and grant == grant.course_id._granted()._last()
            )

    def _last(self):
        return self.sorted("date_from")[-1:]

    def _is_to_end(self):
        """Tell whether it was decided that nothing follows this grant."""
        self.ensure_one()
        return bool(self.let_end_on) or any(
            later.decision == "refused" and later.date_from > self.date_from
            for later in self.course_id.grant_ids
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
            grant._decided()
        return grants

    def write(self, vals):
        self._check_period(vals)
        result = super().write(vals)
        self.course_id._plan_review()
        self.course_id._sync_grant_expiry()
        return result

    # --- what follows the period --------------------------------------------------
    def _decided(self):
        """Meet the call for a decision on what follows, and call for the next."""
        for course in self.course_id:
            course._meet_obligation(EXPIRY)
            course._sync_grant_expiry()
            last = course._granted()._last()
            if last.date_to and last._is_to_end() and not course.expected_end:
                course.expected_end = last.date_to

    def _check_extendable(self):
        """Lock the grant and refuse what is not the last of an open course.

        :raises UserError: telling why
        """
        self.ensure_one()
        self._take_for_change()
        if not self.can_extend:
            raise UserError(
                self.env._(
                    "Only the last grant of an open course is extended or left to end, "
                    "and only when it has a last day."
                )
            )

    def action_extend(self):
        """Open a new grant that follows this one without a gap and is as long (R052).

        The period can be changed, and a refusal can be recorded as well.

        :raises UserError: for a grant that has no end, or is not the last
        """
        self._check_extendable()
        date_from, date_to = next_period(self.date_from, self.date_to)
        action = self.course_id._dialog("sekp.grant", self.env._("Extend the Grant"))
        action["context"].update(
            default_date_from=fields.Date.to_string(date_from),
            default_date_to=fields.Date.to_string(date_to),
            default_decided_on=fields.Date.to_string(self.company_id._sekp_today()),
        )
        return action

    def action_let_end(self):
        """Record that the grant ends as granted: the course is to be closed by then.

        :raises UserError: for a grant that has no end, or is not the last
        """
        self._check_extendable()
        if not self.let_end_on:
            # Superuser: the day is set by this act only; the record was checked.
            self.sudo().let_end_on = self.company_id._sekp_today()
            self._decided()
        return True
