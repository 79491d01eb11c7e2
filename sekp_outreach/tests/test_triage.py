from datetime import timedelta

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import NOW, TODAY, OutreachCase, make_user

VIEWS = "sekp_outreach.sekp_referral_view_%s"
# What Odoo's own screens answer to.
TAKEN = set("bchjknqsuvxz")


@tagged("post_install", "-at_install", "sekp_outreach")
class TestTriage(OutreachCase):
    """The board of an entry point: the acute first, the clock in words, one key."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(
            deadlines=[{"kind": "response", "amount": 7, "unit": "day"}],
        )

    def board(self, user, **extra):
        """Return the referrals on the board of a user, in order."""
        action = self.env.ref("sekp_outreach.sekp_referral_action_triage").sudo()
        arch = etree.fromstring(self.env.ref(VIEWS % "kanban_triage").arch)
        domain = safe_eval(action.domain, {"uid": user.id})
        return (
            self.env["sekp.referral"]
            .with_user(user)
            .search(domain, order=arch.get("default_order"))
        )

    def test_the_acute_come_first_and_then_what_is_due(self):
        late = self.refer(received_at=NOW - timedelta(days=10))
        new = self.refer()
        acute = self.refer(acute=True)
        answered = self.refer(received_at=NOW - timedelta(days=20))
        answered.action_respond()
        self.assertEqual(
            self.board(self.intake).ids, (acute | late | new | answered).ids
        )

    def test_the_clock_is_told_in_words(self):
        for days, words in (
            (0, "in 7 days"), (6, "tomorrow"), (7, "today"), (8, "1 day late"),
            (10, "3 days late"),
        ):  # fmt: skip
            referral = self.refer(received_at=NOW - timedelta(days=days))
            self.assertEqual(referral.clock, words)
        referral.action_respond()
        self.assertFalse(referral.clock)

    def test_the_board_is_of_the_own_entry_points(self):
        referral = self.refer()
        elsewhere = self.refer(team_id=self.forest.id)
        self.assertEqual(self.board(self.intake), referral)
        self.assertEqual(self.board(self.supervisor), referral)
        self.assertEqual(self.board(self.other_supervisor), elsewhere)
        self.assertFalse(self.board(self.worker))
        self.assertFalse(self.board(self.foreign_supervisor))

    def test_intake_opens_on_the_board(self):
        for user, first in (
            (self.intake, "menu_triage"),
            (make_user(self.env, "sekp_i2", "intake", self.company), "menu_triage"),
            (self.worker, "menu_morning"),
        ):
            Menu = self.env["ir.ui.menu"].with_user(user)
            root = self.env.ref("sekp_outreach.menu_root")
            visible = list(Menu._visible_menu_ids())
            menu = root
            while menu and not menu.action:
                menu = menu.child_id.filtered_domain([("id", "in", visible)])[:1]
            name = menu.get_external_id()[menu.id].split(".")[1]
            if user == self.worker:
                self.assertNotIn(name, ("menu_triage", "menu_referrals"))
            else:
                self.assertEqual(name, first)

    def test_every_key_is_free_and_given_once(self):
        """In one view two acts never share a key, and none is one of Odoo's own."""
        for name in ("form", "form_phone", "kanban_triage", "list_triage"):
            arch = etree.fromstring(self.env.ref(VIEWS % name).arch)
            keys = [node.get("data-hotkey") for node in arch.xpath("//*[@data-hotkey]")]
            self.assertTrue(keys, name)
            self.assertEqual(len(keys), len(set(keys)), name)
            own = set(keys) - ({"c"} if "create" in arch.attrib else set())
            self.assertFalse(own & TAKEN, name)
        form = etree.fromstring(self.env.ref(VIEWS % "form").arch)
        acts = {node.get("name") for node in form.xpath("//button[@data-hotkey]")}
        self.assertLessEqual(
            {
                "action_begin", "action_accept", "action_advice", "action_redirect",
                "action_allocate", "action_duplicate",
            },
            acts,
        )  # fmt: skip

    def test_acts_from_the_list_are_done_on_all_that_were_chosen(self):
        referrals = self.refer() | self.refer()
        referrals.action_begin()
        self.assertEqual(set(referrals.mapped("state")), {"processing"})

    def test_one_who_only_registered_does_not_handle(self):
        referral = self.refer(self.worker)
        for act in ("action_begin", "action_accept", "action_advice"):
            with self.assertRaises(AccessError):
                getattr(referral, act)()


@tagged("post_install", "-at_install", "sekp_outreach")
class TestDuplicate(OutreachCase):
    """What was said twice goes on once, and its promise runs from the first time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(
            deadlines=[{"kind": "response", "amount": 7, "unit": "day"}],
        )
        cls.first = cls.refer(place="Stationen", received_at=NOW - timedelta(days=2))
        cls.second = cls.refer(place="Ved stationen")

    def dialog(self, referral, user=None, **vals):
        Dialog = self.env["sekp.mark.duplicate"].with_user(user or self.intake)
        return Dialog.create({"referral_id": referral.id, **vals})

    def test_the_dialog_proposes_the_one_received_first(self):
        third = self.refer(place="stationen", received_at=NOW - timedelta(days=1))
        self.second.invalidate_recordset()
        action = self.second.action_duplicate()
        self.assertEqual(action["context"], {"default_referral_id": self.second.id})
        dialog = self.dialog(self.second)
        self.assertEqual(dialog.original_id, self.first)
        self.assertIn(third.reference, dialog.similar_hint)
        dialog.action_mark()
        self.assertEqual(
            (self.second.state, self.second.outcome, self.second.duplicate_of_id),
            ("closed", "duplicate", self.first),
        )

    def test_the_clocks_of_the_first_run_on_and_the_other_s_lapse(self):
        before = self.clocks(self.first), self.obligations(self.first)
        self.dialog(self.second).action_mark()
        self.assertEqual(
            (self.clocks(self.first), self.obligations(self.first)), before
        )
        self.assertEqual(
            {state for _due, state in self.clocks(self.second).values()}, {"lapsed"}
        )
        self.assertEqual(self.obligations(self.second), {})
        self.assertFalse(self.second.responded_on)
        self.assertEqual(self.second.closed_on, TODAY)

    def test_the_first_is_not_the_duplicate_of_a_later_one(self):
        dialog = self.dialog(self.first, original_id=self.second.id)
        with self.assertRaisesRegex(UserError, "runs from the first"):
            dialog.action_mark()
        self.assertEqual(self.first.state, "received")

    def test_of_one_that_is_under_way_also_an_earlier_one_is_a_duplicate(self):
        self.allocate(self.second)
        self.dialog(self.first, original_id=self.second.id).action_mark()
        self.assertEqual(self.first.outcome, "duplicate")

    def test_what_is_acute_goes_on_to_the_first(self):
        self.second.acute = True
        self.dialog(self.second).action_mark()
        self.assertTrue(self.first.acute)
        self.assertEqual(self.obligations(self.first)["acute"], TODAY)
        self.assertNotIn("acute", self.obligations(self.second))

    def test_an_acute_matter_is_not_closed_unheard(self):
        self.second.acute = True
        self.first.acute = True
        self.first.action_go_out()
        with self.assertRaisesRegex(UserError, "acute"):
            self.dialog(self.second).action_mark()
        self.second.action_go_out()
        self.dialog(self.second).action_mark()
        self.assertEqual(self.second.outcome, "duplicate")

    def test_a_duplicate_is_taken_up_again(self):
        self.dialog(self.second).action_mark()
        self.second.action_reopen()
        self.assertFalse(self.second.duplicate_of_id)
        self.assertEqual(self.second.state, "received")
        self.assertIn("response", self.obligations(self.second))

    def test_no_chain_and_no_circle(self):
        self.dialog(self.second).action_mark()
        third = self.refer(place="Stationen")
        with self.assertRaisesRegex(UserError, "duplicate itself"):
            self.dialog(third, original_id=self.second.id).action_mark()
        with self.assertRaisesRegex(UserError, "another referral"):
            self.dialog(third, original_id=third.id).action_mark()
        oldest = self.refer(place="Stationen", received_at=NOW - timedelta(days=9))
        self.dialog(self.first, original_id=oldest.id).action_mark()
        self.assertEqual(self.second.duplicate_of_id, oldest)

    def test_only_at_the_same_entry_point(self):
        elsewhere = self.refer(team_id=self.forest.id)
        with self.assertRaisesRegex(UserError, "same entry point"):
            self.dialog(
                self.second.with_user(self.intake), original_id=elsewhere.id
            ).action_mark()
        self.assertEqual(self.second.state, "received")

    def test_only_the_entry_point_marks(self):
        for user in (self.other_supervisor, self.foreign_supervisor):
            with self.assertRaises(AccessError):
                self.dialog(self.second, user, original_id=self.first.id)
        own, other = self.refer(self.worker), self.refer(self.worker)
        with self.assertRaises(AccessError):
            self.dialog(own, self.worker, original_id=other.id)
        with self.assertRaises(AccessError):
            own._close_as_duplicate(other)

    def test_it_is_not_written_by_hand(self):
        with self.assertRaises(UserError):
            self.second.duplicate_of_id = self.first
        with self.assertRaises(UserError):
            self.refer(duplicate_of_id=self.first.id)

    def test_what_is_closed_stays(self):
        self.second.action_advice()
        with self.assertRaisesRegex(UserError, "already done"):
            self.second.action_duplicate()
        with self.assertRaisesRegex(UserError, "already done"):
            self.dialog(self.second, original_id=self.first.id).action_mark()

    def test_the_first_may_go_without_the_other(self):
        self.dialog(self.second).action_mark()
        self.first.sudo().unlink()
        self.second.invalidate_recordset()
        self.assertFalse(self.second.duplicate_of_id)
        self.assertEqual(self.second.outcome, "duplicate")
