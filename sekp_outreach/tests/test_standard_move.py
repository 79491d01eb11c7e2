from datetime import datetime, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..models import sekp_course_standard
from .common import TODAY, OutreachCase

DAY = timedelta(days=1)
LAST_MONTH = datetime(2026, 8, 20, 10)
# Bound by a standard of its own, or by what it is a part of.
APART = {"sekp.complaint"}


@tagged("post_install", "-at_install", "sekp_outreach")
class TestStandardMove(OutreachCase):
    """Open courses are moved to a new version of the standard, and keep what was
    promised under the earlier one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_users({"foreign_manager": "scheme_manager"})
        cls.standard = cls.make_standard(
            deadlines=[{"kind": "response", "amount": 7, "unit": "day"}],
            review_rule="interval",
            review_interval_months=6,
            rhythm_count=1,
            rhythm_unit="week",
            registration_mode="full",
            gap_percent=400,
        )
        with cls.freeze(LAST_MONTH):
            cls.course = cls.allocate()

    def new_version(self, **vals):
        """Put a copy of the standard in force today, with some parameters changed."""
        version = self.standard.copy()
        version.write(vals)
        version._put_in_force(TODAY)
        return version

    def dialog_of(self, version, user=None):
        """Open the dialog of all courses as a scheme manager; return the form."""
        action = version.with_user(user or self.manager).action_move_courses()
        Dialog = self.env[action["res_model"]].with_user(user or self.manager)
        return Form(Dialog.with_context(**action["context"]))

    def move_all(self, version, *teams):
        form = self.dialog_of(version)
        for team in teams:
            form.team_ids.add(team)
        return form.save().action_move()

    def choose(self, courses, user=None):
        """Open the dialog of chosen courses as a supervisor; return its row."""
        Dialog = self.env["sekp.move.chosen"].with_user(user or self.supervisor)
        return Dialog.with_context(
            active_model="sekp.course", active_ids=courses.ids
        ).create({})

    def history(self, *records):
        return [
            line
            for record in records
            for line in self.env["sekp.history"]
            .search(
                [("record_model", "=", record._name), ("record_id", "=", record.id)]
            )
            .mapped("what")
            if "Quality Standard" in line
        ]

    # --- a scheme manager -------------------------------------------------------
    def test_a_manager_moves_all_open_courses_once_and_sees_none(self):
        closed = self.allocate()
        closed._close("unused")
        theirs = self.make_standard(company=self.foreign_company)
        there = {"company_id": self.foreign_company.id, "standard_id": theirs.id}
        citizen = self.env["sekp.citizen"].create(there)
        foreign = self.env["sekp.course"].create(
            {
                "citizen_id": citizen.id,
                "team_id": self.abroad.id,
                "date_start": TODAY,
                **there,
            }
        )
        fresh = self.new_version(rhythm_count=2)
        form = self.dialog_of(fresh)
        self.assertEqual(form.told, "On August 31, 2026: fewer than 5")
        self.assertIn("2 times a week", form.changes)
        first = form.save().action_move()
        self.assertEqual(self.course.standard_id, fresh)
        self.assertEqual(self.course.citizen_id.standard_id, fresh)
        self.assertEqual(self.course.standard_since, TODAY)
        self.assertEqual(closed.standard_id, self.standard)
        self.assertEqual(foreign.standard_id, theirs)
        line = f"Quality Standard: {self.standard.display_name} → {fresh.display_name}"
        course, citizen = self.course.sudo(), self.course.sudo().citizen_id
        self.assertEqual(
            self.history(course, citizen),
            [f"Course of Support: {line}", f"Citizen: {line}"],
        )
        # Told the same: how many there were to move is nobody's to find out.
        again = self.dialog_of(fresh)
        self.assertEqual(again.told, form.told)
        self.assertEqual(again.save().action_move(), first)
        self.assertEqual(len(self.history(course, citizen)), 2)
        with self.assertRaises(AccessError):
            self.course.with_user(self.manager).read(["reference"])

    def test_the_range_tells_of_whole_months_and_of_the_named_teams(self):
        with self.at(LAST_MONTH):
            for _number in range(5):
                self.allocate()
        fresh = self.new_version(gap_days=30)
        self.assertEqual(self.dialog_of(fresh).told, "On August 31, 2026: 5 to 49")
        # Who closes today, or comes today, changes no number.
        self.course._close("unused")
        self.allocate()
        form = self.dialog_of(fresh)
        self.assertEqual(form.told, "On August 31, 2026: 5 to 49")
        form.team_ids.add(self.forest)
        self.assertEqual(form.told, "On August 31, 2026: Skovholdet: fewer than 5")
        rest = self.env["sekp.course"].search([("phase", "!=", "closed")])
        self.move_all(fresh, self.forest)
        self.assertEqual(len(rest.filtered(lambda one: one.standard_id != fresh)), 5)

    def test_teams_in_changing_company_tell_of_no_single_course(self):
        with self.at(LAST_MONTH):
            for _number in range(3):
                self.allocate()
            self.course.sudo().team_id = self.forest
            self.allocate()
        fresh = self.new_version(gap_days=30)
        # Four of one team and one of another: together they would be five.
        Dialog = self.env["sekp.move.courses"].with_user(self.manager)
        both = self.harbour | self.forest
        dialog = Dialog.create(
            {"standard_id": fresh.id, "team_ids": [Command.set(both.ids)]}
        )
        self.assertNotIn("5 to 49", dialog.told)
        self.assertEqual(dialog.told.count("fewer than 5"), 2)
        dialog.team_ids = False
        self.assertEqual(dialog.told, "On August 31, 2026: 5 to 49")
        # Nor by versions: those under one are the rest of those under others.
        for version in (self.standard, fresh.copy()):
            self.assertFalse(Dialog.create({"standard_id": version.id}).told)

    def test_many_are_moved_with_as_many_queries_as_few(self):
        courses = self.course.browse()
        for _number in range(10):
            courses |= self.allocate()
        few, many = courses[:2].sudo(), courses[2:].sudo()
        fresh = self.new_version(closing_grace_days=3)
        counts = []
        for group in (few, many):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            group._move_to_standard(fresh)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLess(counts[1], counts[0] + 6)
        self.assertEqual(courses.standard_id, fresh)

    def test_of_very_many_the_job_plans_the_rest_at_once(self):
        courses = self.course | self.allocate() | self.allocate()
        job = self.env.ref("sekp_outreach.cron_follow_up")
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", job.id)])
        self.patch(sekp_course_standard, "AT_ONCE", 1)
        fresh = self.new_version(review_interval_months=1, rhythm_count=2)
        self.move_all(fresh)
        self.assertEqual(set(courses.mapped("rhythm_days")), {fresh._rhythm_days()})
        self.assertEqual(len(courses.sudo().filtered("replan")), 2)
        self.assertEqual(
            self.env["ir.cron.trigger"].search_count([("cron_id", "=", job.id)]),
            before + 1,
        )
        for _twice in range(2):
            self.env["sekp.follow.up"]._follow(courses.sudo().filtered("replan"), TODAY)
            for course in courses:
                owed = self.obligations(course)
                self.assertEqual(str(owed["review"]), "2026-10-16")
                self.assertEqual(owed["next_contact"], course.next_contact_due)

    # --- a supervisor -----------------------------------------------------------
    def test_a_supervisor_moves_chosen_courses_of_the_own_team(self):
        other = self.allocate()
        fresh = self.new_version(gap_days=30)
        dialog = self.choose(self.course)
        self.assertEqual(dialog.standard_id, fresh)
        self.assertEqual(dialog.course_ids, self.course)
        self.assertIs(dialog.staying, False)
        self.assertIn("30 days", dialog.changes)
        message = dialog.action_move()["params"]["message"]
        self.assertEqual(message, "Moved: 1 courses.")
        self.assertEqual(dialog.action_move()["params"]["message"], "Moved: 0 courses.")
        self.assertEqual(self.course.standard_id, fresh)
        self.assertEqual(other.standard_id, self.standard)

    def test_nobody_else_moves_any(self):
        fresh = self.new_version(gap_days=30)
        for user in (self.worker, self.intake, self.employee):
            with self.assertRaises(AccessError):
                self.choose(self.course, user)
            with self.assertRaises(AccessError):
                fresh.with_user(user).action_move_courses()
        with self.assertRaises(AccessError):
            fresh.with_user(self.foreign_manager).action_move_courses()
        for user in (self.other_supervisor, self.foreign_supervisor, self.manager):
            with self.assertRaises(AccessError):
                self.env["sekp.move.chosen"].with_user(user).create(
                    {
                        "standard_id": fresh.id,
                        "course_ids": [Command.set(self.course.ids)],
                    }
                )
        self.assertFalse(self.choose(self.course, self.other_supervisor).course_ids)
        for model, user in (
            ("sekp.move.courses", self.foreign_manager),
            ("sekp.move.chosen", self.foreign_supervisor),
        ):
            with self.assertRaises(AccessError):
                self.env[model].with_user(user).create({"standard_id": fresh.id})
        # One who reads a course as its worker, and supervises another team.
        self.worker.sudo().group_ids |= self.env.ref("sekp_outreach.group_supervisor")
        self.forest.sudo().supervisor_ids |= self.worker
        with self.assertRaises(AccessError):
            self.choose(self.course, self.worker).action_move()
        self.assertEqual(self.course.standard_id, self.standard)
        with self.assertRaises(UserError):
            self.course.with_user(self.supervisor).standard_id = fresh

    def test_only_the_version_in_force_is_a_target(self):
        fresh = self.new_version(gap_days=30)
        stale, mine = self.dialog_of(fresh).save(), self.choose(self.course)
        newest = fresh.copy()
        newest._put_in_force(TODAY + DAY)
        preset = self.env["sekp.standard"].search([("state", "=", "preset")], limit=1)
        theirs = self.make_standard(company=self.foreign_company)
        with self.at(datetime(2026, 9, 17, 10)):
            for dialog in (stale, mine):
                with self.assertRaisesRegex(UserError, "in force today"):
                    dialog.action_move()
            for version in (fresh.copy(), preset, fresh, self.standard):
                with self.assertRaises(UserError):
                    self.course.with_user(self.supervisor)._move_to_standard(
                        version.with_user(self.supervisor)
                    )
            with self.assertRaisesRegex(UserError, "municipality"):
                self.course.sudo()._move_to_standard(theirs)
        self.assertEqual(self.course.standard_id, self.standard)

    # --- what was promised ------------------------------------------------------
    def test_nothing_promised_becomes_later(self):
        agreed = self.allocate()
        agreed.rhythm_days = 21
        clocks = self.clocks(self.course)
        reviews = self.course.sudo().review_ids
        self.assertEqual(str(reviews.due), "2027-02-20")
        fresh = self.new_version(
            review_interval_months=12, rhythm_unit="month", inform_days=365
        )
        fresh.sudo().deadline_ids.amount = 90
        self.move_all(fresh)
        self.assertEqual(self.course.standard_id, fresh)
        self.assertEqual(self.clocks(self.course), clocks)
        self.assertEqual(self.course.rhythm_days, 7)
        self.assertEqual(agreed.rhythm_days, 21)
        self.course.sudo()._plan_review()
        self.assertEqual(str(reviews.due), "2027-02-20")
        self.assertEqual(
            self.course._inform_by(), LAST_MONTH.date() + timedelta(days=30)
        )
        # The next one is the new version's.
        reviews.write({"with_citizen": True})
        reviews.with_user(self.supervisor).action_hold()
        planned = self.course.sudo()._planned_review("review")
        self.assertEqual(str(planned.due), "2027-09-16")

    def test_what_the_new_version_promises_is_counted_from_the_move(self):
        agreed = self.allocate()
        agreed.rhythm_days = 21
        fresh = self.new_version(
            review_interval_months=1,
            rhythm_count=2,
            ordinary_offer_assessment="required",
            assessment_interval_days=20,
        )
        self.move_all(fresh)
        self.assertEqual(self.course.rhythm_days, fresh._rhythm_days())
        self.assertEqual(agreed.rhythm_days, 21)
        due = self.obligations(self.course)
        self.assertEqual(str(due["review"]), "2026-10-16")
        self.assertEqual(due["ordinary_offer"], TODAY + timedelta(days=20))
        self.assertEqual(due["next_contact"], self.course.next_contact_due)

    def test_the_gap_follows_the_new_version_at_once(self):
        self.assertFalse(self.course._in_gap())
        fresh = self.new_version(gap_percent=100)
        self.move_all(fresh)
        self.assertTrue(self.course._in_gap())
        self.assertIn("rhythm_gap", self.obligations(self.course))

    # --- what may be stored -----------------------------------------------------
    def test_of_whom_more_is_stored_stays(self):
        courses = {name: self.allocate() for name in ("note", "alias", "grown", "bare")}
        courses["concern"] = self.allocate(self.refer(concern="Har ikke spist"))
        self.log(courses["note"], note="Talte længe")
        self.name_as(courses["alias"], "Kaptajnen")
        self.register(courses["grown"].citizen_id, "named")
        courses["grown"].citizen_id._move("alias", alias="Ræven")
        fresh = self.new_version(registration_mode="none", review_rule="none")
        form = self.dialog_of(fresh)
        self.assertIn("lets less be stored", form.meaning)
        chosen = self.course.browse().union(*courses.values())
        dialog = self.choose(chosen)
        bare = courses.pop("bare")
        codes = {course.reference for course in courses.values()}
        self.assertEqual(set(dialog.staying.split()), codes)
        message = dialog.action_move()["params"]["message"]
        self.assertTrue(all(code in message for code in codes))
        self.move_all(fresh)
        self.assertEqual(bare.standard_id, fresh)
        self.assertEqual(self.course.standard_id, fresh)
        for name, course in courses.items():
            with self.subTest(stored=name):
                self.assertEqual(course.standard_id, self.standard)
                self.assertEqual(course.citizen_id.standard_id, self.standard)
        self.assertEqual(courses["note"].contact_ids.note, "Talte længe")
        Course = self.env["sekp.course"].with_user(self.supervisor)
        found = Course.search(
            [("phase", "!=", "closed"), ("standard_id.status", "=", "superseded")]
        )
        self.assertEqual(found, chosen - bare)
        # The new bound holds from now on, on the clock of the old promise too.
        clock = bare.sudo().deadline_ids
        for record, vals in (
            (bare, {"next_step": "Ring"}),
            (clock, {"notice_note": "Ventede"}),
        ):
            with self.assertRaises(ValidationError):
                record.write(vals)
        # What is taken out opens the way.
        courses["concern"].sudo().referral_id.concern = False
        self.move_all(fresh)
        self.assertEqual(courses["concern"].standard_id, fresh)

    def test_every_model_about_a_person_is_asked(self):
        Course = self.env["sekp.course"]
        nothing = self.make_standard(in_force=False, registration_mode="none")
        asked = 0
        for name in self.env["sekp.confidential.mixin"]._confidential_models():
            above = self.env[name]._sekp_stored_above(nothing)
            if name in APART or above.is_false():
                continue
            with self.subTest(model=name):
                self.assertTrue(Course._links_of(name))
            asked += 1
        self.assertGreater(asked, 12)
