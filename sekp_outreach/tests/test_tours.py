from datetime import timedelta

from odoo import Command
from odoo.tests import HttpCase, tagged

from .common import make_company, make_user

PHONE = "360x740"
DESKTOP = "1366x768"
HALF_A_DAY = timedelta(hours=12)


class TourCase(HttpCase):
    """A municipality with one of each role, who work on the real screens in Danish."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("da_DK")
        cls.company = make_company(cls.env, "Havnby Kommune")
        cls.people = {
            role: make_user(
                cls.env, f"tour_{role}", group, cls.company, name=name, lang="da_DK"
            )
            for role, group, name in (
                ("intake", "intake", "Ida Indgang"),
                ("supervisor", "supervisor", "Susanne Leder"),
                ("worker", "contact_person", "Karen Kontakt"),
                ("receiver", "receiver", "Rikke Modtager"),
            )
        }
        preset = cls.env["sekp.standard"].search([("code", "=", "lejre")])
        draft = cls.env["sekp.standard"].browse(
            cls.env["sekp.adopt.standard"]
            .create({"standard_id": preset.id, "company_id": cls.company.id})
            .action_adopt()["res_id"]
        )
        draft.route_ids.team_id.write(
            {
                "responsible_id": cls.people["supervisor"].id,
                "intake_ids": [Command.set(cls.people["intake"].ids)],
                "supervisor_ids": [Command.set(cls.people["supervisor"].ids)],
                "member_ids": [Command.set(cls.people["worker"].ids)],
            }
        )
        draft._put_in_force(cls.company._sekp_today() - timedelta(days=30))

    def tour(self, name, role, action, size=DESKTOP):
        """Run a tour as the person with a role, on a screen of a size."""
        self.browser_size = size
        self.touch_enabled = size == PHONE
        self.start_tour(
            f"/odoo/action-sekp_outreach.{action}",
            f"sekp_{name}",
            login=self.people[role].login,
            timeout=120,
        )


@tagged("post_install", "-at_install", "sekp_outreach", "is_tour")
class TestTours(TourCase):
    """The whole way of one referral through the real screens, in Danish."""

    def test_a_referral_from_receipt_to_closing(self):
        self.tour("intake_registers", "intake", "sekp_referral_action")
        referral = self.env["sekp.referral"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertEqual((len(referral), referral.state), (1, "accepted"))
        self.assertEqual(referral.place, "Bænken ved kirken")

        self.tour("supervisor_allocates", "supervisor", "sekp_referral_action")
        course = referral.course_id
        self.assertEqual(course.contact_person_id, self.people["worker"])

        self.tour(
            "worker_plans_a_visit", "worker", "sekp_course_action_mine", size=PHONE
        )
        appointment = course.appointment_ids
        self.assertEqual(appointment.place, "Bænken ved havnen")
        # A time that every screen shows: noon of today, in the middle of its week.
        noon = self.company._sekp_start_of_day(self.company._sekp_today())
        appointment.with_user(self.people["worker"]).starts_at = noon + HALF_A_DAY
        self.tour(
            "worker_sees_the_visit",
            "worker",
            "sekp_appointment_action_mine",
            size=PHONE,
        )
        self.start_tour(
            "/odoo/action-calendar.action_calendar_event",
            "sekp_calendar_shows_a_neutral_block",
            login=self.people["worker"].login,
        )

        self.tour(
            "worker_logs_and_hands_over",
            "worker",
            "sekp_course_action_mine",
            size=PHONE,
        )
        self.assertEqual((course.contact_count, course.attempt_count), (1, 1))
        self.assertEqual(course.handover_ids.state, "sent")

        self.tour("receiver_meets", "receiver", "sekp_handover_action_received")
        self.assertEqual(course.handover_ids.state, "completed")

        self.tour("worker_closes", "worker", "sekp_course_action_mine")
        self.assertEqual((course.phase, course.closing_outcome), ("closed", "bridged"))

    def test_the_supervisor_s_morning(self):
        people = self.people
        source = self.env.ref("sekp_outreach.source_self")
        Referral = self.env["sekp.referral"].with_user(people["intake"])
        for _number in range(2):
            referral = Referral.create({"source_id": source.id})
        referral.action_accept()
        referral.with_user(people["supervisor"])._allocate(
            people["worker"], referral.team_id
        )
        for size in (DESKTOP, PHONE):
            with self.subTest(size=size):
                self.tour(
                    "supervisors_morning",
                    "supervisor",
                    "sekp_morning_action",
                    size=size,
                )


@tagged("post_install", "-at_install", "sekp_outreach", "is_tour")
class TestCalendarTours(TourCase):
    """Plan a visit and log it from the calendar; be away; out alone and back."""

    def begin(self):
        """Let the worker carry a course."""
        referral = (
            self.env["sekp.referral"]
            .with_user(self.people["intake"])
            .create({"source_id": self.env.ref("sekp_outreach.source_self").id})
        )
        supervised = referral.with_user(self.people["supervisor"])
        if supervised.warnings:
            referral.sudo().deviation_reason = "law"
        return supervised._allocate(
            self.people["worker"], referral.team_id, **supervised._citizen_facts()
        )

    def test_plan_a_visit_and_log_it_from_the_calendar(self):
        worker = self.people["worker"]
        course = self.begin()
        self.tour("worker_plans_a_series", "worker", "sekp_course_action_mine")
        visits = course.appointment_ids.sorted("starts_at")
        self.assertEqual(len(visits), 2)
        self.assertEqual(visits.series_id, visits[0])
        # A time that every screen shows: noon of today, in the middle of its week.
        start = self.company._sekp_start_of_day(self.company._sekp_today())
        for visit in visits:
            visit.with_user(worker).starts_at = start + HALF_A_DAY
        visits[1].with_user(worker).action_cancel()
        self.tour(
            "worker_logs_from_the_calendar", "worker", "sekp_appointment_action_mine"
        )
        self.assertEqual(visits[0].state, "held")
        self.assertEqual(visits[0].contact_ids.outcome, "met")

        action = visits[1].with_user(worker).action_plan_again()
        again = visits.with_user(worker).with_context(**action["context"]).create({})
        again.starts_at = start + HALF_A_DAY
        self.tour(
            "worker_logs_from_the_day",
            "worker",
            "sekp_appointment_action_mine",
            size=PHONE,
        )
        self.assertEqual(again.state, "held")
        self.assertFalse(course.appointment_ids.activity_ids)

    def test_plan_an_absence(self):
        colleague = make_user(
            self.env,
            "tour_colleague",
            "contact_person",
            self.company,
            name="Lone Kollega",
            lang="da_DK",
        )
        course = self.begin()
        course.team_id.member_ids |= colleague
        self.tour("plan_an_absence", "worker", "sekp_absence_action_mine", PHONE)
        agreement = course.absence_agreement_ids
        today = self.company._sekp_today()
        self.assertEqual(
            (agreement.cover_id, agreement.how, agreement.date_from, agreement.date_to),
            (colleague, "visits", today + timedelta(10), today + timedelta(14)),
        )
        row = agreement.assignment_id
        self.assertEqual((row.user_id, row.role), (colleague, "cover"))

    def test_each_role_is_shown_around_and_nothing_is_left(self):
        course = self.begin()
        referrals = self.env["sekp.referral"].search_count([])
        for role, action, size in (
            ("contact_person", "sekp_quick_log_action", PHONE),
            ("supervisor", "sekp_morning_action", DESKTOP),
            ("supervisor", "sekp_morning_action", PHONE),
            ("intake", "sekp_referral_action_new", DESKTOP),
            ("intake", "sekp_referral_action_new", PHONE),
        ):
            person = "worker" if role == "contact_person" else role
            with self.subTest(role=role, size=size):
                self.tour(f"around_{role}", person, action, size)
        self.assertFalse(course.contact_ids)
        self.assertEqual(self.env["sekp.referral"].search_count([]), referrals)

    def test_the_menu_shows_around(self):
        self.begin()
        worker = self.people["worker"]
        self.browser_size, self.touch_enabled = PHONE, True
        self.browser_js(
            "/odoo/action-sekp_outreach.sekp_show_around_action",
            "console.log('test successful')",
            "!!document.querySelector('.o_tour_pointer')",
            login=worker.login,
            timeout=60,
        )
        worker.invalidate_recordset(["tour_enabled"])
        self.assertFalse(worker.tour_enabled, "no other app's tour follows")

    def test_out_alone_and_back(self):
        self.tour("worker_goes_out", "worker", "sekp_go_out_action", PHONE)
        row = self.env["sekp.lone.work"].search([])
        self.assertEqual((row.user_id, row.state), (self.people["worker"], "out"))
        self.tour("worker_is_back", "worker", "sekp_go_out_action", PHONE)
        self.assertEqual(row.state, "back")
