from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import Form, tagged

from .common import CPR, CPR_DIGITS, NAME, NOW, TODAY, OutreachCase
from .test_document import DocumentCase
from .test_vault import VaultCase

ABOVE = "cannot be stored"
ALIAS = "Kaptajnen"
PHONE, WRITTEN_PHONE = "20112233", "+45 20 11 22 33"
STREET = "Havnegade 7"
REGISTERED = {
    "phones": PHONE,
    "next_of_kin": "Mona Havtorn, 30112233",
    "cpr": CPR,
    "address": f"{STREET}\n9999 Havnby",
}


class LadderCase(VaultCase, OutreachCase):
    """A course under a standard that allows full registration."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(
            registration_mode="full", action_plan="offered"
        )
        cls.course = cls.allocate(concern="Sover ude", place="Stationen")
        cls.citizen = cls.course.citizen_id

    def call(self, model, method, *args, user=None, context=None, **kwargs):
        """Call a method as a client does, the worker by default."""
        env = self.env(user=user or self.worker, context=context or {})
        return call_kw(env[model], method, list(args), kwargs)

    def move(self, user=None, **vals):
        """Save the dialog as a client does."""
        vals = {"citizen_id": self.citizen.id, **vals}
        return self.call("sekp.identity.move", "web_save", [], vals, {}, user=user)

    def wishes(self):
        return [
            (wish.from_level, wish.to_level, wish.given)
            for wish in self.citizen.sudo().wish_ids.sorted("id")
        ]

    def rows(self):
        """Return all rows of our tables and all activities as one text."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT tablename FROM pg_tables WHERE tablename LIKE 'sekp\\_%' "
            "OR tablename IN ('mail_activity', 'mail_activity_schedule')"
        )
        texts = []
        for (table,) in self.env.cr.fetchall():
            self.env.cr.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608
            texts += [f"{table}: {row}" for (row,) in self.env.cr.fetchall()]
        return "\n".join(texts)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestIdentityLadder(LadderCase):
    """Unknown, by an alias, by name, registered: moved by the person's wish alone."""

    # --- up -------------------------------------------------------------------------
    def test_everybody_begins_unknown(self):
        self.assertEqual(self.citizen.identity_level, "unknown")
        self.assertEqual(self.course.identity_level, "unknown")
        self.assertFalse(self.citizen.identity_ids)

    def test_an_alias_takes_one_text_and_save(self):
        action = self.course.action_move_up()
        form = Form(
            self.env[action["res_model"]]
            .with_user(self.worker)
            .with_context(**action["context"])
        )
        self.assertEqual(form.to_level, "alias")
        self.assertEqual((form.given, form.told_to_id), ("oral", self.worker))
        form.alias = ALIAS
        form.save()
        self.assertEqual(
            (self.course.identity_level, self.course.alias), ("alias", ALIAS)
        )
        self.assertEqual(self.wishes(), [("unknown", "alias", "oral")])
        wish = self.citizen.wish_ids
        self.assertEqual((wish.told_to_id, wish.wished_at), (self.worker, NOW))
        self.assertEqual(wish.display_name, self.course.reference)

    def test_several_steps_at_once_are_one_wish(self):
        self.move(to_level="registered", given="written", name=NAME, **REGISTERED)
        self.assertEqual(self.citizen.identity_level, "registered")
        self.assertEqual(self.wishes(), [("unknown", "registered", "written")])
        values = self.citizen.sudo().identity_ids._values()
        self.assertEqual(
            (values["name"], values["cpr"], values["phones"]),
            (NAME, CPR, f"+45{PHONE}"),
        )
        self.assertEqual(str(values["birth_date"]), "1858-02-01")

    def test_step_by_step_keeps_what_is_known(self):
        self.move(to_level="alias", alias=ALIAS)
        self.move(to_level="named", name=NAME, phones=PHONE)
        self.move(to_level="registered", cpr=CPR)
        self.assertEqual(
            self.wishes(),
            [
                ("unknown", "alias", "oral"),
                ("alias", "named", "oral"),
                ("named", "registered", "oral"),
            ],
        )
        self.assertEqual(self.course.alias, ALIAS)
        values = self.citizen.sudo().identity_ids._values()
        self.assertEqual((values["name"], values["cpr"]), (NAME, CPR))

    def test_what_lacks_or_does_not_fit_moves_nobody(self):
        self.move(to_level="alias", alias=ALIAS)
        self.env.flush_all()
        before = self.rows()
        named = {"to_level": "named", "name": NAME}
        for vals, said in (
            ({"to_level": "named"}, "name"),
            ({"to_level": "named", "name": " "}, "name"),
            ({"to_level": "alias", "alias": "x"}, "already"),
            ({"to_level": "named", "name": NAME, "cpr": CPR}, ABOVE),
            ({"to_level": "registered", "name": NAME, "cpr": "310290-1234"}, "CPR"),
            ({"to_level": "named", "name": NAME, "phones": "112"}, "Phone Numbers"),
            ({"to_level": "named", "name": f"Ida {CPR}"}, "CPR"),
            ({**named, "told_to_id": self.foreign_supervisor.id}, "colleague"),
            ({**named, "wished_at": NOW + timedelta(hours=1)}, "time to come"),
            ({"to_level": "sky", "name": NAME}, "Known as"),
        ):  # fmt: skip
            with (
                self.subTest(vals=vals),
                self.assertRaisesRegex(UserError, said) as caught,
                self.env.cr.savepoint(),
            ):
                self.move(**vals)
            for value in (NAME, CPR):
                self.assertNotIn(value, str(caught.exception))
        self.assertEqual(self.rows(), before)

    def test_the_dialog_s_row_holds_nothing_that_was_told(self):
        self.move(to_level="registered", alias=ALIAS, name=NAME, **REGISTERED)
        self.env.flush_all()
        self.env.cr.execute("SELECT t::text FROM sekp_identity_move t")
        rows = "\n".join(row for (row,) in self.env.cr.fetchall())
        self.assertIn("registered", rows)
        for word in (ALIAS, NAME, CPR, CPR_DIGITS, STREET, PHONE):
            self.assertNotIn(word, rows)
        row = self.env["sekp.identity.move"].search([], limit=1)
        with self.assertRaises(UserError):
            row.with_user(self.worker).write({"name": NAME})

    def test_only_who_may_change_the_person_records_a_wish(self):
        strangers = (
            self.colleague, self.other_worker, self.other_supervisor, self.manager,
            self.intake, self.employee, self.foreign_supervisor,
        )  # fmt: skip
        for user in strangers:
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self.move(user=user, to_level="alias", alias=ALIAS)
        self.assertEqual(self.wishes(), [])
        self.move(user=self.supervisor, to_level="alias", alias=ALIAS)
        self.assertEqual(self.citizen.identity_level, "alias")

    def test_a_double_tap_is_one_wish(self):
        self.move(to_level="alias", alias=ALIAS)
        with self.assertRaisesRegex(UserError, "already"):
            self.move(to_level="alias", alias=ALIAS)
        self.assertEqual(len(self.wishes()), 1)

    def test_a_wish_is_never_altered(self):
        self.move(to_level="alias", alias=ALIAS)
        wish = self.citizen.wish_ids
        with self.assertRaises(UserError):
            wish.sudo().write({"given": "written"})
        with self.assertRaises(AccessError):
            wish.unlink()
        with self.assertRaises(AccessError):
            wish.create(
                {
                    "citizen_id": self.citizen.id,
                    "company_id": self.company.id,
                    "from_level": "alias",
                    "to_level": "named",
                    "given": "oral",
                    "wished_at": NOW,
                    "told_to_id": self.worker.id,
                }
            )

    # --- what lies above ------------------------------------------------------------
    def test_the_level_is_never_set_by_hand(self):
        citizen = self.citizen
        for write in (
            lambda: self.call(
                "sekp.citizen", "write", citizen.ids, {"identity_level": "alias"}
            ),
            lambda: citizen.sudo().write({"identity_level": "alias"}),
            lambda: citizen.sudo().create(
                {"standard_id": self.standard.id, "identity_level": "alias"}
            ),
            lambda: citizen.sudo().with_context(default_identity_level="alias").create(
                {"standard_id": self.standard.id}
            ),
            lambda: self.call(
                "sekp.citizen", "load", ["identity_level"], [["alias"]]
            ),
            # A wish that leads elsewhere is none for this step.
            lambda: (
                self.move(to_level="alias", alias=ALIAS),
                citizen.sudo().write({"identity_level": "registered"}),
            ),
        ):  # fmt: skip
            with self.assertRaises(UserError), self.env.cr.savepoint():
                write()
            self.env.invalidate_all()
        self.assertEqual(citizen.identity_level, "unknown")

    def test_an_alias_is_refused_below_its_step_by_every_path(self):
        citizen, course = self.citizen, self.course
        Citizen = citizen.sudo()
        given = {"standard_id": self.standard.id}
        for write in (
            lambda: self.call("sekp.citizen", "write", citizen.ids, {"alias": ALIAS}),
            lambda: self.call(
                "sekp.citizen", "web_save", citizen.ids, {"alias": ALIAS}, {}
            ),
            lambda: self.call(
                "sekp.course", "web_save", course.ids, {"alias": ALIAS}, {}
            ),
            lambda: citizen.sudo().write({"alias": ALIAS}),
            lambda: Citizen.create({**given, "alias": ALIAS}),
            lambda: Citizen.with_context(default_alias=ALIAS).create(given),
            lambda: Citizen.load(["alias"], [[ALIAS]]),
            lambda: self.refer().sudo().with_user(self.supervisor)._allocate(
                self.worker, self.harbour, alias=ALIAS
            ),
        ):  # fmt: skip
            with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
                write()
            self.assertNotIn(ALIAS, str(caught.exception))
            self.env.invalidate_all()
        with self.assertRaisesRegex(ValidationError, f"Alias.*{ABOVE}.*Unknown"):
            citizen.alias = ALIAS
        self.env.invalidate_all()
        self.assertNotIn(ALIAS, self.rows())

    def test_a_stranger_learns_no_step(self):
        named = self.register(self.citizen, level="named")
        unknown = self.allocate().citizen_id
        self.env.flush_all()
        alias, cpr = {"alias": ALIAS}, {"cpr": CPR}
        new = {"citizen_id": unknown.id, "name": NAME}
        wish = {"citizen_id": unknown.id, "to_level": "alias", "alias": ALIAS}
        for user in (self.colleague, self.other_supervisor, self.foreign_supervisor):
            for model, method, *args in (
                ("sekp.citizen", "write", unknown.ids, alias),
                ("sekp.citizen", "write", self.citizen.ids, {"alias": False}),
                ("sekp.identity", "write", named.ids, cpr),
                ("sekp.identity", "create", new),
                ("sekp.identity.move", "create", wish),
            ):
                self.env.invalidate_all()
                with self.assertRaises(AccessError):
                    self.call(model, method, *args, user=user)

    def test_an_identity_is_refused_below_its_step_by_every_path(self):
        self.name_as(self.course, ALIAS)
        citizen, Identity = self.citizen, self.env["sekp.identity"].sudo()
        given = {"citizen_id": citizen.id}
        for write in (
            lambda: self.call("sekp.identity", "create", {**given, "name": NAME}),
            lambda: self.call(
                "sekp.identity", "web_save", [], {**given, "name": NAME}, {}
            ),
            lambda: self.call(
                "sekp.identity", "create", given, context={"default_name": NAME}
            ),
            lambda: self.call(
                "sekp.citizen", "write", citizen.ids,
                {"identity_ids": [(0, 0, {"name": NAME})]},
            ),
            lambda: Identity.create({**given, "name": NAME}),
            lambda: Identity.create({**given, "sealed_named": "x"}),
            lambda: Identity.with_context(default_sealed_named="x").create(given),
            lambda: Identity.load(["citizen_id/.id", "name"], [[citizen.id, NAME]]),
        ):  # fmt: skip
            with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
                write()
            self.assertNotIn(NAME, str(caught.exception))
            self.env.invalidate_all()
        self.assertFalse(citizen.identity_ids)
        with self.assertRaisesRegex(ValidationError, f"Name.*{ABOVE}.*alias"):
            Identity.create({**given, "name": NAME})

    def test_a_named_person_has_no_number_and_no_address(self):
        identity = self.register(self.citizen, level="named")
        identity.action_open("correction")
        for name, value in (
            ("cpr", CPR),
            ("birth_date", "1958-02-01"),
            ("address", STREET),
            ("protected_address", True),
        ):
            for by in (identity, identity.sudo()):
                with self.assertRaisesRegex(ValidationError, ABOVE):
                    by.write({name: value})
        with self.assertRaisesRegex(ValidationError, ABOVE):
            identity.sudo().write({"sealed_registered": "x"})
        self.assertFalse(identity.sudo().sealed_registered)

    # --- the standard's bound -------------------------------------------------------
    def test_the_standard_bounds_the_ladder(self):
        for mode, highest in (("none", "unknown"), ("alias", "alias")):
            self.standard.sudo().registration_mode = mode
            self.env.flush_all()
            above = ["alias", "named", "registered"]
            for level in above[above.index(highest) + 1 if highest in above else 0 :]:
                with self.assertRaisesRegex(UserError, ABOVE), self.env.cr.savepoint():
                    self.move(to_level=level, alias=ALIAS, name=NAME)
                self.env.invalidate_all()
            action = self.course.action_move_up()
            form = Form(
                self.env[action["res_model"]]
                .with_user(self.worker)
                .with_context(**action["context"])
            )
            self.assertEqual(form.to_level or "unknown", highest)

    def test_a_stricter_standard_pushes_down_and_erases(self):
        self.register(self.citizen, alias=ALIAS, **REGISTERED)
        self.citizen._move("named")
        self.citizen._move("registered", values={"cpr": CPR})
        self.course.next_step = f"Ring til {NAME}"
        self.course._close("unused")
        strict = self.make_standard(
            in_force=False, registration_mode="alias", action_plan="offered"
        )
        strict._put_in_force(TODAY)
        self.course.action_reestablish()
        self.assertEqual(self.citizen.identity_level, "alias")
        self.assertEqual(self.wishes()[-1], ("registered", "alias", "standard"))
        self.assertFalse(self.citizen.sudo().identity_ids)
        self.assertNotIn(NAME, self.rows())

    def test_a_standard_cannot_be_changed_past_the_level(self):
        self.register(self.citizen)
        strict = self.make_standard(in_force=False, registration_mode="alias")
        with self.assertRaisesRegex(ValidationError, ABOVE):
            self.citizen.sudo().standard_id = strict

    # --- down -----------------------------------------------------------------------
    def erase(self, level, user=None):
        """Step down by the dialog; return what it says."""
        action = self.citizen.with_user(user or self.worker).action_move_down()
        form = Form(
            self.env[action["res_model"]]
            .with_user(user or self.worker)
            .with_context(**action["context"])
        )
        form.to_level = level
        return form.save().action_erase()["params"]["message"]

    def test_each_step_down_erases_what_lies_above(self):
        identity = self.register(self.citizen, **REGISTERED)
        self.citizen.alias = ALIAS
        lookups = self.env["sekp.identity.lookup"].sudo()
        mine = [("citizen_id", "=", self.citizen.id)]
        self.assertEqual(lookups.search_count(mine), 2)

        self.erase("named")
        self.assertFalse(identity.sudo().sealed_registered)
        self.assertTrue(identity.sudo().sealed_named)
        self.assertEqual(lookups.search(mine).mapped("kind"), ["phone"])

        self.erase("alias")
        self.assertFalse(identity.exists())
        self.assertFalse(lookups.search(mine))
        self.assertEqual(self.course.alias, ALIAS)

        self.erase("unknown")
        self.assertFalse(self.course.alias)
        self.assertEqual(
            self.wishes()[1:],
            [
                ("registered", "named", "oral"),
                ("named", "alias", "oral"),
                ("alias", "unknown", "oral"),
            ],
        )

    def test_nothing_above_and_nothing_twice(self):
        self.name_as(self.course, ALIAS)
        self.erase("unknown")
        with self.assertRaisesRegex(UserError, "already"):
            self.citizen._move("unknown")
        with self.assertRaisesRegex(UserError, "below"):
            self.erase("alias")
        self.assertEqual(len(self.wishes()), 2)

    def test_a_closed_course_does_not_keep_anybody_from_being_forgotten(self):
        self.name_as(self.course, ALIAS)
        self.log(self.course, note=f"{ALIAS} var der")
        self.course._close("unused")
        self.erase("unknown")
        self.assertEqual(self.citizen.identity_level, "unknown")
        self.assertNotIn(ALIAS, self.rows())

    def test_a_stranger_erases_nothing(self):
        self.name_as(self.course, ALIAS)
        for user in (self.colleague, self.other_supervisor, self.manager):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self.erase("unknown", user=user)
            with self.assertRaises(AccessError):
                self.citizen.with_user(user)._move("unknown")
        self.assertEqual(self.citizen.identity_level, "alias")

    def test_erasing_says_before_what_goes(self):
        self.register(self.citizen, **REGISTERED)
        action = self.course.action_move_down()
        form = Form(
            self.env[action["res_model"]]
            .with_user(self.worker)
            .with_context(**action["context"])
        )
        self.assertEqual(form.to_level, "named")
        self.assertIn("CPR", form.will_be_erased)
        self.assertNotIn("Name", form.will_be_erased)
        form.to_level = "unknown"
        self.assertIn("Name", form.will_be_erased)

    def test_all_texts_about_the_person_forget(self):
        self.register(self.citizen, **REGISTERED)
        self.citizen.alias = ALIAS
        course = self.course
        words = f"{NAME}, {WRITTEN_PHONE}, {STREET}; Ida, kaldet {ALIAS}. Mona Havtorn"
        referral = course.sudo().referral_id
        referral.write({"concern": words, "place": STREET})
        first = self.log(course, note=words, next_step=f"Besøg {ALIAS}s mor")
        replaced = (
            self.env["sekp.contact"]
            .with_user(self.worker)
            .create(
                {
                    "course_id": course.id,
                    "outcome": "met",
                    "form_id": self.home_visit.id,
                    "replaces_id": first.id,
                    "note": f"{ALIAS} igen",
                }
            )
        )
        self.assertFalse(first.is_current)
        course.write({"next_step": words})
        self.citizen.district = f"Ved {STREET}"
        children = []
        for model, vals in (
            ("sekp.goal", {"goal": words}),
            ("sekp.review", {"findings": words}),
            ("sekp.handover", {"offer_id": self.offer.id, "summary": words}),
            (
                "sekp.appointment",
                {
                    "form_id": self.home_visit.id,
                    "starts_at": NOW + timedelta(days=1),
                    "place": STREET,
                    "note": words,
                },
            ),
        ):
            children.append(
                self.env[model]
                .with_user(self.worker)
                .create({"course_id": course.id, **vals})
            )
        course.sudo()._assign(self.colleague, "cover", f"{ALIAS} vil det")
        for done in (False, True):
            for record in (course, self.citizen, children[0]):
                activity = record.activity_schedule(
                    "mail.mail_activity_data_todo",
                    automated=False,
                    user_id=self.worker.id,
                    summary=f"Ring til {ALIAS}",
                    note=f"<p>Hos I<b>d</b>a&nbsp;Marie Havtorn, {PHONE}</p>",
                )
                if done:
                    activity.action_feedback(feedback=words)
        dialog = (
            self.env["mail.activity.schedule"]
            .with_user(self.worker)
            .create(
                {
                    "res_model": "sekp.course",
                    "res_ids": repr(course.ids),
                    "summary": ALIAS,
                    "note": f"<p>{NAME}</p>",
                }
            )
        )
        other = self.allocate(concern=f"En anden {ALIAS}")
        history = self.env["sekp.history"].search_count([])
        for word in (NAME, ALIAS, STREET, "Mona"):
            self.assertIn(word, self.rows())

        self.erase("unknown")

        self.assertEqual(course.next_step, "[…], […], […]; […], kaldet […]. Mona […]")
        self.assertEqual(replaced.note, "[…] igen")
        self.assertEqual(first.next_step, "Besøg […] mor")
        self.assertEqual(dialog.summary, "[…]")
        self.assertEqual(
            other.sudo().referral_id.concern, f"En anden {ALIAS}", "another person's"
        )
        left = self.rows().replace(f"En anden {ALIAS}", "")
        for word in (NAME, "Havtorn", "Ida", ALIAS, STREET, PHONE, "20 11 22 33", CPR):
            self.assertNotIn(word, left)
        changes = self.env["sekp.history"].search([], limit=10)
        self.assertGreater(self.env["sekp.history"].search_count([]), history)
        self.assertIn(
            ("sekp.citizen", "changed", False),
            [(row.record_model, row.kind, row.field_name) for row in changes],
        )

    def test_a_name_that_is_the_alias_stays_while_the_alias_does(self):
        self.register(self.citizen)
        self.citizen.alias = "Ida"
        self.course.next_step = f"Ida, dvs. {NAME}, Havtorn"
        self.erase("alias")
        self.assertEqual(self.course.next_step, "Ida, dvs. […], […]")
        self.erase("unknown")
        self.assertEqual(self.course.next_step, "[…], dvs. […], […]")

    def test_what_was_corrected_before_is_forgotten_too(self):
        identity = self.register(self.citizen, phones=PHONE)
        self.course.next_step = f"{NAME}, tlf. {WRITTEN_PHONE}"
        identity.action_open("correction")
        identity.write({"name": "Ida Marie Sandby", "phones": "30112233"})
        self.erase("unknown")
        self.assertEqual(self.course.next_step, "[…], tlf. […]")

    def test_without_the_key_the_rest_is_erased_all_the_same(self):
        identity = self.register(self.citizen, **REGISTERED)
        self.env.flush_all()
        self.path.unlink()
        said = self.erase("named")
        self.assertIn("could not be searched", said)
        self.assertFalse(identity.sudo().sealed_registered)
        self.assertTrue(identity.sudo().sealed_named, "nothing else is lost")
        said = self.erase("unknown")
        self.assertFalse(identity.exists())

    # --- nothing about the person ---------------------------------------------------
    def test_under_none_there_is_no_ladder_on_the_screen(self):
        for model in ("sekp.course", "sekp.citizen"):
            arch = self.env[model].with_user(self.worker).get_view(view_type="form")
            self.assertIn("action_move_up", arch["arch"])
        self.standard.sudo().registration_mode = "none"
        self.env.flush_all()
        self.assertEqual(self.course.identity_level, "unknown")
        with self.assertRaises(UserError):
            self.move(to_level="alias", alias=ALIAS)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestDocumentTitlesForget(DocumentCase):
    """The sealed name of a document forgets; its content is told of, not searched."""

    def test_the_title_forgets_and_the_document_opens(self):
        self.name_as(self.course, ALIAS)
        document = self.upload(name=f"Brev til {ALIAS}.txt")
        wizard = (
            self.env["sekp.identity.erase"]
            .with_user(self.worker)
            .create({"citizen_id": self.course.citizen_id.id, "to_level": "unknown"})
        )
        said = wizard.action_erase()["params"]["message"]
        self.assertIn("kept: 2", said)
        document.invalidate_recordset()
        self.assertEqual(document.title, "Brev til […].txt")
        self.assertTrue(document._open()[2])
