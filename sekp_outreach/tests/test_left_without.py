from datetime import date, datetime, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from .common import TODAY, OutreachCase, make_user
from .test_absence import FRIDAY, MONDAY, AbsenceCase

REPORT = "sekp_outreach.sekp_left_without"
WEDNESDAY = date(2026, 9, 23)
AFTER = datetime(2026, 9, 28, 8, 0)


class LeftWithoutCase(AbsenceCase):
    """An absence of a week, looked at when it is over."""

    def at_nine(self, day):
        return self.at(datetime.combine(day, datetime.min.time()) + timedelta(hours=7))

    def look(self, user=None, **vals):
        Dialog = self.env["sekp.left.without"].with_user(user or self.supervisor)
        return Dialog.create({"date_from": MONDAY, "date_to": FRIDAY, **vals})

    def told(self, dialog):
        """Return the days without cover, by course."""
        return {line.course_id: line.days_without for line in dialog.line_ids}

    def render(self, dialog):
        page, _kind = dialog.env["ir.actions.report"]._render_qweb_html(
            REPORT, dialog.ids
        )
        return page.decode()


@tagged("post_install", "-at_install", "sekp_outreach")
class TestLeftWithout(LeftWithoutCase):
    """Who was there while a contact person was away is told day by day (R120)."""

    # --- what is told -----------------------------------------------------------------
    def test_what_was_covered_agreed_and_done(self):
        self.agree(self.plan(), date_to=WEDNESDAY)
        with self.at_nine(MONDAY):
            self.follow_up()
            self.log(self.course.with_user(self.colleague))
            self.log(self.course.with_user(self.colleague), outcome="no_answer")
            # The regular worker drops in: that is no contact of the cover.
            self.log(self.course)
        with self.at(AFTER):
            line = self.look().line_ids
        self.assertEqual(line.course_id, self.course)
        self.assertEqual(line.worker_id, self.worker)
        self.assertEqual((line.date_from, line.date_to), (MONDAY, FRIDAY))
        self.assertEqual((line.days_away, line.days_without), (5, 2))
        self.assertEqual(line.without, "09/24/2026 – 09/25/2026")
        self.assertEqual(
            line.agreed,
            f"09/21/2026 – 09/23/2026: {self.colleague.name}: "
            "A colleague comes instead",
        )
        self.assertEqual((line.met_count, line.attempt_count), (1, 1))

    def test_days_without_cover_come_first(self):
        lacking = self.allocate()
        partly = self.allocate()
        absence = self.plan()
        self.agree(absence)
        self.agree(absence, course_id=partly.id, date_from=WEDNESDAY)
        with self.at(AFTER):
            dialog = self.look()
        self.assertEqual(
            [(line.course_id, line.days_without) for line in dialog.line_ids],
            [(lacking, 5), (partly, 2), (self.course, 0)],
        )
        self.assertEqual(dialog.said, "Without cover on 7 of 15 days.")

    def test_no_contact_wanted_is_nobody_left(self):
        self.agree(self.plan(), how="nothing", cover_id=False)
        with self.at(AFTER):
            dialog = self.look()
        self.assertEqual(self.told(dialog), {self.course: 0})
        self.assertIn("No one was left without", dialog.said)

    def test_a_second_contact_person_is_there_too(self):
        self.course.sudo()._assign(self.colleague, "second", "Aftale")
        self.plan()
        self.plan(user=self.colleague, first=WEDNESDAY, last=WEDNESDAY)
        with self.at(AFTER):
            line = self.look().line_ids
        self.assertEqual((line.days_without, line.without), (1, "09/23/2026"))

    def test_a_cover_who_is_away_in_turn_is_not_there(self):
        self.agree(self.plan())
        self.plan(user=self.colleague, first=WEDNESDAY, last=FRIDAY)
        with self.at(AFTER):
            self.assertEqual(self.told(self.look()), {self.course: 3})

    def test_who_covered_then_did_so_though_gone_now(self):
        self.agree(self.plan())
        with self.at(AFTER):
            self.follow_up()
            self.colleague.active = False
            self.assertEqual(self.told(self.look()), {self.course: 0})

    def test_what_was_taken_back_is_not_told(self):
        self.plan().action_take_back()
        with self.at(AFTER):
            dialog = self.look()
        self.assertFalse(dialog.line_ids)
        self.assertIn("No contact person was away", dialog.said)

    def test_working_days_of_the_period_are_counted(self):
        self.plan(first=date(2026, 9, 18), last=date(2026, 9, 29))
        with self.at(AFTER):
            line = self.look(
                date_from=date(2026, 9, 19), date_to=date(2026, 9, 28)
            ).line_ids
        self.assertEqual((line.days_away, line.days_without), (6, 6))
        self.assertEqual(line.without, "09/21/2026 – 09/28/2026")

    def test_who_carried_the_course_then_is_told(self):
        self.plan()
        with self.at_nine(WEDNESDAY):
            self.course.sudo()._assign(self.colleague, "contact_person", "Skift")
        with self.at(AFTER):
            line = self.look().line_ids
        self.assertEqual(line.worker_id, self.worker)
        # From Wednesday on there was another contact person.
        self.assertEqual((line.date_to, line.days_without), (WEDNESDAY, 2))

    # --- whom -------------------------------------------------------------------------
    def test_only_supervisors_and_only_of_their_teams(self):
        self.plan()
        for user in (self.worker, self.colleague, self.manager, self.intake):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.look(user)
        for user in (self.other_supervisor, self.foreign_supervisor):
            self.assertFalse(self.look(user).line_ids)
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.look(user, team_id=self.harbour.id)
        self.harbour.supervisor_ids |= self.other_supervisor
        self.assertTrue(self.look(self.other_supervisor).line_ids)
        self.assertFalse(
            self.look(self.other_supervisor, team_id=self.forest.id).line_ids
        )

    def test_who_supervises_without_the_role_is_told_nothing(self):
        self.plan()
        both = make_user(self.env, "sekp_both", "supervisor", self.company)
        self.harbour.supervisor_ids |= both
        dialog = self.look(both)
        self.harbour.supervisor_ids -= both
        for act in (lambda: self.render(dialog), dialog.line_ids[:1].action_open):
            if act.__name__ == "action_open":
                with self.assertRaises(AccessError):
                    act()
            else:
                self.assertNotIn(self.course.reference, act())

    def test_what_a_client_sends_along_is_not_told(self):
        other = self.allocate()
        row = {"course_id": other.id, "days_without": 9, "agreed": "Alt er godt"}
        dialog = self.look(line_ids=[Command.create(row)])
        self.assertFalse(dialog.line_ids)
        dialog.write({"line_ids": [Command.create(row)]})
        self.assertFalse(dialog.line_ids)
        dialog.line_ids.create({"dialog_id": dialog.id, **row})
        self.assertNotIn("Alt er godt", self.render(dialog))

    def test_an_unreasonable_period_is_refused(self):
        for vals in (
            {"date_to": MONDAY - timedelta(days=1)},
            {"date_to": MONDAY + timedelta(days=400)},
        ):
            with self.subTest(vals), self.assertRaises(UserError):
                self.look(**vals)

    def test_the_form_follows_the_period(self):
        self.plan()
        with self.at(AFTER):
            form = Form(self.env["sekp.left.without"].with_user(self.supervisor))
            self.assertEqual(form.date_to, date(2026, 9, 28))
            self.assertEqual(len(form.line_ids), 1)
            form.date_to = date(2026, 9, 20)
            self.assertEqual(len(form.line_ids), 0)
            form.date_to = WEDNESDAY
            dialog = form.save()
            self.assertEqual(dialog.line_ids.days_away, 3)

    # --- what leaves a trace ----------------------------------------------------------
    def rows(self):
        return self.env["sekp.access.log"].search(
            [("user_id", "=", self.supervisor.id)]
        )

    def test_looking_and_printing_are_logged(self):
        self.plan()
        before = self.rows()
        dialog = self.look()
        shown = self.rows() - before
        self.assertEqual(shown.mapped("kind"), ["list"])
        self.assertEqual(shown.reference, self.course.reference)
        self.render(dialog)
        printed = self.rows() - before - shown
        self.assertEqual(printed.mapped("kind"), ["print"])
        self.assertEqual(printed.reference, self.course.reference)

    def test_the_print_names_codes_and_colleagues_and_no_citizen(self):
        self.name_as(self.course, "Kaptajnen")
        self.course.sudo().next_step = "Ringe til søsteren"
        self.agree(self.plan(), note="Vil helst mødes ved åen", date_to=WEDNESDAY)
        with self.at(AFTER):
            page = self.render(self.look())
        for word in (self.course.reference, "sekp_colleague", "sekp_worker", "Havneh"):
            self.assertIn(word, page)
        for word in ("Kaptajnen", "søsteren", "åen", "<script", "http"):
            self.assertNotIn(word, page)

    def test_another_s_print_is_refused(self):
        dialog = self.look()
        self.harbour.supervisor_ids |= self.other_supervisor
        with self.assertRaises(AccessError):
            self.render(dialog.with_user(self.other_supervisor))

    def test_it_costs_no_more_for_more_courses(self):
        def make(number):
            absence = self.env["sekp.absence"].search([]) or self.plan()
            for _number in range(number):
                course = self.allocate()
                self.agree(absence, course_id=course.id)
                self.log(course)

        def statements():
            self.env.flush_all()
            self.env.invalidate_all()
            dialog = self.env["sekp.left.without"].with_user(self.supervisor)
            dialog = dialog.new({"date_from": MONDAY, "date_to": FRIDAY})
            before = self.env.cr.sql_log_count
            rows = dialog._rows()
            return self.env.cr.sql_log_count - before, len(rows)

        make(2)
        few, _rows = statements()
        make(10)
        many, rows = statements()
        self.assertEqual(rows, 13)
        self.assertLessEqual(many, few)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestLeftWithoutPage(HttpCase, OutreachCase):
    """The print over the web client's route."""

    @mute_logger("odoo.http")
    def test_the_page(self):
        self.make_standard(absence_agreement="required")
        course = self.allocate()
        self.env["sekp.absence"].with_user(self.worker).create(
            {"date_from": TODAY, "date_to": TODAY}
        )
        dialog = (
            self.env["sekp.left.without"]
            .with_user(self.supervisor)
            .create({"date_from": TODAY, "date_to": TODAY})
        )
        url = dialog.action_print()["url"]
        log = self.env["sekp.access.log"]
        for user, found in ((self.supervisor, True), (self.other_supervisor, False)):
            before = log.search_count([("kind", "=", "print")])
            self.authenticate(user.login, user.login)
            page = self.url_open(url)
            self.assertEqual(page.status_code == 200, found)
            self.assertEqual(course.reference in page.text, found)
            self.assertEqual(
                log.search_count([("kind", "=", "print")]) - before, int(found)
            )
