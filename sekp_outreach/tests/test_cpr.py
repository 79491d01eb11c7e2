from odoo.exceptions import UserError, ValidationError
from odoo.fields import NO_ACCESS
from odoo.tests import Form, tagged

from .common import CPR, OutreachCase, make_user

# Invented: no month has 31 February.
NUMBERS = (
    "310290-1234",
    "3102901234",
    "31 02 90 1234",
    "310290–1234",
    "310290\u2010\uff11\uff12\uff13\uff14",
    "910290-1234",
)
HARMLESS = "Mødt kl. 14.30 den 16.09.2026, 20 kr. 45, kode rumo-lita-47."
TEXTS = ("char", "text", "html")
NEVER_OVERWRITTEN = (
    "sekp.contact", "sekp.document", "sekp.history", "sekp.identity.wish",
)  # fmt: skip
# What is checked when the person is known, or refused for another reason.
APART = {
    "sekp.identity": "The vault takes the number, in its own field; tested below.",
    "sekp.identity.move": "What was told goes on to citizen and vault; tested below.",
    "sekp.postpone.informing": "It acts as it is saved; tested below.",
    "sekp.deadline.notice": "It acts as it is saved; tested with the notice.",
    "sekp.look.up": "The number is what is looked up; it is stored nowhere.",
}


@tagged("post_install", "-at_install", "sekp_outreach")
class TestCpr(OutreachCase):
    """No CPR number in text; contact details warn (C11)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(registration_mode="full", grant="offered")
        cls.course = cls.allocate()
        course = cls.course.sudo()
        cls.log(course)
        for model, vals in (
            ("sekp.grant", {"date_from": "2026-09-16"}),
            ("sekp.handover", {"offer_id": cls.offer.id}),
            ("sekp.appointment", {"starts_at": "2026-09-18 08:00:00"}),
        ):
            cls.env[model].create({"course_id": course.id, **vals})
        cls.register(course.citizen_id)
        cls.env["sekp.access.request"].create({"citizen_id": course.citizen_id.id})

    def assert_refused(self, attempt, *args, **kwargs):
        with self.assertRaisesRegex(ValidationError, "CPR number") as caught:
            attempt(*args, **kwargs)
        for part in ("1234", "310290", "910290"):
            self.assertNotIn(part, str(caught.exception))

    def text_fields(self):
        guard = self.env["sekp.confidential.mixin"]
        dialogs = self.registry["sekp.dialog.mixin"]
        for name, model in self.registry.items():
            if model._abstract or not (
                guard._is_confidential(name) or issubclass(model, dialogs)
            ):
                continue
            for field in model._fields.values():
                # What nobody reads is ciphertext, or words that were refused before.
                if (
                    field.type in TEXTS
                    and field._module != "mail"
                    and field.groups != NO_ACCESS
                    and name not in APART
                    # No code has the shape of a CPR number.
                    and field.name != "course_reference"
                ):
                    yield self.env[name], field.name

    def test_every_text_field_of_every_model_refuses_it(self):
        """In create, in write and in the defaults that a caller brings along."""
        seen = 0
        self.env.flush_all()
        for model, name in self.text_fields():
            record = model.search([], limit=1) or model.browse(1)
            with self.subTest(model=model._name, field=name):
                context = {f"default_{name}": NUMBERS[0]}
                self.assert_refused(model.create, {name: NUMBERS[0]})
                self.assert_refused(model.with_context(**context).create, {})
                # Contacts, documents and changes are never overwritten.
                if model._name not in NEVER_OVERWRITTEN:
                    self.assert_refused(record.write, {name: NUMBERS[0]})
                seen += 1
        self.assertGreater(seen, 15)

    def test_the_vault_takes_it_in_its_own_field_only(self):
        citizen = self.allocate().citizen_id
        move = {
            "citizen_id": citizen.id,
            "to_level": "registered",
            "name": "Ida Havtorn",
        }
        Move = self.env["sekp.identity.move"].with_user(self.worker)
        for name in ("alias", "name", "next_of_kin", "address"):
            with self.subTest(field=name):
                self.assert_refused(Move.create, {**move, name: NUMBERS[0]})
        self.assertEqual(citizen.identity_level, "unknown")
        Move.create({**move, "cpr": CPR})
        identity = citizen.identity_ids
        identity.action_open_correction()
        for name in ("name", "next_of_kin", "address"):
            with self.subTest(field=name):
                self.assert_refused(identity.write, {name: NUMBERS[0]})
        self.assertEqual(identity.cpr, CPR)

    def test_the_note_of_a_postponement_refuses_it(self):
        self.assert_refused(
            self.env["sekp.postpone.informing"].with_user(self.worker).create,
            {
                "course_id": self.course.id,
                "ground": "other",
                "until": "2026-09-30",
                "note": NUMBERS[0],
            },
        )
        self.assertEqual(self.course.inform_state, "due")

    def test_a_number_is_no_code(self):
        make_user(self.env, "sekp_handler", "complaint_handler", self.company)
        complaint = self.env["sekp.complaint"].create({"company_id": self.company.id})
        for act in (
            lambda: complaint.write({"course_reference": NUMBERS[0]}),
            lambda: complaint.create({"course_reference": NUMBERS[0]}),
        ):
            with self.assertRaises(UserError) as caught:
                act()
            self.assertNotIn("1234", str(caught.exception))

    def test_any_writing_is_refused_and_harmless_numbers_are_not(self):
        for number in NUMBERS:
            self.assert_refused(self.log, self.course, note=f"Sagde {number}.")
        contact = self.log(self.course, note=HARMLESS)
        self.assertEqual(contact.note, HARMLESS)

    def test_the_sentence_names_the_field(self):
        with self.assertRaisesRegex(ValidationError, "“Note” contains"):
            self.log(self.course, note=NUMBERS[0])

    def test_file_names_are_watched_for_others(self):
        guard = self.env["sekp.confidential.mixin"]
        self.assert_refused(guard._check_file_name, "310290-1234.pdf")
        guard._check_file_name("brev-2026-09-16.pdf")

    def test_contact_details_warn_and_are_not_refused(self):
        view = "sekp_outreach.sekp_referral_view_form"
        spec = {"concern": {}, "referrer_contact": {}}
        Referral = self.env["sekp.referral"].with_user(self.intake)

        def warning(name, text):
            answer = Referral.onchange({name: text}, [name], spec)
            return answer.get("warning")

        for text in ("Ring 20 11 22 33", "Skriv til anna@example.com"):
            told = warning("concern", text)
            self.assertEqual(told["type"], "notification")
            self.assertNotIn("20 11", told["message"])
            self.assertNotIn("anna", told["message"])
            self.assertFalse(warning("referrer_contact", text))
        self.assertFalse(warning("concern", HARMLESS))
        self.assertFalse(warning("concern", False))
        self.assertTrue(self.refer(concern="Ring 20 11 22 33"))
        self.assertTrue(self.refer(referrer_contact="20 11 22 33"))
        with Form(Referral, view=view) as form:
            form.source_id = self.source_relative
            form.concern = HARMLESS
        arch = Referral.get_view(self.env.ref(view).id, "form")["arch"]
        self.assertRegex(arch, r'<field name="concern"[^>]*on_change="1"')
