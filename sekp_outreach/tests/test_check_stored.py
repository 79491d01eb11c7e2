import base64
import os
from datetime import timedelta

from odoo.tests import tagged

from .common import NAME, NOW, TODAY
from .test_identity_ladder import LadderCase


@tagged("post_install", "-at_install", "sekp_outreach")
class TestCheckStored(LadderCase):
    """What is stored is damaged behind the system's back, and the damage is found."""

    impossible = "plants faults by SQL, to see them found"

    def setUp(self):
        super().setUp()
        self.document = (
            self.env["sekp.document"]
            .with_user(self.worker)
            .create(
                {
                    "course_id": self.course.id,
                    "title": "Brev.txt",
                    "upload": base64.b64encode(b"Et brev"),
                }
            )
        )
        self.assertEqual(self.problems(), [])

    def plant(self, query, *args):
        """Change rows as no act does, and no guard lets happen."""
        self.env.flush_all()
        self.env.cr.execute(query, args)
        self.env.invalidate_all()

    def assertFound(self, *words):
        """Assert that one problem tells of each of the words, and none of a person."""
        found = self.problems()
        for word in words:
            self.assertTrue([text for text in found if word in text], (word, found))
        for secret in (NAME, self.course.reference, self.worker.name, "Kaptajnen"):
            self.assertNotIn(secret, "\n".join(found))

    def test_a_part_that_says_it_belongs_to_another_team(self):
        contact = self.log(self.course)
        self.plant(
            "UPDATE sekp_contact SET team_id = %s WHERE id = %s",
            self.forest.id,
            contact.id,
        )
        self.assertFound(f"sekp.contact {contact.id}: its team_id is not that of")

    def test_an_access_row_that_holds_at_other_moments(self):
        row = self.course.sudo().assignment_ids[:1]
        self.plant(
            "UPDATE sekp_assignment SET starts_at = starts_at - interval '1 hour' "
            "WHERE id = %s",
            row.id,
        )
        self.assertFound(f"sekp.assignment {row.id}: its moments are not its days")

    def test_more_than_the_standard_allows(self):
        self.name_as(self.course, "Kaptajnen")
        self.assertEqual(self.problems(), [])
        self.plant(
            "UPDATE sekp_standard SET registration_mode = 'none' WHERE id = %s",
            self.standard.id,
        )
        self.assertFound(
            f"sekp.citizen {self.citizen.id}: more than the standard (none) allows"
        )

    def test_a_name_above_the_step(self):
        identity = self.register(self.citizen.with_user(self.worker), phones="20112233")
        self.assertEqual(self.problems(), [])
        self.plant(
            "UPDATE sekp_citizen SET identity_level = 'alias' WHERE id = %s",
            self.citizen.id,
        )
        self.assertFound(f"sekp.identity {identity.id}: sealed above the step")

    def test_a_seal_that_was_broken(self):
        with self.at(NOW + timedelta(days=3)):
            while self.env["sekp.access.seal"]._seal_next():
                pass
            self.assertEqual(self.problems(), [])
            self.plant("ALTER TABLE sekp_access_log DISABLE TRIGGER USER")
            self.plant("UPDATE sekp_access_log SET kind = 'open' WHERE kind <> 'open'")
            self.assertFound(f"the access log of {TODAY}: changed")

    def test_a_key_that_is_missing(self):
        fingerprint = self.env["sekp.vault"]._fingerprint()
        self.path.unlink()
        self.assertFound(
            f"sekp.document: 1 sealed with the key {fingerprint}, which is missing"
        )

    def test_a_file_that_is_missing_and_a_document_without_one(self):
        domain = [("res_model", "=", "sekp.document"), ("res_field", "=", "content")]
        domain.append(("res_id", "=", self.document.id))
        attachment = self.env["ir.attachment"].search(domain)
        os.unlink(attachment._full_path(attachment.store_fname))
        self.assertFound(f"ir.attachment {attachment.id}: its file is missing")
        self.plant("DELETE FROM ir_attachment WHERE id = %s", attachment.id)
        self.assertFound(f"sekp.document {self.document.id}: it has no content")

    def test_what_lies_on_a_record_that_is_gone(self):
        activity = self.course.sudo().activity_ids[:1]
        gone = 999_999_999
        self.plant(
            "UPDATE mail_activity SET res_id = %s, active = FALSE WHERE id = %s",
            gone,
            activity.id,
        )
        self.assertFound(
            f"mail_activity [{activity.id}]: on sekp.course {gone}, which is gone"
        )

    def test_what_another_way_laid_on_a_record(self):
        self.plant(
            "INSERT INTO mail_message (model, res_id, message_type, date) "
            "VALUES ('sekp.course', %s, 'comment', now() AT TIME ZONE 'UTC')",
            self.course.id,
        )
        self.plant(
            "INSERT INTO mail_followers (res_model, res_id, partner_id) "
            "VALUES ('sekp.course', %s, %s)",
            self.course.id,
            self.worker.partner_id.id,
        )
        self.plant(
            "INSERT INTO ir_attachment (name, type, res_model, res_id) "
            "VALUES ('x', 'binary', 'sekp.course', %s)",
            self.course.id,
        )
        self.assertFound("mail_message", "mail_followers", "ir_attachment")

    def test_a_figure_that_was_changed(self):
        statistic = self.env["sekp.statistic"]
        row = statistic.create(
            [
                {
                    "company_id": self.company.id,
                    "measure": "contacts",
                    "dimension": dimension,
                    "category_key": "",
                    "date_from": TODAY.replace(month=1, day=1),
                    "date_to": TODAY.replace(month=1, day=31),
                    "period": "2026",
                    "months": 1,
                    "value": value,
                }
                for dimension, value in (("total", 0), ("phase", 0))
            ]
        )
        self.assertEqual(self.problems(), [])
        self.plant("ALTER TABLE sekp_statistic DISABLE TRIGGER USER")
        self.plant("UPDATE sekp_statistic SET value = 9 WHERE id = %s", row[0].id)
        self.assertFound(
            f"sekp.statistic {row[0].id}: told 9, counted 0", "contacts by phase"
        )

    def test_a_fault_is_planted_for_each(self):
        """As in the other part: none of the questions is left without a fault."""
        own = [
            name
            for name in self.env["sekp.check"]._invariants()
            if getattr(type(self.env["sekp.check"]), name).__module__.endswith(
                "_stored"
            )
        ]
        self.assertEqual(
            own,
            [
                "_check_assignments", "_check_attached", "_check_breakdowns",
                "_check_figures", "_check_files", "_check_keys", "_check_orphans",
                "_check_parts", "_check_seals", "_check_steps",
            ],
        )  # fmt: skip
