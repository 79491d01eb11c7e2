from datetime import date, datetime, timedelta

from lxml import etree
from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .common import TODAY, OutreachCase

PROCESSING = {"kind": "processing", "amount": 10, "unit": "working_day"}
DECISION = {"kind": "decision", "amount": 8, "unit": "week"}
RESPONSE = {"kind": "response", "amount": 7, "unit": "day"}
PAUSE = {"when_incomplete": "pause"}
RESTART = {"when_incomplete": "restart"}
REFERRAL_TOLD = "activity_referral_escalation"


def noon(day):
    """Return noon in Copenhagen, as UTC, of a day in summer time."""
    return datetime(day.year, day.month, day.day, 10)


class ClockCase(OutreachCase):
    def clock(self, record, kind):
        return record.sudo().deadline_ids.filtered(lambda clock: clock.kind == kind)

    def open_activities(self, record, name):
        """Return the open automatic activities of one type on a record."""
        kind = self.env.ref(f"sekp_outreach.{name}")
        return record.sudo().activity_ids.filtered(
            lambda activity: activity.activity_type_id == kind and activity.automated
        )

    def follow_up(self):
        """Run the job as Odoo runs it."""
        with self.enter_registry_test_mode():
            self.env.ref("sekp_outreach.cron_follow_up").method_direct_trigger()
        self.env.invalidate_all()

    def on(self, day):
        return self.at(noon(day))


@tagged("post_install", "-at_install", "sekp_outreach")
class TestMissingInformation(ClockCase):
    """Clocks run on, pause or start anew while information is missing."""

    def test_a_line_says_what_its_clock_does_by_where_it_starts(self):
        standard = self.make_standard(
            in_force=False,
            deadlines=[
                RESPONSE,
                DECISION | {"clock_start": "complete"},
                {"kind": "start", "amount": 1, "unit": "week"} | PAUSE,
            ],
        )
        self.assertEqual(
            standard.deadline_ids.mapped("when_incomplete"), ["run", "restart", "pause"]
        )
        copied = standard.with_user(self.manager).copy()
        self.assertEqual(
            copied.deadline_ids.mapped("when_incomplete"), ["run", "restart", "pause"]
        )

    def test_the_paper_of_thisted_lets_its_eight_weeks_run_on(self):
        thisted = self.env.ref("sekp_outreach.thisted_deadline_decision")
        self.assertEqual(thisted.when_incomplete, "run")

    def test_a_clock_that_runs_on_is_untouched(self):
        self.make_standard(deadlines=[DECISION])
        referral = self.refer()
        before = self.clocks(referral)
        with self.on(TODAY + timedelta(days=2)):
            referral.action_await_information()
            self.assertEqual(self.clocks(referral), before)
        with self.on(TODAY + timedelta(days=9)):
            referral.action_information_complete()
            self.assertEqual(self.clocks(referral), before)

    def test_one_from_complete_information_that_runs_on_is_untouched_too(self):
        self.make_standard(
            deadlines=[DECISION | {"clock_start": "complete", "when_incomplete": "run"}]
        )
        referral = self.refer()
        referral.action_information_complete()
        before = self.clocks(referral)
        referral.action_await_information()
        with self.on(TODAY + timedelta(days=9)):
            referral.action_information_complete()
            self.assertEqual(self.clocks(referral), before)

    def test_a_paused_clock_keeps_its_working_days(self):
        self.make_standard(deadlines=[PROCESSING | PAUSE])
        referral = self.refer()
        # Ten working days from Wednesday 16 September.
        self.assertEqual(self.clock(referral, "processing").due, date(2026, 9, 30))
        with self.on(date(2026, 9, 18)):
            referral.action_await_information()
            clock = self.clock(referral, "processing")
            self.assertEqual(self.clocks(referral)["processing"], (False, "paused"))
            self.assertEqual(clock.days_left, 8)
            self.assertFalse(referral.next_due)
            self.assertNotIn("processing", self.obligations(referral))
        # Saturday to Monday over a weekend: only working days count.
        with self.on(date(2026, 10, 5)):
            referral.action_information_complete()
            self.assertEqual(
                self.clocks(referral)["processing"], (date(2026, 10, 15), "running")
            )
            self.assertEqual(clock.stood_still, 11)
            self.assertEqual(
                self.obligations(referral)["processing"], date(2026, 10, 15)
            )

    def test_a_pause_that_ends_on_a_day_off_leaves_the_days_that_were_left(self):
        self.make_standard(deadlines=[PROCESSING | PAUSE])
        due_today, referral = self.refer(), self.refer()
        with self.on(date(2026, 9, 25)):
            referral.action_await_information()
            self.assertEqual(self.clock(referral, "processing").days_left, 3)
        with self.on(date(2026, 9, 30)):
            due_today.action_await_information()
        with self.on(date(2026, 10, 3)):
            for one in (referral, due_today):
                one.action_information_complete()
            self.assertEqual(self.clock(referral, "processing").due, date(2026, 10, 7))
            self.assertEqual(
                self.clocks(due_today)["processing"], (date(2026, 10, 3), "running")
            )

    def test_two_pauses_add_up_in_calendar_days(self):
        self.make_standard(deadlines=[RESPONSE | PAUSE])
        referral = self.refer()
        for begin, end, due in (
            (date(2026, 9, 18), date(2026, 9, 20), date(2026, 9, 25)),
            (date(2026, 9, 21), date(2026, 9, 28), date(2026, 10, 2)),
        ):
            with self.on(begin):
                referral.action_await_information()
            with self.on(end):
                referral.action_information_complete()
                self.assertEqual(self.clocks(referral)["response"], (due, "running"))

    def test_what_is_overdue_is_not_healed_by_a_pause(self):
        self.make_standard(deadlines=[RESPONSE | PAUSE])
        referral = self.refer()
        with self.on(date(2026, 9, 25)):
            referral.action_await_information()
            self.assertEqual(
                self.clocks(referral)["response"], (date(2026, 9, 23), "overdue")
            )

    def test_a_clock_that_starts_anew_waits_and_counts_from_completion(self):
        for start in ("complete", "received"):
            with self.subTest(start=start):
                self.harbour.env["sekp.standard"].search(
                    [("company_id", "=", self.company.id)]
                ).sudo().write({"state": "draft", "valid_from": False})
                self.make_standard(
                    deadlines=[RESPONSE | RESTART | {"clock_start": start}]
                )
                referral = self.refer()
                referral.action_information_complete()
                self.assertEqual(self.clocks(referral)["response"][1], "running")
                with self.on(date(2026, 9, 20)):
                    referral.action_await_information()
                    self.assertFalse(referral.information_complete_on)
                    self.assertEqual(
                        self.clocks(referral)["response"], (False, "waiting")
                    )
                    self.assertNotIn("response", self.obligations(referral))
                with self.on(date(2026, 9, 28)):
                    referral.action_information_complete()
                    again = (date(2026, 10, 5), "running")
                    self.assertEqual(self.clocks(referral)["response"], again)
                    referral.received_at = datetime(2026, 9, 15, 10)
                    self.assertEqual(self.clocks(referral)["response"], again)

    def test_a_corrected_receipt_moves_a_running_and_a_paused_clock(self):
        self.make_standard(deadlines=[RESPONSE | PAUSE])
        running, paused = self.refer(), self.refer()
        paused.action_await_information()
        for referral in (running, paused):
            referral.received_at = datetime(2026, 9, 14, 10)
        self.assertEqual(
            self.clocks(running)["response"], (date(2026, 9, 21), "running")
        )
        self.assertEqual(self.clocks(paused)["response"], (False, "paused"))
        self.assertEqual(self.clock(paused, "response").days_left, 5)

    def test_the_date_typed_by_hand_ends_the_waiting(self):
        self.make_standard(deadlines=[RESPONSE | PAUSE])
        referral = self.refer()
        referral.action_await_information()
        with self.on(date(2026, 9, 21)):
            referral.information_complete_on = date(2026, 9, 18)
            self.assertFalse(referral.information_awaited_since)
            self.assertEqual(
                self.clocks(referral)["response"], (date(2026, 9, 25), "running")
            )
            self.assertNotIn("information_awaited", self.obligations(referral))

    def test_a_date_corrected_by_hand_moves_what_counts_from_it(self):
        self.make_standard(deadlines=[RESPONSE | {"clock_start": "complete"}])
        referral = self.refer()
        referral.information_complete_on = date(2026, 9, 16)
        referral.information_complete_on = date(2026, 9, 14)
        self.assertEqual(
            self.clocks(referral)["response"], (date(2026, 9, 21), "running")
        )

    def test_intake_is_asked_to_ask_again_and_is_done_with_it_by_the_act(self):
        self.make_standard(deadlines=[RESPONSE])
        referral = self.refer()
        referral.action_await_information()
        with self.on(TODAY + timedelta(days=1)):
            referral.action_await_information()
        activity = self.open_activities(referral, "activity_information_awaited")
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.date_deadline, date(2026, 9, 23))
        self.assertEqual(activity.user_id, referral._obligation_owner())
        referral.action_information_complete()
        self.assertFalse(activity.active)
        changed = referral.sudo().history_ids.mapped("field_name")
        self.assertIn("information_awaited_since", changed)
        self.assertIn("information_complete_on", changed)

    def test_it_holds_for_the_course_and_ends_with_it(self):
        self.make_standard(deadlines=[DECISION | PAUSE])
        referral = self.refer()
        course = self.allocate(referral)
        referral.action_await_information()
        self.assertEqual(self.clocks(course)["decision"], (False, "paused"))
        self.assertNotIn("decision", self.obligations(course))
        with self.on(TODAY + timedelta(days=7)):
            referral.action_information_complete()
            self.assertEqual(
                self.clocks(course)["decision"], (date(2026, 11, 18), "running")
            )
            self.assertIn("decision", self.obligations(course))
            referral.action_await_information()
            course.with_user(self.supervisor)._close("achieved")
            self.assertEqual(self.obligations(referral), {})
            with self.assertRaisesRegex(UserError, "closed"):
                referral.action_await_information()

    def test_a_closed_referral_awaits_nothing_until_it_is_taken_up_again(self):
        self.make_standard(deadlines=[RESPONSE | PAUSE])
        referral = self.refer()
        referral.action_await_information()
        referral.action_withdraw()
        self.assertEqual(self.obligations(referral), {})
        with self.assertRaises(UserError):
            referral.action_await_information()
        referral.action_reopen()
        self.assertIn("information_awaited", self.obligations(referral))

    def test_a_promise_kept_while_paused_is_kept_in_time(self):
        self.make_standard(deadlines=[RESPONSE | PAUSE])
        referral = self.refer()
        referral.action_await_information()
        with self.on(date(2026, 10, 20)):
            referral.action_respond()
            self.assertEqual(self.clocks(referral)["response"][1], "met")

    def test_only_the_entry_point_says_it(self):
        self.make_standard(deadlines=[RESPONSE | PAUSE])
        referral = self.refer(user=self.colleague, team_id=self.harbour.id)
        for user in (self.colleague, self.other_supervisor, self.foreign_supervisor):
            for act in ("action_await_information", "action_information_complete"):
                with self.assertRaises(AccessError):
                    getattr(referral.with_user(user), act)()
        with self.assertRaises(UserError):
            referral.with_user(self.intake).information_awaited_since = TODAY


@tagged("post_install", "-at_install", "sekp_outreach")
class TestNotice(ClockCase):
    """A deadline that is not kept: a reason and a new date, in writing."""

    def notice(self, clock, user=None, **vals):
        dialog = self.env["sekp.deadline.notice"].with_user(user or self.intake)
        return dialog.create(
            {
                "deadline_id": clock.id,
                "reason": "busy",
                "new_due": TODAY + timedelta(days=20),
                **vals,
            }
        )

    def test_the_new_date_holds_and_the_first_is_measured(self):
        self.make_standard(deadlines=[RESPONSE])
        referral = self.refer()
        clock = self.clock(referral, "response")
        new_due = TODAY + timedelta(days=20)
        with self.on(date(2026, 9, 25)):
            clock.invalidate_recordset(["state"])
            self.assertEqual(clock.state, "overdue")
            self.notice(clock, note="Vi har haft meget at lave")
            self.assertEqual(clock.state, "notified")
            self.assertEqual(clock.due, date(2026, 9, 23))
            self.assertEqual(clock.notified_on, date(2026, 9, 25))
            self.assertEqual(referral.next_due, new_due)
            self.assertEqual(self.obligations(referral)["response"], new_due)
            self.assertNotIn("escalation", self.obligations(referral))
        history = referral.sudo().history_ids.filtered(
            lambda change: change.record_model == "sekp.deadline"
        )
        self.assertEqual(
            set(history.mapped("field_name")),
            {"new_due", "notice_reason", "notice_note"},
        )
        self.assertNotIn("meget", "".join(filter(None, history.mapped("new_value"))))
        with self.on(date(2026, 10, 7)):
            clock.invalidate_recordset(["state"])
            self.assertEqual(clock.state, "overdue")
            referral.action_respond()
            self.assertEqual(clock.state, "late")

    def test_a_second_notice_goes_further(self):
        self.make_standard(deadlines=[RESPONSE])
        clock = self.clock(self.refer(), "response")
        self.notice(clock)
        for days in (0, 7, 20):
            with self.assertRaisesRegex(UserError, "new date lies after"):
                self.notice(clock, new_due=TODAY + timedelta(days=days))
        self.notice(clock, new_due=TODAY + timedelta(days=21), reason="absence")
        self.assertEqual(clock.new_due, TODAY + timedelta(days=21))

    def test_a_clock_without_a_date_takes_none(self):
        self.make_standard(
            deadlines=[
                RESPONSE | PAUSE,
                DECISION | {"clock_start": "complete"},
                {"kind": "start", "timing": "worded", "wording": "hurtigst muligt"},
            ]
        )
        referral = self.refer()
        referral.action_await_information()
        for clock in referral.deadline_ids:
            with self.assertRaisesRegex(UserError, "has a date"):
                self.notice(clock)

    def test_the_note_is_bounded_by_the_standard(self):
        self.make_standard(deadlines=[RESPONSE], registration_mode="none")
        clock = self.clock(self.refer(), "response")
        with self.assertRaisesRegex(ValidationError, "cannot be stored"):
            self.notice(clock, note="Syg kollega")
        with self.assertRaisesRegex(ValidationError, "CPR number"):
            self.notice(clock, note="010258-5678")
        self.notice(clock)
        self.assertEqual(clock.notice_reason, "busy")

    def test_only_who_handles_the_record_gives_it(self):
        self.make_standard(deadlines=[RESPONSE])
        referral = self.refer(user=self.colleague, team_id=self.harbour.id)
        clock = self.clock(referral, "response")
        for user in (self.colleague, self.other_worker, self.foreign_supervisor):
            with self.assertRaises(AccessError):
                self.notice(clock, user)
        course = self.allocate(referral)
        for user in (self.intake, self.colleague):
            with self.assertRaises(AccessError):
                self.notice(self.clock(course, "response"), user)
        self.notice(self.clock(course, "response"), self.worker)
        self.assertEqual(
            self.obligations(course)["response"], TODAY + timedelta(days=20)
        )

    def test_it_is_printed_with_neither_name_nor_course(self):
        self.make_standard(deadlines=[RESPONSE], registration_mode="full")
        course = self.allocate(referrer_name="Karen Vind", concern="Sover ude")
        self.name_as(course.sudo(), "Kaptajnen")
        clock = self.clock(course, "response").with_user(self.worker)
        with self.assertRaisesRegex(UserError, "No notice"):
            clock.action_print_notice()
        dialog = self.notice(clock, self.worker, note="Vi beklager meget")
        action = dialog.action_print()
        self.assertEqual(action["report_name"], "sekp_outreach.deadline_notice_print")
        Log = self.env["sekp.access.log"]
        before = Log.search_count([("kind", "=", "print")])
        Report = self.env["ir.actions.report"].with_user(self.worker)
        html = Report._render_qweb_html(action["report_name"], clock.ids)[0].decode()
        for text in ("Vi beklager meget", course.referral_id.reference, "Havneholdet"):
            self.assertIn(text, html)
        for text in ("Karen Vind", "Sover ude", "Kaptajnen", course.reference):
            self.assertNotIn(text, html)
        self.assertEqual(Log.search_count([("kind", "=", "print")]), before + 1)
        with self.assertRaises(AccessError):
            self.env["ir.actions.report"].with_user(self.colleague)._render_qweb_html(
                action["report_name"], clock.ids
            )


@tagged("post_install", "-at_install", "sekp_outreach")
class TestSupervisorIsTold(ClockCase):
    """The supervisor is told before a deadline falls due, and after."""

    def told(self, record):
        return self.open_activities(
            record, f"activity_{record._name.removeprefix('sekp.')}_escalation"
        )

    def test_it_comes_by_time_once_and_goes_with_the_act(self):
        self.make_standard(deadlines=[RESPONSE, DECISION])
        referral = self.refer()
        self.assertFalse(self.told(referral))
        with self.on(date(2026, 9, 20)):
            self.follow_up()
            self.assertFalse(self.told(referral))
        for day in (date(2026, 9, 21), date(2026, 9, 29)):
            with self.on(day):
                self.follow_up()
                self.follow_up()
                activity = self.told(referral)
                self.assertEqual(len(activity), 1)
                self.assertEqual(activity.date_deadline, date(2026, 9, 23))
                self.assertEqual(activity.user_id, self.supervisor)
                everything = referral.sudo().with_context(active_test=False)
                self.assertFalse(everything.search(everything._sekp_to_follow_up(day)))
        with self.on(date(2026, 9, 29)):
            referral.action_respond()
            self.assertFalse(self.told(referral))
            self.assertFalse(activity.active, "done, and kept as a trace")
            self.follow_up()
            self.assertFalse(self.told(referral))

    def test_it_comes_again_for_the_next_clock(self):
        self.make_standard(
            deadlines=[RESPONSE, {"kind": "first_visit", "amount": 10, "unit": "day"}]
        )
        referral = self.refer()
        with self.on(date(2026, 9, 25)):
            self.follow_up()
            self.assertEqual(self.told(referral).date_deadline, date(2026, 9, 23))
            referral.action_respond()
            self.assertEqual(self.told(referral).date_deadline, date(2026, 9, 26))

    def test_the_days_are_the_standard_s(self):
        for days in (-1, 61):
            with (
                self.assertRaises(CheckViolation),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.make_standard(in_force=False, warning_days=days)
        self.make_standard(deadlines=[RESPONSE], warning_days=7)
        self.assertEqual(
            self.told(self.refer()).date_deadline, date(2026, 9, 23), "in the act"
        )

    def test_it_goes_along_into_the_course_and_stays_the_supervisor_s(self):
        self.make_standard(deadlines=[RESPONSE], warning_days=10)
        referral = self.refer()
        self.assertTrue(self.told(referral))
        course = self.allocate(referral)
        self.assertFalse(self.told(referral))
        activity = self.told(course)
        self.assertEqual(activity.user_id, self.supervisor)
        course.with_user(self.supervisor)._assign(
            self.colleague, "contact_person", "Skift"
        )
        self.assertEqual(activity.user_id, self.supervisor)
        course.with_user(self.supervisor).team_id = self.forest
        self.assertEqual(self.told(course).user_id, self.other_supervisor)
        self.assertEqual(len(self.told(course)), 1)

    def test_a_supervisor_who_leaves_gives_it_to_a_supervisor(self):
        self.make_standard(deadlines=[RESPONSE], warning_days=10)
        course = self.allocate()
        self.harbour.write({"supervisor_ids": [Command.link(self.other_supervisor.id)]})
        self.harbour.write({"supervisor_ids": [Command.unlink(self.supervisor.id)]})
        self.assertEqual(self.told(course).user_id, self.other_supervisor)

    def test_a_referral_that_moves_takes_it_to_the_other_supervisor(self):
        self.make_standard(deadlines=[RESPONSE], warning_days=10)
        self.forest.is_entry_point = True
        referral = self.refer()
        referral.team_id = self.forest
        self.assertEqual(self.told(referral.sudo()).user_id, self.other_supervisor)

    def test_pausing_lapsing_closing_and_taking_up_again(self):
        self.make_standard(
            deadlines=[RESPONSE | PAUSE | {"kind": "first_visit"}], warning_days=10
        )
        referral = self.refer()
        self.assertTrue(self.told(referral))
        referral.action_await_information()
        self.assertFalse(self.told(referral))
        referral.action_information_complete()
        self.assertTrue(self.told(referral))
        referral.action_withdraw()
        self.assertFalse(self.told(referral))
        referral.action_reopen()
        self.assertEqual(len(self.told(referral)), 1)
        course = self.allocate(self.refer())
        self.assertTrue(self.told(course))
        course.with_user(self.supervisor)._close("achieved")
        self.assertFalse(self.told(course))

    def test_the_list_finds_what_is_soon_overdue_paused_and_without_notice(self):
        self.make_standard(deadlines=[RESPONSE | PAUSE])
        plain, paused, told = (self.refer() for _number in range(3))
        paused.action_await_information()
        arch = self.env.ref("sekp_outreach.sekp_deadline_view_search").arch

        def found(name):
            (node,) = etree.fromstring(arch).xpath(f"//filter[@name='{name}']")
            clocks = self.env["sekp.deadline"].with_user(self.supervisor)
            return clocks.search(safe_eval(node.get("domain"))).referral_id.sudo()

        with self.on(date(2026, 9, 22)):
            self.assertEqual(found("soon"), (plain | told).sudo())
            self.assertEqual(found("paused"), paused.sudo())
            self.assertFalse(found("overdue"))
        with self.on(date(2026, 9, 25)):
            clock = self.clock(told, "response").with_user(self.intake)
            clock._give_notice(date(2026, 10, 9), "busy")
            self.assertEqual(found("overdue"), (plain | told).sudo())
            self.assertEqual(found("notice_missing"), plain.sudo())
            self.assertFalse(found("soon"))


@tagged("post_install", "-at_install", "sekp_outreach")
class TestAcute(ClockCase):
    """An acute matter is somebody's today until it was said what was done."""

    def acute(self, referral):
        return self.open_activities(referral, "activity_acute")

    def on_duty(self, *users, day=TODAY):
        for number, user in enumerate(users):
            self.env["sekp.duty"].create(
                {
                    "team_id": self.harbour.id,
                    "user_id": user.id,
                    "date_from": day,
                    "date_to": day,
                    "sequence": number,
                }
            )

    def test_whose_it_is_by_policy(self):
        self.harbour.responsible_id = self.intake
        self.on_duty(self.worker, self.supervisor)
        for policy, owner in (
            ("handle", self.supervisor),
            ("redirect", self.intake),
            ("unstated", self.intake),
        ):
            with self.subTest(policy=policy):
                self.env["sekp.standard"].search(
                    [("company_id", "=", self.company.id)]
                ).sudo().write({"state": "draft", "valid_from": False})
                self.make_standard(acute_policy=policy)
                activity = self.acute(self.refer(acute=True))
                self.assertEqual(activity.user_id, owner)
                self.assertEqual(activity.date_deadline, TODAY)

    def test_with_nobody_on_duty_it_is_the_entry_point_s(self):
        self.make_standard(acute_policy="handle")
        self.on_duty(self.supervisor, day=TODAY - timedelta(days=1))
        referral = self.refer(acute=True)
        self.assertEqual(self.acute(referral).user_id, referral._obligation_owner())

    def test_who_is_on_duty_and_may_open_it_says_so(self):
        self.make_standard(acute_policy="handle")
        self.on_duty(self.worker)
        referral = self.refer(user=self.worker, team_id=self.harbour.id, acute=True)
        self.assertEqual(self.acute(referral).user_id, self.worker)
        with self.assertRaises(AccessError):
            referral.with_user(self.colleague).action_go_out()
        referral.with_user(self.worker).action_go_out()
        self.assertEqual(referral.acute_handled, "handled")
        self.assertFalse(self.acute(referral))
        with self.assertRaises(AccessError):
            self.refer(acute=True).with_user(self.worker).action_go_out()

    def test_ticked_later_unticked_and_moved(self):
        self.make_standard()
        self.forest.is_entry_point = True
        referral = self.refer()
        self.assertFalse(self.acute(referral))
        with self.on(TODAY + timedelta(days=1)):
            referral.acute = True
            self.assertEqual(
                self.acute(referral).date_deadline, TODAY + timedelta(days=1)
            )
        with self.on(TODAY + timedelta(days=2)):
            referral.acute = True
            referral.sudo().team_id = self.forest
            (activity,) = self.acute(referral)
            self.assertEqual(activity.date_deadline, TODAY + timedelta(days=1))
            self.assertEqual(activity.user_id, self.other_supervisor)
            referral.sudo().acute = False
            self.assertFalse(self.acute(referral))

    def test_a_redirection_is_kept_with_its_time(self):
        self.make_standard(acute_policy="redirect", acute_phone="114")
        referral = self.refer(acute=True)
        self.assertIn("114", referral.guidance)
        referral.action_redirect_acute()
        self.assertFalse(self.acute(referral))
        (change,) = referral.sudo().history_ids.filtered(
            lambda change: change.field_name == "acute_handled"
        )
        self.assertEqual(change.new_value, "redirected")
        self.assertEqual(change.user_id, self.intake)
        self.assertTrue(change.at)

    def test_it_is_neither_allocated_nor_closed_before(self):
        self.make_standard()
        referral = self.refer(acute=True, source_id=self.source_self.id)
        with self.assertRaisesRegex(UserError, "acute"):
            referral.with_user(self.supervisor)._allocate(self.worker, self.harbour)
        with self.assertRaisesRegex(UserError, "acute"):
            referral.action_advice()
        referral.action_go_out()
        self.assertTrue(
            referral.with_user(self.supervisor)._allocate(self.worker, self.harbour)
        )

    def test_withdrawn_it_asks_nobody_until_it_is_taken_up_again(self):
        self.make_standard()
        referral = self.refer(acute=True)
        referral.action_withdraw()
        self.assertFalse(self.acute(referral))
        referral.action_reopen()
        self.assertTrue(self.acute(referral))

    # --- the duty list --------------------------------------------------------------
    def test_the_duty_list_of_a_day_in_its_order(self):
        self.on_duty(self.colleague, self.intake, self.worker)
        self.assertEqual(
            self.harbour._duty_users(TODAY), self.colleague | self.intake | self.worker
        )
        self.assertEqual(
            self.harbour._duty_users(TODAY).ids,
            [self.colleague.id, self.intake.id, self.worker.id],
        )
        self.assertEqual(
            self.harbour._duty_users(TODAY + timedelta(days=1)), self.supervisor
        )
        self.harbour.member_ids -= self.colleague
        self.worker.active = False
        self.assertEqual(self.harbour._duty_users(TODAY), self.intake)

    def test_only_people_of_the_team_are_on_duty_and_in_order(self):
        with self.assertRaisesRegex(ValidationError, "of the team"):
            self.on_duty(self.other_worker)
        with (
            self.assertRaises(CheckViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.env["sekp.duty"].create(
                {
                    "team_id": self.harbour.id,
                    "user_id": self.worker.id,
                    "date_from": TODAY,
                    "date_to": TODAY - timedelta(days=1),
                }
            )

    def test_the_team_s_supervisor_writes_it_and_the_staff_reads_it(self):
        row = {"user_id": self.worker.id, "phone": "99 77 00 00"}
        self.harbour.with_user(self.supervisor).write(
            {"duty_ids": [Command.create(row)]}
        )
        for user in (self.worker, self.intake, self.other_supervisor, self.manager):
            self.assertEqual(self.harbour.with_user(user).duty_ids.user_id, self.worker)
        for user in (self.worker, self.intake, self.other_supervisor):
            with self.assertRaises(AccessError):
                self.harbour.duty_ids.with_user(user).phone = "1"
            with self.assertRaises(AccessError):
                self.env["sekp.duty"].with_user(user).create(
                    {"team_id": self.harbour.id, **row}
                )
        with self.assertRaises(AccessError):
            self.harbour.duty_ids.with_user(self.foreign_supervisor).read(["phone"])


@tagged("post_install", "-at_install", "sekp_outreach")
class TestConsentExpiring(ClockCase):
    """A consent that something goes on under is renewed before it ends."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(consent_days=60)
        cls.course = cls.allocate()

    def hand_over(self):
        handover = (
            self.env["sekp.handover"]
            .with_user(self.worker)
            .create({"course_id": self.course.id, "offer_id": self.offer.id})
        )
        handover.action_consent_oral()
        return handover

    def consent(self, **vals):
        kind = self.env.ref("sekp_outreach.information_type_summary")
        return (
            self.env["sekp.consent"]
            .with_user(self.worker)
            .create(
                {
                    "course_id": self.course.id,
                    "offer_id": self.offer.id,
                    "information_ids": [Command.set(kind.ids)],
                    **vals,
                }
            )
        )

    def asked(self, consent):
        return self.open_activities(consent, "activity_consent_expiring")

    def test_one_in_use_is_asked_for_in_time_by_the_contact_person(self):
        handover = self.hand_over()
        activity = self.asked(handover.consent_id)
        self.assertEqual(activity.date_deadline, TODAY + timedelta(days=46))
        self.assertEqual(activity.user_id, self.worker)
        self.course.with_user(self.supervisor)._assign(
            self.colleague, "contact_person", "Skift"
        )
        self.assertEqual(activity.user_id, self.colleague)

    def test_a_short_one_is_asked_for_from_the_day_it_was_given(self):
        consent = self.consent(
            direction="obtain", valid_until=TODAY + timedelta(days=3)
        )
        self.assertEqual(self.asked(consent).date_deadline, TODAY)

    def test_one_that_nothing_goes_on_under_is_not(self):
        self.assertFalse(self.asked(self.consent()))
        self.assertFalse(self.asked(self.consent(purpose="coordinate")))

    def test_renewing_lets_the_handover_go_on_under_the_new_one(self):
        handover = self.hand_over()
        old = handover.consent_id
        for state in ("consented", "sent", "accepted"):
            with self.subTest(state=state):
                self.assertEqual(handover.state, state)
                old = handover.consent_id
                days = (old.valid_until - TODAY).days + 10
                new = self.consent(valid_until=TODAY + timedelta(days=days))
                self.assertEqual(handover.consent_id, new)
                self.assertFalse(self.asked(old))
                self.assertEqual(len(self.asked(new)), 1)
                if state == "consented":
                    handover.action_send()
                elif state == "sent":
                    self.assertEqual(handover.shared_until, new.ends_at)
                    self.assertIn(handover, new.left_ids)
                    handover.action_accept()

    def test_one_that_covers_less_renews_nothing(self):
        handover = self.hand_over()
        old = handover.consent_id
        told = self.env.ref("sekp_outreach.information_type_told")
        self.consent(
            information_ids=[Command.set(told.ids)],
            valid_until=TODAY + timedelta(days=100),
        )
        self.assertEqual(handover.consent_id, old)
        self.assertTrue(self.asked(old))

    def test_one_to_ask_is_renewed_by_another_and_ends_with_the_course(self):
        old = self.consent(direction="obtain")
        self.assertTrue(self.asked(old))
        new = self.consent(direction="obtain", valid_until=TODAY + timedelta(days=90))
        self.assertFalse(self.asked(old))
        self.assertTrue(self.asked(new))
        self.course.with_user(self.supervisor)._close("achieved")
        self.assertFalse(self.asked(new))

    def test_withdrawal_and_the_end_of_use_end_it(self):
        handover = self.hand_over()
        consent = handover.consent_id
        handover.action_change_letter()
        self.assertFalse(self.asked(consent))
        handover.action_use_consent()
        self.assertTrue(self.asked(consent))
        consent.action_withdraw()
        self.assertFalse(self.asked(consent))
        other = self.hand_over()
        other.action_send()
        other._answer("decline", "full")
        self.assertFalse(self.asked(other.consent_id))

    def test_a_newer_one_withdrawn_asks_for_the_older_again(self):
        old = self.consent(direction="obtain")
        new = self.consent(direction="obtain", valid_until=TODAY + timedelta(days=90))
        new.action_withdraw()
        self.assertTrue(self.asked(old))


@tagged("post_install", "-at_install", "sekp_outreach")
class TestObligationsEndByTheAct(ClockCase):
    """Each type: the act sets it once, moves it, ends it; ticking is refused."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(
            registration_mode="full",
            grant="offered",
            acute_policy="handle",
            warning_days=10,
            deadlines=[
                RESPONSE,
                {"kind": "first_visit", "amount": 7, "unit": "day"},
                PROCESSING | {"amount": 5},
                DECISION,
                {"kind": "start", "amount": 1, "unit": "week"},
            ],
        )
        cls.forest.is_entry_point = True

    def cases(self):
        """Return ``(type, make, move, act)``: each takes the record or makes it."""
        refer, course = self.refer, self.allocate
        later = datetime(2026, 9, 14, 10)

        def earlier(referral):
            referral.received_at = later

        def earlier_course(course):
            course.referral_id.sudo().received_at = later

        def visit(course):
            self.log(course)

        def grant(course):
            self.env["sekp.grant"].with_user(self.supervisor).create(
                {"course_id": course.id}
            )

        def use_consent():
            handover = (
                self.env["sekp.handover"]
                .with_user(self.worker)
                .create({"course_id": course().id, "offer_id": self.offer.id})
            )
            handover.action_consent_oral()
            return handover.consent_id

        def awaiting():
            referral = refer()
            referral.action_await_information()
            return referral

        def again(record):
            """Nothing about the date changes: done again, it stays one."""
            if record._name == "sekp.referral":
                record.action_await_information()
                record.acute = record.acute
            elif record._name == "sekp.consent":
                record._sync_expiring()

        return [
            ("activity_triage", refer, again, lambda r: r.action_advice()),
            (
                "activity_referral_response",
                refer,
                earlier,
                lambda r: r.action_respond(),
            ),
            (
                "activity_referral_processing",
                refer,
                earlier,
                lambda r: r.action_begin(),
            ),
            ("activity_referral_first_visit", refer, earlier, self.allocate),
            ("activity_referral_decision", refer, earlier, self.allocate),
            ("activity_referral_start", refer, earlier, self.allocate),
            (
                "activity_referral_escalation",
                refer,
                earlier,
                lambda r: r.action_advice(),
            ),
            (
                "activity_acute",
                lambda: refer(acute=True),
                again,
                lambda r: r.action_go_out(),
            ),
            (
                "activity_information_awaited",
                awaiting,
                again,
                lambda r: r.action_information_complete(),
            ),
            ("activity_course_response", course, earlier_course, visit),
            ("activity_course_first_visit", course, earlier_course, visit),
            ("activity_course_start", course, earlier_course, visit),
            ("activity_course_decision", course, earlier_course, grant),
            (
                "activity_course_escalation",
                course,
                earlier_course,
                lambda c: c.with_user(self.supervisor)._close("achieved"),
            ),
            (
                "activity_consent_expiring",
                use_consent,
                again,
                lambda c: c.action_withdraw(),
            ),
        ]

    def test_every_type_of_this_room(self):
        for name, make, move, act in self.cases():
            with self.subTest(type=name):
                record = make()
                (activity,) = self.open_activities(record, name)
                self.assertTrue(activity.user_id)
                self.assertTrue(record._readable_by(activity.user_id))
                for attempt in (
                    lambda activity=activity: activity.with_user(
                        activity.user_id
                    ).action_done(),
                    lambda activity=activity: activity.with_user(
                        activity.user_id
                    ).unlink(),
                    lambda activity=activity: activity.with_user(
                        activity.user_id
                    ).write({"date_deadline": TODAY}),
                ):
                    with self.assertRaisesRegex(UserError, "ends by itself"):
                        attempt()
                move(record)
                self.assertEqual(self.open_activities(record, name), activity)
                act(record)
                self.assertFalse(self.open_activities(record, name))

    def test_the_table_names_every_type_that_clocks_bring(self):
        named = {name for name, *_rest in self.cases()}
        kinds = [
            f"activity_{bearer}_{kind}"
            for bearer in ("referral", "course")
            for kind in ("response", "first_visit", "decision", "start", "escalation")
        ]
        self.assertLessEqual(set(kinds), named)
