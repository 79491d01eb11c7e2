from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import NOW, TODAY, OutreachCase, make_user

NAME_ONLY = {"fields": {"display_name": {}}}


@tagged("post_install", "-at_install", "sekp_outreach")
class TestNobodyGains(OutreachCase):
    """Following up opens nothing to a colleague, and tells a colleague nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(registration_mode="alias")
        cls.course = cls.allocate()
        cls.log(cls.course)
        cls.days = {"date_from": TODAY, "date_to": TODAY + timedelta(days=4)}
        cls.foreign_worker = make_user(
            cls.env, "sekp_foreign_worker", "contact_person", cls.foreign_company
        )

    def absence(self, user=None, **vals):
        user = user or self.worker
        return self.env["sekp.absence"].with_user(user).create({**self.days, **vals})

    def agree(self, absence, **vals):
        return (
            self.env["sekp.absence.agreement"]
            .with_user(self.worker)
            .with_context(allowed_company_ids=self.worker.company_ids.ids)
            .create(
                {
                    "absence_id": absence.id,
                    "course_id": self.course.id,
                    "how": "visits",
                    "cover_id": self.colleague.id,
                    **self.days,
                    **vals,
                }
            )
        )

    def opens(self, user):
        """Tell whether a user may open the course now."""
        self.env.flush_all()
        return self.course.with_user(user).has_access("read")

    # --- an absence is days, and nothing is brought along --------------------------
    def test_no_agreement_comes_along_with_an_absence(self):
        agreement = {
            "course_id": self.course.id,
            "how": "visits",
            "cover_id": self.colleague.id,
            **self.days,
        }
        brought = [Command.create(agreement)]
        Absence = self.env["sekp.absence"].with_user(self.colleague)
        with self.assertRaises(UserError):
            Absence.create({**self.days, "agreement_ids": brought})
        with self.assertRaises(UserError):
            Absence.with_context(default_agreement_ids=brought).create(dict(self.days))
        self.assertFalse(self.opens(self.colleague))
        self.assertFalse(self.course.sudo().absence_agreement_ids)

    def test_no_agreement_of_others_is_drawn_to_an_absence(self):
        absence = self.absence()
        agreement = self.agree(absence).sudo()
        for user in (self.colleague, self.other_worker, self.foreign_worker):
            with self.assertRaises(UserError):
                self.absence(user, agreement_ids=[Command.link(agreement.id)])
        self.assertEqual(agreement.absence_id, absence)

    def test_an_absence_lies_in_a_municipality_of_the_worker_s(self):
        with self.assertRaises(AccessError):
            self.absence(company_id=self.foreign_company.id)
        with self.assertRaises(AccessError):
            self.absence(
                self.supervisor,
                user_id=self.worker.id,
                company_id=self.foreign_company.id,
            )

    def test_a_supervisor_enters_an_absence_for_the_own_municipality_only(self):
        self.worker.sudo().company_ids |= self.foreign_company
        self.supervisor.sudo().company_ids |= self.foreign_company
        both = (self.company | self.foreign_company).ids
        Absence = (
            self.env["sekp.absence"]
            .with_user(self.supervisor)
            .with_context(allowed_company_ids=both)
        )
        vals = {"user_id": self.worker.id, **self.days}
        with self.assertRaises(AccessError):
            Absence.create({**vals, "company_id": self.foreign_company.id})
        self.assertTrue(Absence.create(vals))

    def test_an_agreement_is_for_an_absence_from_the_same_municipality(self):
        self.worker.sudo().company_ids |= self.foreign_company
        absence = (
            self.env["sekp.absence"]
            .with_user(self.worker)
            .with_context(allowed_company_ids=self.worker.company_ids.ids)
            .create({**self.days, "company_id": self.foreign_company.id})
        )
        with self.assertRaises(AccessError):
            self.agree(absence)

    def test_what_is_entered_by_time_off_lets_nobody_in_for_years(self):
        resource = self.env["resource.resource"].create(
            {
                "name": self.worker.name,
                "user_id": self.worker.id,
                "company_id": self.company.id,
            }
        )
        self.env["resource.calendar.leaves"].with_user(self.worker).create(
            {
                "name": "Fri",
                "resource_id": resource.id,
                "date_from": NOW,
                "date_to": NOW + timedelta(days=4000),
            }
        )
        absence = (
            self.env["sekp.absence"]
            .with_user(self.worker)
            .search([("from_time_off", "=", True)])
        )
        first = absence.date_from
        with self.assertRaises(ValidationError):
            self.agree(absence, date_from=first, date_to=absence.date_to)
        self.assertFalse(self.opens(self.colleague))
        self.agree(absence, date_from=first, date_to=first + timedelta(days=30))

    def test_a_cover_who_becomes_contact_person_keeps_the_access(self):
        self.agree(self.absence())
        self.course.with_user(self.supervisor)._assign(
            self.colleague, "contact_person", "Overtager"
        )
        with self.at(NOW + timedelta(days=1)):
            self.assertTrue(self.opens(self.colleague))
            self.assertFalse(self.opens(self.worker))

    def test_who_has_no_role_enters_no_absence(self):
        portal = new_test_user(self.env, "sekp_portal", groups="base.group_portal")
        for user in (portal, self.employee, self.manager, self.intake, self.receiver):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.absence(user)

    def test_time_off_is_not_moved_to_a_colleague(self):
        theirs, own = self.env["resource.resource"].create(
            [
                {"name": "X", "user_id": user.id, "company_id": self.company.id}
                for user in (self.worker, self.colleague)
            ]
        )
        days = {"date_from": NOW, "date_to": NOW + timedelta(days=4)}
        Leave = self.env["resource.calendar.leaves"].with_user(self.colleague)
        with self.assertRaises(AccessError):
            Leave.create({"resource_id": theirs.id, **days})
        leave = Leave.create({"resource_id": own.id, **days})
        with self.assertRaises(AccessError):
            leave.write({"resource_id": theirs.id})
        absences = self.env["sekp.absence"].search([("from_time_off", "=", True)])
        self.assertEqual(absences.user_id, self.colleague)

    # --- nothing is told -------------------------------------------------------------
    def test_an_unsaved_agreement_tells_of_no_absence(self):
        absence = self.absence()
        for user in (self.other_worker, self.foreign_worker, self.colleague):
            Agreement = self.env["sekp.absence.agreement"].with_user(user)
            self.env.invalidate_all()
            told = Agreement.onchange(
                {"absence_id": absence.id}, ["absence_id"], {"worker_id": NAME_ONLY}
            )
            self.assertNotIn(self.worker.name, str(told))
            self.env.invalidate_all()
            told = Agreement.with_context(default_absence_id=absence.id).onchange(
                {}, [], {"absence_id": NAME_ONLY}
            )
            self.assertNotIn(self.worker.name, str(told))
            self.assertNotIn(str(absence.date_to), str(told))

    def test_the_name_of_an_absence_is_told_to_those_of_the_course(self):
        absence = self.absence()
        agreement = self.agree(absence)
        for user in (self.worker, self.supervisor, self.colleague):
            self.env.invalidate_all()
            told = agreement.with_user(user).read(["absence_id"])
            self.assertIn(self.worker.name, told[0]["absence_id"][1])

    def test_an_unsaved_activity_tells_no_team(self):
        for user in (self.colleague, self.foreign_worker, self.other_supervisor):
            self.env.invalidate_all()
            told = (
                self.env["mail.activity"]
                .with_user(user)
                .onchange(
                    {"res_model": "sekp.course", "res_id": self.course.id},
                    ["res_id"],
                    {"sekp_team_id": NAME_ONLY},
                )
            )
            self.assertNotIn(self.harbour.name, str(told))

    def test_what_is_hidden_is_not_found_by_its_number(self):
        """Another team's supervisor sees a shared member's absence, and no course."""
        absence = self.absence()
        agreement = self.agree(absence)
        self.forest.member_ids |= self.worker
        self.env.invalidate_all()
        Absence = self.env["sekp.absence"].with_user(self.other_supervisor)
        self.assertEqual(Absence.search([]), absence.with_env(Absence.env))
        for condition, found in (
            (("agreement_ids", "!=", False), 0),
            (("agreement_ids", "=", False), 1),
            (("agreement_ids", "=", agreement.id), 0),
            (("agreement_ids", "in", agreement.ids), 0),
            (("agreement_ids", "in", [False, agreement.id]), 1),
            (("agreement_ids", "not in", agreement.ids), 1),
            (("agreement_ids", "!=", True), 1),
            (("agreement_ids", "=?", agreement.id), 0),
            (("agreement_ids", "=?", agreement.ids), 0),
            (("agreement_ids", "=?", False), 1),
        ):
            self.assertEqual(Absence.search_count([condition]), found, condition)
        Own = self.env["sekp.absence"].with_user(self.supervisor)
        self.assertEqual(Own.search_count([("agreement_ids", "!=", False)]), 1)
        self.assertEqual(Own.search_count([("agreement_ids", "=", agreement.id)]), 1)
        self.assertEqual(Own.search_count([("agreement_ids", "=?", agreement.id)]), 1)
        self.assertEqual(Own.search_count([("agreement_ids", "=", False)]), 0)

    def test_a_cover_does_not_learn_of_sickness(self):
        absence = self.absence()
        absence.sudo().kind = "sick"
        self.agree(absence)
        self.env.flush_all()
        Agreement = self.env["sekp.absence.agreement"].with_user(self.colleague)
        self.assertEqual(len(Agreement.search([])), 1)
        for kind in ("sick", "planned"):
            domain = [("absence_id.kind", "=", kind)]
            self.assertFalse(Agreement.search_count(domain))
        for path in ("absence_id.kind", "absence_id.date_from:month"):
            groups = Agreement.formatted_read_group([], [path], ["__count"])
            self.assertEqual([group[path] for group in groups], [False])
        with self.assertRaises(AccessError):
            Agreement.search([]).web_read({"absence_id": {"fields": {"kind": {}}}})

    def test_who_is_out_is_told_to_no_colleague(self):
        Work = self.env["sekp.lone.work"]
        row = Work.with_user(self.worker)._go_out(NOW + timedelta(minutes=30))
        acts = ("look", "reached", "back", "extend", "open_visit")
        others = (self.colleague, self.other_supervisor, self.intake, self.manager)
        for user in (*others, self.employee):
            self.env.invalidate_all()
            for act in acts:
                with self.subTest((user.login, act)), self.assertRaises(AccessError):
                    getattr(row.with_user(user), f"action_{act}")()
            with self.assertRaises(AccessError):
                Work.with_user(user).onchange(
                    {"user_id": self.worker.id}, ["user_id"], {"phone": {}}
                )
        GoOut = self.env["sekp.go.out"].with_user(self.colleague)
        with self.assertRaises(AccessError):
            GoOut.create({"lone_work_id": row.id})
        with self.assertRaises(AccessError):
            GoOut.onchange(
                {"lone_work_id": row.id}, ["lone_work_id"], {"started_at": {}}
            )

    def test_the_report_is_its_supervisor_s(self):
        self.agree(self.absence())
        self.env.flush_all()
        Report = self.env["report.sekp_outreach.sekp_left_without"]
        spec = {"line_ids": {"fields": {"agreed": {}, "course_id": {}}}}
        with self.at(NOW + timedelta(days=3)):
            dialog = self.env["sekp.left.without"].with_user(self.supervisor).create({})
            line = dialog.line_ids
            self.assertEqual(line.course_id, self.course)
            for user in (self.colleague, self.other_supervisor, self.manager):
                self.env.invalidate_all()
                theirs = self.env["sekp.left.without"].with_user(user)
                lines = line.with_user(user)
                for act in (
                    theirs.browse(dialog.id).action_print,
                    lambda lines=lines: lines.read(["agreed"]),
                    lines.action_open,
                    lambda user=user: Report.with_user(user)._get_report_values(
                        dialog.ids
                    ),
                    lambda theirs=theirs: theirs.create({"team_id": self.harbour.id}),
                    lambda theirs=theirs: theirs.onchange(
                        {
                            "team_id": self.harbour.id,
                            "date_from": str(TODAY),
                            "date_to": str(TODAY),
                        },
                        ["team_id"],
                        spec,
                    ),
                    lambda lines=lines: lines.create(
                        {"dialog_id": dialog.id, "course_id": self.course.id}
                    ),
                ):
                    with self.subTest(user.login), self.assertRaises(AccessError):
                        act()
            theirs = self.env["sekp.left.without"].with_user(self.other_supervisor)
            self.assertFalse(theirs.create({}).line_ids)

    def test_what_the_dialog_on_sickness_shows_is_logged(self):
        self.course.write({"rhythm_days": 1})
        log = self.env["sekp.access.log"]
        with self.at(NOW + timedelta(days=1)):
            before = log.search([])
            self.env["sekp.morning"].with_user(self.supervisor).open_sick(
                self.worker.id
            )
            rows = log.search([]) - before
        self.assertEqual(rows.user_id, self.supervisor)
        self.assertEqual(rows.mapped("kind"), ["list"])

    def test_a_cover_does_not_say_for_another_what_was_seen(self):
        agreement = self.agree(self.absence())
        with self.at(NOW + timedelta(days=1)):
            self.log(self.course.with_user(self.colleague))
            with self.assertRaises(AccessError):
                self.course.with_user(self.colleague).action_seen_cover()
        with self.at(NOW + timedelta(days=6)):
            agreement.sudo()._step(TODAY + timedelta(days=6))
            self.assertFalse(agreement.sudo().seen_on)
            self.course.action_seen_cover()
            self.assertTrue(agreement.sudo().seen_on)
