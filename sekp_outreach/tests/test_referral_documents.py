import base64
import io

from PIL import Image
from psycopg2 import IntegrityError

from odoo import Command, http
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..tools import limits, upload
from .common import OutreachCase, make_user
from .test_upload import CANARY, described, picture
from .test_vault import VaultCase

LETTER = b"Hun bor i skuret ved havnen."


class ReferralDocumentCase(VaultCase, OutreachCase):
    """A referral with one letter, and an entry point that is no provider team."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(registration_mode="alias")
        cls.other_intake = make_user(
            cls.env, "sekp_other_intake", "intake", cls.company
        )
        cls.forest.intake_ids = [Command.set(cls.other_intake.ids)]
        cls.forest.is_entry_point = True
        cls.referral = cls.refer(user=cls.worker).sudo()

    def setUp(self):
        super().setUp()
        self.document = self.referral._keep_files([("Ida Havtorn.txt", LETTER)])
        self.env.flush_all()
        self.env.invalidate_all()

    def upload(self, user, referral=None, **vals):
        """Put a letter to a referral as a member of staff."""
        return (
            self.env["sekp.document"]
            .with_user(user)
            .create(
                {
                    "referral_id": (referral or self.referral).id,
                    "title": "Brev.txt",
                    "upload": base64.b64encode(LETTER).decode(),
                    **vals,
                }
            )
        )

    def may_open(self, document=None):
        """Return the logins of those who may open a document."""
        document = document or self.document
        people = {
            "intake", "other_intake", "worker", "colleague", "other_worker",
            "supervisor", "other_supervisor", "manager", "receiver", "employee",
            "foreign_supervisor",
        }  # fmt: skip
        found = set()
        for login in people:
            self.env.invalidate_all()
            try:
                document.with_user(getattr(self, login))._open()
                found.add(login)
            except AccessError:
                continue
        return found


@tagged("post_install", "-at_install", "sekp_outreach")
class TestReferralDocuments(ReferralDocumentCase):
    def test_a_document_obeys_the_rules_of_the_referral(self):
        # The worker registered it, and nobody has begun with it yet.
        self.assertEqual(self.may_open(), {"intake", "supervisor", "worker"})
        self.referral.with_user(self.intake).action_begin()
        self.assertEqual(self.may_open(), {"intake", "supervisor"})
        self.assertEqual(self.document.reference, self.referral.reference)
        self.assertEqual(self.document.company_id, self.company)
        name, mimetype, data = self.document.with_user(self.intake)._open()
        self.assertEqual(
            (name, mimetype, data),
            (f"{self.referral.reference}-1.txt", "text/plain", LETTER),
        )
        self.assertNotIn("Ida", self.document.with_user(self.intake).title)

    def test_it_goes_with_the_referral_to_another_entry_point(self):
        self.referral.with_user(self.intake).team_id = self.forest
        self.env.flush_all()
        self.assertEqual(self.document.team_id, self.forest)
        self.assertEqual(
            self.may_open(), {"other_intake", "other_supervisor", "worker"}
        )

    def test_an_opening_is_logged(self):
        self.document.with_user(self.intake)._open()
        row = self.env["sekp.access.log"].search([], limit=1)
        self.assertEqual(
            (row.kind, row.user_id, row.reference, row.team_id),
            ("document", self.intake, self.referral.reference, self.harbour),
        )

    def test_the_staff_of_the_referral_puts_documents_to_it_and_nobody_else(self):
        for user in (self.intake, self.supervisor, self.worker):
            self.assertTrue(self.upload(user).exists())
        self.assertEqual(self.referral.document_ids.mapped("number"), [4, 3, 2, 1])
        for user in (self.other_intake, self.colleague, self.manager, self.employee):
            with self.assertRaises(AccessError):
                self.upload(user)
        self.upload(self.intake).unlink()
        with self.assertRaises(AccessError):
            self.document.with_user(self.other_intake).unlink()

    @mute_logger("odoo.sql_db")
    def test_a_document_has_exactly_one_parent(self):
        course = self.allocate()
        with self.assertRaises(UserError):
            self.upload(self.supervisor, course_id=course.id)
        with self.assertRaises(UserError):
            self.upload(self.supervisor, referral_id=False)
        with self.assertRaisesRegex(ValidationError, "Referral"):
            self.upload(self.intake, referral_id="1 OR 1=1")
        for column in ("course_id", "referral_id"):
            with self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self.env.cr.execute(
                    "UPDATE sekp_document SET course_id = %s, referral_id = %s "
                    "WHERE id = %s",
                    [
                        course.id if column == "course_id" else None,
                        self.referral.id if column == "course_id" else None,
                        self.document.id,
                    ],
                )

    def test_it_is_bound_to_its_referral(self):
        other = self.refer().sudo()
        self.env.cr.execute(
            "UPDATE sekp_document SET referral_id = %s WHERE id = %s",
            [other.id, self.document.id],
        )
        self.env.invalidate_all()
        with self.assertRaises(UserError):
            self.document.with_user(self.intake)._open()

    def test_it_is_not_moved_by_hand(self):
        course = self.allocate()
        for user in (self.intake, self.supervisor):
            for vals in (
                {"course_id": course.id, "referral_id": False},
                {"referral_id": self.refer().id},
                {"team_id": self.forest.id},
            ):
                with self.assertRaises(UserError):
                    self.document.with_user(user).write(vals)

    def test_it_moves_into_the_course_with_the_allocation(self):
        earlier = self.upload(self.intake)
        before = self.document.sudo().sealed_facts
        course = self.allocate(self.referral)
        self.env.flush_all()
        self.env.invalidate_all()
        documents = self.document | earlier.sudo()
        for document in documents:
            self.assertEqual(document.course_id, course.sudo())
            self.assertFalse(document.referral_id)
            self.assertEqual(document.reference, course.reference)
            self.assertEqual(document.with_user(self.worker)._open()[2], LETTER)
        self.assertNotEqual(before, self.document.sudo().sealed_facts)
        self.assertEqual(sorted(documents.mapped("number")), [1, 2])
        self.assertEqual(self.may_open(), {"worker", "supervisor"})
        self.assertFalse(self.referral.document_ids)
        with self.assertRaises(UserError):
            self.upload(self.supervisor)
        with self.assertRaises(UserError):
            self.document.sudo().write(
                {"course_id": False, "referral_id": self.referral.id}
            )

    def test_a_closed_referral_takes_none(self):
        self.referral.with_user(self.intake).action_advice()
        with self.assertRaises(UserError):
            self.upload(self.intake)
        self.assertEqual(self.may_open(), {"intake", "supervisor"})
        self.referral.with_user(self.intake).action_reopen()
        self.assertTrue(self.upload(self.intake))

    def test_where_nothing_is_stored_no_document_is(self):
        self.make_standard(company=self.foreign_company, registration_mode="none")
        foreign = self.env["sekp.referral"].create(
            {
                "company_id": self.foreign_company.id,
                "source_id": self.source_relative.id,
            }
        )
        self.assertFalse(foreign._takes_files())
        self.assertFalse(foreign._keep_files([("brev.txt", LETTER)]))
        with self.assertRaises(ValidationError):
            self.upload(self.foreign_supervisor, foreign)
        self.assertFalse(foreign.document_ids)

    def test_files_from_outside_are_cleaned_and_all_of_them_kept_or_none(self):
        photo = picture(exif=described(), comment=CANARY)
        kept = self.referral._keep_files([("a", photo), ("b", b"Hej")])
        self.assertEqual(kept.mapped("kind"), ["picture", "other"])
        data = kept[0].with_user(self.intake)._open()[2]
        self.assertNotIn(CANARY, data)
        self.assertEqual(Image.open(io.BytesIO(data)).size, (64, 32))
        self.assertEqual(kept[0].with_user(self.intake)._open()[1], "image/jpeg")
        number = len(self.referral.document_ids)
        for files in (
            [("a", b"Hej"), ("b", b"MZ\0")],
            [("a", b"")],
            [("a", b"Hej")] * (limits.FILES + 1),
        ):
            with self.assertRaises(UserError):
                self.referral._keep_files(files)
        self.assertEqual(len(self.referral.document_ids), number)
        self.assertFalse(self.referral._keep_files(()))

    def test_a_referral_has_room_for_so_many(self):
        self.referral.document_ids.unlink()
        for _time in range(limits.FILES_OF_REFERRAL // limits.FILES):
            self.referral._keep_files([("a", b"Hej")] * limits.FILES)
        with self.assertRaises(UserError):
            self.referral._keep_files([("a", b"Hej")])

    def test_every_reason_has_a_sentence(self):
        sentences = {self.referral._refused_file(reason) for reason in upload.REASONS}
        self.assertEqual(len(sentences), len(upload.REASONS))

    def test_the_files_go_with_the_referral(self):
        attachments = self.env["ir.attachment"].search(
            [
                ("res_model", "=", "sekp.document"),
                ("res_id", "in", self.document.ids),
                ("res_field", "=", "content"),
            ]
        )
        self.assertTrue(attachments)
        self.referral.unlink()
        self.assertFalse(self.document.exists())
        self.assertFalse(attachments.exists())


@tagged("post_install", "-at_install", "sekp_outreach")
class TestReferralDocumentRoutes(HttpCase, ReferralDocumentCase):
    def post(self, referral, name="brev.txt"):
        """Send a file as the browser does; return status and answer."""
        answer = self.url_open(
            "/sekp/document/upload",
            data={
                "referral_id": referral.id,
                "csrf_token": http.Request.csrf_token(self),
            },
            files={"ufile": (name, LETTER)},
        )
        return answer.status_code, answer.json()

    def test_the_staff_uploads_on_the_form(self):
        self.intake.password = "indgang-til-alle"
        self.authenticate(self.intake.login, "indgang-til-alle")
        status, answer = self.post(self.referral)
        self.assertEqual(status, 200, answer)
        document = self.env["sekp.document"].browse(answer["ids"])
        self.assertEqual(document.referral_id, self.referral)
        found = self.url_open(f"/sekp/document/{document.id}")
        self.assertEqual(found.content, LETTER)
        self.other_intake.password = "indgang-til-alle"
        self.authenticate(self.other_intake.login, "indgang-til-alle")
        self.assertEqual(self.post(self.referral)[0], 403)
        self.assertEqual(
            self.url_open(f"/sekp/document/{document.id}").status_code, 404
        )
