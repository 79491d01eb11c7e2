from unittest.mock import patch

from odoo.service import model as service
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import OutreachCase

QUICKER = """
CREATE FUNCTION sekp_quicker() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'quicker' USING ERRCODE = 'serialization_failure'; END $$;
CREATE TRIGGER sekp_quicker BEFORE INSERT ON sekp_goal
FOR EACH ROW EXECUTE FUNCTION sekp_quicker();
CREATE TRIGGER sekp_quicker BEFORE INSERT ON sekp_contact
FOR EACH ROW EXECUTE FUNCTION sekp_quicker();
CREATE TRIGGER sekp_quicker BEFORE INSERT ON res_partner
FOR EACH ROW EXECUTE FUNCTION sekp_quicker();
"""
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
        answer = self.url_open(
            "/web/dataset/call_kw",
            json={
                "params": {
                    "model": model,
                    "method": method,
                    "args": args,
                    "kwargs": {},
                }
            },
        ).json()
        data = answer["error"]["data"]
        return data["name"], data["message"]

    def test_a_sentence_in_one_s_own_language(self):
        vals = {"course_id": self.course.id, "goal": "Ro"}
        self.assertEqual(
            self.ask("sekp.goal", "create", [vals]),
            (
                "odoo.exceptions.UserError",
                "En kollega er lige nu ved at ændre det samme. Åbn det igen for at se, "
                "hvad der er gjort.",
            ),
        )

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
