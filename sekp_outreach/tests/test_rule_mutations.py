from odoo.tests import tagged

from .gate import GateCase

# Second barriers, behind which nobody could come who is not stopped before.
BEHIND_ANOTHER = {
    "sekp.access.seal: sealed": "only auditors have an access row",
    "sekp.access.erasure: sealed": "only auditors have an access row",
    "sekp.access.log: supervisor may read: supervised": "who has another access row "
    "to the log audits all of it",
    "sekp.mail.held: supervisor may read: supervised": "the model's own rule lets in "
    "by seats alone, and a seat needs the role",
    "sekp.mail.held: intake may read: entry_point": "the same",
    "sekp.lone.work: intake may read: told": "who goes out alone is a contact person, "
    "and whoever supervises is one too",
}


@tagged("post_install", "-at_install", "sekp_outreach")
class TestRuleMutations(GateCase):
    """Each rule and each access row matters: without it, the matrix is broken.

    That it holds with all of them is shown in ``test_access_matrix``.
    """

    maxDiff = None

    def missed(self, record):
        """Tell whether anything is wrong with the matrix while a rule or a row is off.

        The first difference is enough, and is looked for where it is most likely: who
        looks for more looks for minutes.
        """
        groups = record["groups" if record._name == "ir.rule" else "group_id"]
        first = groups.all_user_ids
        with self.env.cr.savepoint(flush=True) as savepoint:
            record.active = False
            self.env.flush_all()
            wrong = next(self.differences({record.model_id.model}, first), None)
            savepoint.rollback()
        self.env.invalidate_all(flush=False)
        self.env.registry.clear_cache()
        return wrong is not None

    def survivors(self, model):
        # To what is nobody's both doors are shut, so that one alone is not missed.
        nobodys = [name for name, how, _role in self.matrix if how == "nobody"]
        mutants = self.env[model].search(
            [
                ("model_id.model", "=like", "sekp.%"),
                ("model_id.model", "not in", nobodys),
            ]
        )
        self.assertGreater(len(mutants), 60)
        return [mutant.name for mutant in mutants if not self.missed(mutant)]

    def test_each_rule_matters(self):
        self.assertEqual(set(self.survivors("ir.rule")), set(BEHIND_ANOTHER))

    def test_each_access_row_matters(self):
        self.assertEqual(self.survivors("ir.model.access"), [])

    def test_no_rule_that_is_added_opens_a_record_about_a_person(self):
        """A generous rule of another addon is OR-ed with grants, never with this."""
        models = {
            record._name
            for record in self.relations
            if record._name in ("sekp.course", "sekp.citizen", "sekp.contact")
        }
        with self.env.cr.savepoint() as savepoint:
            for model in models:
                self.env["ir.rule"].create(
                    {
                        "name": "Everything",
                        "model_id": self.env["ir.model"]._get_id(model),
                        "groups": [(6, 0, self.env.ref("base.group_user").ids)],
                        "domain_force": "[(1, '=', 1)]",
                    }
                )
            strangers = (
                self.colleague | self.other_supervisor | self.ended
                | self.helper_ended | self.foreign_supervisor | self.foreign_worker
            )  # fmt: skip
            for record in self.relations:
                if record._name in models:
                    for user in strangers:
                        self.assertEqual(self.actual(record, user), set(), user.login)
            savepoint.rollback()
        self.env.registry.clear_cache()
