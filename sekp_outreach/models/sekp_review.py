from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

# Why a party was not there: invited and not come, or not to be asked at all.
ABSENCES = [
    ("not_come", "Invited, did not come"),
    ("declined", "Invited, did not want to take part"),
    ("prevented", "Invited, was prevented"),
    ("not_reached", "Could not be asked: not reached"),
    ("not_able", "Could not be asked: not able to take part"),
    ("nobody", "Could not be asked: nobody is appointed"),
]
PARTIES = ("citizen", "authority", "provider")


class SekpReview(models.Model):
    """A review, with the written status it may end in, or the running assessment of
    whether an ordinary offer is possible (R114-R118)."""

    _name = "sekp.review"
    _inherit = ["sekp.course.child.mixin"]
    _description = "Review"
    _order = "due desc, id desc"

    _sekp_person_fields = {
        "findings": "alias",
        "agreed": "alias",
        "written_status": "full",
    }

    _sekp_act_fields = frozenset(
        {"held_on", "grant_id", "status_sent_on", "goal_results", "contact_person_id"}
    )

    _sekp_print_fields = (
        "kind", "due", "held_on", "with_citizen", "citizen_absence", "with_authority",
        "authority_absence", "with_provider", "provider_absence", "goals_then",
        "findings", "agreed", "written_status", "status_sent_on", "assessment",
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
    citizen_absence = fields.Selection(ABSENCES, string="Why Not the Citizen")
    authority_absence = fields.Selection(ABSENCES, string="Why Not the Authority")
    provider_absence = fields.Selection(ABSENCES, string="Why Not the Provider")
    # The goals' words are never copied: they are read where they stand.
    goal_results = fields.Json(readonly=True, copy=False)
    goals_then = fields.Text(
        string="Goals at This Review",
        compute="_compute_goals_then",
        help="How far each goal was reached when the review was held.",
    )
    findings = fields.Text(help="For the team. Not part of the written status.")
    agreed = fields.Text(
        string="What Was Agreed",
        help="What was agreed with the citizen, and what comes next. Part of the "
        "written status.",
    )
    written_status = fields.Text(
        help="Status to the authority on the period's support against the goals, drawn "
        "up with the citizen (R118).",
    )
    status_sent_on = fields.Date(readonly=True, copy=False)
    contact_person_id = fields.Many2one(
        comodel_name="res.users",
        related="course_id.contact_person_id",
        related_sudo=False,
        store=True,
        precompute=True,
        index="btree_not_null",
    )
    assessment = fields.Selection(
        [
            ("not_yet", "Not yet"),
            ("possible", "Possible"),
            ("not_wanted", "The person does not want it"),
        ],
        help="Whether the person can now be received by an ordinary offer.",
    )
    registration_mode = fields.Selection(
        related="course_id.standard_id.registration_mode", related_sudo=False
    )
    goal_ids = fields.One2many(related="course_id.goal_ids", related_sudo=False)
    asks_citizen = fields.Boolean(compute="_compute_asks")
    asks_authority = fields.Boolean(compute="_compute_asks")
    asks_provider = fields.Boolean(compute="_compute_asks")
    asks_written_status = fields.Boolean(compute="_compute_asks")
    follows_rule = fields.Boolean(compute="_compute_follows_rule")

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
            review.asks_written_status = (
                is_review
                and standard.status_report in ("required", "offered")
                and standard.registration_mode != "none"
            )

    @api.depends("course_id", "kind", "due", "grant_id")
    def _compute_follows_rule(self):
        """Tell which planned reviews the standard dates; the others are by hand."""
        for review in self:
            standard = review.course_id.standard_id
            if review.kind == "ordinary_offer":
                review.follows_rule = (
                    standard.ordinary_offer_assessment == "required"
                    and standard.assessment_interval_days > 0
                )
            else:
                review.follows_rule = standard.review_rule == "interval" or bool(
                    review.grant_id
                )

    @api.depends("goal_results", "course_id.goal_ids.goal")
    def _compute_goals_then(self):
        for review in self:
            review.goals_then = (
                "\n".join(
                    f"{goal.goal}: {attainment}"
                    for goal, attainment in review._goals_assessed()
                )
                if review.held_on
                else False
            )

    def _goals_assessed(self):
        """Return goals, each before its sub-goals, and how far they were reached.

        As they were when the review was held; as they are before.

        :return: pairs of a goal and the label of its attainment
        """
        self.ensure_one()
        goals = self.course_id.goal_ids.sorted(lambda goal: (goal.sequence, goal.id))
        results = {
            goal.id: (self.goal_results or {}).get(str(goal.id))
            if self.held_on
            else goal.attainment
            for goal in goals
        }
        labels = dict(goals._fields["attainment"]._description_selection(self.env))
        ordered = goals.browse()
        for goal in goals.filtered(lambda goal: not goal.parent_id):
            ordered |= goal | goals.filtered(
                lambda sub, goal=goal: sub.parent_id == goal
            )
        return [
            (goal, labels[results[goal.id]])
            for goal in ordered
            if results[goal.id] in labels
        ]

    @api.depends("due", "held_on", "company_id")
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

    @api.model_create_multi
    def create(self, vals_list):
        reviews = super().create(vals_list)
        for review in reviews.filtered(lambda review: not review.held_on):
            review.course_id._sync_planned(review.kind)
        return reviews

    def write(self, vals):
        if not self.env.su:
            self._refuse_acts(vals, also=frozenset({"kind"}))
            if any(review.held_on for review in self):
                raise UserError(self.env._("A review that was held is not changed."))
            self._check_due(vals)
        result = super().write(vals)
        if "due" in vals and not self.env.su:
            for review in self:
                review.course_id._sync_planned(review.kind)
        return result

    def _check_due(self, vals):
        """Refuse to move by hand what the standard dates."""
        due = fields.Date.to_date(vals.get("due"))
        if "due" in vals and any(
            review.follows_rule and review.due != due for review in self
        ):
            raise UserError(
                self.env._(
                    "The quality standard says when this review is due. It can be held "
                    "earlier or later."
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_held(self):
        if any(review.held_on for review in self):
            raise UserError(self.env._("A review that was held is kept."))

    def _lacking(self):
        """Return what the standard still asks of this review, as sentences."""
        self.ensure_one()
        standard = self.course_id.standard_id
        absent = {
            "citizen": self.env._("Say that the citizen took part, or choose why not."),
            "authority": self.env._(
                "Say that the authority took part, or choose why not."
            ),
            "provider": self.env._(
                "Say that the provider took part, or choose why not."
            ),
        }
        checks = [
            (
                self.kind == "ordinary_offer" and not self.assessment,
                self.env._("Say whether an ordinary offer is possible."),
            ),
            *(
                (self[f"asks_{party}"] and not self._is_answered(party), sentence)
                for party, sentence in absent.items()
            ),
            (
                self.kind == "review"
                and standard._requires_written_status()
                and standard._allows_registration(
                    self._sekp_person_fields["written_status"]
                )
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

    def _is_answered(self, party):
        """Tell whether a party took part, or why it did not.

        :param str party: one of ``PARTIES``
        """
        return bool(self[f"with_{party}"] or self[f"{party}_absence"])

    def action_hold(self):
        """Record that the review was held today, and plan the next one (R114-R117).

        A party that stayed away, or could not be asked, holds nothing up: why is said
        with one choice.

        :raises ValidationError: listing what is still to be said
        """
        self.check_access("write")
        for review in self:
            if review.held_on:
                raise UserError(self.env._("The review was already held."))
            lacking = review._lacking()
            if lacking:
                raise ValidationError("\n".join(lacking))
            vals = {
                "held_on": review.company_id._sekp_today(),
                # Who took part needs no reason for being away.
                **{
                    f"{party}_absence": False
                    for party in PARTIES
                    if review[f"with_{party}"]
                },
            }
            if review.kind == "review":
                vals["goal_results"] = {
                    str(goal.id): goal.attainment for goal in review.course_id.goal_ids
                }
            # Superuser: the day is set by this act only; the record was checked.
            review.sudo().write(vals)
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

    def action_call_off(self):
        """Take away a planned review that no rule of the standard asks for.

        :raises UserError: for one that was held, or that the standard asks for
        """
        self.check_access("write")
        for review in self:
            if review.held_on or review.follows_rule:
                raise UserError(
                    self.env._(
                        "Only a review that somebody planned by hand is called off."
                    )
                )
            course, kind = review.course_id, review.kind
            # Superuser: reviews are removed by this act only; the record was checked.
            review.sudo().unlink()
            course._sync_planned(kind)
        return {"type": "ir.actions.act_window_close"}

    # --- the written status -------------------------------------------------------
    def _check_status(self):
        """Refuse a written status where the standard has none (R118).

        :raises UserError: telling why
        """
        for review in self:
            if not review.asks_written_status:
                raise UserError(
                    self.env._(
                        "The quality standard has no written status to the authority."
                    )
                )

    def action_print_status(self):
        """Open the written status to the authority on paper."""
        self.ensure_one()
        self.check_access("read")
        self._check_status()
        return self.env.ref("sekp_outreach.report_written_status").report_action(
            self, config=False
        )

    def action_status_sent(self):
        """Record that the written status went to the authority today (R118).

        :raises UserError: before the review was held, or when it was sent already
        """
        self._take_for_change()
        self._check_status()
        for review in self:
            if not review.held_on:
                raise UserError(
                    self.env._("Hold the review first, then send its written status.")
                )
            if review.status_sent_on:
                raise UserError(self.env._("The written status was already sent."))
            # Superuser: the day is set by this act only; the record was checked.
            review.sudo().status_sent_on = review.company_id._sekp_today()
            review.course_id._meet_obligation("activity_written_status")
            review.course_id._sync_written_status()
        return True

    def _status_period(self):
        """Return the first and the last day that the written status is about.

        The period of the grant; without one, what came after the review before.
        """
        self.ensure_one()
        today = self.company_id._sekp_today()
        until, grant = self.held_on or today, self.grant_id
        if grant:
            last = max(min(grant.date_to or until, until), grant.date_from)
            return grant.date_from, last
        before = self.course_id.review_ids.filtered(
            lambda other: (
                other.kind == "review"
                and other.held_on
                and other != self
                and other.held_on <= until
            )
        )
        return max(before.mapped("held_on"), default=self.course_id.date_start), until

    def _status_values(self):
        """Return what the written status says, read as the user who prints it."""
        self.ensure_one()
        self.check_access("read")
        self._check_status()
        course, company = self.course_id, self.company_id
        date_text = self._citizen_print_date
        first, last = self._status_period()
        Contact = self.env["sekp.contact"]
        rows = Contact._read_group(
            [
                ("course_id", "=", course.id),
                ("is_current", "=", True),
                ("started_at", ">=", company._sekp_start_of_day(first)),
                ("started_at", "<", company._sekp_end_of_day(last)),
            ],
            ["outcome", "form_id"],
            ["__count"],
        )
        forms = {}
        for _outcome, form, count in rows:
            forms[form.name or ""] = forms.get(form.name or "", 0) + count
        met = sum(count for outcome, _form, count in rows if outcome == "met")
        return {
            **self.env["sekp.citizen.print"]._frame(self, company),
            "draft": not self.held_on,
            # The name is written by hand where it may be known: it is never copied.
            "name_line": course.identity_level in ("named", "registered"),
            "contact_person": course.contact_person_id.name or "–",
            "team": course.team_id.name,
            "period": (date_text(first), date_text(last)),
            "grant": self.grant_id
            and (
                date_text(self.grant_id.date_from),
                self.grant_id.date_to and date_text(self.grant_id.date_to),
                date_text(self.grant_id.decided_on),
            ),
            "held_on": self.held_on and date_text(self.held_on),
            "parties": self._party_lines(),
            "goals": [
                (goal.goal, bool(goal.parent_id), attainment)
                for goal, attainment in self._goals_assessed()
            ],
            "contacts": met,
            "attempts": sum(count for _outcome, _form, count in rows) - met,
            "forms": sorted(forms.items()),
            "status": self.written_status,
            "agreed": self.agreed,
            "with_citizen": self.with_citizen,
        }

    def _party_lines(self):
        """Return each party that was asked for or there, and how it took part."""
        names = {
            "citizen": self.env._("The citizen"),
            "authority": self.env._("The authority"),
            "provider": self.env._("The provider"),
        }
        lines = []
        for party in PARTIES:
            if self[f"with_{party}"]:
                lines.append((names[party], self.env._("took part")))
            elif self[f"{party}_absence"]:
                why = self._citizen_print_value(f"{party}_absence")
                lines.append((names[party], why))
            elif self[f"asks_{party}"]:
                lines.append((names[party], "–"))
        return lines
