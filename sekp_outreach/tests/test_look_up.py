from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import SQL, mute_logger

from ..tools import cipher
from .common import NOW, OutreachCase
from .test_access_log import RunningClock
from .test_vault import VaultCase

CPR = "310290-1234"
PHONE = "20 11 22 33"
STRANGE = "20 99 88 77"
KIND = "sekp_outreach.activity_colleague_asks"


class LookUpCase(OutreachCase):
    """A person of the harbour team who can be found by a CPR and a phone number."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard()
        cls.foreign_standard = cls.make_standard(company=cls.foreign_company)
        cls.course = cls.allocate(place="Torvet").sudo()
        cls.citizen = cls.course.citizen_id
        cls.Lookup = cls.env["sekp.identity.lookup"]
        cls.Log = cls.env["sekp.access.log"]

    def follow(self):
        self.Lookup._follow(self.citizen, {"cpr": [CPR], "phone": [PHONE]})

    def dialog(self, user, number, **vals):
        return (
            self.env["sekp.look.up"]
            .with_user(user)
            .create({"purpose": "referral", "number": number, **vals})
        )

    def asked(self):
        """Return all activities of colleagues who asked, also the answered ones."""
        return self.course._asked(active_test=False)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestLookUp(LookUpCase, VaultCase):
    """By an exact number one learns that somebody is known, and no more."""

    def setUp(self):
        super().setUp()
        self.follow()
        self.told = []
        self.patch(
            type(self.env["res.users"]),
            "_sekp_notice",
            lambda users: self.told.extend(users.ids),
        )
        self.env.flush_all()
        self.env.invalidate_all()
        self.last_row = self.Log.search([], limit=1).id

    def rows(self):
        return self.Log.search([("id", ">", self.last_row)])

    # --- answers ------------------------------------------------------------------
    def test_the_entitled_are_led_to_the_person(self):
        for user in (self.worker, self.supervisor):
            action = self.dialog(user, CPR).action_look_up()
            self.assertEqual(
                (action["res_model"], action["res_id"]),
                ("sekp.citizen", self.citizen.id),
            )
            log = self.rows()[:1]
            self.assertEqual(
                (log.kind, log.purpose, log.user_id, log.reference, log.amount),
                ("look_up", "referral", user, self.citizen.reference, 1),
            )
        self.assertFalse(self.asked())
        self.assertFalse(self.told)

    def test_intake_is_led_to_what_it_may_open(self):
        action = self.dialog(self.intake, PHONE).action_look_up()
        self.assertEqual(
            (action["res_model"], action["res_id"]),
            ("sekp.referral", self.course.referral_id.id),
        )

    def test_a_colleague_learns_that_somebody_may_know_the_person(self):
        dialog = self.dialog(self.colleague, CPR)
        action = dialog.action_look_up()
        self.assertEqual((action["res_model"], action["res_id"]),
                         ("sekp.look.up", dialog.id))  # fmt: skip
        self.assertEqual(dialog.outcome, "known")
        said = str(action) + str(dialog.read())
        for secret in (self.citizen.reference, self.harbour.name, self.worker.name):
            self.assertNotIn(secret, said)
        log = self.rows()
        self.assertEqual(
            (log.kind, log.user_id, log.amount), ("look_up", self.colleague, 1)
        )
        self.assertFalse(log.reference or log.references or log.record_id)
        self.assertFalse(log.team_id)
        self.assertFalse(self.citizen.with_user(self.colleague).has_access("read"))

    def test_what_is_not_known_is_answered_and_logged_alike(self):
        dialog = self.dialog(self.colleague, STRANGE)
        dialog.action_look_up()
        self.assertEqual(dialog.outcome, "unknown")
        log = self.rows()
        self.assertEqual(
            (log.kind, log.amount, log.model), ("look_up", 0, "sekp.citizen")
        )
        self.assertFalse(self.asked())

    def test_numbers_written_otherwise(self):
        for number in ("+45 20112233", "0045 2011 2233", "20112233", "3102901234"):
            with patch.object(type(self.Log), "_may_try", return_value=True):
                self.assertEqual(self.dialog(self.colleague, number).outcome, "known")
        for number in ("2011223", "310290-123", "Torvet", "20112233, 20998877"):
            with self.assertRaisesRegex(UserError, "ten digits"):
                self.dialog(self.colleague, number)

    def test_only_within_the_municipality(self):
        foreigner = self.foreign_supervisor
        self.assertEqual(self.dialog(foreigner, CPR).outcome, "unknown")
        rows = self.Lookup.search([("citizen_id", "=", self.citizen.id)])
        stranger = self.env["sekp.citizen"].create(
            {"company_id": self.foreign_company.id,
             "standard_id": self.foreign_standard.id}
        )  # fmt: skip
        self.Lookup._follow(stranger, {"cpr": [CPR], "phone": [PHONE]})
        theirs = self.Lookup.search([("citizen_id", "=", stranger.id)])
        self.assertFalse(set(rows.mapped("digest")) & set(theirs.mapped("digest")))
        self.assertEqual(self.dialog(self.foreign_supervisor, CPR).outcome, "known")
        self.assertEqual(self.Lookup._find("cpr", CPR, self.company), self.citizen)

    def test_who_may_not_look_up(self):
        for user in (self.employee, self.manager, self.receiver,
                     self.env.ref("base.user_admin")):  # fmt: skip
            with self.assertRaises(AccessError):
                self.dialog(user, CPR)

    def test_a_reason_and_one_number_at_a_time(self):
        with self.assertRaisesRegex(UserError, "why"):
            self.dialog(self.colleague, CPR, purpose=False)
        with self.assertRaisesRegex(UserError, "one number"):
            self.env["sekp.look.up"].with_user(self.colleague).create(
                [{"number": CPR, "purpose": "acute"}, {"number": PHONE}]
            )
        with self.assertRaisesRegex(UserError, "one number"):
            self.env["sekp.look.up"].with_user(self.colleague).load(
                ["number", "purpose"], [[CPR, "referral"]]
            )
        with self.assertRaisesRegex(UserError, "number"):
            self.dialog(self.colleague, False).action_look_up()

    # --- what stays ---------------------------------------------------------------
    def test_nothing_of_the_number_is_stored(self):
        dialog = self.dialog(self.colleague, CPR)
        dialog.number = PHONE
        self.env.flush_all()
        self.env.cr.execute(SQL("SELECT sekp_look_up::text FROM sekp_look_up"))
        stored = str(self.env.cr.fetchall())
        self.env.cr.execute(
            SQL("SELECT t::text FROM sekp_access_log t WHERE id > %s", self.last_row)
        )
        stored += str(self.env.cr.fetchall())
        self.env.cr.execute(SQL("SELECT t::text FROM sekp_identity_lookup t"))
        stored += str(self.env.cr.fetchall())
        for secret in ("310290", "0290-1234", "20112233", "20 11 22", "2233"):
            self.assertNotIn(secret, stored)
        self.env.invalidate_all()
        self.assertFalse(dialog.number)
        self.assertFalse(dialog.sudo().found)

    def test_the_lookup_follows_the_values(self):
        self.Lookup._follow(self.citizen, {"phone": [STRANGE, "+45 20998877", "x"]})
        self.assertEqual(
            len(self.Lookup.search([("citizen_id", "=", self.citizen.id)])), 1
        )
        self.assertFalse(self.Lookup._find("cpr", CPR, self.company))
        self.assertFalse(self.Lookup._find("phone", PHONE, self.company))
        found = self.Lookup._find("phone", STRANGE, self.company)
        self.assertEqual(found, self.citizen)

    # --- the colleague who knows ----------------------------------------------------
    def test_who_knows_the_person_gets_word_once_a_day(self):
        for number in (CPR, PHONE):
            self.dialog(self.colleague, number)
        activity = self.asked()
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.user_id, self.worker)
        self.assertEqual(activity.date_deadline, (NOW + timedelta(days=1)).date())
        self.assertIn(self.colleague.name, activity.note)
        self.assertTrue(activity.automated)
        said = f"{activity.note} {activity.summary}"
        for secret in ("310290", "20 11", self.citizen.reference):
            self.assertNotIn(secret, said)
        self.assertEqual(self.told, [self.worker.id])
        # Another one who asks is another one to be answered.
        self.dialog(self.other_worker, CPR)
        self.assertEqual(len(self.asked()), 2)
        course = self.course.with_user(self.worker)
        for user in (self.colleague, self.other_worker):
            self.assertIn(user.name, course.colleagues_asking)
        with self.assertRaises(AccessError):
            self.course.with_user(self.colleague).action_answer_colleagues()
        course.action_answer_colleagues()
        self.env.invalidate_all()
        self.assertFalse(course.colleagues_asking)
        self.dialog(self.colleague, CPR)
        self.assertEqual(len(self.asked()), 2)
        # The next day it is a new question.
        self.env.cr.execute(
            SQL("UPDATE mail_activity SET create_date = %s", NOW - timedelta(days=1))
        )
        self.env.invalidate_all()
        self.dialog(self.colleague, CPR)
        self.assertEqual(len(self.asked()), 3)

    def test_the_caller_s_context_keeps_nobody_from_getting_word(self):
        self.env["sekp.look.up"].with_user(self.colleague).with_context(
            mail_activity_automation_skip=True, default_user_id=self.colleague.id
        ).create({"number": CPR, "purpose": "referral"})
        self.assertEqual(self.asked().user_id, self.worker)

    def test_of_a_closed_course_the_supervisor_gets_word(self):
        self.course._close("achieved")
        self.assertEqual(self.dialog(self.colleague, CPR).outcome, "known")
        self.assertEqual(self.asked().user_id, self.supervisor)
        self.assertEqual(self.told, [self.supervisor.id])
        self.course.with_user(self.supervisor).action_answer_colleagues()

    # --- limits and keys ------------------------------------------------------------
    def test_ten_an_hour(self):
        for _time in range(10):
            self.dialog(self.colleague, STRANGE)
        with self.assertRaisesRegex(UserError, "Too many"):
            self.dialog(self.colleague, CPR)
        self.assertFalse(self.asked())
        self.dialog(self.other_worker, CPR)
        with self.at(NOW + timedelta(hours=1, minutes=1)):
            self.assertEqual(self.dialog(self.colleague, CPR).outcome, "known")

    def test_an_old_key_s_hashes_are_found_after_a_rotation(self):
        old, new = self.path.read_text().strip(), cipher.new_key()
        self.write_keys(new, old)
        self.assertEqual(self.Lookup._find("cpr", CPR, self.company), self.citizen)
        # Without it, nobody may take a known person for an unknown one.
        self.write_keys(new)
        with self.assertRaisesRegex(UserError, "is missing on this server"):
            self.dialog(self.colleague, STRANGE)
        Path(self.path).unlink()
        with self.assertRaisesRegex(UserError, "is missing on this server"):
            self.dialog(self.colleague, CPR)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestLookUpOverTheWire(LookUpCase, HttpCase):
    """As the web client does it; what is undone still counts."""

    @classmethod
    def freeze(cls, moment):
        return RunningClock()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Lookup._follow(cls.citizen, {"cpr": [CPR], "phone": [PHONE]})
        cls.env.flush_all()

    def save(self, number, specification):
        with mute_logger("odoo.http"):
            return self.make_jsonrpc_request(
                "/web/dataset/call_kw/sekp.look.up/web_save",
                {
                    "model": "sekp.look.up",
                    "method": "web_save",
                    "args": [[], {"number": number, "purpose": "referral"}],
                    "kwargs": {"specification": specification},
                },
            )

    def test_the_answer_and_no_echo(self):
        self.authenticate(self.colleague.login, self.colleague.login)
        before = self.Log.search([], limit=1).id
        (answer,) = self.save(CPR, {"number": {}, "outcome": {}})
        self.assertEqual((answer["number"], answer["outcome"]), (False, "known"))
        action = self.make_jsonrpc_request(
            "/web/dataset/call_button/sekp.look.up/action_look_up",
            {
                "model": "sekp.look.up",
                "method": "action_look_up",
                "args": [[answer["id"]]],
                "kwargs": {},
            },
        )
        self.assertEqual(action["res_id"], answer["id"])
        rows = self.Log.search([("id", ">", before)])
        self.assertEqual(rows.mapped("kind"), ["look_up"])
        self.assertEqual(rows.channel, "screen")

    def test_what_is_undone_counts(self):
        self.authenticate(self.colleague.login, self.colleague.login)
        before = self.Log.search([], limit=1).id
        for _time in range(3):
            with self.assertRaisesRegex(JsonRpcException, "ValueError"):
                self.save(CPR, {"outcome": {"fields": {"x": {}}}, "nothing": 1})
        self.env.invalidate_all()
        rows = self.Log.search([("id", ">", before)])
        self.assertEqual(rows.mapped("kind"), ["refused"] * 3)
        self.assertEqual(set(rows.mapped("model")), {"sekp.look.up"})
        self.assertFalse(self.asked())
        for _time in range(7):
            self.save(STRANGE, {"outcome": {}})
        with self.assertRaisesRegex(JsonRpcException, "UserError"):
            self.save(CPR, {"outcome": {}})
        self.env.invalidate_all()
        last = self.Log.search([], limit=1)
        self.assertEqual((last.kind, last.model), ("refused", "sekp.citizen"))
