from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import Form, tagged

from .canaries import CanaryCase
from .common import TODAY, OutreachCase, make_user
from .test_canaries import CHANNELS

COMPLAINT = "sekp.complaint"
PASS_ON = "sekp.pass.on.complaint"
TEXT = "Kom ikke som aftalt"


class ComplaintCase(OutreachCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard()
        for login in ("handler", "second"):
            user = make_user(cls.env, f"sekp_{login}", "complaint_handler", cls.company)
            setattr(cls, login, user)

    def register(self, user=None, **vals):
        """Register a complaint as a handler does by RPC."""
        model = self.env[COMPLAINT].with_user(user or self.handler)
        given = {"text": TEXT, "about": "service", **vals}
        (id_,) = call_kw(model, "create", [[given]], {})
        return self.env[COMPLAINT].with_user(user or self.handler).browse(id_)

    def pass_on(self, user=None, context=None, **vals):
        """Save the dialog as a client does; return the complaint as superuser."""
        before = self.env[COMPLAINT].search([], limit=1, order="id desc").id or 0
        model = self.env[PASS_ON].with_user(user or self.worker)
        given = {"text": TEXT, "about": "service", **vals}
        call_kw(model, "create", [[given]], {"context": context or {}})
        return self.env[COMPLAINT].search([("id", ">", before)])

    def owner(self, complaint):
        return complaint.sudo().activity_ids.filtered("automated").user_id


@tagged("post_install", "-at_install", "sekp_outreach")
class TestComplaint(ComplaintCase):
    """Complaints: read by those who handle them, never by whom they are about."""

    # --- what it is ---------------------------------------------------------------
    def test_a_name_alone_makes_no_complaint(self):
        """A board's quick add would keep none of the words."""
        model = self.env[COMPLAINT].with_user(self.handler)
        with self.assertRaises(UserError):
            call_kw(model, "name_create", [TEXT], {})
        self.assertFalse(self.env[COMPLAINT].search([]))

    def test_it_has_a_code_of_its_own_and_a_day_to_be_answered_by(self):
        complaint = self.register()
        self.assertRegex(complaint.reference, r"^\w{4}-\w{4}-\d\d$")
        self.assertEqual(complaint.display_name, complaint.reference)
        self.assertEqual(complaint.state, "received")
        self.assertEqual(complaint.due, TODAY + timedelta(days=28))
        self.assertEqual(
            self.obligations(complaint), {"complaint": TODAY + timedelta(days=28)}
        )

    def test_the_days_are_the_standard_s(self):
        self.standard.write({"complaint_days": 10})
        complaint = self.register(received_on=str(TODAY - timedelta(days=3)))
        self.assertEqual(complaint.due, TODAY + timedelta(days=7))
        complaint.received_on = TODAY
        self.assertEqual(
            self.obligations(complaint), {"complaint": TODAY + timedelta(days=10)}
        )

    def test_it_can_be_registered_before_a_standard_is_in_force(self):
        handler = make_user(
            self.env, "sekp_abroad", "complaint_handler", self.foreign_company
        )
        complaint = self.register(handler)
        self.assertFalse(complaint.standard_id)
        self.assertEqual(complaint.due, TODAY + timedelta(days=28))

    def test_what_does_not_belong_there_is_refused(self):
        for vals in (
            {"received_on": str(TODAY + timedelta(days=1))},
            {"text": "CPR 310290-1234"},
            {"answer": "CPR 310290-1234"},
            {"course_reference": "Jens"},
            {"course_reference": 7},
            {"state": "answered"},
            {"due": str(TODAY)},
            {"answered_on": str(TODAY)},
            {"subject_user_ids": [Command.set(self.foreign_supervisor.ids)]},
            {"subject_user_ids": [Command.set(self.handler.ids)]},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError) as caught:
                self.register(**vals)
            self.assertNotIn("310290", str(caught.exception))
        self.assertFalse(self.env[COMPLAINT].search_count([]))

    def test_a_code_is_tidied_and_leads_nowhere(self):
        complaint = self.register(course_reference=" Rumo lita 47")
        self.assertEqual(complaint.course_reference, "rumo-lita-47")
        complaint.course_reference = "RUMOLITA48"
        self.assertEqual(complaint.course_reference, "rumo-lita-48")
        with self.assertRaises(ValidationError):
            complaint.course_reference = "Jens"
        linked = {
            field.comodel_name
            for field in complaint._fields.values()
            if field.type == "many2one" and field.store
        }
        self.assertFalse(linked & {"sekp.course", "sekp.citizen", "sekp.referral"})

    def test_where_nothing_is_registered_there_is_no_text(self):
        self.standard.write({"registration_mode": "none"})
        for vals in ({}, {"text": False, "answer": "Beklager"}):
            with self.assertRaises(ValidationError):
                self.register(**vals)
        with self.assertRaises(ValidationError):
            self.pass_on()
        complaint = self.register(text=False)
        with self.assertRaises(ValidationError):
            complaint.answer = "Beklager"
        complaint.action_answer()
        self.assertEqual(complaint.state, "answered")
        self.assertFalse(self.pass_on(text=False).text)

    # --- the way ------------------------------------------------------------------
    def test_it_is_sent_on_and_answered_once(self):
        complaint = self.register()
        complaint.action_forward()
        self.assertEqual(complaint.forwarded_on, TODAY)
        self.assertIn("complaint", self.obligations(complaint))
        with self.assertRaisesRegex(UserError, "already done"):
            complaint.action_forward()
        complaint.answer = "Beklager"
        complaint.with_user(self.second).action_answer()
        self.assertEqual((complaint.state, complaint.answered_on), ("answered", TODAY))
        self.assertFalse(self.obligations(complaint))
        with self.assertRaisesRegex(UserError, "already done"):
            complaint.action_answer()
        complaint.action_reopen()
        self.assertEqual((complaint.state, complaint.answered_on), ("received", False))
        self.assertIn("complaint", self.obligations(complaint))

    def test_nobody_else_acts_on_it(self):
        complaint = self.register(subject_user_ids=[Command.set(self.second.ids)])
        for user in (
            self.second,
            self.worker,
            self.supervisor,
            self.manager,
            self.employee,
            self.foreign_supervisor,
        ):
            theirs = complaint.with_user(user)
            for name in (
                "action_answer",
                "action_forward",
                "action_reopen",
                "action_concerns_me",
            ):
                with (
                    self.subTest(user=user.login, name=name),
                    self.assertRaises(AccessError),
                ):
                    call_kw(theirs.browse(), name, [complaint.ids], {})
        with self.assertRaises(AccessError):
            complaint.unlink()

    def test_the_citizen_is_told_what_the_standard_prints(self):
        complaint = self.register()
        self.assertIn("head of the department", complaint.route_text)
        self.assertNotIn("four weeks", complaint.route_text)
        complaint.about = "decision"
        self.assertIn("four weeks", complaint.route_text)
        self.standard.section_ids.create(
            {
                "standard_id": self.standard.id,
                "kind": "complaint",
                "title": "Klage",
                "body": "<p>Gå til borgerrådgiveren på torvet</p>",
            }
        )
        complaint.invalidate_recordset(["route_text"])
        self.assertNotIn("torvet", complaint.route_text)
        self.standard.write({"complaint_block": True})
        complaint.invalidate_recordset(["route_text"])
        self.assertIn("torvet", complaint.route_text)
        self.assertIn("four weeks", complaint.route_text)

    def test_the_shipped_standard_with_a_complaint_block_prints_its_own(self):
        lejre = self.env["sekp.standard"].search([("code", "=", "lejre")])
        draft = lejre.copy({"company_id": self.foreign_company.id})
        draft.route_ids.team_id = self.abroad
        draft._put_in_force(TODAY)
        told = self.env[COMPLAINT]._guidance(self.foreign_company, False)
        told = " ".join(told.split())
        self.assertIn("Team Social Service", told)
        self.assertIn("Lejrevej 15", told)

    # --- who reads it -------------------------------------------------------------
    def test_all_handlers_of_the_municipality_and_nobody_else(self):
        complaint = self.register(team_id=self.harbour.id)
        abroad = make_user(
            self.env, "sekp_abroad", "complaint_handler", self.foreign_company
        )
        self.assertTrue(complaint.with_user(self.second).has_access("write"))
        for user in (
            abroad,
            self.worker,
            self.supervisor,
            self.intake,
            self.manager,
            self.employee,
            self.env.ref("base.user_admin"),
        ):
            theirs = complaint.with_user(user)
            self.assertFalse(theirs.has_access("read"), user.login)
            if theirs.browse().has_access("read"):
                self.assertFalse(theirs.search_count([]))

    def test_whom_it_is_about_never_reads_it_whatever_the_role(self):
        self.second.group_ids |= self.env.ref("sekp_outreach.group_supervisor")
        self.harbour.supervisor_ids |= self.second
        complaint = self.register(
            team_id=self.harbour.id, subject_user_ids=[Command.set(self.second.ids)]
        )
        theirs = complaint.with_user(self.second)
        for operation in ("read", "write"):
            self.assertFalse(theirs.has_access(operation))
        self.assertFalse(theirs.search_count([]))
        self.assertFalse(theirs.search([("text", "ilike", "aftalt")]))
        # Also who made it does not read what is about oneself.
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sekp_complaint SET create_uid = %s", [self.second.id]
        )
        self.env.invalidate_all()
        self.assertFalse(theirs.has_access("read"))

    def test_its_history_is_read_by_the_same_alone(self):
        complaint = self.register(subject_user_ids=[Command.set(self.second.ids)])
        complaint.text = "Noget andet"
        changes = complaint.history_ids
        self.assertIn("Complaint: Complaint", changes.mapped("what"))
        self.assertNotIn("andet", repr(changes.sudo().read()))
        for user in (self.second, self.worker, self.supervisor, self.intake):
            theirs = self.env["sekp.history"].with_user(user)
            self.assertFalse(theirs.search_count([("id", "in", changes.ids)]))
            with self.assertRaises(AccessError):
                theirs.browse(changes.ids).read(["kind"])

    def test_its_activities_too(self):
        complaint = self.register(subject_user_ids=[Command.set(self.second.ids)])
        activity = complaint.sudo().activity_ids
        theirs = self.env["mail.activity"].with_user(self.second)
        self.assertFalse(theirs.search_count([("id", "in", activity.ids)]))
        with self.assertRaises(UserError):
            complaint.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=self.second.id,
                automated=False,
            )

    def test_the_team_s_access_log_tells_no_supervisor_of_it(self):
        complaint = self.register(team_id=self.harbour.id)
        last = self.env["sekp.access.log"].search([], limit=1).id
        complaint.read(["text"])
        (row,) = self.env["sekp.access.log"].search([("id", ">", last)])
        self.assertEqual((row.kind, row.model), ("open", COMPLAINT))
        self.assertFalse(row.team_id)
        self.assertFalse(row.with_user(self.supervisor).has_access("read"))

    # --- who owns what is to be done ------------------------------------------------
    def test_it_goes_to_a_handler_who_is_not_complained_of(self):
        about = [Command.set(self.handler.ids)]
        complaint = self.pass_on(subject_user_ids=about)
        self.assertEqual(self.owner(complaint), self.second)

    def test_it_goes_to_the_handler_with_the_fewest(self):
        owners = [self.owner(self.register(text=f"{n}")) for n in range(4)]
        self.assertEqual(len([one for one in owners if one == self.handler]), 2)

    def test_a_corrected_day_leaves_it_with_its_owner(self):
        complaints = [self.register(text=f"{n}") for n in range(3)]
        owners = [self.owner(complaint) for complaint in complaints]
        for complaint in complaints:
            complaint.received_on = TODAY - timedelta(days=1)
        self.assertEqual([self.owner(complaint) for complaint in complaints], owners)

    def test_who_becomes_one_complained_of_lets_go_at_once(self):
        complaint = self.register()
        complaint.sudo().activity_schedule(
            "mail.mail_activity_data_todo", automated=False, user_id=self.handler.id
        )
        owner = self.owner(complaint)
        other = (self.handler | self.second) - owner
        complaint.with_user(other).subject_user_ids = [Command.link(owner.id)]
        self.assertFalse(complaint.with_user(owner).has_access("read"))
        self.assertEqual(complaint.sudo().activity_ids.user_id, other)

    def test_a_handler_steps_aside(self):
        complaint = self.register()
        owner = self.owner(complaint)
        action = call_kw(
            complaint.with_user(owner).browse(), "action_concerns_me",
            [complaint.ids], {},
        )  # fmt: skip
        self.assertEqual(action["res_model"], COMPLAINT)
        self.assertEqual(complaint.sudo().subject_user_ids, owner)
        self.assertFalse(complaint.with_user(owner).has_access("read"))
        self.assertNotEqual(self.owner(complaint), owner)

    def test_there_is_always_somebody_to_handle_it(self):
        both = [Command.set((self.handler | self.second).ids)]
        with self.assertRaisesRegex(UserError, "Nobody would be left"):
            self.pass_on(subject_user_ids=both)
        complaint = self.register()
        with self.assertRaises(UserError) as caught:
            complaint.subject_user_ids = both
        self.assertIn("Nobody would be left", str(caught.exception))
        self.second.active = False
        with self.assertRaises(UserError) as caught:
            complaint.with_user(self.handler).action_concerns_me()
        self.assertIn("Nobody would be left", str(caught.exception))
        self.assertTrue(complaint.with_user(self.handler).has_access("read"))

    def test_who_loses_the_role_lets_go(self):
        complaint = self.register()
        owner = self.owner(complaint)
        owner.group_ids -= self.env.ref("sekp_outreach.group_complaint_handler")
        self.assertEqual(self.owner(complaint), (self.handler | self.second) - owner)

    # --- passing on -----------------------------------------------------------------
    def test_contact_persons_intake_supervisors_and_receivers_pass_on(self):
        for user in (
            self.worker, self.intake, self.supervisor, self.receiver, self.second,
        ):  # fmt: skip
            complaint = self.pass_on(user, course_reference="rumo lita 47")
            self.assertEqual(complaint.create_uid, user)
            self.assertEqual(complaint.text, TEXT)
            self.assertEqual(complaint.course_reference, "rumo-lita-47")
            self.assertEqual(complaint.company_id, self.company)
            may = user == self.second
            self.assertEqual(complaint.with_user(user).has_access("read"), may)
        for user in (self.manager, self.employee):
            with self.assertRaises(AccessError):
                self.pass_on(user)

    def test_the_dialog_keeps_nothing(self):
        self.pass_on(
            subject_user_ids=[Command.set(self.colleague.ids)],
            course_reference="rumo-lita-47",
        )
        self.env.flush_all()
        self.env.cr.execute("SELECT t::text FROM sekp_pass_on_complaint t")
        rows = repr(self.env.cr.fetchall())
        for word in ("aftalt", "rumo", "service"):
            self.assertNotIn(word, rows)
        dialog = self.env[PASS_ON].with_user(self.worker).search([])
        self.assertNotIn("aftalt", repr(dialog.read()))

    def test_whoever_is_complained_of_may_pass_it_on_and_not_read_it(self):
        complaint = self.pass_on(
            self.second, subject_user_ids=[Command.set(self.second.ids)]
        )
        self.assertFalse(complaint.with_user(self.second).has_access("read"))
        self.assertEqual(self.owner(complaint), self.handler)

    def test_two_taps_make_one_complaint(self):
        self.pass_on()
        with self.assertRaisesRegex(UserError, "just passed"):
            self.pass_on()
        self.pass_on(text="Og heller ikke dagen efter")
        self.pass_on(self.colleague)
        self.env.cr.execute(
            "UPDATE sekp_complaint "
            "SET create_date = create_date - interval '11 minutes'"
        )
        self.env.invalidate_all()
        self.pass_on()
        self.assertEqual(self.env[COMPLAINT].search_count([]), 4)

    def test_what_does_not_belong_there_is_refused_there_too(self):
        for vals in (
            {"about": False},
            {"text": "CPR 310290-1234"},
            {"course_reference": "Jens"},
            {"received_on": str(TODAY + timedelta(days=1))},
            {"subject_user_ids": [Command.set(self.foreign_supervisor.ids)]},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError) as caught:
                self.pass_on(**vals)
            self.assertNotIn("310290", str(caught.exception))
        self.assertFalse(self.env[COMPLAINT].search_count([]))

    def test_a_context_sets_nothing_of_the_complaint(self):
        complaint = self.pass_on(
            context={
                "default_state": "answered",
                "default_answer": "Beklager",
                "default_team_id": self.harbour.id,
                "default_company_id": self.foreign_company.id,
            }
        )
        self.assertEqual(complaint.state, "received")
        self.assertFalse(complaint.answer)
        self.assertFalse(complaint.team_id)
        self.assertEqual(complaint.company_id, self.company)

    def test_those_who_handle_it_are_told_neutrally(self):
        subtype = self.env.ref("sekp_outreach.mt_notice")
        complaint = self.pass_on()
        (message,) = self.env["mail.message"].search(
            [
                ("subtype_id", "=", subtype.id),
                ("partner_ids", "in", self.owner(complaint).partner_id.ids),
            ]
        )
        self.assertNotIn(complaint.reference, message.body)
        self.assertFalse(message.model)

    def test_the_dialog_tells_what_to_tell_the_citizen(self):
        for user in (self.worker, self.receiver):
            form = Form(self.env[PASS_ON].with_user(user))
            form.about = "decision"
            self.assertIn("four weeks", form.route_text)
            form.text = TEXT
            dialog = form.save()
            done = dialog.action_done()
            self.assertNotIn("aftalt", repr(done))
            self.assertEqual(
                self.env[COMPLAINT].search([], limit=1, order="id desc").text, TEXT
            )


@tagged("post_install", "-at_install", "sekp_outreach")
class TestComplaintCanaries(CanaryCase):
    """Whom a complaint is about hears nothing of it by any channel, nor does a team."""

    def test_nobody_who_is_complained_of_hears_it(self):
        words = {
            word
            for word, (_login, model, id_) in self.canaries.items()
            if (model, id_) == (COMPLAINT, self.complaint.id)
        }
        self.assertGreaterEqual(len(words), 3)
        # Whoever carries the course is no outsider to the dialogs and acts tried.
        reading = {
            name: CHANNELS[name]
            for name in (
                "records_by_id",
                "records_found",
                "words_searched_for",
                "words_searched_for_along_links",
            )
        }
        for login, channels in (
            ("accused", CHANNELS),
            ("worker", reading),
            ("supervisor", reading),
        ):
            found, tries = self.visit(login, channels)
            heard = {name: said & words for name, said in found.items() if said & words}
            self.assertEqual(heard, {}, login)
            self.assertGreater(tries, 300)
        # The same questions are answered to somebody who may ask them.
        visitor = self.visitor("complaints")
        CHANNELS["records_by_id"](visitor)
        self.assertGreaterEqual(len(visitor.learned & words), 2)
