from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import OutreachCase

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
NEVER_OVERWRITTEN = ("sekp.contact", "sekp.document", "sekp.history")


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
                if field.type in TEXTS and field._module != "mail":
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
