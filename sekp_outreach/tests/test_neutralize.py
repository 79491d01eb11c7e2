from odoo.exceptions import UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged
from odoo.tools import file_open

from .common import CPR, NAME
from .test_identity_ladder import LadderCase

TEXT = "Han sover ved slusen"


@tagged("post_install", "-at_install", "sekp_outreach")
class TestNeutralize(LadderCase):
    """A copy for tests: nobody outside is reached, and nobody is named."""

    def neutralize(self):
        self.env.flush_all()
        (queries,) = get_neutralization_queries(["sekp_outreach"])
        with file_open("sekp_outreach/data/neutralize.sql") as file:
            self.assertEqual(queries, file.read().strip())
        self.env.cr.execute(queries)
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def test_no_key_opens_who_somebody_is(self):
        identity = self.register(self.citizen.with_user(self.worker), cpr=CPR)
        self.env.flush_all()
        self.assertIn(NAME, str(identity.sudo()._parts()))
        self.neutralize()
        with self.assertRaisesRegex(UserError, "damaged"):
            identity.sudo()._parts()
        self.assertFalse(self.env["sekp.identity.lookup"].sudo().search_count([]))

    def test_no_code_opens_a_conversation_and_no_text_is_read(self):
        Dialogue = self.env["sekp.dialogue"]
        referral = self.refer(concern="Sover ude").sudo()
        dialogue, code = Dialogue._open_for(referral, "referrer")
        message = dialogue._say(TEXT)
        self.assertEqual(Dialogue._enter(self.company, code), dialogue)
        self.assertEqual(message._open_text(), TEXT)
        self.neutralize()
        self.assertFalse(Dialogue._enter(self.company, code))
        with self.assertRaisesRegex(UserError, "damaged"):
            message._open_text()

    def test_the_page_is_closed_and_no_address_takes_mails_in(self):
        self.company.write({"sekp_public_page": True, "sekp_public_name": "testby"})
        domain = self.env["mail.alias.domain"].create({"name": "testby.example.com"})
        self.company.alias_domain_id = domain
        self.harbour.with_user(self.manager).alias_name = "henvendelser"
        other = self.env["mail.alias"].create(
            {
                "alias_name": "faktura",
                "alias_model_id": self.env["ir.model"]._get_id("res.partner"),
            }
        )
        self.worker.sekp_digest = True
        Company = self.env["res.company"]
        self.assertEqual(Company._sekp_of_public_name("testby"), self.company)
        self.neutralize()
        self.assertFalse(Company._sekp_of_public_name("testby"))
        self.assertFalse(self.harbour.alias_name)
        self.assertEqual(other.alias_name, "faktura", "another app's alias stays")
        self.assertFalse(self.worker.sekp_digest)
