from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import OutreachCase


@tagged("post_install", "-at_install", "sekp_outreach")
class TestHistory(OutreachCase):
    """Who changed what and when is kept, inside the gate, without a person's facts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(action_plan="offered", grant="offered")
        cls.course = cls.allocate()

    def told(self, course):
        course.invalidate_recordset()
        return course.timeline_ids.mapped("what")

    def test_a_change_is_told_in_words(self):
        self.course.phase = "relation"
        self.course.rhythm_days = 9
        told = self.told(self.course)
        self.assertIn("Course of Support: Phase: Framing → Relation", told)
        self.assertTrue(any(line.endswith("→ 9") for line in told), told)
        newest = self.course.timeline_ids[0]
        self.assertEqual(newest.user_id, self.worker)
        self.assertEqual(newest.display_name, self.course.reference)

    def test_who_has_a_name_in_the_reader_s_language(self):
        told = []
        for days, user in enumerate(
            (
                self.worker,
                self.env.ref("base.public_user"),
                self.env.ref("base.user_root"),
            ),
            start=5,
        ):
            self.course.with_env(self.env(user=user.id, su=True)).rhythm_days = days
            told.append(self.told(self.course) and self.course.timeline_ids[0].who)
        self.assertEqual(told, [self.worker.name, "From outside", "The system"])

    def test_parts_and_the_person_are_on_the_course_s_timeline(self):
        goal = (
            self.env["sekp.goal"]
            .with_user(self.worker)
            .create({"course_id": self.course.id, "goal": "Ro"})
        )
        self.name_as(self.course, "Kaptajnen")
        goal.unlink()
        told = self.told(self.course)
        for line in (
            "Goal: added",
            "Goal: removed",
            "Citizen: Alias",
            "Access to a Course: added",
        ):
            self.assertIn(line, told)

    def test_what_tells_of_the_person_has_no_copy(self):
        self.name_as(self.course, "Kanariefuglen")
        self.course.next_step = "Kanariefuglen på havnen"
        self.name_as(self.course, "Papegøjen")
        self.course.citizen_id.age_band = "18_29"
        self.env.flush_all()
        self.env.cr.execute("SELECT h::text FROM sekp_history h")
        text = "\n".join(row for (row,) in self.env.cr.fetchall())
        for value in ("Kanarie", "Papegøjen", "18_29"):
            self.assertNotIn(value, text)

    def test_nobody_writes_history(self):
        self.course.phase = "relation"
        change = self.course.timeline_ids[0]
        for act in (
            lambda: change.write({"new_value": "closed"}),
            change.unlink,
            lambda: change.create(
                {
                    "course_id": self.course.id,
                    "record_model": "sekp.course",
                    "record_id": 1,
                    "kind": "changed",
                    "user_id": self.colleague.id,
                }
            ),
        ):
            with self.assertRaises(UserError):
                act()
        with self.assertRaises(UserError):
            change.sudo().write({"new_value": "closed"})

    def test_history_is_read_by_those_who_may_open_the_record(self):
        self.course.phase = "relation"
        change = self.course.timeline_ids[0]
        for user, may in (
            (self.worker, True),
            (self.supervisor, True),
            (self.colleague, False),
            (self.other_supervisor, False),
            (self.intake, False),
            (self.manager, False),
        ):
            self.assertEqual(change.with_user(user).has_access("read"), may, user.login)

    def test_intake_reads_the_history_of_a_referral(self):
        referral = self.refer(concern="Sover ude")
        referral.concern = "Sover i en bil"
        referral.invalidate_recordset()
        self.assertEqual(
            referral.history_ids.mapped("what"),
            ["Referral: Concern", "Referral: added"],
        )
