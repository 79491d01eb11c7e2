from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import CPR, NOW, TODAY, OutreachCase, make_user
from .test_consent import ConsentCase

TODO = "mail.mail_activity_data_todo"


@tagged("post_install", "-at_install", "sekp_outreach")
class TestNamesToldByOthers(OutreachCase):
    """What Odoo tells of a record by its name, it tells to those who may read it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(registration_mode="full")
        cls.course = cls.allocate()
        cls.activity = cls.course.activity_schedule(
            TODO, automated=False, user_id=cls.worker.id, summary="Ring til Ida"
        )
        cls.identity = cls.register(cls.course.citizen_id)
        cls.receipt = (
            cls.env["sekp.child.notification"]
            .with_user(cls.worker)
            .create({"receipt": "Kvittering 77"})
        )
        cls.strangers = cls.colleague | cls.employee | cls.foreign_supervisor

    def unsaved_name(self, user, record):
        """Ask an unsaved activity what it would be called after."""
        self.env.invalidate_all()
        Activity = self.env["mail.activity"].with_user(user)
        values = {"res_model": record._name, "res_id": record.id}
        answer = Activity.onchange(values, [], {"res_name": {}, "display_name": {}})
        return answer["value"].get("res_name")

    def message_name(self, user, record):
        """Ask a message to oneself what the record it is about is called."""
        self.env.invalidate_all()
        try:
            message = (
                self.env["mail.message"]
                .with_user(user)
                .create(
                    {
                        "model": record._name,
                        "res_id": record.id,
                        "message_type": "user_notification",
                    }
                )
            )
        except UserError:
            return False
        return message.record_name

    def test_no_stranger_is_told_a_name_or_a_code(self):
        self.course.read(["phase"])
        log = self.env["sekp.access.log"].search([("reference", "!=", False)], limit=1)
        self.assertTrue(log)
        for record in (self.activity, self.identity, self.receipt, self.course, log):
            for user in self.strangers:
                with self.subTest(model=record._name, user=user.login):
                    self.assertFalse(self.unsaved_name(user, record))
                    self.assertFalse(self.message_name(user, record))
            gone = record.browse(record.id + 100000)
            self.assertFalse(self.unsaved_name(self.employee, gone))

    def test_the_entitled_are_told_the_code_and_the_kind_and_no_more(self):
        self.assertEqual(
            self.unsaved_name(self.worker, self.course), self.course.reference
        )
        self.assertEqual(self.activity.res_name, self.course.reference)
        for activity in (self.activity, self.activity.with_user(self.worker)):
            self.assertNotIn("Ida", activity.display_name)
            self.assertEqual(activity.summary, "Ring til Ida")
        self.assertNotIn("77", self.receipt.display_name)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestEarlierCourses(ConsentCase):
    """Who had to do with an earlier course has done with the person of today."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.forest.sudo().write({"is_provider": True})
        cls.identity = cls.register(
            cls.course.citizen_id, cpr=CPR, phones="20 11 22 33", address="Gammel Vej 1"
        )

    def close(self, course, outcome="achieved"):
        course.sudo().activity_ids.filtered(lambda one: not one.automated).unlink()
        course.sudo()._close(outcome)

    def elsewhere(self, earlier):
        """Begin a later course of the person in another team."""
        citizen = earlier.sudo().citizen_id
        course = self.env["sekp.course"].create(
            {
                "citizen_id": citizen.id,
                "reference": citizen.reference,
                "company_id": self.company.id,
                "team_id": self.forest.id,
                "standard_id": self.standard.id,
                "date_start": TODAY,
            }
        )
        course._assign(self.other_worker, "contact_person", "Nyt forløb")
        self.env.flush_all()
        self.env.invalidate_all()
        return course

    def test_a_letter_tells_an_earlier_supervisor_nothing_of_the_person(self):
        handover = self.hand_over("completed", codes=("summary", "alias", "name"))
        letter = handover.sudo().letter_ids
        self.assertIn("Ida", letter.with_user(self.supervisor).disclosed)
        self.close(self.course)
        self.elsewhere(self.course)
        self.assertNotIn("Ida", letter.with_user(self.supervisor).disclosed)
        # Nor if it had gone on, as in an older database.
        handover.sudo().shared_until = NOW + timedelta(days=30)
        self.env.flush_all()
        self.env.invalidate_all()
        text = letter.with_user(self.supervisor).disclosed
        self.assertIn("fællesspisning", text)
        self.assertNotIn("Ida", text)
        self.assertNotIn("20112233", text)

    def test_the_receiver_reads_no_more_when_the_course_has_ended(self):
        for end in (lambda: self.close(self.course), self.course.action_opt_out):
            handover = self.hand_over("completed", codes=("summary", "name"))
            seen = handover.with_user(self.receiver)
            self.assertIn("Ida", seen.disclosed)
            with self.env.cr.savepoint() as savepoint:
                end()
                self.env.flush_all()
                self.env.invalidate_all()
                self.assertFalse(seen.disclosed)
                self.assertFalse(seen.letter_ids)
                savepoint.rollback()
            self.env.invalidate_all()
            handover.sudo().write({"state": "withdrawn"})

    def test_an_earlier_course_does_not_take_the_person_back(self):
        self.close(self.course)
        later = self.elsewhere(self.course)
        with self.assertRaises(AccessError):
            self.course.with_user(self.supervisor).action_reestablish()
        # Nor does one who may still open the person, while another course is open.
        with self.assertRaisesRegex(UserError, "already"):
            self.course.with_user(self.worker).action_reestablish()
        self.close(later, "moved")
        self.course.with_user(self.worker).action_reestablish()


@tagged("post_install", "-at_install", "sekp_outreach")
class TestWhatIsOwedAfterTheEnd(OutreachCase):
    """Closing and opting out end the course, and nothing that others are owed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard()
        cls.course = cls.allocate()
        cls.request = (
            cls.env["sekp.access.request"]
            .with_user(cls.worker)
            .create({"citizen_id": cls.course.sudo().citizen_id.id})
        )
        cls.course.sudo()._set_obligation("activity_break_glass", TODAY)

    def test_what_others_are_owed_stays(self):
        self.course.action_opt_out()
        self.assertIn("break_glass", self.obligations(self.course))
        self.assertEqual(self.request.state, "open")
        self.assertTrue(self.request.sudo().activity_ids)
        self.assertNotIn("inform", self.obligations(self.course))

    def test_nothing_is_erased_while_the_person_waits_to_read_it(self):
        self.course.action_opt_out()
        decider = self.course.with_user(self.supervisor)
        with self.assertRaisesRegex(UserError, "held back"):
            decider.action_erase_now()
        self.request.write({"verified_by": "facts"})
        self.request.action_answer()
        decider.action_erase_now()
        self.assertFalse(self.course.exists())

    def test_an_emergency_contact_does_not_tell_for_the_contact_person(self):
        now = NOW - timedelta(hours=1)
        self.course.sudo().assignment_ids.create(
            {
                "course_id": self.course.id,
                "user_id": self.colleague.id,
                "role": "break_glass",
                "date_from": TODAY,
                "date_to": TODAY,
                "opened_at": now,
                "closes_at": now + timedelta(hours=4),
                "reason": "Akut",
            }
        )
        self.env.flush_all()
        course = self.course.with_user(self.colleague)
        with self.assertRaises(AccessError):
            self.log(course, told_of_referral=True)
        self.log(course)
        self.assertEqual(self.course.inform_state, "due")

    def test_beginning_twice_forgets_nothing_that_was_told(self):
        self.log(self.course, told_of_referral=True)
        self.course.sudo()._begin()
        self.assertEqual(self.course.inform_state, "told")


@tagged("post_install", "-at_install", "sekp_outreach")
class TestBoundsOfForgetting(OutreachCase):
    """A step down takes names out of texts, and never another's sentences."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(registration_mode="full")
        cls.course = cls.allocate()
        cls.citizen = cls.course.citizen_id

    def test_an_alias_is_no_sentence(self):
        for alias in ("Han kom aldrig til tiden", "x" * 41):
            with self.assertRaises(ValidationError):
                self.name_as(self.citizen, alias)
        self.name_as(self.citizen, "Den gamle kaptajn Holm")
        with self.assertRaises(ValidationError):
            self.citizen.alias = "Den gamle kaptajn fra Holmen"

    def test_a_sentence_among_the_next_of_kin_blanks_nothing(self):
        sentence = "Kontaktpersonen glemte aftalen i dag igen"
        note = self.log(self.course, note=f"{sentence}. Talte med Bo Holm.")
        self.register(self.citizen, next_of_kin=f"{sentence}\nBo Holm")
        self.citizen._move("unknown")
        self.env.invalidate_all()
        self.assertEqual(note.note, f"{sentence}. Talte med […].")
        changed = self.env["sekp.history"].search(
            [("record_model", "=", "sekp.contact"), ("record_id", "=", note.id)]
        )
        self.assertEqual(changed.mapped("kind").count("changed"), 0)

    def test_what_is_withheld_stays_withheld(self):
        self.name_as(self.citizen, "Note")
        self.log(self.course, note="Noget om en anden")
        action = self.course.action_print_for_citizen()
        request = self.env["sekp.access.request"].browse(action["res_id"])
        items = request.sudo().item_ids.filtered(lambda one: one.field_name == "note")
        items.write({"withheld": True, "ground": "others"})
        self.citizen._move("unknown")
        self.env.invalidate_all()
        self.assertEqual(set(items.mapped("field_name")), {"note"})


@tagged("post_install", "-at_install", "sekp_outreach")
class TestRulesAreSeen(OutreachCase):
    """A rule says for how long, is told to those who oversee, and counts no child."""

    def test_a_rule_needs_a_period_and_is_told(self):
        auditor = make_user(self.env, "sekp_auditor", "auditor", self.company)
        Rule = self.env["sekp.retention.rule"].with_user(self.manager)
        rule = Rule.create({"record_class": "complaint"})
        with self.assertRaisesRegex(UserError, "how long"):
            rule._put_in_force()
        rule.keep_amount = 24
        messages = self.env["mail.message"].search_count(
            [("partner_ids", "in", auditor.partner_id.ids)]
        )
        # A notice is not repeated within minutes.
        with self.at(NOW + timedelta(hours=1)):
            rule._put_in_force()
        log = self.env["sekp.access.log"].search([], limit=1)
        self.assertEqual((log.kind, log.company_id), ("rule_in_force", self.company))
        self.assertEqual(
            self.env["mail.message"].search_count(
                [("partner_ids", "in", auditor.partner_id.ids)]
            ),
            messages + 1,
        )

    def test_the_preview_counts_no_notification_and_mixes_no_rules(self):
        self.env["sekp.child.notification"].with_user(self.worker).create(
            {"receipt": "Kvittering 77"}
        )
        Rule = self.env["sekp.retention.rule"].with_user(self.manager)
        rule = Rule.create({"record_class": "child_notification", "keep_amount": 1})
        Preview = self.env["sekp.retention.preview"].with_user(self.manager)
        with self.at(NOW + timedelta(days=200)):
            lines = Preview.with_context(default_rule_id=rule.id).create({}).line_ids
        own = lines.filtered("rule_id")
        self.assertEqual(own.mapped("record_class"), ["child_notification"])
        self.assertEqual({own.now_told, own.quarter_told}, {"not counted"})


@tagged("post_install", "-at_install", "sekp_outreach")
class TestWhatThePrintTells(OutreachCase):
    """What is withheld is not told in another place; the vault is opened visibly."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(registration_mode="full")
        cls.course = cls.allocate()
        cls.register(cls.course.citizen_id, cpr=CPR)

    def request_of(self):
        action = self.course.action_print_for_citizen()
        request = self.env["sekp.access.request"].with_user(self.worker)
        request = request.browse(action["res_id"])
        request.verified_by = "facts"
        return request

    def test_sending_without_consent_for_a_child_is_proposed_as_withheld(self):
        handover = (
            self.env["sekp.handover"]
            .with_user(self.supervisor)
            .create(
                {
                    "course_id": self.course.id,
                    "offer_id": self.offer.id,
                    "receiver_id": self.receiver.id,
                    "summary": "Kom forbi",
                }
            )
        )
        self.env["sekp.override.consent"].with_user(self.supervisor).create(
            {"handover_id": handover.id, "ground": "child", "reason": "Et barn"}
        )
        request = self.request_of()
        item = request.item_ids.filtered(
            lambda one: one.record_model == "sekp.override.consent"
        )[:1]
        self.assertTrue(item.withheld)

        def told():
            values = request._print_values()
            return [line["what"] for line in values["looks"]["lines"]]

        label = dict(
            self.env["sekp.access.log"]._fields["kind"]._description_selection(self.env)
        )["override"]
        self.assertFalse([what for what in told() if label in what])
        item.write({"withheld": False, "ground": False})
        self.assertTrue([what for what in told() if label in what])

    def test_a_print_of_the_vault_is_logged_as_revealed(self):
        request = self.request_of()
        before = self.env["sekp.access.log"].search_count([("kind", "=", "reveal")])
        values = request._print_values()
        text = str(values["contents"])
        self.assertIn(CPR, text)
        rows = self.env["sekp.access.log"].search([("kind", "=", "reveal")])
        self.assertEqual(len(rows), before + 1)
        self.assertEqual(rows[0].purpose, "enquiry")
        self.assertNotIn(CPR, str(self.course._as_citizen_values()["contents"]))


@tagged("post_install", "-at_install", "sekp_outreach")
class TestAnswers(OutreachCase):
    """A complaint is answered with an answer."""

    def test_an_empty_answer_is_none(self):
        self.make_standard()
        handler = make_user(self.env, "sekp_h", "complaint_handler", self.company)
        complaint = self.env["sekp.complaint"].with_user(handler)
        complaint = complaint.create(
            {"subject_user_ids": [Command.link(self.worker.id)]}
        )
        with self.assertRaisesRegex(UserError, "answered"):
            complaint.action_answer()
        complaint.answer = "Det beklager vi."
        complaint.action_answer()
        self.assertEqual(complaint.state, "answered")
