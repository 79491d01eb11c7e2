import logging

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import TODAY, OutreachCase


@tagged("post_install", "-at_install", "sekp_outreach")
class TestEscalation(OutreachCase):
    """Attempts of colleagues to let themselves in, or to skip an act."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(
            grant="offered",
            action_plan="offered",
            review_rule="interval",
            review_interval_months=6,
            deadlines=[{"kind": "response", "amount": 7, "unit": "day"}],
        )
        cls.make_standard(company=cls.foreign_company)
        cls.course = cls.allocate(age=43, concern="Sover ude")
        cls.name_as(cls.course, "Kaptajnen")

    def setUp(self):
        super().setUp()
        self.env.flush_all()
        self.env.invalidate_all()

    # --- teams --------------------------------------------------------------------
    def test_a_supervisor_cannot_join_another_team(self):
        team = self.harbour.with_user(self.other_supervisor)
        for vals in (
            {"supervisor_ids": [Command.link(self.other_supervisor.id)]},
            {"member_ids": [Command.link(self.other_supervisor.id)]},
            {"company_id": self.foreign_company.id},
        ):
            with self.assertRaises(
                AccessError if "company_id" not in vals else UserError
            ):
                team.write(vals)

    def test_a_supervisor_changes_daily_matters_of_the_own_team_only(self):
        team = self.harbour.with_user(self.supervisor)
        team.phone = "12 34"
        team.member_ids = [Command.link(self.other_worker.id)]
        for vals in (
            {"supervisor_ids": [Command.link(self.other_supervisor.id)]},
            {"responsible_id": self.worker.id},
            {"name": "Andet"},
        ):
            with self.assertRaises(AccessError):
                team.write(vals)

    def test_a_scheme_manager_cannot_let_oneself_in(self):
        self.manager.sudo().group_ids |= self.env.ref("sekp_outreach.group_supervisor")
        with self.assertRaisesRegex(AccessError, "another scheme manager"):
            self.harbour.with_user(self.manager).supervisor_ids = [
                Command.link(self.manager.id)
            ]
        with self.assertRaisesRegex(AccessError, "another scheme manager"):
            self.env["sekp.team"].with_user(self.manager).create(
                {"name": "Mit", "supervisor_ids": [Command.set(self.manager.ids)]}
            )

    def test_only_those_with_the_role_supervise(self):
        with self.assertRaisesRegex(ValidationError, "need their role"):
            self.harbour.with_user(self.manager).supervisor_ids = [
                Command.link(self.colleague.id)
            ]

    # --- foreign ids --------------------------------------------------------------
    def test_an_earlier_course_of_others_opens_no_citizen(self):
        self.course._close("unused")
        referral = self.env["sekp.referral"].with_user(self.other_supervisor)
        own = referral.create(
            {"source_id": self.source_relative.id, "team_id": self.forest.id}
        )
        with self.assertRaises(AccessError):
            self.env["sekp.allocate"].with_user(self.other_supervisor).create(
                {
                    "referral_id": own.id,
                    "team_id": self.forest.id,
                    "user_id": self.other_worker.id,
                    "earlier_course_id": self.course.id,
                }
            )
        with self.assertRaises(AccessError):
            own._allocate(
                self.other_worker,
                self.forest,
                earlier_course=self.course.with_user(self.other_supervisor),
            )

    def test_an_open_course_is_not_gone_on_with(self):
        referral = self.refer()
        with self.assertRaisesRegex(UserError, "closed course"):
            referral.with_user(self.supervisor)._allocate(
                self.worker,
                self.harbour,
                earlier_course=self.course.with_user(self.supervisor),
            )

    def test_no_dialog_is_opened_on_a_course_of_others(self):
        for model, vals in (
            ("sekp.assign", {"user_id": self.other_worker.id, "role": "cover"}),
            ("sekp.close.course", {"outcome": "other"}),
        ):
            for context in ({}, {"default_course_id": self.course.id}):
                given = {} if context else {"course_id": self.course.id}
                with self.assertRaises(AccessError):
                    self.env[model].with_user(self.other_supervisor).with_context(
                        **context
                    ).create({**given, **vals})

    def test_a_default_is_a_link_too(self):
        with self.assertRaises(AccessError):
            self.env["sekp.goal"].with_user(self.colleague).with_context(
                default_course_id=self.course.id
            ).create({"goal": "Ro"})
        referral = (
            self.env["sekp.referral"]
            .with_user(self.colleague)
            .with_context(default_course_id=self.course.id, default_state="allocated")
            .create({"source_id": self.source_relative.id})
        )
        self.assertFalse(referral.sudo().course_id)
        self.assertEqual(referral.state, "received")

    def test_a_name_read_first_brings_nothing_with_it(self):
        """A link's name is read by everyone; it must fetch the code and no more."""
        assign = self.env["sekp.assign"].create(
            {
                "course_id": self.course.id,
                "user_id": self.other_worker.id,
                "role": "second",
            }
        )
        self.env.cr.execute(
            "UPDATE sekp_assign SET create_uid = %s WHERE id = %s",
            [self.other_supervisor.id, assign.id],
        )
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            assign.with_user(self.other_supervisor).read(["course_id", "team_id"])

    # --- moving what is not one's own to move -------------------------------------
    def test_a_worker_cannot_give_the_course_away(self):
        course = self.course
        with self.assertRaises(AccessError):
            course.team_id = self.forest
        with self.assertRaises(UserError):
            course.write(
                {"team_id": self.abroad.id, "company_id": self.foreign_company.id}
            )
        with self.assertRaises(UserError):
            course.with_user(self.supervisor).team_id = self.abroad
        course.with_user(self.supervisor).team_id = self.forest
        self.env.invalidate_all()
        self.assertTrue(course.with_user(self.other_supervisor).has_access("read"))

    def test_columns_of_the_rules_are_nobody_s_to_write(self):
        goal = (
            self.env["sekp.goal"]
            .with_user(self.worker)
            .create({"course_id": self.course.id, "goal": "Ro"})
        )
        for vals in (
            {"team_id": self.forest.id},
            {"company_id": self.foreign_company.id},
            {"reference": "min-egen-kode"},
        ):
            with self.assertRaises(UserError):
                goal.write(vals)
        forged = (
            self.env["sekp.goal"]
            .with_user(self.worker)
            .create(
                {
                    "course_id": self.course.id,
                    "goal": "Ro",
                    "team_id": self.forest.id,
                    "company_id": self.foreign_company.id,
                }
            )
        )
        self.assertEqual(
            (forged.team_id, forged.company_id), (self.harbour, self.company)
        )

    def test_the_bound_on_registration_cannot_be_moved(self):
        citizen = self.course.citizen_id
        other = self.make_standard(in_force=False, registration_mode="full")
        with self.assertRaises(UserError):
            citizen.standard_id = other
        with self.assertRaises(UserError):
            citizen.identity_level = "unknown"

    def test_a_stricter_standard_erases_what_it_does_not_allow(self):
        self.course._close("unused")
        strict = self.make_standard(in_force=False, registration_mode="none")
        strict._put_in_force(TODAY)
        action = self.course.action_reestablish()
        again = self.env["sekp.course"].with_user(self.worker).browse(action["res_id"])
        self.assertFalse(again.alias)
        self.assertFalse(again.age_band)
        self.assertEqual(again.citizen_id.standard_id, strict)

    def test_an_allocated_referral_stays_where_it_is(self):
        referral = self.course.sudo().referral_id.with_user(self.supervisor)
        for vals in (
            {"team_id": self.forest.id},
            {"company_id": self.foreign_company.id},
            {"responded_on": TODAY},
            {"acute_handled": "handled"},
            {"next_due": TODAY},
        ):
            with self.assertRaises(UserError):
                referral.write(vals)

    def test_one_who_only_registered_a_referral_does_not_triage_it(self):
        referral = self.refer(user=self.other_worker)
        for act in ("action_accept", "action_outside", "action_begin"):
            with self.assertRaises(AccessError):
                getattr(referral, act)()

    # --- acts cannot be skipped at birth ------------------------------------------
    def test_nothing_is_born_further_on_than_its_acts(self):
        for model, vals in (
            (
                "sekp.handover",
                {"offer_id": self.offer.id, "state": "sent", "receiver_id": 1},
            ),
            ("sekp.handover", {"offer_id": self.offer.id, "met_count": 9}),
            ("sekp.review", {"held_on": TODAY}),
            ("sekp.goal", {"goal": "Ro", "assessed_on": TODAY}),
        ):
            with self.assertRaises(UserError):
                self.env[model].with_user(self.worker).create(
                    {"course_id": self.course.id, **vals}
                )
        with self.assertRaises(UserError):
            self.refer(state="closed", outcome="outside")
        handover = (
            self.env["sekp.handover"]
            .with_user(self.worker)
            .with_context(default_state="sent", default_consent_given="oral")
            .create({"course_id": self.course.id, "offer_id": self.offer.id})
        )
        self.assertEqual((handover.state, handover.consent_given), ("proposed", False))

    # --- access rows --------------------------------------------------------------
    def test_access_is_only_shortened_and_by_another(self):
        row = self.course._assign(
            self.other_supervisor, "cover", "Ferie", date_to="2026-09-18"
        ).sudo(False)
        with self.assertRaises(AccessError):
            row.with_user(self.other_supervisor).date_to = False
        with self.assertRaises(UserError):
            row.with_user(self.supervisor).date_to = "2026-12-31"
        with self.assertRaises(UserError):
            row.with_user(self.supervisor).date_to = "2026-09-01"
        row.with_user(self.supervisor).date_to = TODAY
        main = self.course.assignment_ids.filtered(
            lambda row: row.role == "contact_person"
        )
        with self.assertRaisesRegex(UserError, "another contact person"):
            main.with_user(self.supervisor).date_to = TODAY

    def test_a_cover_that_had_not_begun_never_begins_after_closing(self):
        self.course._assign(
            self.colleague, "cover", "Ferie", "2026-10-01", "2026-10-10"
        )
        self.course._close("achieved")
        with self.at("2026-10-02 10:00:00"):
            self.env.invalidate_all()
            self.assertFalse(self.course.with_user(self.colleague).has_access("read"))

    def test_a_cover_does_not_close_the_course(self):
        self.course._assign(self.colleague, "cover", "Ferie")
        with self.assertRaises(AccessError):
            self.course.with_user(self.colleague)._close("achieved")

    # --- obligations --------------------------------------------------------------
    def test_an_obligation_is_not_ticked_or_moved_by_hand(self):
        activity = self.course.activity_ids.filtered("automated")[:1]
        self.assertFalse(activity.can_write, "the buttons are not offered")
        for act in (
            lambda: activity.write({"date_deadline": "2030-01-01"}),
            lambda: activity.write({"user_id": self.colleague.id}),
            activity.action_done,
            activity.unlink,
            lambda: self.course.activity_unlink(["sekp_outreach.activity_review"]),
        ):
            with self.assertRaisesRegex(UserError, "ends by itself"):
                act()

    def test_an_activity_goes_only_to_those_who_may_open_the_record(self):
        with self.assertRaisesRegex(UserError, "may open the record"):
            self.course.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=self.colleague.id,
                automated=False,
            )

    # --- the log ------------------------------------------------------------------
    def test_an_empty_mandatory_field_never_reaches_the_database(self):
        with self.assertLogs("odoo.sql_db", logging.ERROR) as caught:
            logging.getLogger("odoo.sql_db").error("the log is listened to")
            for model, vals in (
                ("sekp.contact", {"outcome": "met", "note": "Kanarieøerne"}),
                ("sekp.handover", {"summary": "Kanarieøerne"}),
            ):
                with self.assertRaisesRegex(ValidationError, "Fill in"):
                    self.env[model].with_user(self.worker).create(
                        {"course_id": self.course.id, **vals}
                    )
            with self.assertRaisesRegex(ValidationError, "Fill in"):
                self.refer(source_id=False, concern="Kanarieøerne")
        self.assertEqual(len(caught.output), 1)

    def test_what_the_database_refuses_is_logged_without_values(self):
        with (
            self.assertLogs("odoo.sql_db", logging.ERROR) as caught,
            self.assertRaises(Exception),  # noqa: B017
            self.cr.savepoint(),
        ):
            self.cr.execute(
                "INSERT INTO sekp_citizen (alias) VALUES (%s)", ["Kanariemanden"]
            )
        self.assertIn("sekp_citizen", caught.output[0])
        self.assertNotIn("Kanariemanden", caught.output[0])
