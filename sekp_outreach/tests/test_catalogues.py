from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
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
        own = self.env["sekp.target.group"].create(
            {"name": "Bilboere", "code": "cars", "company_id": self.company.id}
        )
        for user in (self.worker, self.intake):
            group = own.with_user(user)
            self.assertTrue(group.name)
            with self.assertRaises(AccessError):
                group.name = "Andet"

    def test_what_is_common_is_changed_by_no_municipality(self):
        form = self.home_visit.with_user(self.manager)
        for act in (
            lambda: form.write({"is_visit": False}),
            form.action_archive,
            lambda: self.offer.with_user(self.supervisor).write({"phone": "1"}),
        ):
            with self.assertRaisesRegex(UserError, "common to all"):
                act()
        with self.assertRaises(AccessError):
            form.unlink()

    def test_an_own_entry_is_the_municipality_s_alone(self):
        form = (
            self.env["sekp.contact.form"]
            .with_user(self.manager)
            .create({"name": "Gåtur", "code": "walk"})
        )
        self.assertEqual(form.company_id, self.company)
        self.assertFalse(form.with_user(self.foreign_supervisor).has_access("read"))
        with self.assertRaisesRegex(UserError, "stays with"):
            form.company_id = False

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
