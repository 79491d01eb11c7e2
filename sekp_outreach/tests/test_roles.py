from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG

from .common import GROUP, OutreachCase, make_user


@tagged("post_install", "-at_install", "sekp_outreach")
class TestRoles(OutreachCase):
    """Who gets or loses a role is logged and shown, by whatever side it is done."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.auditor = make_user(cls.env, "sekp_auditor", "auditor", cls.company)
        cls.admin = cls.env.ref("base.user_admin")
        cls.admin.company_ids |= cls.company
        cls.Log = cls.env["sekp.access.log"]
        cls.group = cls.env.ref(GROUP % "supervisor")

    def setUp(self):
        super().setUp()
        self.told = []
        told = self.told
        self.patch(
            type(self.env["res.users"]),
            "_sekp_notice",
            lambda users, *args, **kwargs: told.extend(users.ids),
        )
        self.before = self.Log.search([], limit=1).id

    def logged(self):
        self.env.invalidate_all()
        rows = self.Log.search([("id", ">", self.before)], order="id")
        self.before = rows[-1:].id or self.before
        return rows

    def changes(self):
        return [
            (row.kind, row.subject_user_id.login, row.role) for row in self.logged()
        ]

    def test_a_role_given_and_taken_on_the_user(self):
        employee = self.employee.with_user(self.admin)
        employee.write({"group_ids": [Command.link(self.group.id)]})
        rows = self.logged()
        self.assertEqual(
            {(row.kind, row.role) for row in rows},
            {
                ("role_given", "group_supervisor"),
                ("role_given", "group_contact_person"),
            },
        )
        self.assertEqual(rows.user_id, self.admin)
        self.assertEqual(rows.subject_user_id, self.employee)
        self.assertEqual(rows.company_id, self.company)
        self.assertEqual(set(self.told), {self.auditor.id})
        employee.write({"group_ids": [Command.unlink(self.group.id)]})
        self.assertEqual(
            self.changes(),
            [
                ("role_taken", "sekp_employee", "group_contact_person"),
                ("role_taken", "sekp_employee", "group_supervisor"),
            ],
        )

    def test_who_gives_out_roles_is_told_of_two_that_tell_more_together(self):
        """What is known of persons can be taken away from a figure."""
        for roles, said in (
            (("supervisor",), ""),
            (("scheme_manager", "statistics_reader", "complaint_handler"), ""),
            (("statistics_reader", "supervisor"), "Supervisor knows"),
            (("scheme_manager", "supervisor"), "Scheme Manager reads"),
            (("statistics_reader", "auditor", "intake"), "Intake, Auditor knows"),
        ):
            groups = [self.env.ref(GROUP % role).id for role in roles]
            # As the form asks, before anything is saved.
            notice = (
                self.employee.with_user(self.admin)
                .onchange(
                    {
                        "group_ids": [
                            Command.set([*self.employee.group_ids.ids, *groups])
                        ]
                    },
                    ["group_ids"],
                    {"group_ids": {}, "sekp_role_notice": {}},
                )["value"]
                .get("sekp_role_notice")
            )
            self.assertEqual(bool(notice), bool(said), roles)
            self.assertIn(said, notice or "")
        with self.assertRaises(AccessError):
            self.employee.with_user(self.manager).read(["sekp_role_notice"])

    def test_a_role_given_on_the_group(self):
        role = self.env.ref(GROUP % "receiver").with_user(self.admin)
        role.user_ids |= self.employee
        self.assertEqual(
            self.changes(), [("role_given", "sekp_employee", "group_receiver")]
        )
        role.all_user_ids -= self.employee
        self.assertEqual(
            self.changes(), [("role_taken", "sekp_employee", "group_receiver")]
        )

    def test_a_role_given_as_superuser_and_at_creation(self):
        make_user(self.env, "sekp_new", "statistics_reader", self.company)
        row = self.logged()
        self.assertEqual(
            (row.kind, row.subject_user_id.login, row.role),
            ("role_given", "sekp_new", "group_statistics_reader"),
        )
        self.assertEqual(row.user_id.id, self.env.uid)

    def test_a_role_given_by_implication(self):
        other = self.env["res.groups"].create({"name": "Frontdesk"})
        other.user_ids |= self.employee
        self.assertFalse(self.logged())
        other.with_user(self.admin).implied_ids |= self.env.ref(GROUP % "intake")
        self.assertEqual(
            self.changes(),
            [
                ("role_given", "sekp_employee", "group_intake"),
                ("rights_changed", False, False),
            ],
        )
        other.with_user(self.admin).unlink()
        self.assertIn(("role_taken", "sekp_employee", "group_intake"), self.changes())

    def test_other_changes_of_a_user_are_not_our_business(self):
        self.worker.sudo().write({"name": "Karen", "group_ids": []})
        self.employee.sudo().group_ids |= self.env.ref("base.group_allow_export")
        self.worker.sudo().active = False
        self.assertFalse(self.logged())
        self.assertFalse(self.told)

    def test_a_change_by_hand_of_our_rules_is_logged_for_everybody(self):
        rule = self.env.ref("sekp_outreach.sekp_course_rule_confidential")
        rule.with_user(self.admin).write({"active": False})
        access = self.env.ref("sekp_outreach.access_sekp_course_contact_person")
        access.with_user(self.admin).perm_unlink = True
        self.env["ir.rule"].with_user(self.admin).create(
            {
                "name": "More",
                "model_id": self.env["ir.model"]._get_id("sekp.course"),
                "domain_force": "[]",
            }
        ).unlink()
        rows = self.logged()
        self.assertEqual(rows.mapped("kind"), ["rights_changed"] * 4)
        self.assertEqual(
            rows.mapped("model"),
            ["ir.rule", "ir.model.access", "ir.rule", "ir.rule"],
        )
        self.assertEqual(rows[0].record_id, rule.id)
        self.assertFalse(rows.company_id)
        self.assertTrue(rows[0].with_user(self.auditor).has_access("read"))
        self.assertFalse(rows[0].with_user(self.supervisor).has_access("read"))
        self.assertIn(self.auditor.id, self.told)

    def test_rules_of_others_are_not_our_business(self):
        rule = self.env["ir.rule"].create(
            {
                "name": "Theirs",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": "[]",
            }
        )
        rule.active = False
        self.assertFalse(self.logged())

    def test_no_role_follows_from_being_administrator(self):
        for name in ("system", "erp_manager", "partner_manager", "user", "no_one"):
            group = self.env.ref(f"base.group_{name}")
            roles = set(self.env["res.groups"]._sekp_roles())
            self.assertFalse(set(group.all_implied_ids) & roles, name)

    def test_readers_of_the_scheme_read_the_scheme_only(self):
        scheme = {
            "sekp.standard", "sekp.standard.deadline", "sekp.standard.route",
            "sekp.standard.anonymity", "sekp.standard.section",
            "sekp.standard.statement", "sekp.standard.goal",
            "sekp.target.group", "sekp.contact.form",
            "sekp.support.function", "sekp.source", "sekp.offer", "sekp.team",
            "sekp.information.type", "sekp.retention.rule", "sekp.duty",
        }  # fmt: skip
        oversight = {
            "sekp.access.log", "sekp.access.seal", "sekp.access.erasure",
            "sekp.assignment", "sekp.erasure.certificate",
        }  # fmt: skip
        complaints = {"sekp.complaint", "sekp.history", "sekp.pass.on.complaint"}
        for role, more in (
            ("statistics_reader", {"sekp.statistic", "sekp.committee.report.dialog"}),
            ("complaint_handler", complaints),
            ("auditor", oversight),
        ):
            user = make_user(self.env, f"sekp_one_{role}", role, self.company)
            readable, changeable = set(), set()
            for model in self.env:
                if not model.startswith("sekp.") or self.env[model]._abstract:
                    continue
                records = self.env[model].with_user(user)
                if records.has_access("read"):
                    readable.add(model)
                changeable |= {
                    model
                    for operation in ("write", "create", "unlink")
                    if records.has_access(operation)
                }
            self.assertEqual(readable, scheme | more, role)
            # Besides what is about complaints, dialogs of one's own.
            own = {
                "complaint_handler": {"sekp.complaint", "sekp.pass.on.complaint"},
                "statistics_reader": {"sekp.committee.report.dialog"},
            }
            self.assertEqual(changeable, own.get(role, set()), role)

    def test_a_seat_that_opens_courses_is_logged(self):
        last = self.env["sekp.access.log"].search([], limit=1).id
        self.harbour.with_user(self.manager).supervisor_ids = [
            Command.link(self.other_supervisor.id)
        ]
        (row,) = self.env["sekp.access.log"].search([("id", ">", last)])
        self.assertEqual(
            (row.kind, row.role, row.subject_user_id, row.team_id, row.user_id),
            (
                "role_given",
                "supervisor_ids",
                self.other_supervisor,
                self.harbour,
                self.manager,
            ),
        )

    def test_a_caller_s_context_hides_no_change(self):
        """What tells of an installation counts from the system only."""
        last = self.env["sekp.access.log"].search([], limit=1).id
        context = {"install_mode": True, MODULE_UNINSTALL_FLAG: True}
        admin = self.env.ref("base.user_admin")
        self.colleague.with_user(admin).with_context(
            **context
        ).group_ids |= self.env.ref("sekp_outreach.group_intake")
        rule = self.env.ref("sekp_outreach.sekp_goal_rule_confidential")
        rule.with_user(admin).with_context(**context).active = False
        kinds = self.env["sekp.access.log"].search([("id", ">", last)]).mapped("kind")
        self.assertEqual(set(kinds), {"role_given", "rights_changed"})

    def test_a_rule_that_is_moved_onto_ours_is_logged(self):
        rule = self.env["ir.rule"].create(
            {
                "name": "Everything",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": "[(1, '=', 1)]",
            }
        )
        last = self.env["sekp.access.log"].search([], limit=1).id
        rule.model_id = self.env["ir.model"]._get("sekp.goal")
        rows = self.env["sekp.access.log"].search([("id", ">", last)])
        self.assertEqual(rows.mapped("kind"), ["rights_changed"])
