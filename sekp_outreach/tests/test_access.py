from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import OutreachCase


@tagged("post_install", "-at_install", "sekp_outreach")
class TestAccess(OutreachCase):
    """Who opens what: live access rows, supervision, municipality; nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(
            action_plan="offered",
            grant="offered",
            deadlines=[{"kind": "response", "amount": 7, "unit": "day"}],
        )
        cls.course = cls.allocate().sudo()
        env = cls.env
        cls.records = {
            "sekp.course": cls.course,
            "sekp.citizen": cls.course.citizen_id,
            "sekp.assignment": cls.course.assignment_ids,
            "sekp.referral": cls.course.referral_id,
            "sekp.deadline": cls.course.deadline_ids,
        }
        for model, vals in (
            ("sekp.contact", {"form_id": cls.phone.id, "outcome": "met"}),
            ("sekp.goal", {"goal": "Ro"}),
            ("sekp.appointment", {"worker_ids": [Command.set(cls.worker.ids)]}),
            ("sekp.grant", {"date_from": "2026-09-16"}),
            ("sekp.review", {}),
            ("sekp.handover", {"offer_id": cls.offer.id}),
        ):
            cls.records[model] = env[model].create({"course_id": cls.course.id, **vals})

    def entitled_to(self, user):
        self.env.invalidate_all()
        return {
            model
            for model, record in self.records.items()
            if self.env[model].has_access("read")
            and self.can_read(record.with_user(user))
        }

    def can_read(self, record):
        if not record.browse().has_access("read"):
            return False
        readable = record.has_access("read")
        found = bool(record.search_count([("id", "=", record.id)]))
        self.assertEqual(readable, found, record._name)
        return readable

    def test_the_worker_and_the_supervisor_see_all_parts(self):
        everything = set(self.records)
        self.assertEqual(self.entitled_to(self.worker), everything)
        self.assertEqual(self.entitled_to(self.supervisor), everything)

    def test_intake_keeps_the_referral_and_its_clocks(self):
        self.assertEqual(
            self.entitled_to(self.intake), {"sekp.referral", "sekp.deadline"}
        )

    def test_nobody_else_sees_anything(self):
        administrator = self.env.ref("base.user_admin")
        for user in (
            self.colleague,
            self.other_worker,
            self.other_supervisor,
            self.manager,
            self.receiver,
            self.employee,
            self.foreign_supervisor,
            administrator,
        ):
            self.assertFalse(self.entitled_to(user), user.login)

    def test_a_supervisor_of_another_municipality_gains_nothing_by_a_seat(self):
        """Supervision counts within the company only."""
        self.foreign_supervisor.sudo().group_ids |= self.env.ref(
            "sekp_outreach.group_intake"
        )
        self.assertFalse(self.entitled_to(self.foreign_supervisor))

    def test_an_activity_opens_no_course(self):
        self.course.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.worker.id
        )
        self.course.activity_ids.sudo().write({"user_id": self.worker.id})
        self.assertFalse(self.entitled_to(self.colleague))

    def test_a_child_under_a_foreign_parent_is_refused(self):
        for model, vals in (
            ("sekp.contact", {"form_id": self.phone.id, "outcome": "met"}),
            ("sekp.goal", {"goal": "Ro"}),
            ("sekp.review", {}),
            (
                "sekp.handover",
                {"offer_id": self.env.ref("sekp_outreach.offer_doctor").id},
            ),
        ):
            for user in (self.colleague, self.other_supervisor):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).create(
                        {"course_id": self.course.id, **vals}
                    )

    def test_an_unsaved_row_tells_nothing_of_a_foreign_course(self):
        self.env.invalidate_all()
        answer = (
            self.env["sekp.goal"]
            .with_user(self.colleague)
            .onchange(
                {"course_id": self.course.id},
                ["course_id"],
                {"reference": {}, "team_id": {"fields": {"display_name": {}}}},
            )
        )
        self.assertFalse(answer["value"].get("reference"), answer)
        self.assertFalse(answer["value"].get("team_id"), answer)

    def test_a_link_to_a_record_one_may_not_read_is_refused(self):
        mine = self.allocate(user=self.colleague)
        goal = (
            self.env["sekp.goal"]
            .with_user(self.colleague)
            .create({"course_id": mine.id, "goal": "Ro"})
        )
        with self.assertRaises(AccessError):
            goal.parent_id = self.records["sekp.goal"].id

    def test_every_act_checks_the_record(self):
        """Each public method of each model refuses a stranger with a valid id."""
        acts = 0
        for model, record in self.records.items():
            stranger = record.with_user(self.other_supervisor)
            for name in dir(type(record)):
                if not name.startswith("action_") or name in (
                    "action_archive",
                    "action_unarchive",
                    "action_reschedule_my_next_today",
                    "action_reschedule_my_next_tomorrow",
                    "action_reschedule_my_next_nextweek",
                ):
                    continue
                with self.subTest(model=model, act=name):
                    acts += 1
                    with self.assertRaises(AccessError):
                        getattr(stranger, name)()
        self.assertGreater(acts, 25)

    def test_no_model_about_a_person_has_a_thread(self):
        for model in self.records:
            fields = self.env[model]._fields
            self.assertNotIn("message_ids", fields, model)
            self.assertNotIn("message_follower_ids", fields, model)
            for name in ("email", "email_from", "partner_email", "access_token"):
                self.assertNotIn(name, fields, model)

    def test_names_of_everything_about_a_person_are_codes(self):
        code = self.course.reference
        for model, record in self.records.items():
            expected = record.reference if model in (
                "sekp.referral", "sekp.deadline",
            ) else code  # fmt: skip
            self.assertTrue(record.display_name.startswith(expected), model)

    def test_administrators_have_none_of_our_roles(self):
        administrator = self.env.ref("base.user_admin")
        ours = self.env["res.groups"].search(
            [("privilege_id.category_id", "=",
              self.env.ref("sekp_outreach.module_category_outreach").id)]
        )  # fmt: skip
        self.assertEqual(len(ours), 9)
        self.assertFalse(administrator.all_group_ids & ours)

    def test_dialog_rows_are_one_s_own(self):
        wizard = (
            self.env["sekp.close.course"]
            .with_user(self.worker)
            .create({"course_id": self.course.id, "outcome": "achieved"})
        )
        self.env.invalidate_all()
        self.assertFalse(wizard.with_user(self.supervisor).has_access("read"))
