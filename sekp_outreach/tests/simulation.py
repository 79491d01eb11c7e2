"""A year in five municipalities, lived day by day, and told in figures.

Every municipality adopts one of the presets. From then on invented people with the
right roles do, on working days, what people do: refer, triage, visit, forget, fall ill,
change, leave. Which of it happens is drawn by lot from a seed. At each midnight the
jobs run as jobs, and then what always holds is asked.

Nothing here looks into the product to know what should be: what people do goes through
what people use, and what is asked is asked by ``sekp.check``.
"""

import logging
import random
from collections import Counter, defaultdict
from contextlib import contextmanager
from datetime import datetime, time, timedelta

import freezegun.api

from odoo import Command
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.sekp_outreach.tools.danish_calendar import is_working_day

from .common import make_company, make_user
from .recount import differences

_logger = logging.getLogger(__name__)

PRESETS = ("broenderslev", "greve", "hvidovre", "lejre", "thisted")
# What only the jobs bring about, and so may wait while they stand still.
BY_JOBS = {"_check_owners"}
# Of the referrals that lead to no course; two of five.
FATES = ("advice", "redirect", "outside", "withdraw")
OUTCOMES = ("met", "met", "met", "seen", "no_answer", "no_answer", "declined", "letter")
CLOSINGS = ("achieved", "unused", "moved", "other")
DAY = timedelta(days=1)


class Town:
    """One municipality with its people, and what lies ahead of it."""

    def __init__(self, simulation, code, day):
        self.simulation, self.code = simulation, code
        self.env = simulation.env
        self.preset = self.env["sekp.standard"].search(
            [("code", "=", code), ("state", "=", "preset")]
        )
        self.company = make_company(self.env, f"Årsby {code}")
        self.hired = 0
        self.manager = self.hire("scheme_manager")
        self.intake = self.hire("intake")
        self.supervisors = self.hire("supervisor") | self.hire("supervisor")
        self.workers = self.env["res.users"].union(
            *(self.hire("contact_person") for _number in range(4))
        )
        self.receiver = self.hire("receiver")
        # (worker, first day, last day, absence) of those who are or will be away.
        self.leaves = []
        # What becomes of referrals that are not closed yet.
        self.fates = {}
        self.arrivals = defaultdict(list)
        self.adopt(day)

    def hire(self, role):
        self.hired += 1
        login = f"year_{self.code}_{role}_{self.hired}"
        return make_user(self.env, login, role, self.company)

    def adopt(self, day):
        """Adopt the preset and put it in force; fill its entry points with people."""
        wizard = self.as_(self.manager, "sekp.adopt.standard").create(
            {"standard_id": self.preset.id, "company_id": self.company.id}
        )
        draft = self.env["sekp.standard"].browse(wizard.action_adopt()["res_id"])
        self.teams = draft.route_ids.team_id
        self.teams.write(
            {
                "responsible_id": self.supervisors[0].id,
                "intake_ids": [Command.set(self.intake.ids)],
                "supervisor_ids": [Command.set(self.supervisors.ids)],
                "member_ids": [Command.set(self.workers.ids)],
            }
        )
        self.put_in_force(draft, day)

    def put_in_force(self, draft, day):
        self.as_(self.manager, "sekp.put.in.force").create(
            {"standard_id": draft.id, "day": day}
        ).action_confirm()
        self.standard = draft

    def as_(self, user, model):
        """Return a model, or records, as a user meets them."""
        records = self.env[model] if isinstance(model, str) else model
        return records.with_user(user).with_context(
            allowed_company_ids=self.company.ids, lang="en_US"
        )

    def courses(self, *domain):
        return self.env["sekp.course"].search(
            [("company_id", "=", self.company.id), *domain], order="id"
        )

    @property
    def supervisor(self):
        """The first supervisor who is at work."""
        here = [user for user in self.supervisors if user.active]
        return here[0]

    def here(self, user, day):
        """Tell whether a worker is at work."""
        return user.active and not any(
            worker == user and first <= day <= last
            for worker, first, last, _absence in self.leaves
        )

    def at_hand(self, course, day):
        """Return who works on a course today: the contact person, or who stands in."""
        people = course.contact_person_id
        now = self.simulation.now
        people |= course.assignment_ids.filtered(
            lambda row: row.role != "break_glass" and row.starts_at <= now < row.ends_at
        ).user_id
        return next((user for user in people if self.here(user, day)), None)


class Simulation:
    """The life of five towns from one day to another.

    :param case: the test, which lets jobs run within its transaction
    :param clock: a frozen clock that can be moved
    :param int seed: what is drawn by lot follows from it
    :param int courses: how many referrals lead to a course, all towns together
    :param pace: how much more often happens what happens seldom
    :param down: days on which the whole server is down: nobody works, no job runs
    :param idle: nights on which no job runs although people work
    """

    def __init__(
        self, case, clock, seed, first, last, courses, pace=1, down=(), idle=()
    ):
        self.case, self.env, self.clock, self.seed = case, case.env, clock, seed
        self.first, self.last = first, last
        self.down, self.idle = frozenset(down), frozenset(idle)
        self.lot, self.pace = random.Random(seed), pace
        self.acts, self.refused, self.found = Counter(), [], []
        self.obligations, self.nights = {}, []
        self.kept, self.late = Counter(), Counter()
        self.longest_late = self.days_away = self.nobody = self.left_without = 0
        self.ownerless, self.longest_ownerless = Counter(), 0
        self.mails = Counter()
        self.day = first
        self.at(first, 8)
        self.baseline = self.newest()
        self.towns = [Town(self, code, first - 60 * DAY) for code in PRESETS]
        self.draw_arrivals(courses)
        self.jobs = self.env["ir.cron"].browse(
            row.res_id
            for row in self.env["ir.model.data"].search(
                [("module", "=", "sekp_outreach"), ("model", "=", "ir.cron")],
                order="name",
            )
        )
        self.types = {
            row.res_id: row.name.removeprefix("activity_")
            for row in self.env["ir.model.data"].search(
                [
                    ("module", "=", "sekp_outreach"),
                    ("model", "=", "mail.activity.type"),
                ]
            )
        }

    def newest(self):
        """Return the greatest number of an activity."""
        self.env.flush_all()
        self.env.cr.execute("SELECT COALESCE(max(id), 0) FROM mail_activity")
        return self.env.cr.fetchone()[0]

    # --- time ---------------------------------------------------------------------
    @property
    def now(self):
        return datetime.now().replace(microsecond=0)

    def at(self, day, hour, minute=0):
        """Move the clock to an hour of a day in Denmark."""
        start = self.env["res.company"]._sekp_start_of_day(day)
        local = self.env["res.company"]._sekp_local
        moment = start + timedelta(hours=hour, minutes=minute)
        # On the days of a change of the clock the hour is not the hours since midnight.
        moment -= local(moment) - datetime.combine(day, time(hour, minute))
        self.move(moment)

    def move(self, moment):
        self.clock.move_to(moment)
        # The moment of the transaction, which Odoo would ask the database for.
        self.env.cr._now = moment

    def days(self):
        day = self.first
        while day <= self.last:
            yield day
            day += DAY

    def chance(self, probability):
        return self.lot.random() < probability

    def seldom(self, probability):
        return self.chance(probability * self.pace)

    def draw_arrivals(self, courses):
        """Draw on which days referrals come, and what will become of them."""
        days = [day for day in self.days() if is_working_day(day)]
        for number in range(courses):
            town = self.towns[number % len(self.towns)]
            # Early ones are more, so that there is something to follow.
            draws = (self.lot.random() for _draw in range(3 * self.pace))
            index = int(len(days) * min(draws) * 0.9)
            town.arrivals[days[index]].append("course")
            if number % 5 in (1, 3):
                fate = FATES[number // 5 % len(FATES)]
                town.arrivals[self.lot.choice(days)].append(fate)

    # --- the days -------------------------------------------------------------------
    def run(self):
        for day in self.days():
            self.day = day
            if day not in self.down:
                if is_working_day(day):
                    self.work()
                    self.ask(day not in self.idle)
                self.look_at_obligations()
            self.night()
            if self.day.day == 1:
                _logger.info("%s: %s", self.day, self.progress())
        for town in self.towns:
            self.found += differences(self.env, town.company)

    def progress(self):
        return (
            f"{len(self.courses())} courses, {sum(self.acts.values())} acts, "
            f"{len(self.found)} findings, {len(self.refused)} refusals"
        )

    def courses(self):
        companies = [town.company.id for town in self.towns]
        return self.env["sekp.course"].search([("company_id", "in", companies)])

    def work(self):
        """Let everybody do a day's work."""
        self.at(self.day, 9)
        for town in self.towns:
            self.change_people(town)
            for fate in town.arrivals.pop(self.day, ()):
                self.act("refer", self.refer, town, fate)
            for referral in list(town.fates):
                self.triage(town, referral)
        self.at(self.day, 12)
        for town in self.towns:
            left = self.env["sekp.absence"]._left_without(self.day, town.company)
            self.left_without += len(left)
            for course in town.courses(("phase", "!=", "closed")):
                self.support(town, course)
            for course in town.courses(("phase", "=", "closed")):
                self.after_closing(town, course)
            self.receive(town)
        self.at(self.day, 15)
        for town in self.towns:
            self.log_visits(town)
            self.lead(town)

    @contextmanager
    def trying(self, name):
        """Let an act succeed as a whole or not at all, and keep why it was refused."""
        try:
            with self.env.cr.savepoint():
                yield
                self.env.flush_all()
        except UserError as refusal:
            self.env.invalidate_all()
            self.refused.append(f"{self.day} {name}: {refusal}")
        else:
            self.acts[name] += 1

    def act(self, name, method, *args):
        with self.trying(name):
            method(*args)

    # --- referrals ------------------------------------------------------------------
    def refer(self, town, fate):
        stores = town.standard._allows_registration("alias")
        source = self.lot.choice(("self", "relative", "relative", "municipal_partner"))
        vals = {
            "company_id": town.company.id,
            "source_id": self.env.ref(f"sekp_outreach.source_{source}").id,
            "channel": self.lot.choice(("phone", "letter", "in_person")),
            "acute": self.chance(0.15),
            "referrer_anonymous": source == "relative" and self.chance(0.3),
        }
        if stores:
            vals |= {
                "age": self.lot.randint(19, 70),
                "concern": "Har ikke vist sig længe.",
            }
        referral = town.as_(town.intake, "sekp.referral").create(vals)
        if fate == "course":
            # Whoever is sent to us for good is not sent away because it was urgent.
            self.acts["refer_course"] += 1
        town.fates[referral] = fate

    def triage(self, town, referral):
        if self.chance(0.25):
            return  # Nobody got to it today.
        seen = town.as_(town.intake, referral)
        if referral.acute and not referral.acute_handled:
            redirects = town.standard.acute_policy == "redirect"
            self.act(
                "acute", seen.action_redirect_acute if redirects else seen.action_go_out
            )
        if referral.state == "received" and self.chance(0.5):
            self.act("begin", seen.action_begin)
            if self.chance(0.5):
                return
        if not referral.responded_on and self.chance(0.6):
            self.act("respond", seen.action_respond)
        fate = town.fates[referral]
        if fate != "course":
            self.act(fate, getattr(seen, f"action_{fate}"))
            if referral.state == "closed":
                if self.chance(0.1):
                    self.act("reopen", seen.action_reopen)
                else:
                    del town.fates[referral]
            return
        if referral.state != "accepted":
            with self.trying("accept"):
                if seen.warnings:
                    seen.deviation_reason = "law"
                seen.action_accept()
        if self.chance(0.6):
            self.act("allocate", self.allocate, town, referral)

    def allocate(self, town, referral):
        loads = {
            user: len(town.courses(("contact_person_id", "=", user.id)))
            for user in town.workers
            if town.here(user, self.day)
        }
        if not loads:
            return
        wizard = town.as_(town.supervisor, "sekp.allocate").create(
            {
                "referral_id": referral.id,
                "team_id": referral.team_id.id,
                "user_id": min(loads, key=lambda user: (loads[user], user.id)).id,
            }
        )
        wizard.action_allocate()
        del town.fates[referral]

    # --- support --------------------------------------------------------------------
    def support(self, town, course):
        """Let whoever is at hand do what the course asks for, or not get to it."""
        person = course.contact_person_id
        if person.active and not town.here(person, self.day):
            self.days_away += 1
        user = town.at_hand(course, self.day)
        if not user:
            self.nobody += 1
            return
        own = town.as_(user, course)
        if self.chance(self.contact_chance(course)):
            self.act("contact", self.log, town, own)
        if user != person:
            return  # Who stands in does what cannot wait.
        if own.meanwhile and self.chance(0.7):
            self.act("seen_cover", own.action_seen_cover)
        if self.seldom(0.06):
            self.act("plan_visit", self.plan_visit, town, own)
        alias = own.standard_id._allows_registration("alias")
        if alias and own.identity_level == "unknown" and self.chance(0.05):
            self.act("identity", self.know, town, own)
        if own.uses_goals and self.chance(0.08 if not own.goal_ids else 0.01):
            self.act("goal", self.set_goal, town, own)
        for review in own.review_ids.filtered(lambda review: not review.held_on):
            if review.due <= self.day + 3 * DAY and self.chance(0.3):
                self.act(f"hold_{review.kind}", self.hold, town, review)
        for review in own.review_ids.filtered("held_on"):
            self.send_status(review)
        if own.contact_count >= 2 and self.seldom(0.025):
            self.act("hand_over", self.hand_over, town, own)
        self.end(town, own)

    def contact_chance(self, course):
        due = course.next_contact_due
        if not due:
            return 0.1
        return 0.45 if due <= self.day else 0.04

    def log(self, town, course, **given):
        outcome = self.lot.choice(OUTCOMES)
        context = {**course.action_log_contact()["context"], **given}
        Contact = course.env["sekp.contact"].with_context(**context)
        form = context.get("default_form_id")
        vals = {"outcome": outcome, "minutes": self.lot.choice((10, 30, 45, 60))}
        if not form:
            forms = Contact.new({"course_id": course.id}).allowed_form_ids
            vals["form_id"] = self.lot.choice(forms.sorted("id").ids)
        if outcome == "met" and course.inform_state in ("due", "postponed"):
            vals["told_of_referral"] = self.chance(0.6)
        if self.chance(0.2):
            vals["next_step_on"] = self.day + 7 * DAY
        if Contact.new(vals).outside_hours:
            vals["hours_reason"] = "wish"
        contact = Contact.create(vals)
        self.acts["met" if outcome == "met" else "attempt"] += 1
        if self.chance(0.03):
            again = contact.action_correct()["context"]
            Contact.with_context(**again).create({"minutes": 15})
            self.acts["correct"] += 1

    def plan_visit(self, town, course):
        context = course.action_plan_visit()["context"]
        day = town.company._sekp_next_working_day(
            self.day + self.lot.randint(1, 12) * DAY
        )
        start = town.company._sekp_start_of_day(day)
        course.env["sekp.appointment"].with_context(**context).create(
            {"starts_at": start + timedelta(hours=self.lot.randint(9, 13))}
        )

    def know(self, town, course):
        course.env["sekp.identity.move"].create(
            {
                "citizen_id": course.citizen_id.id,
                "to_level": "alias",
                "alias": self.lot.choice(("Kaptajnen", "Skipper", "Fru Vind")),
            }
        ).action_save()

    def set_goal(self, town, course):
        parents = course.goal_ids.filtered(lambda goal: not goal.parent_id)
        course.env["sekp.goal"].create(
            {
                "course_id": course.id,
                "goal": "Et sted at være",
                "parent_id": parents[:1].id,
            }
        )

    def hold(self, town, review):
        review.write(
            {
                "with_citizen": True,
                "with_authority": True,
                "with_provider": True,
                "assessment": self.lot.choice(("not_yet", "not_wanted"))
                if review.kind == "ordinary_offer"
                else False,
                "written_status": "Vi er på vej."
                if review.asks_written_status
                else False,
            }
        )
        review.course_id.goal_ids.write({"attainment": "part"})
        review.action_hold()

    def send_status(self, review):
        """Send the written status, where there is such an act."""
        if (
            "status_sent_on" in review._fields
            and review.asks_written_status
            and not review.status_sent_on
            and self.chance(0.4)
        ):
            self.act("send_status", review.action_status_sent)

    def decide(self, town, course):
        """Grant where the standard wants it, and extend before the end or after it."""
        grants = course.grant_ids.filtered(lambda one: one.decision == "granted")
        last = grants.sorted("date_from")[-1:]
        if last and not last.date_to:
            return
        if last and last.date_to > self.day + 50 * DAY:
            return
        context = course._dialog("sekp.grant", "")["context"]
        if last and hasattr(last, "action_extend"):
            context = last.action_extend()["context"]
        start = max(last.date_to + DAY, self.day - 5 * DAY) if last else self.day
        vals = {
            "decided_on": self.day,
            "date_from": start,
            "date_to": start + self.lot.randint(100, 180) * DAY,
            "notified_on": self.day,
        }
        course.env["sekp.grant"].with_context(**context).create(vals)
        self.acts["extend" if last else "grant"] += 1

    def hand_over(self, town, course):
        live = course.handover_ids.filtered(
            lambda one: one.state in ("proposed", "consented", "sent", "accepted")
        )
        if live:
            return
        handover = course.env["sekp.handover"].create(
            {
                "course_id": course.id,
                "offer_id": self.env.ref("sekp_outreach.offer_activity_centre").id,
                "receiver_id": town.receiver.id if self.chance(0.8) else False,
            }
        )
        if self.chance(0.5):
            handover.action_consent_oral()
        else:
            handover.action_consent_written()
        handover.action_send()

    def receive(self, town):
        """Let the receiver answer, and the consents behind it end."""
        for handover in self.env["sekp.handover"].search(
            [
                ("company_id", "=", town.company.id),
                ("state", "in", ("sent", "accepted")),
            ],
            order="id",
        ):
            course = handover.course_id
            user = handover.receiver_id or town.at_hand(course, self.day)
            if not user:
                continue
            seen = town.as_(user, handover)
            if handover.consent_id and self.seldom(0.005):
                owner = town.at_hand(course, self.day)
                if owner:
                    consent = town.as_(owner, handover.consent_id)
                    self.act("withdraw_consent", consent.action_withdraw)
                continue
            if handover.state == "sent":
                if self.chance(0.1):
                    self.act("accept_handover", seen.action_accept)
                elif self.chance(0.05):
                    self.act("decline", self.answer, seen, "decline", "full")
            elif self.chance(0.12):
                self.act("receiver_met", seen.action_met)
            elif self.seldom(0.02):
                self.act("return", self.answer, seen, "return", "not_met")

    def answer(self, handover, act, reason):
        handover.env["sekp.handover.answer"].create(
            {"handover_id": handover.id, "act": act, "reason": reason}
        ).action_confirm()

    def end(self, town, course):
        """Close the course, or let the person say no."""
        age = (self.day - course.date_start).days
        if self.seldom(0.002):
            self.act("opt_out", course.action_opt_out)
        elif (
            age > 40 / self.pace
            and not course._open_obligations()
            and self.seldom(0.008)
        ):
            self.act("close", self.close, course)

    def close(self, course):
        course.env["sekp.close.course"].create(
            {"course_id": course.id, "outcome": self.lot.choice(CLOSINGS)}
        ).action_close()

    def after_closing(self, town, course):
        person = course.contact_person_id
        later = course.citizen_id.course_ids.filtered(lambda one: one.id > course.id)
        if later or not (course.date_end > self.day - 28 * DAY and self.seldom(0.012)):
            return
        if town.here(person, self.day) and person in course.team_id.member_ids:
            self.act("reestablish", town.as_(person, course).action_reestablish)

    def log_visits(self, town):
        """Log, move, cancel or forget what was planned for today."""
        for visit in self.env["sekp.appointment"].search(
            [("company_id", "=", town.company.id), ("state", "=", "planned")],
            order="id",
        ):
            worker = next(
                (one for one in visit.worker_ids if town.here(one, self.day)), None
            )
            if not worker:
                continue
            own = town.as_(worker, visit)
            if visit.starts_at <= self.now:
                own = own.with_context(allowed_company_ids=town.company.ids)
                if own.has_access("read") and self.chance(0.6):
                    context = own.action_log_contact()["context"]
                    course = town.as_(worker, visit.course_id)
                    with self.trying("log_visit"):
                        self.log(town, course, **context)
            elif not own.has_access("write"):
                # Who covers from next week on changes nothing today.
                continue
            elif self.chance(0.04):
                later = visit.starts_at + self.lot.randint(1, 2) * 7 * DAY
                entitles = visit.course_id._entitles
                if all(entitles(user, later) for user in visit.worker_ids):
                    with self.trying("move_visit"):
                        own.starts_at = later
            elif self.chance(0.04):
                event = visit.sudo().block_ids.event_id.filtered(
                    lambda event, user=worker: event.user_id == user
                )
                with self.trying("move_in_calendar"):
                    shift = timedelta(hours=1)
                    town.as_(worker, event).write(
                        {"start": event.start + shift, "stop": event.stop + shift}
                    )
            elif self.chance(0.03):
                self.act("cancel_visit", own.action_cancel)

    # --- the supervisor ---------------------------------------------------------------
    def lead(self, town):
        """Let a supervisor see to grants, emergencies, and courses without anybody."""
        leader = town.supervisor
        for course in town.courses(("phase", "!=", "closed")):
            led = town.as_(leader, course)
            if led.uses_grant and self.chance(0.08):
                self.act("decide", self.decide, town, led)
            person = course.contact_person_id
            if led.has_emergency:
                self.act("seen_emergency", led.action_seen_emergency)
            if (not person.active and self.chance(0.5)) or self.seldom(0.003):
                self.act("change_person", self.change_person, town, led)
            elif self.seldom(0.002):
                self.act("break_glass", self.break_glass, town, course)
            if led.colleagues_asking:
                self.act("answer_colleagues", led.action_answer_colleagues)

    def change_person(self, town, course):
        # Who has access to it already is another matter.
        rows = course.sudo().assignment_ids
        known = rows.filtered(lambda row: not row.date_to or row.date_to >= self.day)
        others = [
            user for user in town.workers - known.user_id if town.here(user, self.day)
        ]
        if others:
            self.give(
                course,
                self.lot.choice(others),
                "contact_person",
                self.day,
                False,
            )

    def give(self, course, user, role, first, last):
        course.env["sekp.assign"].create(
            {
                "course_id": course.id,
                "user_id": user.id,
                "role": role,
                "date_from": first,
                "date_to": last,
            }
        ).action_assign()

    def break_glass(self, town, course):
        rows = course.assignment_ids.filtered(
            lambda row: not row.date_to or row.date_to >= self.day
        )
        strangers = [
            user for user in town.workers - rows.user_id if town.here(user, self.day)
        ]
        if strangers:
            town.as_(self.lot.choice(strangers), "sekp.break.glass").create(
                {
                    "reference": course.reference,
                    "purpose": "acute",
                    "note": "Naboen ringede.",
                }
            ).action_open()

    # --- people come and go ---------------------------------------------------------
    def change_people(self, town):
        # Who left for good is no more awaited.
        town.leaves = [row for row in town.leaves if row[0].active]
        for worker in town.workers.filtered("active"):
            if any(row[0] == worker and row[2] >= self.day for row in town.leaves):
                continue
            if self.seldom(0.01):
                self.act("plan_leave", self.plan_leave, town, worker)
            elif self.seldom(0.01):
                self.act("sick", self.fall_ill, town, worker)
        for worker, _first, last, absence in town.leaves:
            if last >= self.day and not absence.cancelled:
                self.arrange(town, worker, absence)
        if self.seldom(1 / 180):
            self.act("leave_for_good", self.leave, town)
        if self.seldom(1 / 250):
            self.act("new_version", self.new_version, town)

    def plan_leave(self, town, worker):
        """Enter some days or weeks off that lie ahead."""
        first = self.day + self.lot.randint(7, 21) * DAY
        last = first + self.lot.choice((0, 4, 11)) * DAY
        absence = town.as_(worker, "sekp.absence").create(
            {"user_id": worker.id, "date_from": first, "date_to": last}
        )
        town.leaves.append((worker, first, last, absence.sudo()))

    def arrange(self, town, worker, absence):
        """Agree with some of those who are met meanwhile, or take the absence back."""
        user = worker if town.here(worker, self.day) else town.supervisor
        ahead = absence.kind == "planned" and absence.date_from > self.day
        if ahead and self.seldom(0.005):
            self.act("take_back", town.as_(user, absence).action_take_back)
            return
        for course in town.as_(user, absence).lacking_ids.sorted("id"):
            if self.chance(0.12):
                self.act("agree", self.agree, town.as_(user, course), absence)

    def agree(self, course, absence):
        context = {"default_course_id": course.id, "default_absence_id": absence.id}
        Agreement = course.env["sekp.absence.agreement"].with_context(**context)
        names = ("course_id", "absence_id", "date_from", "date_to", "cover_id")
        vals = Agreement.default_get([*names, "agreed_on"])
        how = self.lot.choice(("visits", "visits", "on_call", "unasked", "nothing"))
        if how == "nothing" or not vals.get("cover_id"):
            vals["cover_id"], how = False, "nothing"
        Agreement.create({**vals, "how": how})

    def fall_ill(self, town, worker):
        """Let a supervisor enter that somebody is sick, in two taps."""
        last = self.day + self.lot.randint(0, 3) * DAY
        dialog = town.as_(town.supervisor, "sekp.sick.today").create(
            {"user_id": worker.id, "date_to": last}
        )
        dialog.action_confirm()
        absence = self.env["sekp.absence"].search(
            [("user_id", "=", worker.id)], order="id desc", limit=1
        )
        town.leaves.append((worker, self.day, last, absence))

    def leave(self, town):
        """Let a worker leave for good when a new one has come."""
        active = town.workers.filtered("active")
        new = town.hire("contact_person")
        town.workers |= new
        for team in town.teams:
            town.as_(town.supervisor, team).member_ids = [Command.link(new.id)]
        town.as_(self.env.ref("base.user_admin"), self.lot.choice(active)).with_context(
            allowed_company_ids=self.env.ref("base.user_admin").company_ids.ids
        ).action_archive()

    def new_version(self, town):
        """Put a new version of the standard in force tomorrow; courses keep theirs."""
        seen = town.as_(town.manager, town.standard)
        draft = self.env["sekp.standard"].browse(seen.action_new_version()["res_id"])
        town.put_in_force(draft, self.day + DAY)

    # --- the nights -----------------------------------------------------------------
    def night(self):
        """Come to midnight, let the jobs run, and ask what always holds."""
        tomorrow = self.day + DAY
        self.move(self.env["res.company"]._sekp_start_of_day(tomorrow))
        if tomorrow in self.down:
            return
        ran = tomorrow not in self.idle
        if ran:
            self.run_jobs()
        self.look_at_obligations()
        self.ask(ran)

    def run_jobs(self):
        before, start = self.env.cr.sql_log_count, self.seconds()
        told = self.count_mails()
        with self.case.enter_registry_test_mode():
            for job in self.jobs:
                job.method_direct_trigger()
        self.nights.append((self.env.cr.sql_log_count - before, self.seconds() - start))
        self.mails[self.day] = self.count_mails() - told

    def seconds(self):
        """Return the seconds of a clock that nobody has stopped."""
        return freezegun.api.real_perf_counter()

    def count_mails(self):
        return self.env["mail.message"].search_count(
            [("message_type", "=", "user_notification")]
        )

    def ask(self, ran):
        """Keep what does not hold, with the day."""
        check = self.env["sekp.check"]
        only = None if ran else sorted(set(check._invariants()) - BY_JOBS)
        self.found += [f"{self.day} {text}" for text in check._problems(only=only)]
        self.env.cr.execute(
            "SELECT act.id FROM mail_activity act "
            "LEFT JOIN res_users person ON person.id = act.user_id "
            "WHERE act.active AND act.automated AND act.id > %s "
            "AND person.active IS NOT TRUE",
            [self.baseline],
        )
        lost = {id_ for (id_,) in self.env.cr.fetchall()}
        if self.now == self.env["res.company"]._sekp_start_of_day(self.day + DAY):
            nights = {id_: self.ownerless[id_] + 1 for id_ in lost}
            self.ownerless = Counter(nights)
            self.longest_ownerless = max(self.longest_ownerless, 0, *nights.values())

    # --- figures --------------------------------------------------------------------
    def look_at_obligations(self):
        """Follow each obligation from its beginning to its end, day by day.

        It is kept when it ended or was moved on by the day it was due, else late.
        """
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT id, activity_type_id, CASE WHEN active THEN date_deadline END "
            "FROM mail_activity WHERE automated AND id > %s AND activity_type_id = "
            "ANY(%s)",
            [self.baseline, list(self.types)],
        )
        rows = {id_: (type_, due) for id_, type_, due in self.env.cr.fetchall()}
        for id_ in rows.keys() - self.obligations.keys():
            type_, due = rows[id_]
            # What came and was met on one day was met in time.
            self.kept[type_] += not due
        for id_, (type_, due) in self.obligations.items():
            _type, now_due = rows.get(id_, (type_, None))
            if due and now_due != due:
                days = (self.day - due).days
                self.longest_late = max(self.longest_late, days)
                (self.late if days > 0 else self.kept)[type_] += 1
        for id_, (type_, _due) in self.obligations.items():
            rows.setdefault(id_, (type_, None))
        self.obligations = rows

    def figures(self):
        """Return what happened, as ``{what: figure}``."""
        env, companies = self.env, [town.company.id for town in self.towns]
        ours = Domain("company_id", "in", companies)

        def count(model, *domain):
            return env[model].search_count(ours & Domain(domain))

        counted = Counter(type_ for type_, _due in self.obligations.values())
        overdue = [
            due for _type, due in self.obligations.values() if due and due < self.day
        ]
        return {
            "Days": (self.last - self.first).days + 1,
            "Days on which the server was down": len(self.down),
            "Nights on which no job ran": len(self.idle),
            "Referrals": count("sekp.referral"),
            "Courses": count("sekp.course"),
            "Courses re-established": count(
                "sekp.course", ("previous_course_id", "!=", False)
            ),
            "Courses closed": count("sekp.course", ("phase", "=", "closed")),
            "Contacts": count(
                "sekp.contact", ("is_current", "=", True), ("outcome", "=", "met")
            ),
            "Attempts": count(
                "sekp.contact", ("is_current", "=", True), ("outcome", "!=", "met")
            ),
            "Visits planned": count("sekp.appointment"),
            "Reviews held": count("sekp.review", ("held_on", "!=", False)),
            "Grants": count("sekp.grant"),
            "Handovers": count("sekp.handover"),
            "Changes of contact person": self.acts["change_person"],
            "Workers who left": self.acts["leave_for_good"],
            "Absences": count("sekp.absence", ("cancelled", "=", False)),
            "… of which sickness": count("sekp.absence", ("kind", "=", "sick")),
            "Agreements on an absence": count("sekp.absence.agreement"),
            "Times a colleague stood in": count(
                "sekp.assignment", ("role", "=", "cover")
            ),
            "Days of absence, counted for each course": self.days_away,
            "Working days on which a course had nobody at hand": self.nobody,
            "… and something due (the report *left without*)": self.left_without,
            "Obligations that came": sum(counted.values()),
            "… met or moved on in time": sum(self.kept.values()),
            "… late": sum(self.late.values()),
            "… open and overdue at the end": len(overdue),
            "Longest lateness, days": self.longest_late,
            "Escalations to the supervisor": self.of_types(counted, "escalation"),
            "Alarms on a departure from the rhythm": self.of_types(counted, "gap"),
            "Notices sent by the jobs": sum(self.mails.values()),
            "Most notices sent in one night": max(self.mails.values(), default=0),
            "Acts of people": sum(self.acts.values()),
            "Longest time an obligation had no owner, nights": self.longest_ownerless,
            "Figures told, with nothing small": count("sekp.statistic"),
            "Findings, after each day's work and at each midnight": len(self.found),
            "Statements a night, all jobs (median, most)": self.spread(0),
            "Seconds a night, all jobs (median, most)": self.spread(1),
        }

    def page(self):
        """Return the figures as a page that says how to repeat them."""
        presets = ", ".join(town.preset.municipality for town in self.towns)
        figures = self.figures().items()
        return "\n".join(
            [
                "# Follow-up: a year in figures",
                "",
                "A simulated year in five municipalities, one for each preset "
                f"({presets}), from {self.first} to {self.last}. Invented people do "
                "on working days what people do, by lot; at every midnight the jobs "
                "run, and then what always holds is asked of the whole database "
                "(`sekp.check`); at the end the figures that were told are "
                "counted anew. Made by `make simulate`, which computes every figure "
                f"here; `make simulate SEED={self.seed}` repeats them, but for the "
                "seconds, which are this machine's.",
                "",
                "| what | figure |",
                "|---|---:|",
                *(f"| {what} | {figure} |" for what, figure in figures),
                "",
                "An obligation is late when it was met, moved on or no longer owed "
                "after the day it was due.",
                "",
                "| obligation | came | in time | late |",
                "|---|---:|---:|---:|",
                *(
                    f"| {name} | {came} | {kept} | {late} |"
                    for name, came, kept, late in self.by_type()
                ),
                "",
                "## What was found",
                "",
                *(f"- {text}" for text in [*self.found, *self.refused] or ["Nothing."]),
                "",
            ]
        )

    def of_types(self, counted, part):
        return sum(
            number for type_, number in counted.items() if part in self.types[type_]
        )

    def spread(self, column):
        values = sorted(night[column] for night in self.nights)
        middle, most = values[len(values) // 2], values[-1]
        if column == 0:
            return f"{middle}, {most}"
        return f"{middle:.2f}, {most:.2f}"

    def by_type(self):
        """Return how many obligations of each type came, were kept and were late."""
        counted = Counter(type_ for type_, _due in self.obligations.values())
        return sorted(
            (self.types[type_], number, self.kept[type_], self.late[type_])
            for type_, number in counted.items()
        )
