from datetime import date, datetime, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import TODAY, OutreachCase, make_user

# Invented: no month has 31 February.
NUMBER = "310290-1234"
TODO = "mail.mail_activity_data_todo"


@tagged("post_install", "-at_install", "sekp_outreach")
class TestActivities(OutreachCase):
    """Activities without a mail thread: seen where work is planned, sent nowhere."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(rhythm_count=1)

    def written_elsewhere(self):
        return {
            model: self.env[model].sudo().search_count([])
            for model in (
                "mail.message",
                "mail.mail",
                "mail.followers",
                "mail.notification",
            )
        }

    def plan(self, record, owner, days=0, user=None, **vals):
        """Plan an activity on a record as the supervisor."""
        return record.with_user(user or self.supervisor).activity_schedule(
            TODO,
            date_deadline=TODAY + timedelta(days=days),
            user_id=owner.id,
            automated=False,
            **vals,
        )

    def test_a_whole_course_writes_no_message_mail_or_follower(self):
        before = self.written_elsewhere()
        course = self.allocate()
        self.log(course)
        handover = (
            self.env["sekp.handover"]
            .with_user(self.worker)
            .create(
                {
                    "course_id": course.id,
                    "offer_id": self.offer.id,
                    "receiver_id": self.receiver.id,
                }
            )
        )
        handover.action_consent_oral()
        handover.action_send()
        handover.with_user(self.receiver).action_accept()
        handover.with_user(self.receiver)._answer("return", "not_met")
        course._close("other")
        self.env.flush_all()
        self.assertEqual(self.written_elsewhere(), before)

    def test_a_hand_made_activity_is_kept_when_done_and_writes_nothing(self):
        course = self.allocate()
        activity = self.plan(course, self.worker)
        before = self.written_elsewhere()
        activity.with_user(self.worker).action_feedback()
        self.assertFalse(activity.active)
        self.assertEqual(self.written_elsewhere(), before)

    def test_the_activity_s_stored_name_is_the_code(self):
        course = self.allocate()
        self.name_as(course, "Kaptajnen")
        self.assertEqual(
            set(course.sudo().activity_ids.mapped("res_name")), {course.reference}
        )
        self.assertFalse(any(course.sudo().activity_ids.mapped("note")))

    def test_one_open_automatic_activity_per_type(self):
        course = self.allocate()
        for _again in range(3):
            course._sync_rhythm()
            self.log(course)
        automatic = course.sudo().activity_ids.filtered("automated")
        self.assertEqual(len(automatic), len(automatic.activity_type_id))

    def test_the_supervisor_s_activity_view_lists_the_course(self):
        course = self.allocate()
        data = (
            self.env["mail.activity"]
            .with_user(self.supervisor)
            .get_activity_data("sekp.course", [])
        )
        self.assertIn(course.id, data["activity_res_ids"])
        data = (
            self.env["mail.activity"]
            .with_user(self.other_supervisor)
            .get_activity_data("sekp.course", [])
        )
        self.assertNotIn(course.id, data["activity_res_ids"])

    # --- who reads it -------------------------------------------------------------
    def found(self, user, activity):
        """Tell on which ways a user finds an activity, open or done."""
        self.env.invalidate_all()
        Activity = self.env["mail.activity"].with_user(user)
        Activity = Activity.with_context(active_test=False)
        mine = [("id", "in", activity.ids)]
        data = Activity.get_activity_data("sekp.course", [], fetch_done=True)
        listed = {
            id_
            for kinds in data["grouped_activities"].values()
            for kind in kinds.values()
            for id_ in kind["ids"]
        }
        return {
            "search": bool(Activity.search(mine)),
            "count": bool(Activity.search_count(mine)),
            "group": bool(Activity.formatted_read_group(mine, ["summary"])),
            "access": activity.with_user(user).has_access("read"),
            "view": bool(listed & set(activity.ids)),
        }

    def test_the_document_alone_decides_who_reads_an_activity(self):
        """Nor its owner, nor the one who planned it or did it, open or done."""
        course = self.allocate(user=self.colleague)
        activity = self.plan(course, self.colleague, user=self.colleague)
        other = self.plan(course, self.supervisor, user=self.colleague)
        done = self.plan(course, self.colleague, user=self.colleague)
        done.with_user(self.colleague).action_feedback(feedback="Gjort")
        everything = activity | other | done
        for one in everything:
            self.assertEqual(set(self.found(self.colleague, one).values()), {True})
            self.assertEqual(set(self.found(self.supervisor, one).values()), {True})
        with self.at(datetime(2026, 9, 17, 10)):
            course.sudo().assignment_ids._write({"ends_at": datetime(2026, 9, 17)})
            self.env.invalidate_all()
            for one in everything:
                self.assertEqual(set(self.found(self.colleague, one).values()), {False})
                for verb in ("read", "write", "unlink"):
                    self.assertFalse(one.with_user(self.colleague).has_access(verb))
            with self.assertRaises(AccessError):
                activity.with_user(self.colleague).read(["summary"])
            with self.assertRaises(AccessError):
                activity.with_user(self.colleague).action_feedback()

    def test_the_counter_counts_what_may_be_opened_only(self):
        course = self.allocate(user=self.colleague)
        self.plan(course, self.colleague)
        mine = self.env["mail.activity"].create({"user_id": self.colleague.id})

        def counted():
            self.env.invalidate_all()
            groups = self.env["res.users"].with_user(self.colleague)
            return {row["model"]: row for row in groups._get_activity_groups()}

        self.assertIn("sekp.course", counted())
        self.impossible = "access ended behind the system's back"
        course.sudo().assignment_ids._write({"ends_at": datetime(2026, 9, 16)})
        groups = counted()
        self.assertNotIn("sekp.course", groups)
        self.assertEqual(groups["mail.activity"]["activity_ids"], mine.ids)

    def test_other_apps_activities_are_left_as_they_were(self):
        partner = self.env["res.partner"].create({"name": "Anden"})
        activity = partner.activity_schedule(TODO, user_id=self.employee.id)
        self.assertEqual(
            self.env["mail.activity"].with_user(self.employee).search([]), activity
        )
        activity.with_user(self.employee).write(
            {"summary": NUMBER, "attachment_ids": [Command.create({"name": "x"})]}
        )

    # --- what may be done to it ---------------------------------------------------
    def test_the_dialog_refuses_an_owner_who_may_not_open_the_record(self):
        course = self.allocate()

        def schedule(owner):
            dialog = (
                self.env["mail.activity.schedule"]
                .with_user(self.worker)
                .create(
                    {
                        "res_model": "sekp.course",
                        "res_ids": repr(course.ids),
                        "activity_type_id": self.env.ref(TODO).id,
                        "activity_user_id": owner.id,
                    }
                )
            )
            dialog.action_schedule_activities()

        with self.assertRaisesRegex(UserError, "who may open the record"):
            schedule(self.colleague)
        self.supervisor.company_ids |= self.foreign_company
        schedule(self.supervisor)
        self.assertIn(
            self.supervisor, course.sudo().activity_ids.user_id, "the entitled may"
        )

    def test_a_plan_goes_to_the_entitled_and_writes_no_message(self):
        course = self.allocate()
        plan = self.env["mail.activity.plan"].create(
            {
                "name": "Opstart",
                "res_model": "sekp.course",
                "template_ids": [
                    Command.create(
                        {
                            "activity_type_id": self.env.ref(TODO).id,
                            "responsible_type": "on_demand",
                        }
                    )
                ],
            }
        )
        before = self.env["mail.message"].search_count([])

        def launch(owner):
            self.env["mail.activity.schedule"].with_user(self.worker).create(
                {
                    "res_model": "sekp.course",
                    "res_ids": repr(course.ids),
                    "plan_id": plan.id,
                    "plan_on_demand_user_id": owner.id,
                }
            ).action_schedule_plan()

        with self.assertRaisesRegex(UserError, "who may open the record"):
            launch(self.colleague)
        launch(self.worker)
        self.assertTrue(
            course.sudo().activity_ids.filtered(lambda act: not act.automated)
        )
        self.assertEqual(self.env["mail.message"].search_count([]), before)

    def test_nobody_passes_an_own_activity_off_as_an_obligation(self):
        course = self.allocate()
        worker = course.with_user(self.worker)
        with self.assertRaisesRegex(UserError, "stands for an obligation"):
            worker.activity_schedule(TODO, user_id=self.worker.id)
        with self.assertRaisesRegex(UserError, "stands for an obligation"):
            worker.with_context(default_automated=True).env["mail.activity"].create(
                {
                    "res_model_id": self.env["ir.model"]._get_id("sekp.course"),
                    "res_id": course.id,
                }
            )
        activity = self.plan(course, self.worker)
        with self.assertRaises(UserError):
            activity.with_user(self.worker).automated = True

    def test_an_activity_stays_with_its_record(self):
        course, other = self.allocate(), self.allocate()
        activity = self.plan(course, self.worker).with_user(self.worker)
        partner = self.env.user.partner_id
        for vals in (
            {"res_id": other.id},
            {"res_model_id": self.env["ir.model"]._get_id("res.partner")},
            {"res_model": "res.partner", "res_id": partner.id},
            {"res_model_id": False, "res_id": False},
        ):
            with self.assertRaisesRegex(UserError, "stays with its record"):
                activity.write(vals)
        activity.write({"res_id": course.id, "summary": "Ring"})
        mine = self.env["mail.activity"].with_user(self.worker)
        mine = mine.create({"user_id": self.worker.id})
        with self.assertRaisesRegex(UserError, "stays with its record"):
            mine.write({"res_model": "sekp.course", "res_id": course.id})

    def test_an_activity_takes_no_files(self):
        course = self.allocate()
        activity = self.plan(course, self.worker).with_user(self.worker)
        file = self.env["ir.attachment"].with_user(self.worker).create({"name": "fil"})
        files = {"attachment_ids": [Command.link(file.id)]}
        for attempt in (
            lambda: self.plan(course, self.worker, **files),
            lambda: activity.write(files),
            lambda: activity.action_feedback(attachment_ids=file.ids),
            lambda: activity.action_feedback_schedule_next(attachment_ids=file.ids),
            lambda: course.with_user(self.worker).activity_feedback(
                [TODO], attachment_ids=file.ids, only_automated=False
            ),
        ):
            with self.assertRaisesRegex(UserError, "Files belong under Documents"):
                attempt()

    def test_no_cpr_number_in_the_words_of_an_activity(self):
        course = self.allocate()
        activity = self.plan(course, self.worker).with_user(self.worker)
        Dialog = self.env["mail.activity.schedule"].with_user(self.worker)
        dialog = Dialog.create(
            {"res_model": "sekp.course", "res_ids": repr(course.ids)}
        )
        for attempt in (
            lambda: self.plan(course, self.worker, summary=NUMBER),
            lambda: self.plan(course, self.worker, note="<p><b>310290</b>-1234</p>"),
            lambda: self.plan(
                course.with_context(default_feedback=NUMBER), self.worker
            ),
            lambda: activity.write({"summary": NUMBER}),
            lambda: activity.write({"note": NUMBER}),
            lambda: activity.action_feedback(feedback=NUMBER),
            lambda: activity.action_feedback_schedule_next(feedback=NUMBER),
            lambda: dialog.write({"note": NUMBER}),
            lambda: Dialog.create({"res_model": "sekp.course", "summary": NUMBER}),
        ):
            with self.assertRaisesRegex(ValidationError, "CPR number") as caught:
                attempt()
            self.assertNotIn("1234", str(caught.exception))

    # --- when an entitlement ends -------------------------------------------------
    def test_a_new_contact_person_takes_over_what_is_due_later(self):
        course = self.allocate()
        goal = (
            course.sudo()
            .env["sekp.handover"]
            .create({"course_id": course.id, "offer_id": self.offer.id})
        )
        today = self.plan(course, self.worker)
        later = self.plan(course, self.worker, days=3)
        part = self.plan(goal, self.worker, days=3)
        citizen = self.plan(course.sudo().citizen_id, self.worker, days=3)
        before = self.written_elsewhere()
        course.with_user(self.supervisor)._assign(
            self.colleague, "contact_person", "Skift"
        )
        for activity in later | part | citizen:
            self.assertEqual(activity.user_id, self.colleague, activity.res_model)
        self.assertEqual(today.user_id, self.worker, "entitled until midnight")
        self.assertEqual(self.written_elsewhere(), before, "no mail")
        with self.at(datetime(2026, 9, 17, 10)):
            self.env["mail.activity"]._sekp_lost(
                self.worker, "sekp.course"
            )._sekp_hand_on()
            self.assertEqual(today.user_id, self.colleague)

    def test_who_has_done_with_a_referral_keeps_no_activity_on_it(self):
        referral = self.refer(user=self.colleague, team_id=self.harbour.id)
        mine = self.plan(referral, self.colleague, days=3, user=self.colleague)
        theirs = self.plan(referral, self.intake, days=3, user=self.intake)
        referral.with_user(self.intake).action_begin()
        self.assertEqual(mine.user_id, self.supervisor)
        self.assertEqual(theirs.user_id, self.intake)
        referral.with_user(self.intake).team_id = self.forest
        self.assertEqual((mine | theirs).user_id, self.other_supervisor)

    def test_a_receiver_who_declines_keeps_no_activity_on_the_handover(self):
        course = self.allocate()
        handover = (
            self.env["sekp.handover"]
            .with_user(self.worker)
            .create(
                {
                    "course_id": course.id,
                    "offer_id": self.offer.id,
                    "receiver_id": self.receiver.id,
                }
            )
        )
        handover.action_consent_oral()
        handover.action_send()
        activity = self.plan(handover, self.receiver, days=3, user=self.worker)
        handover.with_user(self.receiver)._answer("decline", "full")
        self.assertEqual(activity.user_id, self.worker)

    def test_becoming_contact_person_keeps_one_s_own_activities(self):
        course = self.allocate()
        course.with_user(self.supervisor)._assign(self.colleague, "second", "To")
        activity = self.plan(course, self.colleague, days=5)
        with self.at(datetime(2026, 9, 18, 10)):
            course.with_user(self.supervisor)._assign(
                self.colleague, "contact_person", "Skift"
            )
        self.assertEqual(activity.user_id, self.colleague)

    def test_a_shortened_access_moves_what_is_due_after_it(self):
        course = self.allocate()
        row = course.with_user(self.supervisor)._assign(
            self.colleague, "cover", "Ferie", date_to=date(2026, 9, 30)
        )
        soon = self.plan(course, self.colleague, days=2)
        later = self.plan(course, self.colleague, days=9)
        row.with_user(self.supervisor).write({"date_to": date(2026, 9, 20)})
        self.assertEqual(soon.user_id, self.colleague)
        self.assertEqual(later.user_id, self.worker)

    def test_a_course_that_changes_team_leaves_nothing_with_the_old_supervisor(self):
        course = self.allocate()
        activity = self.plan(course, self.supervisor, user=self.worker)
        self.harbour.supervisor_ids |= self.other_supervisor
        course.with_user(self.supervisor).team_id = self.forest
        self.assertEqual(activity.user_id, self.worker)

    def test_a_supervisor_who_leaves_the_team_leaves_the_work_there(self):
        course = self.allocate()
        referral = self.refer(user=self.intake)
        activities = self.plan(course, self.supervisor, user=self.worker)
        activities |= self.plan(referral, self.supervisor, user=self.intake)
        self.harbour.write({"supervisor_ids": [Command.link(self.other_supervisor.id)]})
        self.harbour.write({"supervisor_ids": [Command.unlink(self.supervisor.id)]})
        self.assertNotIn(self.supervisor, activities.user_id)
        for activity in activities:
            record = self.env[activity.res_model].browse(activity.res_id)
            self.assertTrue(record._readable_by(activity.user_id))

    def test_who_is_archived_or_loses_role_or_company_keeps_nothing(self):
        role = self.env.ref("sekp_outreach.group_contact_person")
        foreign = self.foreign_company
        for number, vals in enumerate(
            (
                {"active": False},
                {"group_ids": [Command.unlink(role.id)]},
                {
                    "company_id": foreign.id,
                    "company_ids": [Command.set(foreign.ids)],
                },
            )
        ):
            with self.subTest(vals=vals):
                user = make_user(
                    self.env, f"sekp_leaver_{number}", "contact_person", self.company
                )
                self.harbour.member_ids |= user
                course = self.allocate(user=user)
                self.plan(course, user)
                activities = course.sudo().activity_ids
                self.assertEqual(activities.user_id, user)
                self.assertTrue(any(activities.mapped("automated")))
                self.harbour.member_ids -= user
                user.sudo().write(vals)
                self.assertEqual(activities.user_id, self.supervisor)

    def test_who_ever_had_a_role_is_archived_and_never_deleted(self):
        """Odoo deletes the activities of a deleted user."""
        course = self.allocate()
        activity = self.plan(course, self.supervisor, user=self.worker)
        with self.assertRaisesRegex(UserError, "Archive the user"):
            self.supervisor.sudo().unlink()
        self.assertTrue(activity.exists())

    def test_the_daily_sweep_moves_what_the_clock_ended_and_then_nothing(self):
        course = self.allocate()
        course.with_user(self.supervisor)._assign(
            self.colleague, "cover", "Ferie", date_to=date(2026, 9, 20)
        )
        activity = self.plan(course, self.colleague, days=2)
        kept = self.plan(course, self.worker, days=2)
        cron = self.env.ref("sekp_outreach.ir_cron_hand_on_activities")
        with self.at(datetime(2026, 9, 21, 10)), self.enter_registry_test_mode():
            cron.method_direct_trigger()
            self.env.invalidate_all()
            self.assertEqual((activity | kept).user_id, self.worker)
            moved = activity.write_date
            cron.method_direct_trigger()
            self.env.invalidate_all()
            self.assertEqual(activity.write_date, moved)
            self.assertEqual(kept.user_id, self.worker)

    def test_a_sweep_without_time_for_all_goes_on_where_it_ended(self):
        course = self.allocate()
        other = make_user(self.env, "afloeser", "contact_person", self.company)
        moved = self.env["mail.activity"]
        for owner in (self.colleague, other):
            course.with_user(self.supervisor)._assign(
                owner, "cover", "Ferie", date_to=date(2026, 9, 20)
            )
            moved |= self.plan(course, owner, days=2)

        def time_for_one(_self, processed=0, remaining=None, **_other):
            return 0.0 if processed else 10.0

        self.patch(self.registry["ir.cron"], "_commit_progress", time_for_one)
        users = self.env["res.users"].sudo()
        with self.at(datetime(2026, 9, 21, 10)):
            runs = 0
            while not runs or users.search_count([("sekp_handed_on", "=", True)]):
                self.env["mail.activity"]._cron_sekp_hand_on()
                runs += 1
                self.assertLessEqual(runs, users.search_count([]) + 1)
        self.assertGreater(runs, 1, "there was time for all at once")
        self.assertEqual(moved.user_id, self.worker)
