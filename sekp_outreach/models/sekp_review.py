from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class SekpReview(models.Model):
    """A review, with the written status it may end in, or the running assessment of
    whether an ordinary offer is possible (R114-R118)."""

    _name = "sekp.review"
    _inherit = ["sekp.course.child.mixin"]
    _description = "Review"
    _order = "due desc, id desc"

    _sekp_person_fields = {"findings": "alias", "written_status": "full"}

    _sekp_act_fields = frozenset({"held_on", "grant_id"})

    _sekp_print_fields = (
        "kind", "due", "held_on", "with_citizen", "with_authority", "with_provider",
        "findings", "written_status", "assessment",
    )  # fmt: skip
    _sekp_print_when = "due"

    kind = fields.Selection(
        [("review", "Review"), ("ordinary_offer", "Ordinary offer")],
        required=True,
        default="review",
    )
    due = fields.Date(
        required=True, default=lambda self: self.env.company._sekp_today()
    )
    held_on = fields.Date(readonly=True, copy=False)
    grant_id = fields.Many2one(
        comodel_name="sekp.grant",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The grant whose period is reviewed before it expires.",
    )
    state = fields.Selection(
        [("planned", "Planned"), ("overdue", "Overdue"), ("held", "Held")],
        compute="_compute_state",
    )
    with_citizen = fields.Boolean(string="Citizen Took Part")
    with_authority = fields.Boolean(string="Authority Took Part")
    with_provider = fields.Boolean(string="Provider Took Part")
    findings = fields.Text()
    written_status = fields.Text(
        help="Status to the authority on the period's support against the goals, drawn "
        "up with the citizen (R118).",
    )
    assessment = fields.Selection(
        [
            ("not_yet", "Not yet"),
            ("possible", "Possible"),
            ("not_wanted", "The person does not want it"),
        ],
        help="Whether the person can now be received by an ordinary offer.",
    )
    goal_ids = fields.One2many(related="course_id.goal_ids", related_sudo=False)
    asks_citizen = fields.Boolean(compute="_compute_asks")
    asks_authority = fields.Boolean(compute="_compute_asks")
    asks_provider = fields.Boolean(compute="_compute_asks")
    asks_written_status = fields.Boolean(compute="_compute_asks")

    _one_planned = models.UniqueIndex(
        "(course_id, kind) WHERE held_on IS NULL",
        "A review of this kind is already planned.",
    )

    @api.depends("course_id", "kind")
    def _compute_asks(self):
        for review in self:
            standard = review.course_id.standard_id
            is_review = review.kind == "review"
            review.asks_citizen = is_review and standard.review_with_citizen
            review.asks_authority = is_review and standard.review_with_authority
            review.asks_provider = is_review and standard.review_with_provider
            review.asks_written_status = is_review and standard.status_report in (
                "required",
                "offered",
            )

    @api.depends("due", "held_on")
    def _compute_state(self):
        for review in self:
            if review.held_on:
                review.state = "held"
            elif review.due and review.due < (
                (review.company_id or self.env.company)._sekp_today()
            ):
                review.state = "overdue"
            else:
                review.state = "planned"

    def _prepare_create(self, vals):
        given = {"kind": "review", **self._given_defaults(), **vals}
        if self.search_count(
            [
                ("course_id", "=", given.get("course_id")),
                ("kind", "=", given["kind"]),
                ("held_on", "=", False),
            ],
            limit=1,
        ):
            raise UserError(
                self.env._("A review of this kind is already planned. Open that one.")
            )
        return super()._prepare_create(vals)

    def write(self, vals):
        if not self.env.su:
            self._refuse_acts(vals, also=frozenset({"kind"}))
            if any(review.held_on for review in self):
                raise UserError(self.env._("A review that was held is not changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_held(self):
        if any(review.held_on for review in self):
            raise UserError(self.env._("A review that was held is kept."))

    def _lacking(self):
        """Return what the standard still asks of this review, as sentences."""
        self.ensure_one()
        standard = self.course_id.standard_id
        checks = [
            (
                self.kind == "ordinary_offer" and not self.assessment,
                self.env._("Say whether an ordinary offer is possible."),
            ),
            (
                self.asks_citizen and not self.with_citizen,
                self.env._("The review is held with the citizen."),
            ),
            (
                self.asks_authority and not self.with_authority,
                self.env._("The review is held with the authority."),
            ),
            (
                self.asks_provider and not self.with_provider,
                self.env._("The review is held with the provider."),
            ),
            (
                self.asks_written_status
                and standard.status_report == "required"
                and not self.written_status,
                self.env._("The standard requires a written status to the authority."),
            ),
            (
                self.kind == "review"
                and standard.action_plan == "required"
                and any(goal.attainment == "open" for goal in self.course_id.goal_ids),
                self.env._("Assess every goal first."),
            ),
        ]
        return [sentence for applies, sentence in checks if applies]

    def action_hold(self):
        """Record that the review was held today, and plan the next one."""
        self.check_access("write")
        for review in self:
            if review.held_on:
                raise UserError(self.env._("The review was already held."))
            lacking = review._lacking()
            if lacking:
                raise ValidationError("\n".join(lacking))
            # Superuser: the day is set by this act only; the record was checked.
            review.sudo().write({"held_on": review.company_id._sekp_today()})
            # The next one is planned only when the database knows this one is held.
            review.flush_recordset(["held_on"])
            course = review.course_id
            if review.kind == "review":
                course._meet_obligation("activity_review")
                course._plan_review()
            else:
                course._meet_obligation("activity_ordinary_offer")
                course._plan_assessment()
        return {"type": "ir.actions.act_window_close"}
