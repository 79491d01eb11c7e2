from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import OutreachCase


@tagged("post_install", "-at_install", "sekp_outreach")
class TestCatalogues(OutreachCase):
    def test_a_manager_adds_what_the_own_standard_names(self):
        Form = self.env["sekp.contact.form"].with_user(self.manager)
        form = Form.create({"name": "Gåtur", "code": "walk"})
        self.assertEqual(form.display_name, "Gåtur")
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation):
            Form.create({"name": "En anden gåtur", "code": "walk"})

    def test_staff_read_and_do_not_change(self):
        for user in (self.worker, self.intake):
            group = self.env.ref("sekp_outreach.target_group_homeless").with_user(user)
            self.assertTrue(group.name)
            with self.assertRaises(AccessError):
                group.name = "Andet"

    def test_a_team_takes_only_people_of_its_municipality(self):
        with self.assertRaisesRegex(ValidationError, "internal user"):
            self.harbour.member_ids = [Command.link(self.foreign_supervisor.id)]

    def test_an_offer_of_another_municipality_is_not_seen(self):
        offer = self.env["sekp.offer"].create(
            {
                "name": "Varmestuen",
                "code": "warm",
                "company_id": self.foreign_company.id,
            }
        )
        self.assertFalse(offer.with_user(self.worker).has_access("read"))
        self.assertTrue(offer.with_user(self.foreign_supervisor).has_access("read"))
