from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import TODAY, OutreachCase, make_user
from .test_vault import VaultCase


@tagged("post_install", "-at_install", "sekp_outreach")
class TestSetup(VaultCase, OutreachCase):
    """A manager sees what is set up and what is odd; it is read from what is there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.administrator = make_user(
            cls.env, "sekp_technician", (), cls.company, name="Tekniker"
        )
        cls.administrator.group_ids = [
            Command.link(cls.env.ref("base.group_system").id)
        ]

    def board(self, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["sekp.setup"].with_user(user or self.manager).get_steps()

    def done(self, *args):
        return {step["key"]: step["done"] for step in self.board(*args)["steps"]}

    def confirms(self, user):
        return {step["key"]: step["confirm"] for step in self.board(user)["steps"]}[
            "key"
        ]

    def test_only_those_who_set_it_up_see_it(self):
        for user in (self.worker, self.supervisor, self.intake, self.employee):
            with self.assertRaises(AccessError):
                self.board(user)
        with self.assertRaises(AccessError):
            self.env["sekp.setup"].with_user(self.manager).confirm_key_copied()
        self.assertFalse(self.confirms(self.administrator), "there is no key yet")
        with self.assertRaises(UserError):
            self.env["sekp.setup"].with_user(self.administrator).confirm_key_copied()
        self.env["sekp.vault"]._encrypt(b"x", "document", "binding")
        self.assertTrue(self.confirms(self.administrator))
        self.assertFalse(self.confirms(self.manager))

    def test_the_standard_is_done_when_it_is_in_force(self):
        self.assertFalse(self.done()["standard"])
        self.make_standard()
        self.assertTrue(self.done()["standard"])
        self.assertTrue(self.done(self.administrator)["standard"])

    def test_the_others_follow_from_what_is_there(self):
        self.assertTrue(self.done()["teams"])
        self.harbour.member_ids = [Command.clear()]
        self.assertFalse(self.done()["teams"], "one team has nobody")
        self.assertFalse(self.done()["page"])
        needed = self.board()["needed"]
        self.make_standard()
        self.company.write({"sekp_public_page": True, "sekp_public_name": "havnby"})
        self.assertTrue(self.done()["page"])
        self.assertEqual(self.board()["needed"], needed + 1, "closed, it is not needed")
        self.assertTrue(self.done()["hours"])
        self.company.resource_calendar_id.attendance_ids.unlink()
        self.assertFalse(self.done()["hours"])

    def test_a_way_leads_only_where_one_may_go(self):
        for user in (self.manager, self.administrator):
            for step in self.board(user)["steps"]:
                if step["action"]:
                    action = self.env.ref(step["action"]).sudo()
                    model = getattr(action, "res_model", None)
                    if model:
                        self.assertTrue(
                            self.env[model].with_user(user).has_access("read"), model
                        )

    def test_the_key_asks_again_when_it_is_another(self):
        self.env["sekp.vault"]._encrypt(b"x", "document", "binding")
        self.assertFalse(self.done()["key"])
        self.env["sekp.setup"].with_user(self.administrator).confirm_key_copied()
        self.assertTrue(self.done()["key"])
        self.company.sekp_key_copied = "another"
        self.assertFalse(self.done()["key"])

    def test_what_is_odd_is_said(self):
        self.assertFalse(
            [one for one in self.board()["oddities"] if self.supervisor.name in one]
        )
        auditor = self.env.ref("sekp_outreach.group_auditor")
        self.supervisor.group_ids = [Command.link(auditor.id)]
        told = "\n".join(self.board()["oddities"])
        self.assertIn(self.supervisor.name, told)
        self.assertIn("nobody looks at their own work", told)
        self.harbour.supervisor_ids = [Command.clear()]
        lonely = make_user(
            self.env, "sekp_lonely", "contact_person", self.company, name="Ene"
        )
        told = "\n".join(self.board()["oddities"])
        self.assertIn(f"{self.harbour.name} has no supervisor", told)
        self.assertIn(f"{lonely.name} is a contact person and in no team", told)
        standard = self.make_standard()
        standard.sudo().revision_due = TODAY - timedelta(1)
        self.assertIn("should have been revised", "\n".join(self.board()["oddities"]))
