import os

from odoo.tests import tagged
from odoo.tools import SQL

from .canaries import CANARY, CanaryCase
from .test_canaries import DISGUISES

# What was typed into a dialog that belongs to no record; the act itself empties it.
UNBOUND = {"sekp_break_glass"}


@tagged("post_install", "-at_install", "sekp_outreach")
class TestErasedCanaries(CanaryCase):
    """What is erased is nowhere: in no table, whoever's, and in no file."""

    def holding(self):
        """Return ``{table: canaries}`` of every table of the database, as text."""
        self.env.cr.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        )
        tables = [name for (name,) in self.env.cr.fetchall()]
        self.assertGreater(len(tables), 150)
        found = {}
        for table in tables:
            self.env.cr.execute(
                SQL(
                    "SELECT t::text FROM %s t WHERE t::text LIKE ANY(%s)",
                    SQL.identifier(table),
                    [f"%{disguise}%" for disguise in DISGUISES],
                )
            )
            rows = [text for (text,) in self.env.cr.fetchall()]
            if rows:
                found[table] = set(CANARY.findall(" ".join(rows))) or {"disguised"}
        return found

    def files(self):
        """Return the names of the stored files of documents."""
        self.env.cr.execute(
            "SELECT store_fname FROM ir_attachment WHERE res_model = 'sekp.document'"
        )
        return {name for (name,) in self.env.cr.fetchall() if name}

    def test_nothing_of_an_erased_person_is_left(self):
        Attachment = self.env["ir.attachment"]
        before, files = self.holding(), self.files()
        self.assertLess(
            {"mail_activity", "sekp_assignment", "sekp_citizen", "sekp_contact",
             "sekp_course", "sekp_goal", "sekp_handover_letter", "sekp_history",
             "sekp_override_consent", "sekp_access_request_item", "sekp_referral",
             "sekp_complaint", "sekp_child_notification"},
            set(before),
        )  # fmt: skip
        self.assertTrue(files)
        paths = {Attachment._full_path(name) for name in files}
        self.assertTrue(all(map(os.path.exists, paths)))
        referrals = [row for row in self.relations if row._name == "sekp.referral"]
        self.env["sekp.erasure"]._erase(self.course, "Regel")
        others = [row for row in referrals if row.exists()]
        self.assertLess(len(others), len(referrals))
        # What is another person's is all there.
        kept = {word for words in self.holding().values() for word in words}
        for row in others:
            own = {
                word
                for word, (_login, model, res_id) in self.canaries.items()
                if (model, res_id) == (row._name, row.id)
            }
            self.assertTrue(own)
            self.assertEqual(own - kept, set())
        # What has a rule of its own goes by that.
        apart = (self.complaint, *self.env["sekp.child.notification"].search([]))
        for row in (*others, *apart):
            self.env["sekp.erasure"]._erase(row, "Regel")
        left = self.holding()
        self.assertEqual({t: w for t, w in left.items() if t not in UNBOUND}, {})
        self.env["ir.attachment"]._gc_file_store_unsafe()
        self.assertFalse([path for path in paths if os.path.exists(path)])

    def test_what_is_missed_is_found(self):
        """The search finds one activity that is done, and a copy in another app."""
        done = self.activities.with_context(active_test=False).filtered(
            lambda activity: not activity.active and activity.res_model == "sekp.course"
        )[:1]
        self.assertTrue(done.feedback)
        self.env.cr.execute(
            SQL("UPDATE mail_activity SET res_id = 987654 WHERE id = %s", done.id)
        )
        self.env.invalidate_all(flush=False)
        self.env["sekp.erasure"]._erase(self.course, "Regel")
        self.assertIn("mail_activity", self.holding())
