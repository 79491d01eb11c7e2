import base64
import os
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, http
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import config, mute_logger

from ..hooks import uninstall_hook
from ..models import sekp_document
from ..models.sekp_document import LARGEST
from ..tools import cipher
from .common import TODAY, OutreachCase
from .test_vault import VaultCase

CANARY = "kanariefugl-i-brevet"
NAME = f"{CANARY}-navn.txt"
TEXT = f"Kære Ida. {CANARY}. Venlig hilsen.".encode()
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


class DocumentCase(VaultCase, OutreachCase):
    """A course with one document, and everybody who may and may not open it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(action_plan="offered")
        cls.course = cls.allocate()
        cls.env["sekp.team"].flush_model()

    def setUp(self):
        super().setUp()
        self.document = self.upload()

    def upload(self, data=TEXT, name=NAME, user=None, course=None, **vals):
        """Upload a file as a user, the worker by default."""
        return (
            self.env["sekp.document"]
            .with_user(user or self.worker)
            .create(
                {
                    "course_id": (course or self.course).id,
                    "title": name,
                    "upload": base64.b64encode(data),
                    **vals,
                }
            )
        )

    def attachment(self, document=None):
        """Return the attachment that holds a document's ciphertext."""
        return (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", "sekp.document"),
                    ("res_field", "=", "content"),
                    ("res_id", "=", (document or self.document).id),
                ]
            )
        )

    def outsiders(self):
        """Everybody who may not open the document; one of them once could."""
        former = self.colleague
        row = self.course.sudo()._assign(
            former, "cover", "Vikar", TODAY - timedelta(days=9), TODAY
        )
        row._end(TODAY - timedelta(days=1))
        return (
            former
            | self.other_worker
            | self.other_supervisor
            | self.manager
            | self.receiver
            | self.employee
            | self.intake
            | self.foreign_supervisor
            | self.env.ref("base.user_admin")
        )


@tagged("post_install", "-at_install", "sekp_outreach")
class TestDocument(DocumentCase):
    """Files of a course: ciphertext to everybody and everything but the entitled."""

    def test_the_entitled_get_the_same_bytes_and_the_name(self):
        for user in (self.worker, self.supervisor):
            self.env.invalidate_all()
            document = self.document.with_user(user)
            self.assertEqual(document.title, NAME)
            self.assertEqual(document.mimetype, "text/plain")
            name, mimetype, data = document._open()
            self.assertEqual(data, TEXT)
            self.assertEqual(mimetype, "text/plain")
            self.assertEqual(name, f"{self.course.reference}-1.txt")
        self.assertEqual(self.document.size, len(TEXT))
        self.assertEqual(self.document.uploader_id, self.worker)
        self.assertTrue(self.document.display_name.startswith(self.course.reference))

    def test_chance_makes_no_cpr_number_of_what_is_sealed(self):
        with patch.object(
            sekp_document.secrets, "token_hex", return_value="a3102901234b"
        ):
            self.assertEqual(self.upload()._open()[2], TEXT)
        with self.assertRaises(ValidationError):
            self.upload(name="Brev 310290-1234.txt")

    def test_an_opening_is_logged_once_and_a_refused_one_is_not(self):
        calls = []
        with patch.object(
            type(self.document),
            "_log_read",
            lambda record, kind, purpose=False: calls.append((record.id, kind)),
        ):
            self.document._open()
            with self.assertRaises(AccessError):
                self.document.with_user(self.colleague)._open()
        self.assertEqual(calls, [(self.document.id, "document")])

    def test_nothing_readable_lies_in_the_tables_or_the_files(self):
        self.env.flush_all()
        for table in ("ir_attachment", "sekp_document"):
            self.env.cr.execute(f"SELECT t::text FROM {table} t")  # noqa: S608
            for (row,) in self.env.cr.fetchall():
                self.assertNotIn(CANARY, row)
                for length in (0, 1, 2):
                    part = CANARY[length:].encode()
                    encoded = base64.b64encode(part[: len(part) // 3 * 3]).decode()
                    self.assertNotIn(encoded, row)
        attachment = self.attachment()
        self.assertEqual(attachment.name, "document")
        self.assertEqual(attachment.mimetype, "application/octet-stream")
        self.assertFalse(attachment.index_content)
        self.assertFalse(attachment.public or attachment.access_token)
        self.assertTrue(attachment.store_fname)
        store = config.filestore(self.env.cr.dbname)
        found = False
        for folder, _folders, files in os.walk(store):
            for name in files:
                with open(os.path.join(folder, name), "rb") as file:
                    content = file.read()
                found = found or content == attachment.raw
                self.assertNotIn(CANARY.encode(), content)
        self.assertTrue(found)

    def test_whoever_gets_the_attachment_gets_ciphertext(self):
        """Related fields of other apps read attachments as superuser."""
        attachment = self.attachment()
        self.assertTrue(cipher.is_sealed(attachment.raw))
        self.assertNotIn(CANARY.encode(), attachment.raw)
        for user in (*self.outsiders(), self.worker):
            self.env.invalidate_all()
            mine = attachment.with_user(user)
            if user.has_group("base.group_system"):
                continue
            self.assertFalse(mine.has_access("read"), user.login)
            self.assertFalse(
                mine.search_count([("id", "=", attachment.id)]), user.login
            )
        letters = self.env.get("snailmail.letter")
        if letters is not None:
            answer = letters.with_user(self.employee).onchange(
                {"attachment_id": attachment.id},
                ["attachment_id"],
                {"attachment_datas": {}},
            )
            self.assertNotIn(CANARY.encode(), base64.b64decode(
                answer["value"].get("attachment_datas") or b""
            ))  # fmt: skip

    def test_nobody_else_reads_removes_or_adds(self):
        for user in self.outsiders():
            self.env.invalidate_all()
            document = self.document.with_user(user)
            self.assertFalse(document.title, user.login)
            self.assertFalse(document.mimetype, user.login)
            for act in (
                document._open,
                document.action_download,
                document.unlink,
                lambda document=document: document.read(["title"]),
                lambda user=user: self.upload(user=user),
            ):
                with self.assertRaises(AccessError):
                    act()
        self.assertTrue(self.document.exists())

    def test_an_unsaved_row_tells_no_title(self):
        for user in (self.colleague, self.employee):
            self.env.invalidate_all()
            copy = self.env["sekp.document"].with_user(user).new(origin=self.document)
            self.assertFalse(copy.title)

    def test_sealed_fields_are_nobody_s_to_read(self):
        for user in (self.worker, self.env.ref("base.user_admin")):
            for name in ("content", "sealed_facts", "token"):
                self.assertNotIn(
                    name, self.env["sekp.document"].with_user(user).fields_get()
                )
                with self.assertRaises(AccessError):
                    self.document.with_user(user).read([name])

    def test_the_title_cannot_be_searched_sorted_grouped_or_exported(self):
        model = self.env["sekp.document"].with_user(self.worker)
        facts = model.fields_get(["title"])["title"]
        for what in ("searchable", "sortable", "groupable", "exportable", "store"):
            self.assertFalse(facts.get(what), what)
        for act in (
            lambda: model.search([("title", "ilike", CANARY)]),
            lambda: model.search([], order="title"),
            lambda: model.formatted_read_group([], ["title"], ["__count"]),
        ):
            with self.assertRaises(Exception) as error:
                act()
            self.assertNotIn(self.course.reference, str(error.exception))
        with self.assertRaises(UserError):
            model.search([]).export_data(["title"])
        with self.assertRaises(UserError):
            self.course.with_user(self.worker).export_data(["document_ids/title"])

    # --- what may be stored -----------------------------------------------------------
    def test_nothing_is_stored_where_the_standard_allows_nothing(self):
        self.standard.sudo().write({"registration_mode": "none"})
        with self.assertRaisesRegex(ValidationError, "cannot be stored") as error:
            self.upload()
        self.assertNotIn(CANARY, str(error.exception))

    def test_empty_and_large_files_are_refused_with_a_sentence(self):
        with self.assertRaisesRegex(ValidationError, "empty"):
            self.upload(b"")
        with self.assertRaisesRegex(ValidationError, "empty"):
            self.env["sekp.document"].with_user(self.worker).create(
                {"course_id": self.course.id, "title": "a.txt", "upload": "nonsense!"}
            )
        with patch.object(sekp_document, "LARGEST", 1000):
            self.upload(b"x" * 1000)
            with self.assertRaisesRegex(ValidationError, "at most"):
                self.upload(b"x" * 1001)
        self.assertEqual(LARGEST, 25 * 1024 * 1024)

    def test_a_document_is_never_overwritten_moved_or_copied(self):
        mine = self.allocate(user=self.worker)
        for vals in (
            {"title": "anden.txt"},
            {"upload": base64.b64encode(b"anden")},
            {"content": base64.b64encode(b"anden")},
            {"kind": "letter"},
            {"course_id": mine.id},
            {"uploader_id": self.supervisor.id},
        ):
            with self.assertRaises(UserError):
                self.document.write(vals)
        for vals in (
            {"content": base64.b64encode(b"anden")},
            {"sealed_facts": "x"},
            {"token": "x"},
            {"uploader_id": self.supervisor.id},
        ):
            with self.assertRaises(UserError):
                self.upload(**vals)
        with self.assertRaises(UserError):
            self.document.copy()

    def test_a_closed_course_takes_no_documents(self):
        self.course.with_user(self.supervisor).sudo()._close("achieved")
        with self.assertRaisesRegex(UserError, "closed"):
            self.upload()

    def test_names_lose_paths_and_control_characters(self):
        for given, kept in (
            ("C:\\fakepath\\Brev.pdf", "Brev.pdf"),
            ("../../etc/passwd", "passwd"),
            ("Brev\r\nX: y.pdf", "BrevX: y.pdf"),
            ("", "Document"),
            ("x" * 400 + ".pdf", "x" * 196 + ".pdf"),
        ):
            self.assertEqual(self.upload(name=given).title, kept)

    def test_download_names_say_the_code_alone(self):
        code = self.course.reference
        for number, (name, ending) in enumerate(
            (("Ida.PDF", ".pdf"), ("brev.ida-hansen", ".txt"), ("billede", ".png")), 2
        ):
            data = PIXEL if name == "billede" else TEXT
            document = self.upload(data, name)
            self.assertEqual(document._neutral_name(), f"{code}-{number}{ending}")

    def test_the_type_is_what_the_content_is(self):
        self.assertEqual(self.upload(PIXEL, "x.pdf").mimetype, "image/png")
        self.assertNotIn(
            self.upload(b"MZ\x90\x00" + bytes(64), "x.png").mimetype,
            sekp_document.SHOWN,
        )
        self.assertNotIn(self.upload(SVG, "x.png").mimetype, sekp_document.SHOWN)

    # --- keys -------------------------------------------------------------------------
    def test_without_the_key_a_sentence_names_it(self):
        fingerprint = self.env["sekp.vault"]._fingerprint()
        text = self.path.read_text()
        self.path.unlink()
        self.env.invalidate_all()
        self.assertIn(fingerprint, self.document.title)
        with self.assertRaisesRegex(UserError, fingerprint):
            self.document._open()
        with self.assertRaisesRegex(UserError, fingerprint):
            self.upload()
        self.assertFalse(self.path.exists(), "no new key while something is sealed")
        self.write_keys(cipher.new_key())
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, fingerprint):
            self.document._open()
        self.write_keys(cipher.new_key(), text.strip())
        self.env.invalidate_all()
        self.assertEqual(self.document._open()[2], TEXT)
        self.assertEqual(self.document.title, NAME)

    def test_a_swapped_or_damaged_ciphertext_does_not_open(self):
        other = self.upload(b"et andet brev")
        mine, theirs = self.attachment().raw, self.attachment(other).raw
        broken = mine[:-1] + bytes([mine[-1] ^ 1])
        for content in (theirs, broken):
            self.attachment().raw = content
            self.env.invalidate_all()
            with self.assertRaisesRegex(UserError, "damaged"):
                self.document._open()
        self.attachment().raw = mine
        self.env.invalidate_all()
        self.assertEqual(self.document._open()[2], TEXT)
        self.document.sudo().write({"sealed_facts": other.sudo().sealed_facts})
        self.env.invalidate_all()
        self.assertIn("damaged", self.document.title)

    # --- other files ------------------------------------------------------------------
    def refuse(self, act):
        with self.assertRaisesRegex(UserError, "Documents"):
            act()

    def test_no_other_file_comes_to_a_record_about_a_person(self):
        plain = base64.b64encode(b"et andet brev")
        attachments = self.env["ir.attachment"].with_user(self.worker)
        loose = attachments.create({"name": "a.txt", "datas": plain})
        activity = (
            self.env["mail.activity"]
            .with_user(self.worker)
            .create(
                {
                    "res_model_id": self.env["ir.model"]._get_id("sekp.course"),
                    "res_id": self.course.id,
                    "user_id": self.worker.id,
                }
            )
        )
        todo = (
            self.env["res.partner"]
            .create({"name": "Havnens venner"})
            .activity_schedule("mail.mail_activity_data_todo", user_id=self.worker.id)
        )
        course = {"res_model": "sekp.course", "res_id": self.course.id}
        content = {
            "res_model": "sekp.document",
            "res_id": self.document.id,
            "res_field": "content",
        }
        on_activity = {"res_model": "mail.activity", "res_id": activity.id}
        for su in (False, True):
            mine = attachments.sudo(su)
            for goal in (course, content, on_activity):
                self.refuse(
                    lambda goal=goal, mine=mine: mine.create(
                        {"name": "a.txt", "datas": plain, **goal}
                    )
                )
                self.refuse(lambda goal=goal, su=su: loose.sudo(su).write(dict(goal)))
                self.refuse(
                    lambda goal=goal, mine=mine: mine.create_unique(
                        [
                            {
                                "name": "a.txt",
                                "datas": plain,
                                "mimetype": "text/plain",
                                **goal,
                            }
                        ]
                    )
                )
            self.refuse(
                lambda mine=mine: mine.with_context(
                    default_res_model="sekp.course", default_res_id=self.course.id
                ).create({"name": "a.txt", "datas": plain})
            )
            self.refuse(
                lambda su=su: activity.sudo(su).write(
                    {"attachment_ids": [Command.link(loose.id)]}
                )
            )
            self.refuse(
                lambda su=su: activity.sudo(su).action_feedback(
                    attachment_ids=loose.ids
                )
            )
        todo.attachment_ids = loose
        self.refuse(
            lambda: todo.write(
                {
                    "res_model_id": self.env["ir.model"]._get_id("sekp.course"),
                    "res_id": self.course.id,
                }
            )
        )

    def test_what_is_stored_stays_closed_whoever_asks(self):
        attachment = self.attachment()
        for vals in (
            {"public": True},
            {"access_token": "x"},
            {"res_model": False, "res_id": False},
            {"res_model": "res.partner", "res_id": self.worker.partner_id.id},
            {"name": NAME},
            {"raw": TEXT},
            {"datas": base64.b64encode(TEXT)},
            {"url": "/brev"},
        ):
            self.refuse(lambda vals=vals: attachment.write(dict(vals)))
        self.refuse(attachment.generate_access_token)
        document = (
            self.env["sekp.document"]
            .with_user(self.worker)
            .with_context(
                default_public=True,
                default_access_token="x",
                default_url="/brev",
                default_description=NAME,
                default_index_content=NAME,
            )
            .create(
                {
                    "course_id": self.course.id,
                    "title": NAME,
                    "upload": base64.b64encode(TEXT),
                }
            )
        )
        attachment = self.attachment(document)
        for name in ("public", "access_token", "url", "description", "index_content"):
            self.assertFalse(attachment[name], name)

    def test_the_storage_may_be_moved(self):
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("ir_attachment.location", "db")
        attachment = self.attachment()
        attachment._migrate()
        self.assertFalse(attachment.store_fname)
        self.assertEqual(attachment.mimetype, "application/octet-stream")
        self.env.invalidate_all()
        self.assertEqual(self.document._open()[2], TEXT)

    def test_other_people_s_files_are_untouched(self):
        partner = self.env["res.partner"].create({"name": "Havnens venner"})
        attachment = self.env["ir.attachment"].create(
            {
                "name": "plan.txt",
                "raw": b"En plan for havnen",
                "res_model": "res.partner",
                "res_id": partner.id,
                "description": "Plan",
            }
        )
        attachment.write({"public": True, "name": "ny.txt"})
        self.assertTrue(attachment.generate_access_token()[0])
        self.assertEqual(attachment.index_content, "En plan for havnen")

    # --- end --------------------------------------------------------------------------
    def test_uninstalling_takes_the_files_and_leaves_the_key(self):
        attachment = self.attachment()
        uninstall_hook(self.env)
        self.assertFalse(attachment.exists())
        self.assertTrue(self.path.exists())

    def test_documents_take_their_files_with_them(self):
        attachment = self.attachment()
        self.document.with_user(self.worker).unlink()
        self.assertFalse(attachment.exists())
        attachment = self.attachment(self.upload())
        self.course.sudo().document_ids.course_id.contact_ids.unlink()
        course = self.course.sudo()
        course.deadline_ids.unlink()
        with self.assertRaises(AccessError):
            self.course.with_user(self.worker).unlink()
        self.assertTrue(attachment.exists())
        course.unlink()
        self.assertFalse(attachment.exists())


@tagged("post_install", "-at_install", "sekp_outreach")
class TestDocumentRoutes(DocumentCase, HttpCase):
    """The way in and out over the web."""

    def setUp(self):
        super().setUp()
        self.people = self.worker | self.supervisor | self.outsiders()
        self.people.flush_recordset()

    def login(self, user):
        password = f"{user.login}-{user.login}"
        user.sudo().password = password
        self.env.flush_all()
        self.authenticate(user.login, password)

    def address(self, document_id=None, query=""):
        return f"/sekp/document/{document_id or self.document.id}{query}"

    def test_the_entitled_get_identical_bytes_with_closed_headers(self):
        self.login(self.worker)
        answer = self.url_open(self.address())
        self.assertEqual((answer.status_code, answer.content), (200, TEXT))
        headers = answer.headers
        self.assertEqual(headers["Cache-Control"], "no-store, private")
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("sandbox", headers["Content-Security-Policy"])
        self.assertEqual(headers["Content-Type"], "application/octet-stream")
        self.assertEqual(
            headers["Content-Disposition"],
            f"attachment; filename*=UTF-8''{self.course.reference}-1.txt",
        )
        self.assertNotIn(CANARY, str(headers))

    def test_pictures_are_shown_and_scripts_are_not(self):
        self.login(self.worker)
        picture = self.upload(PIXEL, "Ida.png")
        headers = self.url_open(self.address(picture.id)).headers
        self.assertEqual(headers["Content-Type"], "image/png")
        self.assertTrue(headers["Content-Disposition"].startswith("inline"))
        headers = self.url_open(self.address(picture.id, "?download=true")).headers
        self.assertTrue(headers["Content-Disposition"].startswith("attachment"))
        for name, data in (("a.svg", SVG), ("a.html", b"<html><script>1</script>")):
            headers = self.url_open(self.address(self.upload(data, name).id)).headers
            self.assertEqual(headers["Content-Type"], "application/octet-stream", name)
            self.assertTrue(headers["Content-Disposition"].startswith("attachment"))

    def test_hidden_missing_and_unopenable_look_alike_from_outside(self):
        broken = self.upload()
        broken.sudo().write({"sealed_facts": False})
        missing = self.document.id + 100000
        for user in self.people - self.worker - self.supervisor:
            self.login(user)
            bodies = set()
            for document_id in (self.document.id, broken.id, missing, "9" * 30):
                answer = self.url_open(self.address(document_id))
                self.assertEqual(answer.status_code, 404, user.login)
                bodies.add(answer.text.replace(str(document_id), ""))
            self.assertEqual(len(bodies), 1, user.login)
            answer = self.url_open(f"/web/content/{self.attachment().id}")
            if not user.has_group("base.group_system"):
                self.assertEqual(answer.status_code, 404, user.login)
            self.assertNotIn(CANARY, answer.text)
        self.login(self.worker)
        answer = self.url_open(self.address(broken.id))
        self.assertEqual(answer.status_code, 409)
        self.assertIn("damaged", answer.text)

    def test_nobody_without_login_gets_anything(self):
        self.authenticate(None, None)
        for address in (
            self.address(),
            self.address(self.document.id + 100000),
        ):
            answer = self.url_open(address, allow_redirects=False)
            self.assertEqual(answer.status_code, 303)
            self.assertIn("/web/login", answer.headers["Location"])

    def post(self, *files, **data):
        """Upload files as the web client does."""
        return self.url_open(
            "/sekp/document/upload",
            data={"csrf_token": http.Request.csrf_token(self), **data},
            files=[("ufile", file) for file in files],
        )

    def test_several_files_come_together_or_not_at_all(self):
        self.login(self.worker)
        model = self.env["sekp.document"]
        before = model.search_count([])
        answer = self.post(
            ("Ida.txt", TEXT), ("tom.txt", b""), course_id=self.course.id
        )
        self.assertEqual(answer.status_code, 422)
        self.assertIn("empty", answer.json()["error"]["message"])
        self.env.invalidate_all()
        self.assertEqual(model.search_count([]), before)
        answer = self.post(
            ("Ida.txt", TEXT), ("b.png", PIXEL), course_id=self.course.id, kind="letter"
        )
        documents = model.browse(answer.json()["ids"])
        self.assertEqual(documents.mapped("title"), ["Ida.txt", "b.png"])
        self.assertEqual(set(documents.mapped("kind")), {"letter"})
        self.assertEqual(documents.uploader_id, self.worker)
        self.assertEqual(documents[0]._open()[2], TEXT)

    def test_uploads_are_refused_with_a_sentence(self):
        self.login(self.worker)
        for data in ({}, {"course_id": "x"}, {"course_id": ""}, {"course_id": "-1"}):
            answer = self.post(("a.txt", TEXT), **data)
            self.assertEqual(answer.status_code, 422)
            self.assertTrue(answer.json()["error"]["message"])
        self.assertEqual(self.post(course_id=self.course.id).status_code, 422)
        missing = self.course.id + 100000
        for user in self.people - self.worker - self.supervisor:
            self.login(user)
            answers = set()
            for course_id in (self.course.id, missing, "9" * 30):
                answer = self.post(("a.txt", TEXT), course_id=course_id)
                self.assertEqual(answer.status_code, 403, (user.login, answer.text))
                answers.add(answer.text)
            self.assertEqual(len(answers), 1, user.login)
        self.env.invalidate_all()
        self.assertEqual(self.course.sudo().document_ids, self.document)

    def test_a_form_from_elsewhere_is_refused(self):
        self.login(self.worker)
        with mute_logger("odoo.http"):
            answer = self.url_open(
                "/sekp/document/upload",
                data={"csrf_token": "x", "course_id": self.course.id},
                files=[("ufile", ("a.txt", TEXT))],
            )
        self.assertEqual(answer.status_code, 400)
        self.env.invalidate_all()
        self.assertEqual(self.course.sudo().document_ids, self.document)


@tagged("post_install", "-at_install", "sekp_outreach", "is_tour")
class TestDocumentTour(DocumentCase, HttpCase):
    """Documents in a real browser: uploaded, shown, deleted."""

    def test_a_file_comes_is_shown_and_goes(self):
        self.document.sudo().unlink()
        for size in ("360x740", "1366x768"):
            self.browser_size = size
            self.touch_enabled = size == "360x740"
            self.start_tour(
                "/odoo/action-sekp_outreach.sekp_course_action_mine",
                "sekp_documents",
                login=self.worker.login,
                timeout=120,
            )
        self.env.invalidate_all()
        self.assertFalse(self.course.sudo().document_ids)
