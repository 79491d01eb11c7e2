from odoo.tests import tagged

from .common import OutreachCase


@tagged("post_install", "-at_install", "sekp_outreach")
class TestActivities(OutreachCase):
    """Activities without a mail thread: seen where work is planned, sent nowhere."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(rhythm_count=1)

    def written_elsewhere(self):
        return {
            model: self.env[model].sudo().search_count([])
            for model in (
                "mail.message",
                "mail.mail",
                "mail.followers",
                "mail.notification",
            )
        }

    def test_a_whole_course_writes_no_message_mail_or_follower(self):
        before = self.written_elsewhere()
        course = self.allocate()
        self.log(course)
        handover = (
            self.env["sekp.handover"]
            .with_user(self.worker)
            .create(
                {
                    "course_id": course.id,
                    "offer_id": self.offer.id,
                    "receiver_id": self.receiver.id,
                }
            )
        )
        handover.action_consent_oral()
        handover.action_send()
        handover.with_user(self.receiver).action_accept()
        handover.with_user(self.receiver)._answer("return", "not_met")
        course._close("other")
        self.env.flush_all()
        self.assertEqual(self.written_elsewhere(), before)

    def test_a_hand_made_activity_sends_nothing_and_is_kept_when_done(self):
        course = self.allocate()
        before = self.written_elsewhere()
        activity = course.with_user(self.supervisor).activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.worker.id, automated=False
        )
        activity.with_user(self.worker).action_feedback()
        self.assertFalse(activity.active)
        self.assertEqual(self.written_elsewhere(), before)

    def test_the_activity_s_stored_name_is_the_code(self):
        course = self.allocate()
        course.alias = "Kaptajnen"
        self.assertEqual(
            set(course.sudo().activity_ids.mapped("res_name")), {course.reference}
        )
        self.assertFalse(any(course.sudo().activity_ids.mapped("note")))

    def test_one_open_automatic_activity_per_type(self):
        course = self.allocate()
        for _again in range(3):
            course._sync_rhythm()
            self.log(course)
        automatic = course.sudo().activity_ids.filtered("automated")
        self.assertEqual(len(automatic), len(automatic.activity_type_id))

    def test_the_supervisor_s_activity_view_lists_the_course(self):
        course = self.allocate()
        data = (
            self.env["mail.activity"]
            .with_user(self.supervisor)
            .get_activity_data("sekp.course", [])
        )
        self.assertIn(course.id, data["activity_res_ids"])
        data = (
            self.env["mail.activity"]
            .with_user(self.other_supervisor)
            .get_activity_data("sekp.course", [])
        )
        self.assertNotIn(course.id, data["activity_res_ids"])
