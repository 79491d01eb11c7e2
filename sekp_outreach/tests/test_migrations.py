from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location

from odoo.tests import tagged
from odoo.tools.misc import file_path

from .common import NOW, TODAY, OutreachCase

LONG_AGO = TODAY - timedelta(days=300)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestMigrations(OutreachCase):
    """What an older version stored is all there, where it belongs now."""

    def migrate(self, version, script):
        path = file_path(f"sekp_outreach/migrations/{version}/{script}.py")
        spec = spec_from_file_location("sekp_migration", path)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        module.migrate(self.env.cr, "19.0.1.1.0")

    def hand_over(self, course, offer, text, given_on, sent_on, state):
        """Create a handover as version 19.0.1.1.0 left it; return it."""
        handover = self.env["sekp.handover"].create(
            {
                "course_id": course.id,
                "offer_id": self.env.ref(f"sekp_outreach.{offer}").id,
                "receiver_id": self.receiver.id,
            }
        )
        self.env.flush_all()
        self.env.cr.execute(
            "DELETE FROM sekp_handover_letter WHERE handover_id = %s", [handover.id]
        )
        self.env.cr.execute(
            "UPDATE sekp_handover SET summary = %s, consent_given = %s, "
            "consent_on = %s, sent_on = %s, state = %s WHERE id = %s",
            [text, given_on and "written", given_on, sent_on, state, handover.id],
        )
        return handover

    def test_handovers_get_letters_and_consents(self):
        self.make_standard()
        course = self.allocate().sudo()
        self.env.cr.execute("ALTER TABLE sekp_handover ADD COLUMN summary text")
        day = TODAY - timedelta(days=5)
        accepted, proposed, old = (
            self.hand_over(course, offer, *rest)
            for offer, *rest in (
                ("offer_activity_centre", "Kom forbi", day, day, "accepted"),
                ("offer_doctor", None, None, None, "proposed"),
                ("offer_shelter", "Sov der", LONG_AGO, LONG_AGO, "completed"),
            )
        )
        self.env.invalidate_all()
        for _twice in range(2):
            self.migrate("19.0.1.2.0", "post-migration")
        self.env.cr.execute(
            "SELECT FROM information_schema.columns "
            "WHERE table_name = 'sekp_handover' AND column_name = 'summary'"
        )
        self.assertFalse(self.env.cr.fetchall(), "nothing is left behind")
        summary = self.env.ref("sekp_outreach.information_type_summary")
        for handover, text in ((accepted, "Kom forbi"), (proposed, False)):
            self.assertEqual(handover.summary, text)
            self.assertEqual(handover.information_ids, summary)
            self.assertEqual(handover.letter_ids.team_id, course.team_id)
            self.assertEqual(handover.letter_ids.reference, course.reference)
        consent = accepted.consent_id
        self.assertEqual(
            (consent.given_how, consent.given_on, consent.valid_until, consent.state),
            ("written", day, day + timedelta(days=180), "live"),
        )
        self.assertEqual(
            (consent.course_id, consent.offer_id), (course, accepted.offer_id)
        )
        self.assertEqual(consent.information_ids, summary)
        self.assertEqual(consent.left_ids, accepted)
        self.assertGreater(accepted.shared_until, NOW)
        self.assertFalse(proposed.consent_id)
        self.assertEqual(old.consent_id.state, "expired")
        self.assertEqual(len(self.env["sekp.consent"].search([])), 2)
        self.env.invalidate_all()
        self.assertEqual(accepted.with_user(self.receiver).summary, "Kom forbi")
        self.assertFalse(old.with_user(self.receiver).summary)

    def test_a_status_that_was_sent_is_not_asked_for_again(self):
        self.make_standard(registration_mode="full", status_report="required")
        course = self.allocate().sudo()
        review = self.env["sekp.review"].create({"course_id": course.id})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sekp_review SET held_on = %s WHERE id = %s", [LONG_AGO, review.id]
        )
        self.env.invalidate_all()
        for _time in range(2):
            self.migrate("19.0.1.3.0", "post-migration")
            self.env.invalidate_all()
        self.assertEqual(review.status_sent_on, LONG_AGO)
        self.assertEqual(self.problems(), [])

    def test_the_days_of_the_last_contacts_are_told(self):
        self.make_standard()
        course, quiet = self.allocate(), self.allocate()
        for outcome in ("met", "no_answer", "met"):
            self.log(course, outcome=outcome)
        courses = (course | quiet).sudo()
        self.env.flush_all()
        self.env.invalidate_all()
        known = courses.mapped("outreach_days")
        self.assertEqual([len(days["met"]) for days in known], [2, 0])
        self.env.cr.execute("UPDATE sekp_course SET outreach_days = NULL")
        for _time in range(2):
            self.migrate("19.0.1.7.0", "pre-migration")
            self.env.invalidate_all()
            self.assertEqual(courses.mapped("outreach_days"), known)
