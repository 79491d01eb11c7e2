from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.grant_periods import days_uncovered

# What calls for a planned review, by its kind.
REVIEW_TYPES = {
    "review": "activity_review",
    "ordinary_offer": "activity_ordinary_offer",
}
EXPIRY = "activity_grant_expiry"
# How long after the review its written status is due.
STATUS_AFTER = timedelta(days=2)


class SekpCourse(models.Model):
    """Reviews, the written status to the authority, and grants that run out."""

    _inherit = "sekp.course"

    last_review_on = fields.Date(
        string="Last Reviewed",
        compute="_compute_last_review_on",
        store=True,
        help="When a review was last held, planned or not.",
    )
    grant_until = fields.Date(
        string="Granted until",
        compute="_compute_grant_until",
        store=True,
        index="btree_not_null",
        help="The last day that is granted; empty when there is no last day.",
    )

    # --- computes -----------------------------------------------------------------
    @api.depends("review_ids.kind", "review_ids.held_on")
    def _compute_last_review_on(self):
        for course in self:
            held = course.review_ids.filtered(
                lambda review: review.kind == "review" and review.held_on
            )
            course.last_review_on = max(held.mapped("held_on"), default=False)

    @api.depends("grant_ids.decision", "grant_ids.date_to")
    def _compute_grant_until(self):
        for course in self:
            ends = course._granted().mapped("date_to")
            course.grant_until = all(ends) and max(ends, default=False)

    @api.depends("grant_ids.notified_on", "grant_ids.let_end_on", "grant_until")
    def _compute_missing(self):
        result = super()._compute_missing()
        for course in self.filtered(lambda one: one.phase != "closed"):
            lines = [*filter(None, [course.missing]), *course._list_grants_missing()]
            course.missing = "\n".join(lines) or False
        return result

    def _list_grants_missing(self):
        """Return what is missing about the grants, as sentences (R052, R074)."""
        self.ensure_one()
        grants, granted, lines = self.grant_ids, self._granted(), []
        required = self.standard_id.grant == "required"
        if any(not grant.notified_on for grant in grants):
            lines.append(self.env._("The citizen has not been told of the decision."))
        if grants and not granted and required:
            lines.append(
                self.env._("The grant was refused. Prepare the end and close.")
            )
        elif granted and self.grant_until and granted._last()._is_to_end():
            lines.append(
                self.env._(
                    "The grant ends on %(day)s and is not extended. Prepare the end "
                    "and close.",
                    day=format_date(self.env, self.grant_until),
                )
            )
        days = required and days_uncovered(
            [(grant.date_from, grant.date_to) for grant in granted],
            self.date_start,
            self._today(),
        )
        if days:
            lines.append(self.env._("Days without a grant: %(days)s", days=days))
        return lines

    # --- reviews ------------------------------------------------------------------
    def _review_due(self):
        """Return when the next review is due under the standard (R115).

        :return: a date or False, and the grant the review is of, if of any
        """
        self.ensure_one()
        standard = self.standard_id
        reviews = self.review_ids.filtered(lambda review: review.kind == "review")
        held = reviews.filtered("held_on")
        if standard.review_rule == "interval":
            latest = max([*held.mapped("held_on"), self._periods_from()])
            months = relativedelta(months=standard.review_interval_months)
            return latest + months, self.env["sekp.grant"]
        # Each period is reviewed before it ends, also when the next is granted early.
        pending = self.grant_ids.filtered(
            lambda grant: (
                grant.decision == "granted"
                and grant.date_to
                and grant not in held.grant_id
            )
        ).sorted("date_from")
        if standard.review_rule == "before_grant_expiry" and pending:
            lead = timedelta(days=standard.review_lead_days)
            # A period shorter than that is reviewed from its first day on.
            due = max(pending[0].date_to - lead, pending[0].date_from)
            return due, pending[0]
        return False, self.env["sekp.grant"]

    def _periods_from(self):
        """Return the day from which the first period is counted."""
        return self.date_start

    def _planned_review(self, kind):
        """Return the review of a kind that is planned, or an empty one."""
        return self.review_ids.filtered(
            lambda review: review.kind == kind and not review.held_on
        )[:1]

    def _plan(self, kind, due, grant=None):
        vals = {"due": due, "grant_id": grant.id if grant else False}
        planned = self._planned_review(kind)
        if not due:
            # What somebody planned besides the rule stays.
            planned.filtered("grant_id").unlink()
        elif planned:
            planned.write(vals)
        else:
            self.env["sekp.review"].create({"course_id": self.id, "kind": kind, **vals})

    def _sync_planned(self, kind):
        """Let a planned review be an obligation, and the status it ends in."""
        for course in self._open_as_superuser():
            course._set_obligation(REVIEW_TYPES[kind], course._planned_review(kind).due)
            if kind == "review":
                course._sync_written_status()

    def _plan_review(self):
        """Keep one planned review where the standard wants one."""
        for course in self._open_as_superuser():
            if course.standard_id.review_rule in ("interval", "before_grant_expiry"):
                due, grant = course._review_due()
                course._plan("review", due, grant=grant)
            course._sync_planned("review")

    def _open_as_superuser(self):
        # Superuser: reviews are planned by the system, not by hand.
        return self.sudo().filtered(lambda course: course.phase != "closed")

    def _plan_assessment(self):
        """Keep the running assessment of an ordinary offer called for (R114)."""
        for course in self._open_as_superuser():
            standard = course.standard_id
            interval = standard.assessment_interval_days
            if standard.ordinary_offer_assessment != "required" or not interval:
                course._sync_planned("ordinary_offer")
                continue
            held = course.review_ids.filtered(
                lambda review: review.kind == "ordinary_offer" and review.held_on
            )
            latest = max([*held.mapped("held_on"), course._periods_from()])
            course._plan("ordinary_offer", latest + timedelta(days=interval))
            course._sync_planned("ordinary_offer")

    # --- written status -----------------------------------------------------------
    def _status_due(self):
        """Return when a written status is due, or False (R118).

        With the review that is planned, and a couple of days after one that was held.
        """
        self.ensure_one()
        if not self.standard_id._requires_written_status():
            return False
        days = [
            self.company_id._sekp_next_working_day(review.held_on + STATUS_AFTER)
            for review in self._unsent_statuses()
        ]
        days += self._planned_review("review").mapped("due")
        return min(days, default=False)

    def _unsent_statuses(self):
        """Return the reviews that were held and whose status was not sent."""
        return self.review_ids.filtered(
            lambda review: (
                review.kind == "review" and review.held_on and not review.status_sent_on
            )
        )

    def _sync_written_status(self):
        for course in self._open_as_superuser():
            course._set_obligation("activity_written_status", course._status_due())

    def _open_obligations(self):
        lines = super()._open_obligations()
        if self.standard_id._requires_written_status() and self._unsent_statuses():
            lines.append(
                self.env._("The written status to the authority has not been sent.")
            )
        return lines

    # --- grants -------------------------------------------------------------------
    def _granted(self):
        return self.grant_ids.filtered(lambda grant: grant.decision == "granted")

    def _grant_expiry_due(self):
        """Return when the end of the last grant has to be dealt with, or False.

        First to be extended, as early as the standard warns; when it was decided that
        it ends, on its last day, by closing the course.
        """
        self.ensure_one()
        granted = self._granted()
        if not granted:
            refused = self.grant_ids.mapped("decided_on")
            required = self.standard_id.grant == "required"
            return required and max(refused, default=False)
        if not self.grant_until:
            return False
        last = granted._last()
        if last._is_to_end():
            return self.grant_until
        warning = timedelta(days=self.standard_id.grant_warning_days)
        return max(self.grant_until - warning, last.date_from)

    def _sync_grant_expiry(self):
        """Let the last grant call for an extension, or for the end (R052).

        A supervisor decides what follows a grant. The end is prepared, and the course
        closed, by the one who carries it.
        """
        for course in self._open_as_superuser():
            decides = EXPIRY in course._types_of_supervisor()
            course._set_obligation(
                EXPIRY,
                course._grant_expiry_due(),
                user=course.team_id._supervisor() if decides else None,
            )

    def _types_of_supervisor(self):
        types = super()._types_of_supervisor()
        last = self._granted()._last()
        if last.date_to and not last._is_to_end():
            return (*types, EXPIRY)
        return types

    # --- what the passing of time brings about --------------------------------------
    @api.model
    def _sekp_lacks(self, type_xmlid):
        """Return the domain of the courses without an open obligation of a type."""
        type_ = self.env.ref(f"sekp_outreach.{type_xmlid}")
        open_ = Domain("active", "=", True) & Domain("automated", "=", True)
        return ~Domain(
            "activity_ids", "any", open_ & Domain("activity_type_id", "=", type_.id)
        )

    @api.model
    def _sekp_to_follow_up(self, today):
        """Find open courses that lack what their standard and their grants call for.

        The acts see to it; this mends what was there before them.
        """
        held = Domain("kind", "=", "review") & Domain("held_on", "!=", False)
        status = Domain("standard_id.status_report", "=", "required")
        status &= Domain("standard_id.registration_mode", "!=", "none")
        status &= Domain(
            "review_ids", "any", held & Domain("status_sent_on", "=", False)
        ) | self._sekp_planned("review")
        unreviewed = Domain("decision", "=", "granted") & Domain("date_to", "!=", False)
        unreviewed &= ~Domain("review_ids", "any", [("held_on", "!=", False)])
        by_rule = Domain("standard_id.review_rule", "=", "interval")
        by_rule |= Domain(
            "standard_id.review_rule", "=", "before_grant_expiry"
        ) & Domain("grant_ids", "any", unreviewed)
        assessed = Domain("standard_id.ordinary_offer_assessment", "=", "required")
        assessed &= Domain("standard_id.assessment_interval_days", ">", 0)
        lacking = by_rule & ~self._sekp_planned("review")
        lacking |= assessed & ~self._sekp_planned("ordinary_offer")
        for kind, type_xmlid in REVIEW_TYPES.items():
            lacking |= self._sekp_planned(kind) & self._sekp_lacks(type_xmlid)
        lacking |= status & self._sekp_lacks("activity_written_status")
        lacking |= Domain("grant_until", "!=", False) & self._sekp_lacks(EXPIRY)
        found = Domain("phase", "!=", "closed") & lacking
        return super()._sekp_to_follow_up(today) | found

    @api.model
    def _sekp_planned(self, kind):
        """Return the domain of the courses with a planned review of a kind."""
        return Domain(
            "review_ids", "any", [("kind", "=", kind), ("held_on", "=", False)]
        )

    def _sekp_follow_up(self, today):
        result = super()._sekp_follow_up(today)
        self._plan_review()
        self._plan_assessment()
        self._sync_grant_expiry()
        return result

    # --- buttons ------------------------------------------------------------------
    def action_review(self):
        """Open the planned review, or a new one: it can be held at any time (R115)."""
        return self._open_review("review", self.env._("Review"))

    def action_assess_ordinary_offer(self):
        """Open the running assessment of whether an ordinary offer is possible."""
        return self._open_review("ordinary_offer", self.env._("Ordinary Offer"))

    def _open_review(self, kind, name):
        self.ensure_one()
        self.check_access("write")
        if planned := self._planned_review(kind):
            return {**planned._action_open(), "name": name, "target": "new"}
        action = self._dialog("sekp.review", name)
        action["context"]["default_kind"] = kind
        return action
