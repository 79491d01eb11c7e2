from datetime import date, datetime, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import GROUP, TODAY, OutreachCase, make_user

TODO = "mail.mail_activity_data_todo"
TOMORROW_AT_NOON = datetime(2026, 9, 17, 10)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestLeaving(OutreachCase):
    """Whoever goes, everything goes on with somebody who may go on with it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(
            rhythm_count=1,
            deadlines=[{"kind": "response", "amount": 7, "unit": "day"}],
        )
        cls.deputy = make_user(cls.env, "sekp_deputy", "supervisor", cls.company)
        cls.harbour.supervisor_ids |= cls.deputy
        cls.second_manager = make_user(
            cls.env, "sekp_second_manager", "scheme_manager", cls.company
        )

    # --- what lies with whom ------------------------------------------------------
    def build(self):
        """Let everybody have something open, by hand and by itself, and a visit."""
        course = self.allocate()
        course.with_user(self.supervisor)._assign(self.colleague, "second", "To")
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
        referral = self.refer()
        course.sudo()._set_obligation("activity_review", TODAY + timedelta(days=30))
        standard = course.sudo().standard_id
        standard._set_obligation("activity_revision", TODAY, user=self.manager)
        for record, owners in (
            (course, (self.worker, self.colleague, self.supervisor, self.deputy)),
            (course.citizen_id, (self.worker, self.supervisor)),
            (handover, (self.worker, self.receiver, self.deputy)),
            (referral, (self.intake, self.supervisor, self.deputy)),
        ):
            for owner in owners:
                for days in (-1, 0, 20):
                    record.sudo().activity_schedule(
                        TODO,
                        date_deadline=TODAY + timedelta(days=days),
                        user_id=owner.id,
                        automated=False,
                    )
        for workers in (
            self.worker,
            self.colleague,
            self.worker | self.colleague,
            self.supervisor,
        ):
            self.env["sekp.appointment"].with_user(self.supervisor).create(
                {
                    "course_id": course.id,
                    "form_id": self.home_visit.id,
                    "starts_at": TOMORROW_AT_NOON,
                    "worker_ids": [Command.set(workers.ids)],
                }
            )
        return course

    def forgotten(self):
        """Return what lies with nobody who may go on with it, in words."""
        self.env.flush_all()
        self.env.invalidate_all()
        wrong = []
        models = self.env["mail.activity"]._sekp_bearers()
        for activity in self.env["mail.activity"].search([("res_model", "in", models)]):
            record = self.env[activity.res_model].browse(activity.res_id)
            owner = activity.user_id
            if not owner.active or not record._readable_by(owner):
                wrong.append((activity.res_model, owner.login, activity.date_deadline))
        for visit in self.env["sekp.appointment"].search(
            [("state", "=", "planned"), ("starts_at", ">", datetime.now())]
        ):
            workers = visit.with_context(active_test=False).worker_ids
            if not workers:
                wrong.append(("sekp.appointment", None, visit.starts_at))
            for user in workers:
                if not visit.course_id._entitles(user, visit.starts_at):
                    wrong.append(("sekp.appointment", user.login, visit.starts_at))
        return wrong

    def take_role(self, user, role):
        group = self.env.ref(GROUP % role)
        user.group_ids = [Command.unlink(group.id)]

    def change_of_contact_person(self, course):
        course.with_user(self.supervisor)._assign(
            self.colleague, "contact_person", "Skift"
        )

    def worker_archived(self, course):
        self.worker.active = False

    def worker_archived_by_button(self, course):
        self.worker.action_archive()

    def worker_leaves_the_team(self, course):
        with self.assertRaisesRegex(UserError, "Give Courses On"):
            self.unseat(self.worker)
        # What was written and not flushed is taken back as a request's is.
        self.env.invalidate_all(flush=False)
        self.give_on(self.worker)
        self.unseat(self.worker)
        self.assertNotIn(self.worker, self.harbour.member_ids)

    def worker_loses_the_role(self, course):
        self.take_role(self.worker, "contact_person")

    def worker_loses_the_role_by_the_group(self, course):
        group = self.env.ref(GROUP % "contact_person")
        group.user_ids = [Command.unlink(self.worker.id)]

    def worker_leaves_the_municipality(self, course):
        foreign = self.foreign_company
        self.harbour.member_ids -= self.worker
        self.worker.write(
            {"company_id": foreign.id, "company_ids": [Command.set(foreign.ids)]}
        )

    def second_archived(self, course):
        self.colleague.active = False

    def second_s_access_ends(self, course):
        rows = course.sudo().assignment_ids
        row = rows.filtered(lambda row: row.user_id == self.colleague)
        row.with_user(self.supervisor).date_to = TODAY

    def supervisor_replaced(self, course):
        self.harbour.with_user(self.manager).write(
            {
                "supervisor_ids": [Command.set(self.deputy.ids)],
                "responsible_id": self.deputy.id,
            }
        )

    def supervisor_unseated(self, course):
        self.harbour.with_user(self.manager).supervisor_ids = [
            Command.unlink(self.supervisor.id)
        ]

    def supervisor_archived(self, course):
        self.supervisor.active = False

    def supervisor_loses_the_role(self, course):
        self.take_role(self.supervisor, "supervisor")

    def supervisor_leaves_the_municipality(self, course):
        foreign = self.foreign_company
        self.supervisor.write(
            {"company_id": foreign.id, "company_ids": [Command.set(foreign.ids)]}
        )

    def both_go_but_one_comes(self, course):
        self.harbour.supervisor_ids |= self.other_supervisor
        (self.supervisor | self.deputy).active = False

    def responsible_is_the_manager(self, course):
        self.harbour.with_user(self.manager).responsible_id = self.manager
        self.worker.active = False

    def manager_archived(self, course):
        self.manager.action_archive()

    def manager_loses_the_role(self, course):
        self.take_role(self.manager, "scheme_manager")

    def intake_archived(self, course):
        self.intake.active = False

    def intake_unseated(self, course):
        self.harbour.with_user(self.manager).intake_ids = [Command.clear()]

    def receiver_archived(self, course):
        self.receiver.active = False

    def course_moves_to_another_team(self, course):
        course.with_user(self.supervisor).team_id = self.forest

    def everybody_but_one_goes(self, course):
        self.worker.active = False
        self.colleague.active = False
        self.intake.active = False
        self.receiver.active = False
        self.supervisor.active = False

    operations = (
        "change_of_contact_person", "worker_archived", "worker_archived_by_button",
        "worker_leaves_the_team", "worker_loses_the_role",
        "worker_loses_the_role_by_the_group", "worker_leaves_the_municipality",
        "second_archived", "second_s_access_ends", "supervisor_replaced",
        "supervisor_unseated", "supervisor_archived", "supervisor_loses_the_role",
        "supervisor_leaves_the_municipality", "both_go_but_one_comes",
        "responsible_is_the_manager", "manager_archived", "manager_loses_the_role",
        "intake_archived", "intake_unseated",
        "receiver_archived", "course_moves_to_another_team", "everybody_but_one_goes",
    )  # fmt: skip

    def test_nothing_is_forgotten_whoever_goes(self):
        course = self.build()
        self.assertEqual(self.forgotten(), [])
        number = self.env["mail.activity"].search_count([])
        for name in self.operations:
            with self.subTest(operation=name):
                with self.env.cr.savepoint() as savepoint:
                    getattr(self, name)(course)
                    self.assertEqual(self.forgotten(), [])
                    kept = self.env["mail.activity"].search_count([])
                    self.assertEqual(kept, number, "none is lost")
                    savepoint.rollback()
                self.env.invalidate_all()
                self.env.registry.clear_all_caches()
                self.env.transaction.reset()

    def test_a_scheme_manager_keeps_no_revision_without_the_role(self):
        standard = self.env["sekp.standard"].search(
            [("company_id", "=", self.company.id)]
        )
        standard._set_obligation("activity_revision", TODAY, user=self.manager)
        self.take_role(self.manager, "scheme_manager")
        self.assertEqual(standard.sudo().activity_ids.user_id, self.second_manager)

    # --- a team always has someone ------------------------------------------------
    def told(self, user):
        subtype = self.env.ref("sekp_outreach.mt_notice")
        return self.env["mail.message"].search_count(
            [
                ("subtype_id", "=", subtype.id),
                ("partner_ids", "in", user.partner_id.ids),
            ]
        )

    def test_responsibility_goes_to_another_supervisor_and_the_manager_is_told(self):
        for leave in (self.supervisor_archived, self.supervisor_loses_the_role):
            self.harbour.supervisor_ids |= self.supervisor
            self.harbour.responsible_id = self.supervisor
            leave(None)
            self.assertEqual(self.harbour.responsible_id, self.deputy)
            self.assertTrue(self.told(self.manager))
            self.supervisor.write(
                {
                    "active": True,
                    "group_ids": [Command.link(self.env.ref(GROUP % "supervisor").id)],
                }
            )

    def test_the_last_supervisor_is_not_archived(self):
        self.deputy.active = False
        self.refer()
        for leave in (
            self.supervisor_archived,
            self.supervisor_loses_the_role,
            self.supervisor_leaves_the_municipality,
            lambda _course: self.supervisor.action_archive(),
        ):
            # What was written and not yet flushed is taken back as a request's is.
            with self.env.cr.savepoint() as savepoint:
                with self.assertRaisesRegex(UserError, "Havneholdet"):
                    leave(None)
                savepoint.rollback()
        self.assertTrue(self.supervisor.active)
        self.assertEqual(self.harbour.supervisor_ids, self.supervisor)

    def test_a_team_with_open_matters_keeps_a_supervisor(self):
        self.refer()
        team = self.harbour.with_user(self.manager)
        team.supervisor_ids = [Command.unlink(self.supervisor.id)]
        with self.assertRaisesRegex(UserError, "Havneholdet"):
            team.supervisor_ids = [Command.clear()]

    def test_who_loses_the_role_gives_up_the_seat(self):
        self.take_role(self.deputy, "supervisor")
        self.take_role(self.intake, "intake")
        self.assertEqual(self.harbour.supervisor_ids, self.supervisor)
        self.assertFalse(self.harbour.intake_ids)
        self.harbour.with_user(self.manager).phone = "12 34"

    def test_the_only_handler_of_a_complaint_is_not_archived(self):
        handler = make_user(self.env, "sekp_handler", "complaint_handler", self.company)
        self.env["sekp.complaint"].with_user(handler).create(
            {"text": "Ingen kom", "route": "head"}
        )
        for leave in (handler.action_archive, lambda: handler.write({"active": False})):
            with self.env.cr.savepoint() as savepoint:
                with self.assertRaisesRegex(UserError, "left to nobody"):
                    leave()
                savepoint.rollback()

    # --- leaving a team -------------------------------------------------------------
    def unseat(self, user, by=None):
        team = self.harbour.with_user(by or self.supervisor)
        team.member_ids = [Command.unlink(user.id)]

    def give_on(self, user):
        wizard = self.leave(user)
        wizard.action_propose()
        wizard.action_leave()

    def test_who_carries_open_courses_does_not_leave_the_team(self):
        course, closed = self.allocate(), self.allocate(user=self.colleague)
        closed._close("other")
        for by in (self.supervisor, self.manager):
            with self.env.cr.savepoint() as savepoint:
                with self.assertRaisesRegex(UserError, "Give Courses On"):
                    self.unseat(self.worker, by=by)
                savepoint.rollback()
            self.assertIn(self.worker, self.harbour.member_ids)
        with self.env.cr.savepoint() as savepoint:
            with self.assertRaisesRegex(UserError, "Give Courses On"):
                self.harbour.with_user(self.supervisor).member_ids = [
                    Command.set(self.colleague.ids)
                ]
            savepoint.rollback()
        # What is closed, or of another team, keeps nobody.
        self.forest.member_ids |= self.worker
        self.forest.with_user(self.other_supervisor).member_ids -= self.worker
        self.unseat(self.colleague)
        self.harbour.with_user(self.supervisor).member_ids |= self.colleague
        self.give_on(self.worker)
        self.unseat(self.worker)
        self.assertEqual(course.sudo().contact_person_id, self.colleague)
        self.assertEqual(self.forgotten(), [])
        self.assertEqual(self.problems(), [])
        with self.at(TOMORROW_AT_NOON):
            self.assertFalse(course._readable_by(self.worker))
            self.assertEqual(self.problems(TOMORROW_AT_NOON), [])

    def test_the_courses_of_one_who_works_no_more_are_given_on_before_the_seat(self):
        course = self.allocate()
        self.worker.active = False
        with self.env.cr.savepoint() as savepoint:
            with self.assertRaisesRegex(UserError, "Give Courses On"):
                self.unseat(self.worker)
            savepoint.rollback()
        form = Form(self.env["sekp.leave"].with_user(self.supervisor))
        self.assertIn(self.worker.id, form.carrier_ids.ids)
        form.user_id = self.worker
        wizard = form.save()
        wizard.action_propose()
        wizard.action_leave()
        self.assertEqual(course.sudo().contact_person_id, self.colleague)
        self.unseat(self.worker)
        self.assertEqual(self.forgotten(), [])
        self.assertEqual(self.problems(), [])

    # --- giving courses on ----------------------------------------------------------
    def leave(self, user=None, by=None):
        return (
            self.env["sekp.leave"]
            .with_user(by or self.supervisor)
            .create({"user_id": (user or self.worker).id})
        )

    def test_all_courses_are_given_on_in_one_act(self):
        courses = self.build().sudo() | self.allocate().sudo()
        third = make_user(self.env, "sekp_third", "contact_person", self.company)
        self.harbour.member_ids |= third
        closed = self.allocate()
        closed._close("other")
        wizard = self.leave()
        self.assertIn(self.worker, wizard.carrier_ids)
        action = wizard.action_propose()
        self.assertEqual(action["res_id"], wizard.id)
        self.assertEqual(wizard.line_ids.course_id, courses)
        lines = {line.course_id: line for line in wizard.line_ids}
        # Who has met the person comes first, then who carries least.
        self.assertEqual(lines[courses[0]].user_id, self.colleague)
        self.assertEqual(lines[courses[1]].user_id, third)
        told = wizard.action_leave()["params"]
        self.assertEqual(told["type"], "success")
        self.assertEqual(courses.contact_person_id, self.colleague | third)
        self.assertEqual(closed.contact_person_id, self.worker)
        with self.at(datetime(2026, 9, 17, 10)):
            self.env["mail.activity"]._sekp_hand_on_of(self.worker)
            self.assertEqual(self.forgotten(), [])
            self.assertFalse(courses._readable_by(self.worker))
            self.assertFalse(self.env["mail.activity"]._sekp_open(self.worker))

    def test_a_course_left_empty_stays_and_is_told(self):
        courses = self.allocate() | self.allocate()
        wizard = self.leave()
        wizard.action_propose()
        wizard.line_ids[0].user_id = False
        told = wizard.action_leave()["params"]
        self.assertIn("Still with the colleague: 1", told["message"])
        self.assertEqual(told["type"], "warning")
        courses.invalidate_recordset()
        people = courses.sudo().mapped("contact_person_id")
        self.assertEqual(people, self.worker | self.colleague)

    def test_one_that_cannot_be_given_on_holds_all_back(self):
        courses = (self.allocate() | self.allocate()).sudo()
        wizard = self.leave()
        wizard.action_propose()
        for wrong in (self.other_worker, self.worker, self.supervisor):
            wizard.line_ids[1].user_id = wrong
            with self.env.cr.savepoint() as savepoint:
                with self.assertRaisesRegex(UserError, "member of the team"):
                    wizard.action_leave()
                savepoint.rollback()
            self.assertEqual(courses.contact_person_id, self.worker)

    def test_another_access_of_the_colleague_ends_too(self):
        mine, other = self.allocate(), self.allocate(user=self.colleague)
        other.with_user(self.supervisor)._assign(self.worker, "second", "To")
        self.allocate(user=self.colleague).with_user(self.supervisor)._assign(
            self.worker, "cover", "Ferie", date(2026, 9, 20), date(2026, 9, 25)
        )
        wizard = self.leave()
        wizard.action_propose()
        wizard.action_leave()
        rows = self.env["sekp.assignment"].search([("user_id", "=", self.worker.id)])
        self.assertEqual(len(rows), 2)
        self.assertEqual(set(rows.mapped("date_to")), {TODAY})
        self.assertIn(mine, rows.course_id)

    def test_only_the_team_s_supervisor_gives_courses_on(self):
        course = self.allocate()
        wizard = self.leave(by=self.other_supervisor)
        self.assertNotIn(self.worker, wizard.carrier_ids)
        wizard.action_propose()
        self.assertFalse(wizard.line_ids)
        with self.assertRaises(AccessError):
            self.env["sekp.leave.line"].with_user(self.other_supervisor).create(
                {
                    "leave_id": wizard.id,
                    "course_id": course.id,
                    "user_id": self.other_worker.id,
                }
            )
        with self.assertRaises(AccessError):
            self.leave(by=self.worker)
        with self.assertRaises(AccessError):
            self.leave().with_user(self.deputy).action_propose()
