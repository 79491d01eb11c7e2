import json

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..models.ir_rule import ATTACHED, OWN_ROWS
from .common import OutreachCase

THREAD_NAMES = (
    "message_",
    "_message_",
    "rating_",
    "_rating_",
    "website_message",
    "_sms_",
)
SILENT = {
    "message_subscribe",
    "message_notify",
    "message_post",
    "message_post_with_source",
    "_message_add_default_recipients",
    "_message_get_default_recipients",
    "_message_add_suggested_recipients",
    "_message_get_suggested_recipients_batch",
    "_message_get_suggested_recipients",
    "_sms_get_recipients_info",
}
# What privacy_lookup, the mail composer and the portal look for in any table.
TELLING_FIELDS = {
    "email", "email_normalized", "email_from", "company_email", "partner_email",
    "partner_id", "access_token",
}  # fmt: skip


class GuardsCase(OutreachCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(action_plan="offered")
        cls.course = cls.allocate()
        cls.confidential = cls.env["sekp.confidential.mixin"]._confidential_models()


@tagged("post_install", "-at_install", "sekp_outreach")
class TestGuards(GuardsCase):
    """What stock conveniences may do with confidential records."""

    def test_confidential_models_are_those_about_a_person(self):
        guard = self.env["sekp.confidential.mixin"]
        self.assertIn("sekp.course", self.confidential)
        self.assertIn("sekp.goal", self.confidential)
        for name in ("sekp.team", "sekp.standard", "res.partner", "sekp.assign"):
            self.assertNotIn(name, self.confidential)
        for name in (False, None, "", "no.such.model"):
            self.assertIs(guard._is_confidential(name), False)

    # --- errors -------------------------------------------------------------------
    def test_the_refusal_says_nothing(self):
        sentences = set()
        for user in (self.colleague, self.other_supervisor, self.foreign_supervisor):
            for operation in ("read", "write"):
                with self.assertRaises(AccessError) as caught:
                    self.course.with_user(user).check_access(operation)
                sentences.add(str(caught.exception))
                self.assertFalse(getattr(caught.exception, "context", None))
        self.assertEqual(len(sentences), 1)
        sentence = sentences.pop()
        for secret in (self.course.reference, "Course", "sekp", "Havnby", "rule"):
            self.assertNotIn(secret, sentence)

    def test_no_company_is_suggested(self):
        for name in self.confidential:
            self.assertFalse(self.env[name]._get_redirect_suggested_company())
        self.assertFalse(self.course.sudo()._get_redirect_suggested_company())

    def test_errors_of_others_are_left_as_they_were(self):
        team = self.abroad.with_user(self.worker)
        with self.assertRaisesRegex(AccessError, "top-secret"):
            team.check_access("read")

    # --- own rows -----------------------------------------------------------------
    def own_row(self, model):
        vals = {
            "base_import.import": {
                "res_model": "res.partner",
                "file_name": "liste.csv",
            },
            "mail.activity.schedule": {"res_model": False, "summary": "Ring"},
            "mail.followers.edit": {
                "res_model": "res.partner",
                "partner_ids": [Command.set(self.worker.partner_id.ids)],
            },
            "sms.composer": {
                "body": "Hej",
                "numbers": "1",
                "composition_mode": "numbers",
            },
        }
        return self.env[model].with_user(self.worker).create(vals[model])

    def test_dialogs_of_other_apps_show_own_rows_only(self):
        self.assertLessEqual(
            {
                "base_import.import",
                "mail.activity.schedule",
                "mail.followers.edit",
                "sms.composer",
            },
            set(self.registry),
        )
        for model in OWN_ROWS:
            with self.subTest(model=model):
                row = self.own_row(model)
                self.assertTrue(row.has_access("read"))
                mine = [("id", "=", row.id)]
                self.assertTrue(row.search(mine))
                other = row.with_user(self.employee)
                self.assertFalse(other.search(mine))
                for operation in ("read", "write"):
                    self.assertFalse(other.has_access(operation))
                self.assertTrue(row.sudo().search(mine))

    # --- rows that attach themselves ----------------------------------------------
    def test_nothing_attaches_itself_to_a_confidential_record(self):
        """Also for the superuser, for what our dependencies bring."""
        course_id, model = self.course.id, "sekp.course"
        model_id = self.env["ir.model"]._get_id(model)
        partner = self.env.user.partner_id
        attempts = {
            "mail.message": {"model": model, "res_id": course_id},
            "mail.followers": {
                "res_model": model, "res_id": course_id, "partner_id": partner.id,
            },
            "mail.scheduled.message": {
                "model": model, "res_id": course_id, "author_id": partner.id,
                "scheduled_date": "2026-12-24 12:00:00",
            },
            "mail.template": {"name": "x", "model_id": model_id},
            "mail.compose.message": {"model": model, "res_ids": repr([course_id])},
        }  # fmt: skip
        for name, vals in attempts.items():
            for user in (self.worker, self.env.ref("base.user_root")):
                with (
                    self.subTest(name=name, user=user.login),
                    self.assertRaisesRegex(UserError, "take no messages"),
                ):
                    self.env[name].with_user(user).create(vals)
        for name in ("mail.message", "mail.followers"):
            field = ATTACHED[name]
            context = {f"default_{field}": model}
            with self.assertRaisesRegex(UserError, "take no messages"):
                self.env[name].with_context(**context).create({"res_id": course_id})
        message = self.env["mail.message"].create({"body": "x"})
        with self.assertRaisesRegex(UserError, "take no messages"):
            message.write({"model": model, "res_id": course_id})
        with self.assertRaisesRegex(UserError, "take no messages"):
            self.env["mail.thread"].with_user(self.worker).message_notify(
                partner_ids=partner.ids, model=model, res_id=course_id, body="x"
            )

    def test_what_other_apps_bring_is_refused_as_well(self):
        model = "sekp.course"
        attempts = {
            "base_import.import": {"res_model": model, "file_name": "liste.csv"},
            "mail.followers.edit": {
                "res_model": model,
                "partner_ids": [Command.set(self.worker.partner_id.ids)],
            },
            "sms.composer": {
                "res_model": model, "res_id": self.course.id, "body": "Hej",
                "composition_mode": "comment",
            },
            "snailmail.letter": {
                "model": model, "res_id": self.course.id,
                "partner_id": self.worker.partner_id.id,
                "company_id": self.company.id,
            },
        }  # fmt: skip
        for name, vals in attempts.items():
            with (
                self.subTest(name=name),
                self.assertRaisesRegex(AccessError, "^You may not open this"),
            ):
                self.env[name].with_user(self.worker).create(vals)

    def test_what_is_attached_all_the_same_is_not_read(self):
        """As if it had come into the table from elsewhere."""
        self.impossible = "laid there by SQL"
        message = self.env["mail.message"].create(
            {"body": "x", "author_id": self.worker.partner_id.id}
        )
        mine = message.with_user(self.worker)
        self.assertTrue(mine.has_access("read"))
        self.env.cr.execute(
            "UPDATE mail_message SET model = 'sekp.course', res_id = %s WHERE id = %s",
            (self.course.id, message.id),
        )
        self.env.invalidate_all()
        self.assertFalse(mine.has_access("read"))
        self.assertFalse(mine.search([("id", "=", message.id)]))

    def test_every_guarded_model_that_is_there_is_guarded(self):
        Rule = self.env["ir.rule"].with_user(self.worker)
        for name, field in ATTACHED.items():
            if name in self.registry:
                self.assertTrue(self.env[name]._fields[field].store, name)
                self.assertIn(field, str(Rule._compute_domain(name, "read")), name)

    def test_the_guard_costs_no_query_the_second_time(self):
        Rule = self.env["ir.rule"].with_user(self.worker)
        for model in ("mail.message", "base_import.import", "res.partner"):
            first = Rule._compute_domain(model, "read")
            with self.assertQueryCount(0):
                self.assertIs(Rule._compute_domain(model, "read"), first)
        self.assertFalse(self.env["ir.rule"].sudo()._compute_domain("mail.message"))

    # --- saved searches, defaults, look-ups ---------------------------------------
    def test_no_search_is_saved(self):
        vals = {"name": "Kaptajnen", "domain": "[('alias', '=', 'Kaptajnen')]"}
        Filters = self.env["ir.filters"].with_user(self.worker)
        for name in self.confidential:
            with self.assertRaisesRegex(UserError, "is not saved"):
                Filters.create_filter({**vals, "model_id": name})
        other = Filters.create(
            {**vals, "model_id": "res.partner", "user_ids": self.worker.ids}
        )
        with self.assertRaisesRegex(UserError, "is not saved"):
            other.model_id = "sekp.course"

    def test_no_default_is_saved(self):
        Default = self.env["ir.default"]
        for user in (self.worker, self.env.ref("base.user_root")):
            with self.assertRaisesRegex(UserError, "is not saved"):
                Default.with_user(user).set(
                    "sekp.citizen", "alias", "Kaptajnen", user_id=user.id
                )
        Default.set("res.partner", "city", "Havnby")
        other = Default.search([("json_value", "=", '"Havnby"')])
        with self.assertRaisesRegex(UserError, "is not saved"):
            other.field_id = self.env["ir.model.fields"]._get("sekp.citizen", "alias")

    def test_no_table_has_what_other_apps_look_for(self):
        for name in self.registry:
            if name.startswith("sekp."):
                fields = self.registry[name]._fields
                self.assertFalse(TELLING_FIELDS & set(fields), name)
                self.assertFalse(
                    [
                        field.name
                        for field in fields.values()
                        if field.type == "many2one"
                        and field.comodel_name == "res.partner"
                    ],
                    name,
                )

    # --- import, copy, export -----------------------------------------------------
    def test_nothing_is_imported_or_duplicated(self):
        for name in self.confidential:
            with self.assertRaisesRegex(UserError, "not imported"):
                self.env[name].with_user(self.worker).load(["id"], [["x"]])
            with self.assertRaisesRegex(UserError, "not duplicated"):
                self.env[name].browse(1).copy()

    def test_an_export_leaves_no_trace(self):
        course = self.course.with_user(self.worker)
        self.worker.group_ids |= self.env.ref("base.group_allow_export")
        names = self.env["ir.model.data"].search_count([])
        columns = ["reference", ".id", "citizen_id/reference", "phase"]
        rows = course.export_data(columns)["datas"]
        self.assertEqual(rows[0][:2], [course.reference, str(course.id)])
        for column in ("id", "citizen_id/id", "assignment_ids/id"):
            with self.assertRaisesRegex(UserError, "external ID"):
                course.export_data(["reference", column])
        self.assertTrue(course.export_data(["team_id/id"])["datas"][0][0])
        self.env.flush_all()
        traces = self.env["ir.model.data"].search([("model", "in", self.confidential)])
        self.assertFalse(traces.filtered(lambda row: row.module == "__export__"))
        self.assertLessEqual(self.env["ir.model.data"].search_count([]), names + 1)

    # --- what does not exist ------------------------------------------------------
    def test_no_method_of_a_thread_exists(self):
        for name in self.confidential:
            found = {
                attribute
                for attribute in dir(self.registry[name])
                if attribute.startswith(THREAD_NAMES)
            }
            self.assertLessEqual(found, SILENT, name)
            self.assertFalse(
                {"message_ids", "message_follower_ids"} & set(self.env[name]._fields)
            )

    def test_the_silent_ones_are_silent(self):
        course = self.course.sudo()
        before = self.env["mail.message"].search_count([])
        nobody = course._message_get_suggested_recipients()
        self.assertEqual(nobody, [])
        self.assertEqual(
            course._message_get_default_recipients()[course.id]["partner_ids"], []
        )
        self.assertFalse(course._sms_get_recipients_info()[course.id]["number"])
        course.message_post(body="x")
        course.message_subscribe(partner_ids=self.worker.partner_id.ids)
        self.assertEqual(self.env["mail.message"].search_count([]), before)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestGuardsOverHttp(GuardsCase, HttpCase):
    """The refusal in the web client, with and without developer mode."""

    def refusal(self, user, debug):
        self.authenticate(user.login, user.login)
        self.url_open(f"/odoo?debug={debug}")
        with mute_logger("odoo.http"):
            answer = self.read_over_http()
        self.assertEqual(answer["name"], "odoo.exceptions.AccessError")
        self.assertFalse(answer["context"])
        return answer["message"]

    def read_over_http(self):
        return self.url_open(
            "/web/dataset/call_kw/sekp.course/web_read",
            data=json.dumps(
                {
                    "params": {
                        "model": "sekp.course",
                        "method": "web_read",
                        "args": [self.course.ids],
                        "kwargs": {"specification": {"display_name": {}}},
                    }
                }
            ),
            headers={"Content-Type": "application/json"},
        ).json()["error"]["data"]

    def test_developer_mode_tells_no_more(self):
        for user in (self.colleague, self.foreign_supervisor):
            told = {self.refusal(user, debug) for debug in ("0", "1", "assets")}
            self.assertEqual(len(told), 1)
            sentence = told.pop()
            for secret in (self.course.reference, "Havnby", "sekp", "entitled"):
                self.assertNotIn(secret, sentence)

    def test_a_link_in_a_mail_leads_nowhere(self):
        self.authenticate(self.colleague.login, self.colleague.login)
        hidden = self.url_open(
            f"/mail/view?model=sekp.course&res_id={self.course.id}",
            allow_redirects=False,
        )
        missing = self.url_open(
            "/mail/view?model=sekp.course&res_id=999999", allow_redirects=False
        )
        self.assertEqual(hidden.status_code, missing.status_code)
        self.assertEqual(
            hidden.headers["Location"].replace(str(self.course.id), "999999"),
            missing.headers["Location"],
        )
