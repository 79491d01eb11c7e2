import json
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..models.sekp_access_log import IDENTITY_PURPOSES
from ..models.sekp_identity import VALUES
from ..tools import cipher
from .common import CPR, CPR_DIGITS, NAME, NOW, OutreachCase
from .test_document import TODAY
from .test_identity_ladder import LadderCase

PHONE = "+4520112233"
ADDRESS = "Havnegade 7\n9999 Havnby"
MINUTES = 7


@tagged("post_install", "-at_install", "sekp_outreach")
class TestIdentity(LadderCase):
    """The vault: shut but for the entitled, for a purpose, for some minutes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard.sudo().identity_minutes = MINUTES

    def setUp(self):
        super().setUp()
        self.identity = self.register(
            self.citizen.with_user(self.worker),
            phones="20 11 22 33",
            cpr=CPR,
            address=ADDRESS,
            next_of_kin="Mona",
        )
        self.env.flush_all()
        self.env.invalidate_all()

    def openings(self, user=None):
        domain = [("kind", "=", "reveal"), ("model", "=", "sekp.identity")]
        if user:
            domain.append(("user_id", "=", user.id))
        return self.env["sekp.access.log"].search(domain)

    def seen(self, user=None):
        """Return what a user's form is told, as one text."""
        identity = self.identity.with_user(user or self.worker)
        self.env.invalidate_all()
        names = (*VALUES, "cpr_masked", "is_open")
        (told,) = identity.web_read({name: {} for name in names})
        return {name: told[name] for name in names}

    def shut(self, user=None):
        return not any(self.seen(user).values())

    # --- opening --------------------------------------------------------------------
    def test_shut_before_open_with_one_click_and_shut_again_by_the_clock(self):
        self.assertTrue(self.shut())
        self.assertFalse(self.openings())
        self.identity.action_open("visit")
        seen = self.seen()
        self.assertEqual(
            (seen["name"], seen["phones"], seen["cpr"], seen["address"]),
            (NAME, PHONE, CPR, ADDRESS),
        )
        self.assertEqual(str(seen["birth_date"]), "1858-02-01")
        self.assertEqual(seen["cpr_masked"], "010258-••••")
        self.assertEqual(self.identity.seconds_left, MINUTES * 60)
        row = self.openings()
        self.assertEqual(
            (len(row), row.user_id, row.purpose, row.reference, row.record_id),
            (1, self.worker, "visit", self.course.reference, self.identity.id),
        )
        last = NOW + timedelta(minutes=MINUTES, seconds=-1)
        with self.at(last):
            self.assertEqual(self.seen()["name"], NAME)
            self.assertEqual(self.identity.seconds_left, 1)
        with self.at(last + timedelta(seconds=1)):
            self.assertTrue(self.shut())
            self.assertFalse(self.identity._is_open())
        self.assertEqual(len(self.openings()), 1)

    def test_each_purpose_is_one_click(self):
        arch = self.identity.get_view(view_type="form")["arch"]
        for purpose, _label in IDENTITY_PURPOSES:
            self.assertIn(f"action_open_{purpose}", arch)
            getattr(self.identity, f"action_open_{purpose}")()
            self.assertEqual(self.openings()[0].purpose, purpose)
        self.assertEqual(len(self.openings()), len(IDENTITY_PURPOSES))

    def test_without_a_purpose_nothing_opens(self):
        for record in (self.course, self.citizen, self.identity):
            act = "action_open" if record == self.identity else "action_open_identity"
            action = getattr(record.with_user(self.worker), act)()
            self.assertEqual(action["res_model"], "sekp.identity")
            self.assertEqual(action["target"], "new")
        with self.assertRaises(UserError):
            self.identity.action_open("curiosity")
        self.assertFalse(self.openings())
        self.assertTrue(self.shut())

    def test_an_opening_is_for_oneself(self):
        self.identity.action_open("visit")
        self.assertTrue(self.shut(self.supervisor))
        self.identity.with_user(self.supervisor).action_open("enquiry")
        self.assertEqual(self.seen(self.supervisor)["name"], NAME)
        self.assertFalse(
            self.identity.sudo().name, "not in the superuser's hands either"
        )

    def test_strangers_open_nothing(self):
        self.identity.action_open("visit")
        self.env.flush_all()
        for user in (
            self.colleague, self.other_worker, self.other_supervisor, self.manager,
            self.intake, self.receiver, self.employee, self.foreign_supervisor,
            self.env.ref("base.user_admin"),
        ):  # fmt: skip
            identity = self.identity.with_user(user)
            self.env.invalidate_all()
            for act in (
                lambda identity=identity: identity.action_open("visit"),
                lambda identity=identity: identity.read(["name"]),
                lambda identity=identity: identity.write({"name": "x"}),
                lambda identity=identity: identity.create(
                    {"citizen_id": self.citizen.id, "name": "x"}
                ),
            ):
                with self.assertRaises(AccessError):
                    act()
            self.assertFalse(self.openings(user))

    def test_an_opening_ends_with_the_access(self):
        row = self.course.sudo()._assign(
            self.colleague, "cover", "Vikar", TODAY - timedelta(days=9), TODAY
        )
        identity = self.identity.with_user(self.colleague)
        self.env.flush_all()
        identity.action_open("visit")
        self.assertEqual(self.seen(self.colleague)["name"], NAME)
        row._end(TODAY - timedelta(days=1))
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            identity.read(["name"])
        self.assertFalse(identity._is_open())

    # --- what is stored, and ways out -------------------------------------------------
    def test_no_value_lies_in_any_table(self):
        self.identity.action_open("visit")
        self.identity.write({"name": "Ida Sandby", "phones": "30112233"})
        rows = self.rows()
        for word in (NAME, "Sandby", "Havtorn", "Mona", CPR, CPR_DIGITS, "1858-02-01",
                     "20112233", "30112233", "Havnegade"):  # fmt: skip
            self.assertNotIn(word, rows)

    def test_sealed_columns_are_nobody_s_to_read(self):
        for name in ("sealed_named", "sealed_registered", "token"):
            with self.assertRaises(AccessError):
                self.identity.read([name])
            self.assertNotIn(name, self.identity.fields_get())
            with self.assertRaises(UserError):
                self.identity.write({name: "x"})

    def test_no_export_no_search_no_group(self):
        self.identity.action_open("visit")
        self.worker.group_ids |= self.env.ref("base.group_allow_export")
        for record, path in (
            (self.identity, "name"),
            (self.identity, "cpr_masked"),
            (self.citizen.with_user(self.worker), "identity_ids/cpr"),
            (self.course, "citizen_id/identity_ids/address"),
        ):
            with self.assertRaisesRegex(UserError, "not exported"):
                record.export_data([path])
        for name in VALUES:
            self.assertFalse(self.identity._fields[name].exportable)
            with self.assertRaisesRegex(
                (UserError, ValueError), "name|field|search|stored"
            ):
                self.identity.search([(name, "=", False)])
            with self.assertRaisesRegex(
                (UserError, ValueError), "name|field|search|stored"
            ):
                self.identity.formatted_read_group([], [name], ["__count"])
            with self.assertRaisesRegex(
                (UserError, ValueError), "name|field|search|stored"
            ):
                self.identity.search([], order=name)
        with self.assertRaises(UserError):
            self.identity.copy()
        with self.assertRaises(UserError):
            self.identity.load(["name"], [[NAME]])

    def test_history_tells_which_field_and_no_value(self):
        self.identity.action_open("correction")
        self.identity.write({"name": "Ida Sandby", "birth_date": "1858-02-01"})
        told = self.course.timeline_ids.mapped("what")
        self.assertIn("Identity: Name", told)
        self.assertNotIn("Sandby", " ".join(told))

    def test_moved_elsewhere_it_does_not_open(self):
        other = self.allocate()
        theirs = self.register(other.citizen_id, cpr=CPR)
        theirs.sudo().write({"sealed_named": self.identity.sudo().sealed_named})
        theirs.action_open()
        with self.assertRaisesRegex(UserError, "another's place"):
            theirs.action_open("visit")

    # --- writing ----------------------------------------------------------------------
    def test_a_write_needs_an_open_vault(self):
        with self.assertRaisesRegex(UserError, "closed by itself"):
            self.identity.write({"name": "Ida Sandby"})
        self.identity.action_open("correction")
        self.identity.write({"name": "Ida Sandby"})
        seen = self.seen()
        self.assertEqual((seen["name"], seen["cpr"]), ("Ida Sandby", CPR))
        with self.at(NOW + timedelta(minutes=MINUTES)):
            self.env.invalidate_all()
            with self.assertRaisesRegex(UserError, "closed by itself"):
                self.identity.write({"name": "x"})

    def test_numbers_are_checked_and_written_in_one_way(self):
        self.identity.action_open("correction")
        for vals, said in (
            # No month has 31 February, and letters are no digits.
            ({"cpr": "310290-1234"}, "CPR Number"),
            ({"cpr": "0102585"}, "CPR Number"),
            ({"cpr": "hemmelig"}, "CPR Number"),
            ({"phones": "20112233\n123"}, "Phone Numbers"),
            ({"birth_date": "2057-12-31"}, "Birth Date"),
            ({"birth_date": "1958-02-01"}, "fit together"),
            ({"name": ""}, "name"),
            ({"name": f"Ida {CPR}"}, "CPR"),
            ({"address": f"c/o {CPR}"}, "CPR"),
        ):
            with self.subTest(vals=vals):
                with self.assertRaisesRegex(ValidationError, said) as caught:
                    self.identity.write(vals)
                self.assertNotIn("hemmelig", str(caught.exception))
                self.assertNotIn("1234", str(caught.exception))
        self.assertEqual(self.seen()["cpr"], CPR)
        self.identity.write(
            {"cpr": " 610258 5678", "phones": "0045 30 11 22 33\n+46 8 123 456 78"}
        )
        seen = self.seen()
        self.assertEqual(seen["cpr"], "610258-5678", "a replacement number")
        self.assertEqual(seen["phones"], "+4530112233\n+46812345678")

    def test_look_ups_follow(self):
        Lookup = self.env["sekp.identity.lookup"].sudo()
        self.assertEqual(Lookup._find("cpr", CPR, self.company), self.citizen)
        self.identity.action_open("correction")
        self.identity.write({"cpr": False, "phones": "30112233"})
        self.assertFalse(Lookup._find("cpr", CPR, self.company))
        self.assertFalse(Lookup._find("phone", PHONE, self.company))
        self.assertEqual(Lookup._find("phone", "30112233", self.company), self.citizen)

    def test_one_vault_for_a_person_and_for_good(self):
        with self.assertRaisesRegex(UserError, "already"):
            self.identity.create({"citizen_id": self.citizen.id, "name": "x"})
        self.name_as(other := self.allocate(), "Ræven")
        with self.assertRaises(UserError):
            self.identity.sudo().write({"citizen_id": other.citizen_id.id})
        with self.assertRaises(AccessError):
            self.identity.unlink()

    # --- keys -------------------------------------------------------------------------
    def test_a_missing_key_is_told_and_loses_nothing(self):
        keys = self.path.read_text()
        self.identity.action_open("visit")
        self.path.unlink()
        self.env.invalidate_all()
        self.assertTrue(self.shut())
        self.assertIn("is missing on this server", self.identity.notice)
        before = len(self.openings())
        for act in (
            lambda: self.identity.action_open("visit"),
            lambda: self.identity._values(),
        ):
            with self.assertRaisesRegex(UserError, "Nothing is lost"):
                act()
        with self.assertRaises(UserError):
            self.identity.write({"name": "x"})
        self.assertEqual(len(self.openings()), before)
        self.path.write_text(keys)
        self.path.chmod(0o600)
        self.assertEqual(self.seen()["name"], NAME)

    def test_a_new_key_seals_anew_and_twice_is_once(self):
        old = self.path.read_text().strip()
        new = cipher.new_key()
        self.write_keys(new, old)
        self.identity._reseal()
        sealed = (self.identity.sudo().sealed_named,
                  self.identity.sudo().sealed_registered)  # fmt: skip
        for text in sealed:
            self.assertEqual(
                cipher.fingerprint_in(text), self.env["sekp.vault"]._fingerprint()
            )
        self.identity._reseal()
        self.assertEqual(
            sealed,
            (self.identity.sudo().sealed_named, self.identity.sudo().sealed_registered),
        )
        self.write_keys(new)
        self.env.invalidate_all()
        self.identity.action_open("visit")
        self.assertEqual((self.seen()["name"], self.seen()["cpr"]), (NAME, CPR))
        Lookup = self.env["sekp.identity.lookup"].sudo()
        self.assertEqual(Lookup._find("cpr", CPR, self.company), self.citizen)

    # --- protected address, emergency -----------------------------------------------
    def test_a_protected_address_is_shown_in_the_opened_form_only(self):
        self.identity.action_open("correction")
        self.identity.write({"protected_address": True})
        self.assertEqual(self.seen()["address"], ADDRESS)
        self.assertFalse(self.identity._values()["address"])
        self.assertEqual(self.identity._values(with_protected=True)["address"], ADDRESS)

    def test_emergency_access_reads_and_the_protected_address_is_withheld(self):
        self.course.with_user(self.other_worker)._break_glass(
            "acute", "Fundet på gaden"
        )
        identity = self.identity.with_user(self.other_worker)
        self.env.flush_all()
        self.assertTrue(self.shut(self.other_worker))
        # The person's form opens, with what is told of the wishes.
        self.citizen.with_user(self.other_worker).web_read(
            {"alias": {}, "wish_ids": {"fields": {"to_level": {}}}}
        )
        identity.action_open("acute")
        self.assertEqual(len(self.openings(self.other_worker)), 1)
        self.assertEqual(self.seen(self.other_worker)["address"], ADDRESS)
        with self.assertRaises(AccessError):
            identity.write({"name": "x"})
        self.assertFalse(identity.may_change)
        self.identity.action_open("correction")
        self.identity.write({"protected_address": True})
        seen = self.seen(self.other_worker)
        self.assertEqual((seen["name"], seen["address"]), (NAME, False))
        self.assertIn("not shown in an emergency", identity.notice)
        with self.assertRaises(AccessError):
            self.citizen.with_user(self.other_worker)._move("unknown")

    def test_minutes_are_bounded(self):
        for minutes in (0, 61):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.make_standard(in_force=False, identity_minutes=minutes)


@tagged("post_install", "-at_install", "sekp_outreach", "is_tour")
class TestIdentityTour(LadderCase, HttpCase):
    """An alias, a name, an opening and its end, in a real browser."""

    def test_told_opened_and_closed_by_itself(self):
        for size in ("360x740", "1366x768"):
            self.browser_size = size
            self.touch_enabled = size == "360x740"
            self.start_tour(
                "/odoo/action-sekp_outreach.sekp_course_action_mine",
                "sekp_identity",
                login=self.worker.login,
                timeout=120,
            )
            self.env.invalidate_all()
            self.assertEqual(self.citizen.identity_level, "named")
            self.assertEqual(self.citizen.alias, "Kaptajnen")
            row = self.env["sekp.access.log"].search([("kind", "=", "reveal")])
            self.assertEqual(row.mapped("purpose"), ["visit"] * len(row))
            self.citizen._move("unknown")
            self.env.flush_all()
        self.assertEqual(len(row), 2)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestIdentityOfOthers(OutreachCase):
    """An unsaved row tells nothing of a person one may not open."""

    def test_an_unsaved_row_tells_nothing(self):
        self.make_standard(registration_mode="full")
        course = self.allocate()
        self.register(course.citizen_id)
        for model in ("sekp.identity", "sekp.identity.move", "sekp.identity.erase"):
            self.env.flush_all()
            self.env.invalidate_all()
            Model = self.env[model].with_user(self.other_supervisor)
            spec = {name: {} for name in Model._fields}
            try:
                told = Model.onchange({"citizen_id": course.citizen_id.id}, [], spec)
            except AccessError:
                continue
            text = json.dumps(told, default=str)
            for word in (course.reference, "named", "registered", NAME):
                self.assertNotIn(f'"{word}"', text)
