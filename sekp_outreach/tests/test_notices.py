from datetime import datetime

from odoo.tests import tagged

from odoo.addons.mail.tests.common import MailCase

from .common import OutreachCase

TODO = "mail.mail_activity_data_todo"


@tagged("post_install", "-at_install", "sekp_outreach")
class TestNotices(OutreachCase, MailCase):
    """What leaves the system: one sentence and a link."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("da_DK")
        cls.make_standard()
        cls.worker.name = "Karen Kontakt"
        cls.supervisor.write(
            {"name": "Susanne Leder", "signature": "<p>Susanne underskriver</p>"}
        )
        cls.course = cls.allocate(concern="Sidder ved havnen", place="Havnen")
        cls.name_as(cls.course, "Kaptajnen")

    def assign(self, record=None, **vals):
        with self.mock_mail_gateway():
            activity = (
                (record or self.course)
                .with_user(self.supervisor)
                .activity_schedule(
                    TODO,
                    user_id=self.worker.id,
                    automated=False,
                    **{"summary": "Spørg til maden", "note": "Han er bange", **vals},
                )
            )
            self.env.flush_all()
            self.env.cr.precommit.run()
            self.env["mail.mail"].sudo().search([("state", "=", "outgoing")]).send()
        return activity

    def secrets(self, activity):
        course = self.course.sudo()
        return [
            course.reference, "Kaptajnen", "Havnen", "Sidder", "Spørg", "maden",
            "bange", "Havnby", "Susanne", "Karen Kontakt", "sekp.", "sekp_",
            activity.activity_type_id.name, "Course", f"-{course.id}-",
            self.env["ir.model"]._get("sekp.course").name,
        ]  # fmt: skip

    def notices(self, user=None):
        return self.env["mail.message"].search(
            [
                ("subtype_id", "=", self.env.ref("sekp_outreach.mt_notice").id),
                ("partner_ids", "in", (user or self.worker).partner_id.ids),
            ]
        )

    def test_the_mail_that_leaves_says_nothing(self):
        activity = self.assign()
        self.assertEqual(len(self._mails), 1)
        mail = self._mails[0]
        self.assertIn(self.worker.email_normalized, mail["email_to"][0])
        link = f"{self.worker.get_base_url()}/odoo/action-mail.mail_activity_action_my"
        self.assertIn(link, mail["body"])
        self.assertEqual(mail["subject"], "Something is waiting for you")
        told = {
            key: str(mail.get(key))
            for key in (
                "subject", "body", "body_alternative", "headers", "message_id",
                "references", "reply_to", "email_from", "object_id", "attachments",
            )
        }  # fmt: skip
        for secret in self.secrets(activity):
            for key, text in told.items():
                self.assertNotIn(secret, text, key)
        self.assertFalse(mail["attachments"])
        self.assertNotIn("X-Odoo-Objects", mail["headers"])

    def test_what_is_kept_of_it_says_nothing(self):
        activity = self.assign()
        message = self.notices()
        self.assertEqual(len(message), 1)
        self.assertFalse(message.model or message.res_id or message.record_name)
        self.assertEqual(message.author_id, self.env.ref("base.partner_root"))
        names = [
            "subject",
            "body",
            "message_id",
            "reply_to",
            "email_from",
            "create_uid",
        ]
        kept = str(message.read(names))
        mails = self._new_mails.exists()
        self.assertTrue(mails)
        kept += str(mails.read([*names, "body_html", "headers", "references"]))
        for secret in self.secrets(activity):
            self.assertNotIn(secret, kept)

    def test_the_inbox_gets_the_same_sentence(self):
        self.worker.notification_type = "inbox"
        activity = self.assign()
        self.assertFalse(self._mails)
        message = self.notices()
        self.assertEqual(message.notification_ids.notification_type, "inbox")
        for secret in self.secrets(activity):
            self.assertNotIn(secret, message.body + message.subject)

    def test_in_the_reader_s_language(self):
        self.worker.lang = "da_DK"
        self.supervisor.lang = "en_US"
        self.env.flush_all()
        self.assign()
        # Its words come with the translations; the language asked for is the reader's.
        self.assertIn('lang="da', self._mails[0]["body"].lower())

    def test_no_flood(self):
        self.assign()
        self.assign(self.allocate())
        self.assertEqual(len(self.notices()), 1)
        with self.at(datetime(2026, 9, 16, 10, 11)):
            self.assign()
        self.assertEqual(len(self.notices()), 2)

    def test_an_activity_of_one_s_own_tells_nobody(self):
        self.course.with_user(self.worker).activity_schedule(
            TODO, user_id=self.worker.id, automated=False
        )
        self.assertFalse(self.notices())

    def test_a_moved_activity_tells_its_new_owner(self):
        activity = self.course.with_user(self.worker).activity_schedule(
            TODO, user_id=self.worker.id, automated=False
        )
        activity.with_user(self.worker).user_id = self.supervisor
        self.assertEqual(len(self.notices(self.supervisor)), 1)
