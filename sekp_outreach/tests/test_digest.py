from contextlib import suppress
from datetime import datetime
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MailCase

from .common import OutreachCase

# Half past six in Copenhagen, in summer time.
MORNING = datetime(2026, 9, 17, 4, 30)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestDigest(OutreachCase, MailCase):
    """The morning mail says two numbers, once a day, to those who wish it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("da_DK")
        cls.make_standard(rhythm_count=1)
        cls.course = cls.allocate(concern="Sidder ved havnen", place="Havnen")
        cls.name_as(cls.course, "Kaptajnen")
        cls.worker.with_user(cls.worker).sekp_digest = True
        cls.cron = cls.env.ref("sekp_outreach.cron_digest")

    def run_at(self, moment):
        """Run the job as the server does; return the mails that left."""
        with self.at(moment), self.mock_mail_gateway(), self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
            self.env.invalidate_all()
        return self._mails

    def test_it_is_off_until_wished(self):
        self.assertFalse(self.colleague.sekp_digest)
        self.worker.with_user(self.worker).sekp_digest = False
        self.assertFalse(self.run_at(MORNING))

    def test_each_sets_the_own(self):
        self.assertTrue(self.worker.with_user(self.worker).read(["sekp_digest"]))
        with self.assertRaises(AccessError):
            self.worker.with_user(self.colleague).sekp_digest = False
        with self.assertRaises(AccessError):
            self.worker.with_user(self.worker).read(["sekp_digest_on"])
        view = self.env["res.users"].with_user(self.worker)
        view = view.get_view(self.env.ref("base.view_users_form_simple_modif").id)
        self.assertIn("sekp_digest", view["arch"])

    def test_two_numbers_and_a_link(self):
        self.course.sudo().activity_schedule(
            "mail.mail_activity_data_todo",
            date_deadline="2026-09-10",
            user_id=self.worker.id,
            summary="Spørg til maden",
        )
        mails = self.run_at(MORNING)
        self.assertEqual(len(mails), 1)
        mail = mails[0]
        self.assertIn(self.worker.email_normalized, mail["email_to"][0])
        self.assertIn("Late: 1. Due today: 1.", mail["body"])
        self.assertIn("/odoo/action-mail.mail_activity_action_my", mail["body"])
        course = self.course.sudo()
        for secret in (
            course.reference, "Kaptajnen", "Havnen", "Sidder", "Spørg", "Havnby",
            "sekp.", "sekp_", "contact", "Course", f"-{course.id}-",
        ):  # fmt: skip
            for key in ("subject", "body", "body_alternative", "headers", "references",
                        "message_id", "object_id"):  # fmt: skip
                self.assertNotIn(secret, str(mail.get(key)), key)
        self.assertFalse(mail["attachments"])

    def test_not_before_half_past_six_and_once_a_day(self):
        self.assertFalse(self.run_at(datetime(2026, 9, 17, 4, 29)))
        self.assertEqual(len(self.run_at(MORNING)), 1)
        for hour in (4, 5, 12, 21):
            self.assertFalse(self.run_at(datetime(2026, 9, 17, hour, 45)))
        self.assertEqual(len(self.run_at(datetime(2026, 9, 18, 4, 30))), 1)

    def test_nothing_without_anything_due_and_nothing_later_that_day(self):
        self.course.sudo().activity_ids.unlink()
        self.assertFalse(self.run_at(MORNING))
        self.course.sudo()._set_obligation("activity_next_contact", "2026-09-17")
        self.assertFalse(self.run_at(datetime(2026, 9, 17, 9)))

    def test_only_on_working_days(self):
        self.assertEqual(len(self.run_at(datetime(2026, 9, 18, 6))), 1)
        self.assertFalse(self.run_at(datetime(2026, 9, 19, 6)))
        self.assertFalse(self.run_at(datetime(2026, 9, 20, 6)))
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Lukkedag",
                "calendar_id": self.company.resource_calendar_id.id,
                "company_id": self.company.id,
                "date_from": datetime(2026, 9, 20, 22),
                "date_to": datetime(2026, 9, 21, 21, 59),
            }
        )
        self.assertFalse(self.run_at(datetime(2026, 9, 21, 6)))
        self.assertEqual(len(self.run_at(datetime(2026, 9, 22, 6))), 1)

    def test_after_a_week_down_exactly_one(self):
        self.run_at(MORNING)
        sent = [self.run_at(datetime(2026, 9, 24, hour)) for hour in (8, 9, 10)]
        self.assertEqual([len(mails) for mails in sent], [1, 0, 0])

    def test_both_clock_changes(self):
        for early, late in (
            (datetime(2026, 10, 23, 4, 29), datetime(2026, 10, 23, 4, 30)),
            (datetime(2026, 10, 26, 5, 29), datetime(2026, 10, 26, 5, 30)),
            (datetime(2027, 3, 24, 5, 29), datetime(2027, 3, 24, 5, 30)),
            (datetime(2027, 3, 30, 4, 29), datetime(2027, 3, 30, 4, 30)),
        ):
            self.assertFalse(self.run_at(early), early)
            self.assertEqual(len(self.run_at(late)), 1, late)

    def test_a_crash_sends_none_twice(self):
        Users = self.env.registry["res.users"]
        down = patch.object(Users, "_sekp_digest_mail", side_effect=RuntimeError)
        # Not assertRaises, which takes back what the job had marked.
        with down as crash, suppress(RuntimeError), mute_logger("odoo"):
            self.run_at(MORNING)
        crash.assert_called_once()
        self.env.invalidate_all()
        self.assertTrue(self.worker.sudo().sekp_digest_on)
        self.assertFalse(self.run_at(datetime(2026, 9, 17, 6)))

    def test_in_the_reader_s_language_and_of_what_may_be_opened(self):
        self.worker.lang = "da_DK"
        self.assertIn('lang="da', self.run_at(MORNING)[0]["body"].lower())
        self.course.sudo().assignment_ids._write({"ends_at": datetime(2026, 9, 17)})
        self.assertFalse(self.run_at(datetime(2026, 9, 18, 6)))
