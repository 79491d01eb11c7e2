from datetime import timedelta

from odoo import Command
from odoo.tests import HttpCase, tagged

from .common import make_company, make_user

PHONE = "360x740"
DESKTOP = "1366x768"
HALF_A_DAY = timedelta(hours=12)


@tagged("post_install", "-at_install", "sekp_outreach", "is_tour")
class TestTours(HttpCase):
    """The whole way of one referral through the real screens, in Danish."""

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
