from dateutil.relativedelta import relativedelta

from odoo import models
from odoo.exceptions import UserError

OFFERED = ("required", "offered")
AGREED = ("consented", "sent", "accepted")


class SekpCourse(models.Model):
    """What the person of a course gets on paper: plan, closing letter, guidance."""

    _inherit = "sekp.course"

    def _team_values(self):
        return {
            "contact_person": self.contact_person_id.name,
            "team": self.team_id.name,
            "phone": self.team_id.phone,
            "hours": self.team_id.opening_hours,
        }

    # --- the action plan ----------------------------------------------------------
    def _check_action_plan(self):
        """Refuse a plan where the standard uses none, or nothing of it is stored.

        :raises UserError: telling so
        """
        standard = self.standard_id
        if standard.action_plan not in OFFERED or standard.registration_mode == "none":
            raise UserError(
                self.env._("The quality standard does not use an action plan.")
            )

    def _action_plan_values(self):
        """Return what the action plan says, as texts for the reader (R103, R121).

        :raises UserError: where the standard uses none
        """
        self.ensure_one()
        self._check_action_plan()
        held = self.review_ids.filtered(
            lambda one: one.kind == "review" and one.held_on
        ).sorted("held_on")[-1:]
        planned = self._planned_review("review")
        offers = self.handover_ids.filtered(lambda one: one.state in AGREED).offer_id
        return {
            **self.standard_id._paper_frame(self.company_id, self.reference),
            **self._team_values(),
            "goals": [goal._plan_values() for goal in self._plan_goals()],
            "agreed": held.agreed,
            "agreed_on": held and held._citizen_print_value("held_on"),
            "next_step": self.next_step,
            "next_step_on": self._citizen_print_value("next_step_on"),
            "rhythm": self._rhythm_in_words(),
            "offers": offers.mapped("name"),
            "next_review": planned and planned._citizen_print_value("due"),
        }

    def _rhythm_in_words(self):
        if not self.rhythm_days:
            return ""
        if self.rhythm_days == 1:
            return self.env._("The contact person tries to meet every day.")
        return self.env._(
            "The contact person tries to meet at least every %(n)s days.",
            n=self.rhythm_days,
        )

    def _plan_goals(self):
        """Return the goals still wanted, each followed by its sub-goals."""
        wanted = self.goal_ids.filtered(lambda goal: goal.attainment != "dropped")
        order = wanted.sorted(lambda goal: (goal.sequence, goal.id))
        goals = order.browse()
        for goal in order.filtered(lambda goal: goal.parent_id not in wanted):
            goals += goal + order.filtered(lambda one, goal=goal: one.parent_id == goal)
        return goals

    def action_print_plan(self):
        """Open the action plan on paper.

        :raises UserError: where the standard uses none
        """
        self.ensure_one()
        self.check_access("read")
        self._check_action_plan()
        return self.env.ref("sekp_outreach.report_action_plan").report_action(
            self, config=False
        )

    # --- the closing letter -------------------------------------------------------
    def _check_closing_letter(self):
        """Refuse a letter for an open course, and for one who is dead.

        :raises UserError: telling so
        """
        if self.phase != "closed":
            raise UserError(
                self.env._("The closing letter is for a course that is closed.")
            )
        if self.closing_outcome == "died":
            raise UserError(self.env._("There is nobody to write to."))

    def _closing_letter_values(self):
        """Return what the closing letter says, as texts for the reader (R112, R113).

        :raises UserError: for an open course, and for one who is dead
        """
        self.ensure_one()
        self._check_closing_letter()
        standard = self.standard_id
        current = self._standard_today()
        return {
            **standard._paper_frame(self.company_id, self.reference),
            **self._team_values(),
            "began_on": self._citizen_print_value("date_start"),
            "closed_on": self._citizen_print_value("date_end"),
            "outcome": self.closing_outcome,
            "reopening": current.reopening in OFFERED,
            "places": [
                place
                for place in current._public_entry_points()
                if place["name"] != self.team_id.name
            ],
            "kept": self._kept_values(),
            "decision": self.must_be_kept,
            "complaint": current._paper_complaint(),
        }

    def _standard_today(self):
        """Return the standard in force today, or the one the course began under."""
        standard = self.standard_id
        return standard._in_force(self.company_id, self._today()) or standard

    def _kept_values(self):
        """Return in words how long the closed course is kept, and whether it waits."""
        rule = self.env["sekp.retention.rule"]._for_outcome(
            self.company_id, "course", self.closing_outcome
        )
        if not rule:
            return {"words": "", "waits": False}
        day = self.date_end + relativedelta(**{rule.keep_unit: rule.keep_amount})
        words = self.env._(
            "It is erased %(period)s after the support ended: on %(day)s at the "
            "earliest.",
            period=rule.with_context(lang=self.env.lang)._period_in_words(),
            day=self._citizen_print_date(day),
        )
        return {"words": words, "waits": rule.wait_while_open}

    def action_print_closing_letter(self):
        """Open the closing letter on paper.

        :raises UserError: for an open course, and for one who is dead
        """
        self.ensure_one()
        self.check_access("read")
        self._check_closing_letter()
        return self.env.ref("sekp_outreach.report_closing_letter").report_action(
            self, config=False
        )

    # --- how to complain ----------------------------------------------------------
    def _complaint_guidance_values(self):
        """Return what the guidance on how to complain says; nothing of the course."""
        self.ensure_one()
        return self._standard_today()._complaint_paper(self.company_id)


class SekpGoal(models.Model):
    """A goal in the action plan."""

    _inherit = "sekp.goal"

    def _plan_values(self):
        self.ensure_one()
        return {
            "goal": self.goal,
            "is_sub": bool(self.parent_id),
            "aimed_at": self._citizen_print_value("target_date"),
            "attainment": self.attainment != "open"
            and self._citizen_print_value("attainment"),
        }


class SekpRetentionRule(models.Model):
    """What a rule says to the person whose course it is."""

    _inherit = "sekp.retention.rule"

    def _for_outcome(self, company, record_class, outcome):
        """Return the rule in force for records with an outcome, or an empty set."""
        rules = self._in_force(company, record_class)
        return (
            rules.filtered(lambda rule: rule._outcome() == outcome)
            or rules.filtered(lambda rule: rule._for_all())
        )[:1]

    def _period_in_words(self):
        """Return how long records are kept, such as ``12 months``."""
        if self.keep_unit == "months":
            if self.keep_amount == 1:
                return self.env._("1 month")
            return self.env._("%(n)s months", n=self.keep_amount)
        if self.keep_amount == 1:
            return self.env._("1 day")
        return self.env._("%(n)s days", n=self.keep_amount)
