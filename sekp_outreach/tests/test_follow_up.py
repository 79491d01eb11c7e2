from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY, OutreachCase, make_user

SOON = TODAY + timedelta(days=30)
ENGINE = "odoo.addons.sekp_outreach.models.sekp_follow_up"


@tagged("post_install", "-at_install", "sekp_outreach")
class TestFollowUp(OutreachCase):
    """What the passing of time brings about comes once, and by itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        make_user(
            cls.env, "sekp_foreign_manager", "scheme_manager", cls.foreign_company
        )

    def follow_up(self):
        """Run the job as Odoo runs it."""
        with self.enter_registry_test_mode():
            self.env.ref("sekp_outreach.cron_follow_up").method_direct_trigger()

    def test_a_standard_is_called_for_revision_once(self):
        standard = self.make_standard(revision_due=SOON)
        self.assertFalse(standard.activity_ids)
        self.follow_up()
        self.follow_up()
        activity = standard.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.user_id, self.manager)
        self.assertEqual(activity.date_deadline, SOON)
        self.assertTrue(activity.automated)

    def test_a_far_revision_calls_for_nothing(self):
        standard = self.make_standard(revision_due=TODAY + timedelta(days=300))
        self.follow_up()
        self.assertFalse(standard.activity_ids)

    def test_the_act_ends_it_and_nothing_else(self):
        standard = self.make_standard(revision_due=SOON).with_user(self.manager)
        self.follow_up()
        for act in (
            standard.activity_ids.action_done,
            standard.activity_ids.unlink,
            lambda: standard.activity_ids.write({"date_deadline": TODAY}),
        ):
            with self.assertRaises(UserError):
                act()
        standard.revision_due = TODAY + timedelta(days=400)
        self.assertFalse(standard.activity_ids)

    def test_what_was_met_once_is_called_for_again(self):
        standard = self.make_standard(revision_due=SOON)
        self.follow_up()
        standard.revision_due = TODAY + timedelta(days=400)
        self.assertFalse(standard.activity_ids)
        with self.at(NOW + timedelta(days=380)):
            self.follow_up()
            self.assertEqual(
                standard.activity_ids.date_deadline, TODAY + timedelta(days=400)
            )

    def test_a_new_version_ends_it(self):
        standard = self.make_standard(revision_due=SOON)
        self.follow_up()
        draft = standard.with_user(self.manager).copy()
        draft._put_in_force(TODAY + timedelta(days=1))
        self.assertFalse(standard.activity_ids)

    def test_one_that_fails_keeps_no_other_back(self):
        wrong = self.make_standard(revision_due=SOON)
        right = self.make_standard(company=self.foreign_company, revision_due=SOON)
        right.company_id = self.foreign_company
        follow = type(wrong)._sekp_follow_up

        def fail(records, today):
            if wrong in records:
                raise ValueError("Kaptajnen")
            return follow(records, today)

        with (
            patch.object(type(wrong), "_sekp_follow_up", fail),
            self.assertLogs(ENGINE, "ERROR") as log,
        ):
            self.follow_up()
        self.assertFalse(wrong.activity_ids)
        self.assertTrue(right.activity_ids)
        self.assertNotIn("Kaptajnen", "".join(log.output))
        self.follow_up()
        self.assertTrue(wrong.activity_ids)

    def test_many_are_followed_up_in_batches(self):
        with patch(f"{ENGINE}.BATCH", 1), mute_logger("odoo.models.unlink"):
            standards = self.make_standard(revision_due=SOON)
            standards |= self.make_standard(self.foreign_company, revision_due=SOON)
            self.follow_up()
        self.assertEqual([len(one.activity_ids) for one in standards], [1, 1])

    def test_what_was_done_once_is_called_for_again_when_it_is_due_again(self):
        standard = self.make_standard(revision_due=SOON)
        self.follow_up()
        standard.revision_due = TODAY + timedelta(days=400)
        with self.at(datetime(2027, 10, 1, 10)):
            self.follow_up()
            self.env.invalidate_all()
            self.assertEqual(
                standard.activity_ids.date_deadline, TODAY + timedelta(days=400)
            )


@tagged("post_install", "-at_install", "sekp_outreach")
class TestObligation(OutreachCase):
    """An obligation does not follow what the caller's context shows or leaves out."""

    def setUp(self):
        super().setUp()
        self.make_standard(rhythm_count=1)

    def as_archivist(self, record, **context):
        """Return a record as one meets it who looks at what is archived, too."""
        return record.with_context(active_test=False, **context)

    def test_what_was_met_is_not_taken_for_what_is_owed(self):
        referral = self.refer()
        referral.action_advice()
        self.as_archivist(referral).action_reopen()
        self.assertEqual(set(self.obligations(referral)), {"triage"})

    def test_what_was_met_stays_as_the_trace(self):
        referral = self.refer()
        referral.action_accept()
        met = self.as_archivist(referral.sudo()).activity_ids - referral.activity_ids
        self.assertTrue(met)
        self.as_archivist(referral).action_withdraw()
        self.assertTrue(met.exists())

    def test_what_was_met_by_hand_holds_no_closing_up(self):
        course = self.allocate()
        course.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.worker.id, automated=False
        ).action_done()
        self.as_archivist(course)._close("achieved")
        self.assertEqual(course.phase, "closed")

    def test_a_skip_of_automatic_activities_skips_no_obligation(self):
        course = self.allocate()
        handover = (
            self.env["sekp.handover"]
            .with_user(self.worker)
            .with_context(mail_activity_automation_skip=True)
            .create({"course_id": course.id, "offer_id": self.offer.id})
        )
        handover.action_consent_oral()
        handover.action_send()
        self.assertEqual(set(self.obligations(handover)), {"handover_waiting"})
        handover.action_accept()
        self.assertEqual(set(self.obligations(handover)), {"handover_follow_up"})
