from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools import rhythm

LONGEST_RHYTHM = 366
# After these the person is known to be around, met or not.
SEEN = ("met", "seen", "declined")
GAP = "activity_rhythm_gap"
# A quarter of a year is seen at a glance.
STRIP_WEEKS = 13


class SekpCourse(models.Model):
    """The rhythm of a course: what is agreed, how it goes, and when it departs from it.

    An attempt is outreach and moves the next contact on; only a meeting ends a gap.
    """

    _inherit = "sekp.course"

    rhythm_days = fields.Integer(
        string="Days between Contacts",
        help="The interval agreed for this course; 0 for none.",
    )
    last_outreach_on = fields.Date(
        string="Last Outreach", compute="_compute_rhythm", store=True
    )
    last_met_on = fields.Date(string="Last Met", compute="_compute_rhythm", store=True)
    last_seen_on = fields.Date(
        string="Last Seen",
        compute="_compute_rhythm",
        store=True,
        help="When the person was last met, seen, or said no.",
    )
    contact_count = fields.Integer(
        string="Contacts", compute="_compute_rhythm", store=True
    )
    attempt_count = fields.Integer(
        string="Attempts", compute="_compute_rhythm", store=True
    )
    attempts_since_met = fields.Integer(
        string="Attempts since Last Met", compute="_compute_rhythm", store=True
    )
    usual_days = fields.Integer(
        string="Usual Days between Meetings",
        compute="_compute_rhythm",
        store=True,
        aggregator=None,
        help="How it goes lately, from the third meeting on; 0 until then.",
    )
    next_contact_due = fields.Date(
        string="Next Contact",
        compute="_compute_next_contact_due",
        store=True,
        index="btree_not_null",
    )
    gap_since = fields.Date(
        compute="_compute_gap_since",
        store=True,
        index="btree_not_null",
        help="The day from which not having met departs from this course's own "
        "rhythm; it may lie ahead.",
    )
    gap_text = fields.Text(string="Gap", compute="_compute_gap_text")
    workload = fields.Float(
        string="Contacts a Month",
        compute="_compute_workload",
        store=True,
        help="Contacts that the course asks for in 30 days: by the agreed interval, "
        "else by the usual one, else one.",
    )
    steps_open = fields.Boolean(compute="_compute_steps_open")
    outreach_days = fields.Json(
        string="Contacts and Attempts by Week",
        compute="_compute_rhythm",
        store=True,
        exportable=False,
        help="The last 13 weeks: filled for a contact, hollow for an attempt.",
    )

    _team_board = models.Index("(team_id, phase, next_contact_due)")
    _rhythm_positive = models.Constraint(
        f"CHECK (rhythm_days >= 0 AND rhythm_days <= {LONGEST_RHYTHM})",
        f"The interval between contacts lies between 0 and {LONGEST_RHYTHM} days.",
    )

    # --- computes -----------------------------------------------------------------
    @api.depends(
        "contact_ids.is_current", "contact_ids.started_at", "contact_ids.outcome"
    )
    def _compute_rhythm(self):
        groups = self.env["sekp.contact"]._read_group(
            [("course_id", "in", self.ids), ("is_current", "=", True)],
            ["course_id", "outcome"],
            ["started_at:array_agg"],
        )
        by_course = {}
        for course, outcome, instants in groups:
            by_course.setdefault(course.id, {})[outcome] = instants
        for course in self:
            instants = by_course.get(course.id, {})
            everything = [at for ats in instants.values() for at in ats]
            met = instants.get("met", [])
            seen = [at for outcome in SEEN for at in instants.get(outcome, ())]
            course.contact_count = len(met)
            course.attempt_count = len(everything) - len(met)
            course.attempts_since_met = sum(
                not met or at > max(met)
                for outcome, ats in instants.items()
                if outcome != "met"
                for at in ats
            )
            course.last_met_on = course._latest_day(met)
            course.last_seen_on = course._latest_day(seen)
            course.last_outreach_on = course._latest_day(everything)
            local = course.company_id._sekp_local
            course.usual_days = rhythm.usual_interval(local(at).date() for at in met)
            since = course.company_id._sekp_today() - timedelta(weeks=STRIP_WEEKS)
            course.outreach_days = rhythm.lately(
                [
                    (local(at).date(), outcome == "met")
                    for outcome, ats in instants.items()
                    for at in ats
                ],
                since,
            )

    def _latest_day(self, instants):
        if not instants:
            return False
        return self.company_id._sekp_local(max(instants)).date()

    @api.depends("last_outreach_on", "date_start", "rhythm_days", "phase")
    def _compute_next_contact_due(self):
        """The first contact is due at once, the next ones by the agreed interval."""
        for course in self:
            latest, due = course.last_outreach_on, False
            if course.phase != "closed" and course.date_start:
                if latest and course.rhythm_days:
                    due = latest + timedelta(days=course.rhythm_days)
                elif not latest and course.referral_id.acute:
                    due = course.date_start
                elif not latest:
                    due = course.company_id._sekp_next_working_day(
                        course.date_start + timedelta(days=1)
                    )
            course.next_contact_due = due

    @api.depends(
        "last_met_on",
        "date_start",
        "rhythm_days",
        "usual_days",
        "phase",
        "standard_id.gap_percent",
        "standard_id.gap_days",
    )
    def _compute_gap_since(self):
        """Only a meeting counts: attempts are shown with the gap and do not end it."""
        for course in self:
            latest = course.last_met_on or course.date_start
            since = None
            if course.phase != "closed" and latest:
                standard = course.standard_id
                since = rhythm.gap_since(
                    latest,
                    rhythm.silence(
                        course.rhythm_days,
                        course.usual_days,
                        standard.gap_percent,
                        standard.gap_days,
                    ),
                )
            course.gap_since = since or False

    @api.depends("gap_since", "last_seen_on", "attempts_since_met", "rhythm_days")
    @api.depends_context("lang")
    def _compute_gap_text(self):
        """Say how long the person has not been met, and what was done meanwhile."""
        for course in self:
            course.gap_text = course._in_gap() and " ".join(course._list_gap())

    def _list_gap(self):
        today, attempts = self._today(), self.attempts_since_met
        words = {"attempts": attempts, "usual": self.usual_days}
        if self.last_met_on:
            days = (today - self.last_met_on).days
            lines = [self.env._("Not met for %(days)s days.", days=days)]
        else:
            days = (today - self.date_start).days
            lines = [self.env._("Not met yet, after %(days)s days.", days=days)]
        if attempts == 1:
            lines.append(self.env._("1 attempt meanwhile."))
        elif attempts:
            lines.append(self.env._("%(attempts)s attempts meanwhile.", **words))
        else:
            lines.append(self.env._("No attempt meanwhile."))
        if self.last_seen_on and self.last_seen_on != self.last_met_on:
            lines.append(self._say_seen((today - self.last_seen_on).days))
        if self.usual_days:
            lines.append(
                self.env._("Usually met every %(usual)s days.", **words)
                if self.usual_days > 1
                else self.env._("Usually met every day.")
            )
        return lines

    def _say_seen(self, days):
        if not days:
            return self.env._("Seen today.")
        if days == 1:
            return self.env._("Seen yesterday.")
        return self.env._("Seen %(days)s days ago.", days=days)

    @api.depends("rhythm_days", "usual_days", "phase")
    def _compute_workload(self):
        for course in self:
            course.workload = course.phase != "closed" and rhythm.workload(
                course.rhythm_days, course.usual_days
            )

    @api.depends("activity_ids")
    def _compute_steps_open(self):
        for course in self:
            course.steps_open = any(
                step.active and step.sekp_steps_since for step in course.activity_ids
            )

    # --- guards -------------------------------------------------------------------
    def write(self, vals):
        self._check_rhythm(vals)
        result = super().write(vals)
        # What is to be planned anew follows then.
        if "rhythm_days" in vals and not vals.get("replan"):
            self._sync_rhythm()
            self._sync_gap()
        return result

    def _check_rhythm(self, vals):
        days = vals.get("rhythm_days") or 0
        if not isinstance(days, int) or not 0 <= days <= LONGEST_RHYTHM:
            raise ValidationError(
                self.env._(
                    "The interval between contacts lies between 0 and %(days)s days.",
                    days=LONGEST_RHYTHM,
                )
            )

    # --- the next contact and the gap -----------------------------------------------
    def _sync_rhythm(self):
        """Let the *next contact* activity follow the agreed interval (F3)."""
        for course in self:
            course._set_obligation(
                "activity_next_contact",
                course.next_contact_due if course.phase != "closed" else False,
            )

    def _in_gap(self):
        """Tell whether not having met departs from this course's own rhythm today."""
        self.ensure_one()
        return bool(self.gap_since) and self.gap_since <= self._today()

    def _sync_gap(self):
        """Let the gap be owed from its first day on, and no more when agreed anew."""
        for course in self:
            course._set_obligation(GAP, course._in_gap() and course.gap_since)

    def _contact_logged(self, contact, latest=None):
        self._settle_gap(contact)
        return super()._contact_logged(contact, latest)

    def _settle_gap(self, contact):
        """End the gap when the person was met, and the steps when the person is around.

        What is logged of a day before the steps were started does not end them.
        """
        # Superuser: the act ends them, whoever owns them.
        course = self._with_obligations()
        gap = course._automatic_activities(GAP)
        if gap and self._in_gap():
            self._sync_gap()
        elif gap:
            gap.action_done()
        if contact.outcome in SEEN:
            day = self.company_id._sekp_local(contact.started_at).date()
            course.activity_ids.filtered(
                lambda step: (
                    step.active
                    and step.sekp_steps_since
                    and step.sekp_steps_since <= day
                )
            ).unlink()

    @api.model
    def _sekp_to_follow_up(self, today):
        """Find the gaps that nobody is told of, and what is told of no gap any more."""
        told = self._owing(GAP)
        later = Domain("gap_since", "=", False) | Domain("gap_since", ">", today)
        return (
            super()._sekp_to_follow_up(today)
            | (Domain("gap_since", "<=", today) & ~told)
            | (later & told)
        )

    def _sekp_follow_up(self, today):
        result = super()._sekp_follow_up(today)
        self._sync_gap()
        return result

    # --- steps when the person is not seen --------------------------------------------
    def _find_steps(self):
        """Return the open steps of the courses, by course."""
        # Superuser: a colleague's steps count too.
        Activity = self.sudo().env["mail.activity"].with_context(active_test=True)
        steps = Activity.search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("sekp_steps_since", "!=", False),
            ]
        )
        return steps.grouped("res_id")

    def _not_seen_plan(self):
        """Return the plan of the steps: the standard's, or the one common to all."""
        self.ensure_one()
        # Superuser: the plan holds steps and nothing of a person.
        plan = self.sudo().standard_id.not_seen_plan_id
        common = "sekp_outreach.plan_not_seen"
        return plan or self.sudo().env.ref(common, raise_if_not_found=False) or plan

    def action_not_seen(self):
        """Plan the municipality's steps for a person who is not seen, once.

        They are ordinary activities, done with a note, and go away by themselves when
        the person is seen or the course closes.

        :raises UserError: on a closed course, or where the plan has no steps
        """
        self._take_for_change()
        if any(course.phase == "closed" for course in self):
            raise UserError(self.env._("The course is already closed."))
        under_way = self._find_steps()
        for course in self.filtered(lambda course: course.id not in under_way):
            course._start_steps()

    def _start_steps(self):
        plan = self._not_seen_plan()
        if not plan.template_ids:
            raise UserError(
                self.env._(
                    "The plan for a person who is not seen has no steps. A scheme "
                    "manager adds them."
                )
            )
        owners = self.env["res.users"]
        for step in plan.template_ids:
            due = step._get_date_deadline(self._today())
            owners |= self._plan_step(step, due)
        (owners - self.env.user)._sekp_notice()

    def _plan_step(self, step, due):
        """Plan one step with the one it names, or with who answers for the course.

        :param date due: the day it is to be done
        """
        owner = step.responsible_type == "other" and step.responsible_id
        owner = owner or self._obligation_owner()
        if not self._readable_by(owner):
            owner = self._next_owner(owner, due) or owner
        # Superuser: a step goes to who answers, whoever starts it; in the owner's
        # language, and with nothing else of what the caller had in hand.
        context = {"lang": owner.lang, "mail_activity_quick_update": True}
        course = self.sudo().with_env(self.sudo().env(context=context))
        kind = step.with_env(course.env).activity_type_id
        course.activity_schedule(
            activity_type_id=kind.id,
            automated=False,
            sekp_steps_since=self._today(),
            summary=step.summary or kind.name,
            note=step.note,
            user_id=owner.id,
            date_deadline=due,
        )
        return owner

    def _drop_obligations(self):
        """Take away what is open, and the steps: nobody is looked for any more."""
        result = super()._drop_obligations()
        for steps in self._find_steps().values():
            steps.unlink()
        return result
