from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import config, mute_logger

from ..models.sekp_vault import OPTION_KEYS
from ..tools import cipher
from .common import CPR, NAME, NOW, TODAY, OutreachCase, make_user
from .test_access_log import LogCase

DAY = timedelta(days=1)


class ConsentCase(OutreachCase):
    mode = "full"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(registration_mode=cls.mode)
        cls.kinds = {
            kind.code: kind
            for kind in cls.env["sekp.information.type"].search(
                [("company_id", "=", False)]
            )
        }
        cls.course = cls.allocate()

    def information(self, *codes):
        return [Command.set([self.kinds[code].id for code in codes])]

    def consent(self, user=None, codes=("summary", "alias"), **vals):
        return (
            self.env["sekp.consent"]
            .with_user(user or self.worker)
            .create(
                {
                    "course_id": self.course.id,
                    "offer_id": self.offer.id,
                    "information_ids": self.information(*codes),
                    **vals,
                }
            )
        )

    def hand_over(self, state="accepted", codes=("summary", "alias"), **vals):
        handover = (
            self.env["sekp.handover"]
            .with_user(self.worker)
            .create(
                {
                    "course_id": self.course.id,
                    "offer_id": self.offer.id,
                    "receiver_id": self.receiver.id,
                    "summary": "Vil gerne med til fællesspisning.",
                    "information_ids": self.information(*codes),
                    **vals,
                }
            )
        )
        if state != "proposed":
            handover.action_consent_oral()
        if state not in ("proposed", "consented"):
            handover.action_send()
        if state in ("accepted", "completed"):
            handover.with_user(self.receiver).action_accept()
        if state == "completed":
            handover.with_user(self.receiver).action_met()
            handover.with_user(self.receiver).action_met_again()
        self.assertEqual(handover.state, state)
        self.env.flush_all()
        self.env.invalidate_all()
        return handover


@tagged("post_install", "-at_install", "sekp_outreach")
class TestConsent(ConsentCase):
    """To one counterpart, about named kinds, until a day, and withdrawn at any time."""

    def test_it_holds_as_long_as_the_standard_says(self):
        consent = self.consent()
        self.assertEqual(consent.given_on, TODAY)
        self.assertEqual(consent.valid_until, TODAY + 180 * DAY)
        self.assertEqual(self.consent(valid_until=TODAY + DAY).valid_until, TODAY + DAY)

    def test_how_long_is_the_municipality_s_to_say_within_bounds(self):
        self.env.cr.execute(
            "UPDATE sekp_standard SET consent_days = 30 WHERE id = %s",
            [self.standard.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.consent().valid_until, TODAY + 30 * DAY)
        for days in (0, 731):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.make_standard(in_force=False, consent_days=days)
                self.env.flush_all()

    def test_it_names_information_and_a_counterpart(self):
        for wrong, told in (
            ({"information_ids": []}, "which information"),
            ({"offer_id": False}, "Fill in"),
            ({"given_on": TODAY + DAY}, "future"),
            ({"valid_until": TODAY - DAY}, "after it was given"),
            ({"valid_until": TODAY + 731 * DAY}, "after it was given"),
        ):
            with self.subTest(wrong), self.assertRaisesRegex(ValidationError, told):
                self.consent(**wrong)

    def test_nothing_of_another_municipality_is_chosen(self):
        offer = self.env["sekp.offer"].create(
            {"name": "Der", "code": "there", "company_id": self.foreign_company.id}
        )
        kind = self.env["sekp.information.type"].create(
            {"name": "Der", "code": "there", "company_id": self.foreign_company.id}
        )
        with self.assertRaisesRegex(ValidationError, "municipality"):
            self.consent(offer_id=offer.id)
        with self.assertRaises(AccessError):
            self.consent(information_ids=[Command.set(kind.ids)])

    def test_the_state_follows_the_clock(self):
        consent = self.consent(valid_until=TODAY + DAY)
        Consent = self.env["sekp.consent"].with_user(self.worker)

        def found(state):
            return consent in Consent.search([("state", "=", state)])

        self.assertTrue(found("live"))
        self.assertFalse(found("expired"))
        # The last day in Copenhagen, and the first minutes of the next one.
        for moment, state in (
            (NOW + DAY + timedelta(hours=11, minutes=59), "live"),
            (NOW + DAY + timedelta(hours=12, minutes=1), "expired"),
        ):
            with self.at(moment):
                self.env.invalidate_all()
                self.assertEqual(consent.state, state)
                self.assertTrue(found(state))
                self.assertEqual(len(Consent.search([("state", "!=", state)])), 0)
        consent.action_withdraw()
        self.assertEqual(consent.state, "withdrawn")
        self.assertEqual((consent.withdrawn_on, consent.withdrawn_how), (TODAY, "oral"))
        self.assertTrue(found("withdrawn"))
        self.assertFalse(found("live"))

    def test_what_it_covers(self):
        consent = self.consent(codes=("summary", "alias", "goals"))
        kinds = self.kinds["summary"] | self.kinds["goals"]
        doctor = self.env.ref("sekp_outreach.offer_doctor")
        covers = consent._covers
        self.assertTrue(covers("disclose", self.offer, kinds, TODAY))
        self.assertFalse(covers("obtain", self.offer, kinds, TODAY))
        self.assertFalse(covers("disclose", doctor, kinds, TODAY))
        self.assertFalse(
            covers("disclose", self.offer, kinds | self.kinds["cpr"], TODAY)
        )
        self.assertFalse(covers("disclose", self.offer, kinds, TODAY - DAY))
        self.assertFalse(covers("disclose", self.offer, kinds, TODAY + 181 * DAY))
        self.assertFalse(
            self.consent(codes=("summary",))._covers(
                "disclose", self.offer, kinds, TODAY
            )
        )
        consent.action_withdraw()
        self.assertFalse(covers("disclose", self.offer, kinds, TODAY))

    def test_once_given_it_is_only_withdrawn(self):
        consent = self.consent()
        for vals in (
            {"information_ids": self.information("cpr")},
            {"valid_until": TODAY + 500 * DAY},
            {"purpose": "other"},
            {"withdrawn_on": TODAY},
            {"left_ids": []},
        ):
            with self.assertRaises(UserError):
                consent.write(vals)
        with self.assertRaises(UserError):
            self.consent(withdrawn_on=TODAY)
        with self.assertRaises(AccessError):
            consent.unlink()
        consent.action_withdraw_written()
        self.assertEqual(consent.withdrawn_how, "written")
        with self.assertRaisesRegex(UserError, "already"):
            consent.action_withdraw()

    def test_who_does_not_carry_the_course_neither_gives_nor_withdraws(self):
        consent = self.consent()
        for user in (self.colleague, self.other_supervisor, self.receiver, self.intake):
            with self.assertRaises(AccessError):
                self.consent(user=user)
            with self.assertRaises(AccessError):
                call_kw(
                    self.env["sekp.consent"].with_user(user),
                    "action_withdraw",
                    [consent.ids],
                    {},
                )
        self.assertEqual(consent.state, "live")

    def test_in_an_emergency_it_is_read_and_nothing_is_done(self):
        handover = self.hand_over("consented")
        self.course.with_user(self.other_worker)._break_glass("acute", "Nød")
        self.env.flush_all()
        self.env.invalidate_all()
        consent = handover.sudo().consent_id.with_user(self.other_worker)
        self.assertEqual(consent.state, "live")
        seen = handover.with_user(self.other_worker)
        self.assertEqual(seen.summary, "Vil gerne med til fællesspisning.")
        self.assertTrue(seen.only_reads)
        self.assertFalse(handover.only_reads)
        for act in (
            consent.action_withdraw,
            seen.action_send,
            seen.action_change_letter,
            seen.action_send_without_consent,
            lambda: self.consent(user=self.other_worker),
            lambda: seen.letter_ids.write({"summary": "x"}),
            lambda: (
                self.env["ir.actions.report"]
                .with_user(self.other_worker)
                ._render_qweb_html(
                    "sekp_outreach.report_handover_letter", seen.letter_ids.ids
                )
            ),
        ):
            with self.assertRaises(AccessError):
                act()

    # --- withdrawing ----------------------------------------------------------------
    def told(self):
        """Return whom a notice was sent to."""
        subtype = self.env.ref("sekp_outreach.mt_notice")
        messages = self.env["mail.message"].search([("subtype_id", "=", subtype.id)])
        return messages.partner_ids.user_ids

    def test_withdrawal_ends_what_is_open_in_the_same_breath(self):
        for state in ("consented", "sent", "accepted"):
            with self.subTest(state):
                handover = self.hand_over(state)
                letter, seen = handover.letter_ids, handover.with_user(self.receiver)
                handover.consent_id.action_withdraw()
                self.assertEqual(handover.state, "withdrawn")
                self.assertEqual(handover.ended_on, TODAY)
                self.assertFalse(self.obligations(handover))
                self.assertNotEqual(self.course.phase, "bridging")
                self.env.flush_all()
                self.env.invalidate_all()
                self.assertFalse(seen.has_access("read"))
                self.assertFalse(letter.with_user(self.receiver).has_access("read"))
                with self.assertRaises(UserError):
                    handover.action_send()
        self.assertIn(self.receiver, self.told())

    def test_what_was_completed_is_closed_to_the_receiver_too(self):
        handover = self.hand_over("completed")
        letter = handover.letter_ids.with_user(self.receiver)
        self.assertTrue(letter.has_access("read"))
        handover.consent_id.action_withdraw()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(handover.state, "completed", "that they met stays true")
        self.assertFalse(letter.has_access("read"))
        self.assertFalse(handover.with_user(self.receiver).summary)
        self.assertIn(self.receiver, self.told())

    def test_all_of_it_goes_with_the_course(self):
        """The database takes the parts away in an order of its own."""
        self.hand_over("completed")
        handover = self.hand_over("proposed")
        self.env["sekp.override.consent"].with_user(self.supervisor).create(
            {"handover_id": handover.id, "ground": "life", "reason": "Livsfare"}
        )
        self.env.flush_all()
        self.course.sudo().unlink()
        for model in ("sekp.consent", "sekp.handover.letter", "sekp.override.consent"):
            self.assertFalse(self.env[model].search([]), model)

    def test_another_consent_s_handover_stays(self):
        handover = self.hand_over("sent")
        self.consent().action_withdraw()
        self.assertEqual(handover.state, "sent")

    def test_the_consent_shows_what_has_left_under_it(self):
        handover = self.hand_over("consented")
        consent = handover.consent_id
        self.assertFalse(consent.left_ids)
        handover.action_send()
        self.assertEqual(consent.left_ids, handover)
        (row,) = consent.web_read(
            {
                "left_ids": {
                    "fields": {
                        "sent_on": {},
                        "offer_id": {"fields": {"display_name": {}}},
                        "information_ids": {"fields": {"code": {}}},
                    }
                }
            }
        )
        (left,) = row["left_ids"]
        self.assertEqual(str(left["sent_on"]), str(TODAY))
        self.assertEqual(left["offer_id"]["id"], self.offer.id)
        self.assertEqual(
            [kind["code"] for kind in left["information_ids"]], ["summary", "alias"]
        )
        consent.action_withdraw()
        self.assertEqual(consent.left_ids, handover, "what left does not come back")

    def test_the_dialog_on_the_course_suggests(self):
        action = self.course.action_record_consent()
        Consent = self.env["sekp.consent"].with_user(self.worker)
        given = Consent.with_context(**action["context"]).onchange(
            {},
            [],
            {"course_id": {"fields": {}}, "given_on": {}, "valid_until": {}},
        )["value"]
        self.assertEqual(given["course_id"]["id"], self.course.id)
        self.assertEqual(str(given["valid_until"]), str(TODAY + 180 * DAY))
        with self.assertRaises(AccessError):
            self.course.with_user(self.colleague).action_record_consent()


@tagged("post_install", "-at_install", "sekp_outreach")
class TestDisclosure(ConsentCase):
    """Both ends read the same, and nothing leaves that was not agreed."""

    def read_by(self, handover, user):
        self.env.flush_all()
        self.env.invalidate_all()
        return str(handover.with_user(user).disclosed or "")

    def preview(self, handover, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        action = handover.with_user(user or self.worker).action_preview()
        letter = self.env[action["res_model"]].with_user(user or self.worker)
        return str(letter.browse(action["res_id"]).disclosed)

    def printed(self, handover, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        html, _kind = (
            self.env["ir.actions.report"]
            .with_user(user or self.worker)
            ._render_qweb_html(
                "sekp_outreach.report_handover_letter", handover.sudo().letter_ids.ids
            )
        )
        return html.decode()

    def test_preview_print_and_what_the_receiver_reads_are_the_same_bytes(self):
        self.env["res.lang"]._activate_lang("da_DK")
        self.receiver.lang, self.worker.lang = "en_US", "da_DK"
        self.name_as(self.course, "Kaptajnen <b>Æ</b>")
        self.log(self.course)
        codes = ("summary", "alias", "contact_dates", "documents")
        handover = self.hand_over("proposed", codes=codes)
        before = self.preview(handover).encode()
        self.assertIn("Kaptajnen &lt;b&gt;Æ".encode(), before)
        self.assertIn(f"{TODAY:%d.%m.%Y}".encode(), before)
        handover.action_consent_oral()
        self.assertEqual(self.preview(handover).encode(), before)
        paper = self.printed(handover)
        self.assertIn(before, paper.encode())
        self.assertIn(f"<title>{handover.reference}-overlevering</title>", paper)
        handover.action_send()
        handover.with_user(self.receiver).action_accept()
        self.assertEqual(self.read_by(handover, self.receiver).encode(), before)
        self.assertIn(before, self.printed(handover, self.receiver).encode())

    def test_the_letter_is_danish_where_danish_is_there(self):
        self.env["res.lang"]._activate_lang("da_DK")
        self.kinds["summary"].update_field_translations(
            "name", {"da_DK": "Det I har aftalt"}
        )
        self.worker.lang = "en_US"
        self.assertIn("Det I har aftalt", self.preview(self.hand_over("proposed")))

    def test_before_accepting_the_receiver_has_the_envelope_only(self):
        handover = self.hand_over("sent")
        letter = handover.letter_ids
        seen = handover.with_user(self.receiver)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(
            (seen.reference, seen.offer_id, seen.contact_person, seen.state),
            (self.course.reference, self.offer, self.worker.name, "sent"),
        )
        for name in ("summary", "information_ids", "disclosed", "letter_ids"):
            self.assertFalse(seen[name], name)
            self.assertFalse(seen.read([name])[0][name], name)
        with self.assertRaises(AccessError):
            seen.onchange({}, [], {"summary": {}, "disclosed": {}})
        self.receiver.sudo().group_ids |= self.env.ref("base.group_allow_export")
        self.assertEqual(
            seen.export_data(["reference", "summary"])["datas"],
            [[self.course.reference, ""]],
        )
        for domain in ([("summary", "ilike", "fælles")], [("disclosed", "!=", False)]):
            with self.assertRaises(ValueError):
                seen.search(domain)
        with self.assertRaises(ValueError):
            seen.formatted_read_group([], ["summary"], ["__count"])
        Letter = self.env["sekp.handover.letter"].with_user(self.receiver)
        self.assertFalse(Letter.search([("summary", "ilike", "fælles")]))
        self.assertFalse(
            seen.search([("letter_ids.summary", "ilike", "fælles")]), "no oracle"
        )
        for act in (
            seen.action_preview,
            lambda: letter.with_user(self.receiver).read(["summary"]),
            lambda: letter.with_user(self.receiver).action_print(),
            lambda: self.printed(handover, self.receiver),
        ):
            with self.assertRaises(AccessError):
                act()
        seen.action_accept()
        self.env.invalidate_all()
        self.assertIn("fællesspisning", seen.disclosed)
        self.assertEqual(
            letter.with_user(self.receiver).summary, "Vil gerne med til fællesspisning."
        )

    def test_what_goes_along_is_read_live(self):
        self.name_as(self.course, "Kaptajnen")
        handover = self.hand_over()
        self.assertIn("Kaptajnen", self.read_by(handover, self.receiver))
        self.name_as(self.course, "Bådsmanden")
        text = self.read_by(handover, self.receiver)
        self.assertIn("Bådsmanden", text)
        self.assertNotIn("Kaptajnen", text)

    def test_what_was_not_agreed_is_not_shown(self):
        self.name_as(self.course, "Kaptajnen")
        handover = self.hand_over(codes=("summary",))
        self.assertNotIn("Kaptajnen", self.read_by(handover, self.receiver))

    def test_it_ends_with_the_consent_by_the_clock_alone(self):
        handover = self.hand_over()
        letter = handover.letter_ids.with_user(self.receiver)
        for moment, is_open in (
            (NOW + 180 * DAY + timedelta(hours=12), True),
            (NOW + 181 * DAY + timedelta(hours=2), False),
        ):
            with self.at(moment):
                text = self.read_by(handover, self.receiver)
                self.assertEqual("fællesspisning" in text, is_open)
                self.assertEqual(
                    bool(handover.with_user(self.receiver).summary), is_open
                )
                self.assertEqual(letter.has_access("read"), is_open)
        with self.at(NOW + 182 * DAY):
            self.env.invalidate_all()
            self.assertEqual(handover.consent_state, "expired")
            self.assertNotIn("fællesspisning", self.preview(handover))
            first = handover.consent_id
            handover.action_consent_written()
            self.assertIn("fællesspisning", self.read_by(handover, self.receiver))
            self.assertEqual(handover.state, "accepted")
            self.assertEqual((first | handover.consent_id).left_ids, handover)
            with self.assertRaises(UserError):
                handover.action_consent_oral()

    # --- sending --------------------------------------------------------------------
    def sends(self, handover):
        """Yield every way to the state sent, for who carries the course."""
        yield handover.action_send
        yield lambda: call_kw(
            self.env["sekp.handover"].with_user(self.worker),
            "action_send",
            [handover.ids],
            {},
        )
        yield lambda: handover.write({"state": "sent"})
        yield lambda: handover._send()
        yield lambda: handover._advance({"state": "sent"})
        yield lambda: handover.sudo().write({"state": "sent"})

    def assert_not_sent(self, handover, told="consent|buttons"):
        for send in self.sends(handover):
            with self.assertRaisesRegex(UserError, told), self.env.cr.savepoint():
                send()
        self.assertNotEqual(handover.state, "sent")

    def test_nothing_is_sent_by_any_way_without_a_live_consent(self):
        self.assert_not_sent(self.hand_over("proposed"))
        with self.assertRaisesRegex(UserError, "begins as a proposal"):
            self.env["sekp.handover"].sudo().create(
                {
                    "course_id": self.course.id,
                    "offer_id": self.env.ref("sekp_outreach.offer_doctor").id,
                    "state": "sent",
                }
            )

    def test_nothing_is_sent_when_the_consent_has_ended(self):
        handover = self.hand_over("consented")
        with self.at(NOW + 181 * DAY):
            self.env.invalidate_all()
            self.assert_not_sent(handover)

    def test_nothing_is_sent_on_a_consent_that_does_not_fit(self):
        handover = self.hand_over("consented")
        doctor = self.env.ref("sekp_outreach.offer_doctor")
        other = self.allocate()
        for wrong in (
            self.consent(codes=("summary",)),
            self.consent(direction="obtain"),
            self.consent(offer_id=doctor.id),
            self.consent(course_id=other.id),
        ):
            handover.sudo().consent_id = wrong
            self.assert_not_sent(handover)
        handover.sudo().consent_id = self.consent(codes=("summary", "alias", "goals"))
        handover.action_send()
        self.assertEqual(handover.state, "sent")

    def test_what_is_added_afterwards_is_consented_to_afterwards(self):
        handover = self.hand_over("consented")
        letter = handover.letter_ids
        for record in (handover, letter):
            for vals in (
                {"information_ids": self.information("summary", "cpr")},
                {"summary": "Og meget mere"},
            ):
                with self.assertRaises(UserError):
                    record.write(vals)
        # As if somebody had found a way all the same.
        letter.sudo().information_ids |= self.kinds["cpr"]
        self.assert_not_sent(handover)
        letter.sudo().information_ids -= self.kinds["cpr"]
        handover.action_change_letter()
        self.assertEqual((handover.state, handover.consent_given), ("proposed", False))
        handover.information_ids |= self.kinds["goals"]
        self.assertFalse(handover.has_recorded_consent)
        with self.assertRaisesRegex(UserError, "No live consent"):
            handover.action_use_consent()
        handover.action_consent_written()
        handover.action_send()
        self.assertIn(self.kinds["goals"], handover.consent_id.information_ids)

    def test_a_text_that_is_not_among_what_goes_along_is_refused(self):
        handover = self.hand_over("proposed", codes=("alias",))
        with self.assertRaisesRegex(UserError, "text for the receiver"):
            handover.action_consent_oral()
        handover.summary = False
        handover.action_consent_oral()
        handover = self.hand_over(
            "proposed",
            codes=(),
            summary=False,
            offer_id=self.env.ref("sekp_outreach.offer_doctor").id,
        )
        with self.assertRaisesRegex(UserError, "Choose what goes along"):
            handover.action_consent_oral()

    def test_a_letter_belongs_to_its_handover(self):
        handover = self.hand_over("proposed")
        Letter = self.env["sekp.handover.letter"]
        with self.assertRaisesRegex(UserError, "already has its letter"):
            Letter.with_user(self.worker).create({"handover_id": handover.id})
        with self.assertRaises(UserError):
            handover.letter_ids.write({"handover_id": handover.id})
        self.assertEqual(handover.letter_ids.course_id, self.course)
        for user in (self.receiver, self.colleague):
            with self.assertRaises(AccessError):
                Letter.with_user(user).create({"handover_id": handover.id})

    # --- by law ---------------------------------------------------------------------
    def override(self, handover, user=None, **vals):
        Override = self.env["sekp.override.consent"].with_user(user or self.supervisor)
        values = {"handover_id": handover.id, "ground": "child", "reason": "Et barn"}
        (id_,) = call_kw(Override, "create", [[{**values, **vals}]], {})
        return Override.browse(id_)

    def test_a_supervisor_of_the_team_sends_by_law(self):
        handover = self.hand_over("proposed")
        action = handover.with_user(self.supervisor).action_send_without_consent()
        self.assertEqual(action["res_model"], "sekp.override.consent")
        override = self.override(handover)
        self.assertEqual((handover.state, handover.override_ground), ("sent", "child"))
        self.assertFalse(handover.consent_id)
        self.assertEqual(
            (override.user_id, override.decided_on), (self.supervisor, TODAY)
        )
        row = self.env["sekp.access.log"].search([("kind", "=", "override")])
        self.assertEqual(
            (row.user_id, row.model, row.record_id, row.purpose, row.reference),
            (
                self.supervisor,
                "sekp.handover",
                handover.id,
                "child",
                self.course.reference,
            ),
        )
        subtype = self.env.ref("sekp_outreach.mt_notice")
        notices = self.env["mail.message"].search([("subtype_id", "=", subtype.id)])
        self.assertIn(self.worker.partner_id, notices.partner_ids)
        self.assertEqual(override.with_user(self.worker).reason, "Et barn")
        # The receiver reads the letter, and neither ground nor reason.
        seen = handover.with_user(self.receiver)
        seen.action_accept()
        self.assertIn("fællesspisning", self.read_by(handover, self.receiver))
        self.assertFalse(seen.override_ground)
        with self.assertRaises(AccessError):
            override.with_user(self.receiver).read(["reason"])
        with self.assertRaises(UserError):
            override.write({"reason": "Noget andet"})
        with self.assertRaises(UserError):
            self.override(handover)

    def test_nobody_else_sends_without_consent_over_rpc(self):
        handover = self.hand_over("proposed")
        for user in (self.worker, self.other_supervisor, self.receiver, self.manager):
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    call_kw(
                        self.env["sekp.handover"].with_user(user),
                        "action_send_without_consent",
                        [handover.ids],
                        {},
                    )
                with self.assertRaises(AccessError):
                    self.override(handover, user=user)
        # A seat without the role is not enough, nor the role with emergency access.
        self.env.cr.execute(
            "INSERT INTO sekp_team_supervisor_rel (team_id, user_id) VALUES (%s, %s)",
            [self.harbour.id, self.colleague.id],
        )
        self.course.with_user(self.other_supervisor)._break_glass("acute", "Nød")
        self.env.flush_all()
        self.env.invalidate_all()
        for user in (self.colleague, self.other_supervisor):
            with self.assertRaises(AccessError):
                self.override(handover, user=user)
        self.assertEqual(handover.state, "proposed")
        self.assertFalse(self.env["sekp.override.consent"].search([]))

    def test_a_reason_is_given_where_it_may_be_kept(self):
        handover = self.hand_over("proposed")
        with self.assertRaisesRegex(UserError, "Say why"):
            self.override(handover, reason=" ")
        with self.assertRaises(ValidationError) as caught:
            self.override(handover, reason="Barn 310290-1234")
        self.assertNotIn("310290", str(caught.exception))

    # --- the other end ----------------------------------------------------------------
    def test_the_receiver_of_another_handover_gets_nothing(self):
        stranger = make_user(self.env, "sekp_receiver_2", "receiver", self.company)
        handover = self.hand_over("accepted")
        own = self.hand_over(
            "sent",
            receiver_id=stranger.id,
            offer_id=self.env.ref("sekp_outreach.offer_doctor").id,
        )
        Handover = self.env["sekp.handover"].with_user(stranger)
        self.assertEqual(Handover.search([]), own)
        for act in (
            "action_accept",
            "action_met",
            "action_ask_return",
            "action_preview",
        ):
            with self.assertRaises(AccessError):
                call_kw(Handover, act, [handover.ids], {})
        for record in (handover.letter_ids, handover.consent_id, own.consent_id):
            with self.assertRaises(AccessError):
                record.with_user(stranger).read(["reference"])
        for act in ("action_send", "action_consent_oral", "action_use_consent"):
            with self.assertRaises(AccessError):
                call_kw(Handover, act, [own.ids], {})

    def test_returned_brings_the_course_back_with_a_next_contact(self):
        handover = self.hand_over("accepted")
        self.assertEqual(self.course.phase, "bridging")
        handover.with_user(self.receiver)._answer("return", "not_met")
        self.assertEqual(self.course.phase, "relation")
        self.assertIn("next_contact", self.obligations(self.course))
        self.assertTrue(self.course.next_contact_due)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestDisclosureWithoutText(ConsentCase):
    """Where nothing may be told in words, choices and dates are enough."""

    mode = "none"

    def propose(self):
        return (
            self.env["sekp.handover"]
            .with_user(self.worker)
            .create({"course_id": self.course.id, "offer_id": self.offer.id})
        )

    def test_a_consent_has_no_place_for_a_text(self):
        consent = self.consent(codes=("told",))
        self.assertEqual(consent.state, "live")
        stored = [
            name
            for name, field in consent._fields.items()
            if field.store and field.type in ("char", "text", "html")
        ]
        self.assertEqual(stored, ["reference"])
        handover = self.propose()
        self.assertEqual(handover.information_ids, self.kinds["told"])
        self.assertTrue(handover.has_recorded_consent)
        handover.action_use_consent()
        handover.action_send()
        self.assertEqual(handover.consent_id, consent)
        self.assertEqual(consent.left_ids, handover)

    def test_a_ground_without_words(self):
        handover = self.propose()
        Override = self.env["sekp.override.consent"].with_user(self.supervisor)
        vals = {"handover_id": handover.id, "ground": "life"}
        with self.assertRaisesRegex(ValidationError, "cannot be stored"):
            Override.create({**vals, "reason": "Et barn"})
        Override.create(vals)
        self.assertEqual((handover.state, handover.override_ground), ("sent", "life"))


@tagged("post_install", "-at_install", "sekp_outreach")
class TestDisclosureLog(LogCase):
    """What the receiver reads is logged, and what comes from the vault once more."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.course.standard_id.sudo().registration_mode = "full"
        cls.identity = cls.register(
            cls.course.citizen_id,
            cpr=CPR,
            phones="20 11 22 33",
            address="Opdigtet Vej 1",
        )

    def open(self, code):
        kinds = self.env.ref("sekp_outreach.information_type_summary")
        kinds |= self.env.ref(f"sekp_outreach.information_type_{code}")
        handover = (
            self.env["sekp.handover"]
            .with_user(self.worker)
            .create(
                {
                    "course_id": self.course.id,
                    "offer_id": self.offer.id,
                    "receiver_id": self.receiver.id,
                    "summary": "Kom forbi",
                    "information_ids": [Command.set(kinds.ids)],
                }
            )
        )
        handover.action_consent_oral()
        handover.action_send()
        handover.with_user(self.receiver).action_accept()
        self.env.flush_all()
        self.env.invalidate_all()
        self.before = self.Log.search([], limit=1).id
        return handover.with_user(self.receiver)

    def test_reading_is_logged_as_any_opening(self):
        handover = self.open("alias")
        (row,) = handover.web_read({"disclosed": {}, "state": {}})
        self.assertIn("Ræven", row["disclosed"])
        self.assertEqual(self.told(), [("open", "sekp.handover", 1)])

    def test_values_from_the_vault_are_logged_as_revealed_once(self):
        handover = self.open("name")
        (row,) = handover.web_read({"disclosed": {}, "state": {}})
        self.assertIn(NAME, row["disclosed"])
        self.assertIn("+4520112233", row["disclosed"])
        self.assertNotIn("Opdigtet", row["disclosed"])
        self.assertNotIn(CPR[-4:], row["disclosed"])
        kinds = sorted((kind, model) for kind, model, _amount in self.told())
        self.assertEqual(
            kinds, [("open", "sekp.handover"), ("reveal", "sekp.handover.letter")]
        )
        self.assertNotIn(NAME.split()[0], str(self.rows().read()))
        self.assertEqual(set(self.rows().mapped("purpose")), {False, "handover"})

    def test_a_protected_address_stays(self):
        for protected in (True, False):
            self.identity.sudo()._keep({"protected_address": protected})
            handover = self.open("address")
            self.assertEqual("Opdigtet" in handover.disclosed, not protected)
            self.assertEqual("reveal" in self.rows().mapped("kind"), not protected)
            handover.with_user(self.worker).action_withdraw()

    def test_without_the_key_the_letter_says_so(self):
        handover = self.open("name")
        with self.without_keys():
            (row,) = handover.web_read({"disclosed": {}, "state": {}})
            self.assertIn("Kom forbi", row["disclosed"])
            self.assertNotIn(NAME, row["disclosed"])
            self.assertIn("administrator", row["disclosed"])
        self.assertNotIn("reveal", self.rows().mapped("kind"))
        self.env.invalidate_all()
        self.assertIn(NAME, handover.disclosed)

    @contextmanager
    def without_keys(self):
        """Let the server have no key but another one."""
        with patch.dict(config.options.maps[0], {OPTION_KEYS: cipher.new_key()}):
            self.env.invalidate_all()
            yield

    def test_the_worker_s_form_opens_no_vault(self):
        handover = self.open("name").with_user(self.worker)
        self.assertFalse(handover.web_read({"disclosed": {}})[0]["disclosed"])
        self.assertEqual(self.told(), [("open", "sekp.handover", 1)])

    def test_a_print_is_logged(self):
        handover = self.open("alias")
        letter = handover.sudo().letter_ids
        self.env["ir.actions.report"].with_user(self.receiver)._render_qweb_html(
            "sekp_outreach.report_handover_letter", letter.ids
        )
        self.assertEqual(self.told(), [("print", "sekp.handover.letter", 1)])
