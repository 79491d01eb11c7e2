from datetime import date

import psycopg2

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import OutreachCase


@tagged("post_install", "-at_install", "sekp_outreach")
class TestStandard(OutreachCase):
    def adopt(self, preset_code="lejre", user=None):
        preset = self.env["sekp.standard"].search([("code", "=", preset_code)])
        wizard = (
            self.env["sekp.adopt.standard"]
            .with_user(user or self.manager)
            .create({"standard_id": preset.id, "company_id": self.company.id})
        )
        return self.env["sekp.standard"].browse(wizard.action_adopt()["res_id"])

    def test_adopting_copies_every_part_to_a_draft(self):
        preset = self.env["sekp.standard"].search([("code", "=", "lejre")])
        draft = self.adopt()
        self.assertEqual(draft.state, "draft")
        self.assertEqual(draft.company_id, self.company)
        self.assertEqual(draft.preset_id, preset)
        for part in (
            "deadline_ids",
            "route_ids",
            "section_ids",
            "goal_ids",
            "statement_ids",
        ):
            self.assertEqual(len(draft[part]), len(preset[part]), part)
        self.assertEqual(draft.deadline_ids.mapped("amount"), [7, 7])

    def test_adopting_makes_a_team_for_each_entry_point(self):
        draft = self.adopt()
        self.assertEqual(
            draft.route_ids.team_id.mapped("name"), draft.route_ids.mapped("name")
        )
        again = self.adopt()
        self.assertEqual(again.route_ids.team_id, draft.route_ids.team_id)

    def test_only_a_preset_is_adopted(self):
        standard = self.make_standard()
        wizard = self.env["sekp.adopt.standard"].create(
            {"standard_id": standard.id, "company_id": self.company.id}
        )
        with self.assertRaises(UserError):
            wizard.action_adopt()

    def test_only_a_scheme_manager_adopts(self):
        with self.assertRaises(AccessError):
            self.adopt(user=self.supervisor)

    def test_putting_in_force_supersedes_the_version_before(self):
        first = self.make_standard()
        second = self.make_standard(in_force=False)
        wizard = (
            self.env["sekp.put.in.force"]
            .with_user(self.manager)
            .create({"standard_id": second.id, "day": date(2026, 10, 1)})
        )
        self.assertEqual(wizard.superseded_id, first)
        wizard.action_confirm()
        self.assertEqual(first.valid_to, date(2026, 9, 30))
        self.assertEqual((first.status, second.status), ("in_force", "coming"))
        Standard = self.env["sekp.standard"]
        self.assertEqual(Standard._in_force(self.company, date(2026, 9, 30)), first)
        self.assertEqual(Standard._in_force(self.company, date(2026, 10, 1)), second)
        with self.at("2026-10-02 08:00:00"):
            (first | second).invalidate_recordset()
            self.assertEqual((first.status, second.status), ("superseded", "in_force"))
            self.assertEqual(
                Standard.search(
                    [("status", "=", "in_force"), ("company_id", "=", self.company.id)]
                ),
                second,
            )

    def test_one_in_force_per_day_is_held_by_the_database(self):
        self.make_standard()
        second = self.make_standard(in_force=False)
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.ExclusionViolation),
            self.cr.savepoint(),
        ):
            self.cr.execute(
                "UPDATE sekp_standard SET state = 'adopted', valid_from = %s "
                "WHERE id = %s",
                [date(2026, 5, 1), second.id],
            )

    def test_a_day_before_the_present_version_is_refused(self):
        self.make_standard()
        second = self.make_standard(in_force=False)
        with self.assertRaisesRegex(UserError, "later day"):
            second._put_in_force(date(2025, 12, 1))

    def test_an_entry_point_without_team_is_refused(self):
        draft = self.make_standard(in_force=False)
        draft.route_ids.team_id = False
        with self.assertRaisesRegex(UserError, "Havneholdet"):
            draft._put_in_force(date(2026, 1, 1))

    def test_a_standard_in_force_cannot_be_changed(self):
        standard = self.make_standard(
            deadlines=[{"kind": "response", "amount": 7, "unit": "day"}]
        ).with_user(self.manager)
        with self.assertRaisesRegex(UserError, "new version"):
            standard.registration_mode = "full"
        with self.assertRaisesRegex(UserError, "new version"):
            standard.deadline_ids.amount = 3
        with self.assertRaisesRegex(UserError, "new version"):
            standard.write({"route_ids": [Command.clear()]})
        with self.assertRaises(UserError):
            standard.unlink()

    def test_a_preset_is_common_and_cannot_be_changed(self):
        preset = (
            self.env["sekp.standard"]
            .search([("code", "=", "lejre")])
            .with_user(self.manager)
        )
        with self.assertRaisesRegex(UserError, "common to all"):
            preset.rhythm_count = 4
        with self.assertRaisesRegex(UserError, "common to all"):
            preset.deadline_ids[0].amount = 14
        with self.assertRaises(AccessError):
            preset.unlink()

    def test_nobody_dates_a_standard_by_hand(self):
        draft = self.make_standard(in_force=False).with_user(self.manager)
        with self.assertRaises(UserError):
            draft.write({"state": "adopted", "valid_from": "2026-01-01"})
        with self.assertRaises(UserError):
            draft.create({"name": "x", "municipality": "x", "state": "adopted"})

    def test_a_new_version_is_a_draft_of_the_same_municipality(self):
        standard = self.make_standard(rhythm_count=2).with_user(self.manager)
        draft = self.env["sekp.standard"].browse(
            standard.action_new_version()["res_id"]
        )
        self.assertEqual(
            (draft.state, draft.company_id, draft.rhythm_count, draft.valid_from),
            ("draft", self.company, 2, False),
        )

    def test_a_standard_that_stores_nothing_cannot_ask_for_a_grant(self):
        with self.assertRaises(ValidationError):
            self.make_standard(registration_mode="none", grant="required")

    def test_a_counted_deadline_needs_a_number(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.CheckViolation),
        ):
            self.make_standard(
                deadlines=[{"kind": "response", "timing": "counted", "amount": 0}]
            )

    def test_anonymity_depends_on_who_receives(self):
        standard = self.make_standard(
            anonymity_citizen="right",
            anonymity_ids=[
                Command.create({"towards": "authority", "anonymity": "not_offered"})
            ],
        )
        self.assertEqual(standard._anonymity("citizen", "team"), "right")
        self.assertEqual(standard._anonymity("citizen", "authority"), "not_offered")

    def test_routing_by_age_district_group_and_source(self):
        group = self.env.ref("sekp_outreach.target_group_homeless")
        standard = self.make_standard(
            route_ids=[
                Command.create(line | {"team_id": self.harbour.id, "sequence": number})
                for number, line in enumerate(
                    [
                        {"name": "politi", "source_id": self.source_self.id},
                        {"name": "gaden", "target_group_id": group.id},
                        {"name": "øst", "district": "Østby"},
                        {"name": "unge", "age_to": 29},
                        {"name": "voksne", "age_from": 30},
                    ]
                )
            ]
        )
        none = self.env["sekp.source"]
        for facts, expected in (
            ({"age": 29}, "unge"),
            ({"age": 30}, "voksne"),
            ({"age": 0}, False),
            ({"age": 40, "district": "østby"}, "øst"),
            ({"age": 40, "target_groups": group}, "gaden"),
            ({"source": self.source_self}, "politi"),
            ({"source": none, "age": 50}, "voksne"),
        ):
            self.assertEqual(standard._route(**facts).name, expected, facts)

    def test_a_statement_tells_when_it_lives_nowhere(self):
        standard = self.make_standard(
            in_force=False,
            deadlines=[{"kind": "response", "amount": 7, "unit": "day"}],
            statement_ids=[
                Command.create(
                    {"home": "deadline_ids", "entry": "response", "sentence": "7 dage"}
                ),
                Command.create({"home": "rhythm_count", "sentence": "en gang"}),
            ],
        )
        deadline, rhythm = standard.statement_ids.sorted("home")
        self.assertIn("7", deadline.lives_in)
        self.assertFalse(rhythm.lives_in)
        standard.deadline_ids.unlink()
        deadline.invalidate_recordset(["lives_in"])
        self.assertFalse(deadline.lives_in)

    def test_a_standard_can_be_typed_without_a_preset(self):
        """Another municipality's paper fits as data: clocks of every timing."""
        standard = self.make_standard(
            deadlines=[
                {"kind": "response", "timing": "immediate"},
                {
                    "kind": "processing",
                    "amount": 3,
                    "unit": "working_day",
                    "weekdays": "mon_sat",
                },
                {"kind": "start", "timing": "worded", "wording": "hurtigst muligt"},
            ]
        )
        due = {
            line.kind: line._due_date(date(2026, 9, 18))
            for line in standard.deadline_ids
        }
        self.assertEqual(
            due,
            {
                "response": date(2026, 9, 18),
                "processing": date(2026, 9, 22),
                "start": False,
            },
        )
