from odoo.tests import TransactionCase, tagged
from odoo.tools import file_open

from ..tools import policy
from .gate import read_policy

GROUP = "sekp_outreach.group_"


@tagged("post_install", "-at_install", "sekp_outreach")
class TestPolicy(TransactionCase):
    """What is not in the matrix does not exist: not as access row, rule or group."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.matrix = read_policy()
        cls.granted = policy.by_role(cls.matrix)

    def content(self, name):
        with file_open(f"sekp_outreach/security/{name}") as file:
            return file.read()

    def test_access_rows_and_rules_follow_from_the_matrix(self):
        self.assertEqual(
            self.content("ir.model.access.csv"), policy.access_rows(self.matrix)
        )
        self.assertEqual(self.content("rules.xml"), policy.rules(self.matrix))

    def test_every_model_of_ours_is_in_the_matrix(self):
        models = {
            name
            for name, model in self.env.registry.items()
            if name.startswith("sekp.") and not model._abstract
        }
        self.assertEqual(set(self.granted), models)

    def test_every_role_is_in_the_matrix(self):
        ours = self.env["ir.model.data"].search(
            [("module", "=", "sekp_outreach"), ("model", "=", "res.groups")]
        )
        self.assertEqual(
            {role for roles in self.granted.values() for role in roles},
            {name.removeprefix("group_") for name in ours.mapped("name")},
        )

    def test_the_database_has_what_the_matrix_says_and_no_more(self):
        rows = self.env["ir.model.access"].search(
            [("model_id.model", "=like", "sekp.%")]
        )
        found = {}
        for row in rows:
            role = row.group_id.get_external_id()[row.group_id.id]
            self.assertTrue(role.startswith(GROUP), f"{row.name}: {role}")
            found.setdefault(row.model_id.model, {})[role.removeprefix(GROUP)] = {
                name for name in policy.OPERATIONS if row[f"perm_{name}"]
            }
        self.assertEqual(found, policy.operations(self.matrix))
        for role, implied in policy.IMPLIES.items():
            self.assertIn(
                self.env.ref(GROUP + implied), self.env.ref(GROUP + role).implied_ids
            )

    def test_every_grant_has_a_rule_for_its_role_or_for_everyone(self):
        for model, roles in self.granted.items():
            rules = self.env["ir.rule"].search([("model_id.model", "=", model)])
            for operation in policy.OPERATIONS:
                holding = rules.filtered(lambda rule, op=operation: rule[f"perm_{op}"])
                everyone = holding.filtered("global")
                self.assertTrue(everyone, f"{model}: no rule for everyone")
                narrowed = {
                    group.get_external_id()[group.id].removeprefix(GROUP)
                    for group in (holding - everyone).groups
                }
                if narrowed:
                    self.assertEqual(
                        narrowed,
                        {role for role in roles if operation in roles[role]},
                        f"{model}: {operation}",
                    )

    def test_rules_use_stored_fields_only(self):
        for rule in self.env["ir.rule"].search([("model_id.model", "=like", "sekp.%")]):
            for path in policy.paths(rule.domain_force):
                model = self.env[rule.model_id.model]
                if path in ("user_id", "role", "starts_at", "ends_at"):
                    model = self.env["sekp.assignment"]
                for name in path.split("."):
                    field = model._fields[name]
                    self.assertTrue(
                        field.store or field.type == "one2many", f"{rule.name}: {path}"
                    )
                    if field.comodel_name:
                        model = self.env[field.comodel_name]
