from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import TODAY, OutreachCase

TODO = "mail.mail_activity_data_todo"
# Statements at most, however many obligations there are.
LIST, GROUPS = 15, 8
PAGE = 2
# What is neither clock, contact, review, handover nor absence.
OTHER_KINDS = {
    "activity_complaint", "activity_break_glass", "activity_colleague_asks",
    "activity_access_request", "activity_revision",
}  # fmt: skip


@tagged("post_install", "-at_install", "sekp_outreach")
class TestOverview(OutreachCase):
    """The obligations of a team in one list."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(rhythm_count=1)

    def plan(self, record, owner, days=0, **vals):
        return record.sudo().activity_schedule(
            TODO,
            date_deadline=TODAY + timedelta(days=days),
            user_id=owner.id,
            automated=False,
            **vals,
        )

    def listed(self, user, *more, **options):
        """Return what a user sees under “Obligations”."""
        self.env.invalidate_all()
        action = self.env.ref("sekp_outreach.mail_activity_action")
        domain = safe_eval(action.domain, {"uid": user.id}) + list(more)
        Activity = self.env["mail.activity"].with_user(user)
        return Activity.search(domain, **options).sudo()

    # --- the team -----------------------------------------------------------------
    def test_an_activity_bears_the_team_of_its_record(self):
        course = self.allocate()
        handover = course.env["sekp.handover"].create(
            {"course_id": course.id, "offer_id": self.offer.id}
        )
        for record in (course, handover, course.citizen_id, self.refer()):
            activity = self.plan(record, self.supervisor)
            self.assertEqual(activity.sekp_team_id, self.harbour, record._name)

    def test_no_activity_of_another_app_bears_a_team(self):
        activity = self.plan(self.env.user.partner_id, self.employee)
        self.assertFalse(activity.sekp_team_id)
        mine = activity.with_user(self.employee)
        self.assertEqual(mine.search([]), mine)
        mine.read()
        self.assertNotIn("sekp_team_id", mine.fields_get())
        with self.assertRaises(AccessError):
            mine.read(["sekp_team_id"])
        with self.assertRaises(AccessError):
            mine.search([("sekp_team_id", "=", self.harbour.id)])

    def test_the_team_follows_a_course_and_all_around_it(self):
        course = self.allocate()
        handover = course.env["sekp.handover"].create(
            {"course_id": course.id, "offer_id": self.offer.id}
        )
        activities = self.plan(course, self.worker)
        activities |= self.plan(handover, self.worker)
        activities |= self.plan(course.citizen_id, self.worker)
        activities |= course.sudo().activity_ids
        course.with_user(self.supervisor).team_id = self.forest
        self.assertGreater(len(activities), 3)
        self.assertEqual(activities.sekp_team_id, self.forest)

    def test_the_team_follows_a_referral(self):
        referral = self.refer()
        activities = referral.sudo().activity_ids | self.plan(referral, self.intake)
        referral.with_user(self.intake).team_id = self.forest
        self.assertEqual(activities.sekp_team_id, self.forest)

    # --- the list -----------------------------------------------------------------
    def test_a_supervisor_sees_the_team_s_and_a_worker_the_own(self):
        course, others = self.allocate(), self.allocate(user=self.colleague)
        mine, theirs = course.sudo().activity_ids, others.sudo().activity_ids
        self.assertTrue(mine and theirs)
        everything = self.env["mail.activity"].sudo().browse((mine | theirs).ids)
        self.assertEqual(self.listed(self.supervisor) & everything, everything)
        self.assertEqual(self.listed(self.worker), mine)
        self.assertEqual(self.listed(self.colleague), theirs)
        for user in (self.other_supervisor, self.foreign_supervisor, self.employee):
            self.env.invalidate_all()
            Activity = self.env["mail.activity"].with_user(user)
            self.assertFalse(Activity.search([("id", "in", everything.ids)]))

    def test_a_page_holds_what_may_be_opened(self):
        """Others' earlier obligations take no place on it."""
        with self.at("2026-09-01 10:00:00"):
            for _number in range(3):
                self.allocate(user=self.colleague)
        course = self.allocate()
        Activity = self.env["mail.activity"].with_user(self.worker)
        ours = [("res_model", "=like", "sekp.%")]
        page = Activity.search(ours, limit=1, order="date_deadline, id")
        self.assertEqual((page.res_model, page.res_id), ("sekp.course", course.id))
        self.assertEqual(Activity.search_count(ours), len(course.sudo().activity_ids))

    def test_every_type_of_ours_is_of_a_kind(self):
        types = self.env["mail.activity.type"].search(
            [("res_model", "=like", "sekp.%")]
        )
        kinds = self.env["mail.activity"]._sekp_kinds()
        names = types.get_external_id()
        for type_ in types:
            name = names[type_.id].removeprefix("sekp_outreach.")
            self.assertNotEqual(type_.id in kinds, name in OTHER_KINDS, name)

    def test_the_filters_find_what_they_say(self):
        course = self.allocate()
        handmade = self.plan(course, self.worker, days=-2)
        contact = course.sudo().activity_search(["sekp_outreach.activity_next_contact"])
        everything = self.listed(self.worker)
        self.assertEqual(contact.mapped("sekp_kind"), ["contact"])
        self.assertEqual(handmade.sekp_kind, "other")
        for kind in ("clock", "contact", "other"):
            self.assertEqual(
                self.listed(self.worker, ("sekp_kind", "=", kind)),
                everything.filtered(lambda row, kind=kind: row.sekp_kind == kind),
            )
        self.assertEqual(
            self.listed(self.worker, ("date_deadline", "<", TODAY)), handmade
        )

    def test_a_line_opens_its_record(self):
        course = self.allocate()
        activity = self.listed(self.supervisor).filtered(
            lambda row: row.res_model == "sekp.course"
        )[:1]
        action = activity.with_user(self.supervisor).action_open_document()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("sekp.course", course.id)
        )

    def statements(self, call):
        self.env.flush_all()
        call()
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        call()
        return self.env.cr.sql_log_count - before

    def test_the_list_costs_the_same_with_few_and_with_many(self):
        action = self.env.ref("sekp_outreach.mail_activity_action")
        domain = safe_eval(action.domain, {"uid": self.supervisor.id})
        Activity = self.env["mail.activity"].with_user(self.supervisor)
        asked = {"res_name": {}, "date_deadline": {}, "user_id": {}, "state": {}}

        def opened():
            return Activity.web_search_read(domain, asked, limit=PAGE)

        def grouped():
            return Activity.web_read_group(domain, ["sekp_team_id"], ["__count"])

        self.allocate()
        self.refer()
        few = self.statements(opened), self.statements(grouped)
        for _number in range(20):
            course = self.allocate()
            for days in range(4):
                self.plan(course, self.worker, days)
        many = self.statements(opened), self.statements(grouped)
        self.assertGreater(opened()["length"], 80)
        self.assertEqual(many, few)
        self.assertLessEqual(many[0], LIST)
        self.assertLessEqual(many[1], GROUPS)

    def test_a_search_for_one_model_asks_for_no_other(self):
        Activity = self.env["mail.activity"].with_user(self.worker)
        course = self.allocate()
        own = course.sudo().activity_ids
        for asked in (
            [("res_model", "=", "sekp.course")],
            [("res_model", "in", ["sekp.course", "res.partner"])],
            ["|", ("res_model", "=", "sekp.course"), ("res_model", "=", "sekp.goal")],
            [("res_model", "=like", "sekp.cour%")],
        ):
            self.assertEqual(Activity.search(asked), own, asked)
            everything = Activity.with_user(self.other_supervisor).search(asked)
            self.assertFalse(everything, asked)
        self.assertFalse(Activity.search([("res_model", "=", "sekp.referral")]) & own)

    def test_a_scheme_manager_and_an_administrator_see_nothing(self):
        self.allocate()
        self.manager.group_ids = [Command.link(self.env.ref("base.group_system").id)]
        self.assertFalse(
            self.env["mail.activity"]
            .with_user(self.manager)
            .search([("res_model", "in", ["sekp.course", "sekp.referral"])])
        )
