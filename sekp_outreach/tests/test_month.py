from datetime import date, datetime, time, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import TODAY, OutreachCase


@tagged("post_install", "-at_install", "sekp_outreach")
class TestMonth(OutreachCase):
    """The month shows a team's contacts to its supervisors, by codes only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(rhythm_count=1)

    def month(self, user=None, *args):
        self.env.flush_all()
        self.env.invalidate_all()
        return (
            self.env["sekp.month"].with_user(user or self.supervisor).get_month(*args)
        )

    def lines(self, *args):
        """Return what each course's row tells, by its code."""
        return {
            line["code"]: line
            for worker in self.month(*args)["workers"]
            for line in worker["courses"]
        }

    def test_only_supervisors_and_only_their_teams(self):
        course = self.allocate()
        self.assertIn(course.reference, self.lines())
        self.assertNotIn(course.reference, self.lines(self.other_supervisor))
        for user in (self.worker, self.intake, self.manager, self.employee):
            with self.assertRaises(AccessError):
                self.month(user)
        for team in (self.forest.id, self.abroad.id, str(self.harbour.id), [1]):
            with self.assertRaises(AccessError):
                self.month(self.supervisor, team)

    def test_what_is_no_month_is_refused(self):
        for month in (
            "2026-13",
            "2026-1",
            "x",
            202609,
            ["2026-09"],
            "2029-01",
            "0000-01",
            "0001-01",
        ):
            with self.assertRaises(UserError):
                self.month(self.supervisor, None, month)

    def test_each_day_tells_contacts_attempts_and_plans(self):
        course = self.allocate()
        for outcome in ("met", "no_answer", "no_answer"):
            self.log(course, outcome=outcome)
        today = f"{TODAY:%Y-%m-%d}"
        line = self.lines()[course.reference]
        self.assertEqual(
            line["marks"], {today: {"met": 1, "tried": 2, "planned": 0, "unlogged": 0}}
        )
        self.assertEqual((line["met"], line["tried"]), (1, 2))
        self.assertFalse(line["gap"])
        self.env["sekp.appointment"].with_user(self.worker).create(
            {
                "course_id": course.id,
                "form_id": self.env.ref("sekp_outreach.contact_form_home_visit").id,
                "starts_at": datetime(TODAY.year, TODAY.month, TODAY.day, 23),
            }
        )
        tomorrow = f"{TODAY + timedelta(1):%Y-%m-%d}"
        marks = self.lines()[course.reference]["marks"]
        self.assertEqual(marks[tomorrow]["planned"], 1, "by the day of the place")
        with self.at(datetime.combine(TODAY + timedelta(2), time(10))):
            marks = self.lines()[course.reference]["marks"]
        self.assertEqual(
            (marks[tomorrow]["planned"], marks[tomorrow]["unlogged"]), (0, 1)
        )

    def test_a_day_is_grey_when_nobody_works(self):
        days = {
            day["key"]: day["free"]
            for day in self.month(self.supervisor, None, "2026-12")["days"]
        }
        self.assertFalse(days["2026-12-01"])
        self.assertTrue(days["2026-12-05"], "a Saturday")
        self.assertTrue(days["2026-12-25"], "a holiday")

    def test_a_month_holds_the_courses_that_were_open_in_it(self):
        course = self.allocate()
        before = f"{TODAY.replace(day=1) - timedelta(1):%Y-%m}"
        self.assertNotIn(course.reference, self.lines(self.supervisor, None, before))
        later = self.month(self.supervisor, None, "2027-02")
        self.assertEqual(len(later["days"]), 28)
        self.assertEqual((later["before"], later["after"]), ("2027-01", "2027-03"))
        self.assertIn(course.reference, self.lines(self.supervisor, None, "2027-02"))

    def test_who_was_not_met_as_agreed_is_marked(self):
        course = self.allocate()
        with self.at(datetime(2026, 12, 1, 10)):
            self.assertTrue(self.lines()[course.reference]["gap"])
            past = self.lines(self.supervisor, None, "2026-10")
            self.assertFalse(past[course.reference]["gap"], "it is today's gap")

    def test_no_name_is_in_it(self):
        course = self.allocate(concern="Sidder ved havnen", place="Havnen")
        self.name_as(course, "Kaptajnen")
        self.log(course, outcome="met", note="Talte om kaffe")
        text = repr(self.month())
        for secret in ("Kaptajnen", "Sidder", "kaffe"):
            self.assertNotIn(secret, text)

    def test_what_is_shown_is_logged(self):
        course = self.allocate()
        self.month()
        told = self.env["sekp.access.log"].sudo().search([], limit=1, order="id desc")
        self.assertEqual(
            (told.user_id, told.kind, told.model),
            (self.supervisor, "list", "sekp.course"),
        )
        self.assertEqual(told.amount, 1)
        self.assertTrue(course)

    def test_the_statements_do_not_grow_with_the_courses(self):
        def cost():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["sekp.month"].with_user(self.supervisor).get_month()
            return self.env.cr.sql_log_count - before

        self.allocate()
        cost()
        few = cost()
        for _number in range(4):
            self.log(self.allocate(), outcome="met")
        self.assertLessEqual(cost(), few)

    def test_one_without_a_team_sees_an_empty_month(self):
        self.harbour.supervisor_ids = [(3, self.supervisor.id)]
        month = self.month()
        self.assertEqual((month["teams"], month["workers"]), ([], []))
        self.assertEqual(month["month"], f"{date(TODAY.year, TODAY.month, 1):%Y-%m}")
