from unittest.mock import patch

from odoo.http import Request
from odoo.service import model as service
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import OutreachCase, over_web

QUICKER = """
CREATE FUNCTION sekp_quicker() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'quicker' USING ERRCODE = 'serialization_failure'; END $$;
CREATE TRIGGER sekp_quicker BEFORE INSERT ON sekp_goal
FOR EACH ROW EXECUTE FUNCTION sekp_quicker();
CREATE TRIGGER sekp_quicker BEFORE INSERT ON sekp_contact
FOR EACH ROW EXECUTE FUNCTION sekp_quicker();
CREATE TRIGGER sekp_quicker BEFORE INSERT ON sekp_document
FOR EACH ROW EXECUTE FUNCTION sekp_quicker();
CREATE TRIGGER sekp_quicker BEFORE INSERT ON res_partner
FOR EACH ROW EXECUTE FUNCTION sekp_quicker();
"""
SENTENCE = (
    "Andre kom først flere gange, og intet er gemt. Vent et øjeblik, og prøv igen: "
    "det, du har skrevet, står her stadig."
)
ENGLISH = (
    "Others were quicker several times, and nothing was saved. Wait a moment and try "
    "again: what you wrote is still here."
)
WAITS = "psycopg2.errors.SerializationFailure"


@tagged("post_install", "-at_install", "sekp_outreach")
class TestTriedInVain(OutreachCase, HttpCase):
    """Where others are quicker each time, the last answer is a sentence as well."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(action_plan="offered")

    def setUp(self):
        super().setUp()
        self.course = self.allocate()
        self.env["res.lang"]._activate_lang("da_DK")
        self.worker.lang = "da_DK"
        self.authenticate(self.worker.login, self.worker.login)
        self.env.cr.execute(QUICKER)
        # What is tried again waits up to half a minute.
        self.startPatcher(patch.object(service, "MAX_TRIES_ON_CONCURRENCY_FAILURE", 1))

    @mute_logger("odoo.http", "odoo.sql_db")
    def ask(self, model, method, args):
        """Return the name and the text of the error."""
        data = over_web(self, model, method, args)["error"]["data"]
        return data["name"], data["message"]

    def test_a_sentence_in_one_s_own_language(self):
        vals = {"course_id": self.course.id, "goal": "Ro"}
        self.assertEqual(
            self.ask("sekp.goal", "create", [vals]),
            ("odoo.exceptions.UserError", SENTENCE),
        )

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_a_program_and_a_file(self):
        key = self.env["res.users.apikeys"].with_user(self.worker)
        key = key.sudo()._generate("rpc", "Tried in vain", None)
        answer = self.url_open(
            "/json/2/sekp.goal/create",
            json={"vals_list": [{"course_id": self.course.id, "goal": "Ro"}]},
            headers={"Authorization": f"Bearer {key}"},
        )
        self.assertEqual(answer.status_code, 422)
        self.assertIn(answer.json()["message"], (SENTENCE, ENGLISH))
        answer = self.url_open(
            "/sekp/document/upload",
            data={"course_id": self.course.id, "csrf_token": Request.csrf_token(self)},
            files={"ufile": ("Brev.txt", b"Kaffe", "text/plain")},
        )
        self.assertEqual(answer.json(), {"error": {"message": SENTENCE}})

    def test_the_street_note_is_told_to_wait(self):
        note = {
            "user_id": self.worker.id, "course_id": self.course.id, "outcome": "met",
            "form_id": self.home_visit.id, "minutes": 30,
        }  # fmt: skip
        name, _text = self.ask("sekp.quick.log", "log", [note, "a" * 28])
        self.assertEqual(name, WAITS)

    def test_what_is_not_ours_answers_as_ever(self):
        self.authenticate("admin", "admin")
        name, _text = self.ask("res.partner", "create", [{"name": "Havnby"}])
        self.assertEqual(name, WAITS)
