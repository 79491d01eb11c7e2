import logging
import re
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from xmlrpc.client import Binary, Fault

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import BaseCase, HttpCase, new_test_user, tagged
from odoo.tools import SQL, file_open

from odoo.addons.mail.tests.common import MailCase

from ..models.sekp_team_mail import LOOKED_AT
from ..tools import limits, mail_reader
from .canaries import listening
from .common import NOW, OutreachCase
from .smtp import MailServer

ADDRESS = "hjaelp@havnby.example"
SENDER = "ida.kanarie@example.com"
# In the name, the address, the subject, the text, the files, the marks of each mail.
CANARY = "kanarie"
# Where what a mail says may be.
KEPT = {"sekp_referral"}
NO_REFERRAL = ("out_of_office", "out_of_office_old", "bounce", "receipt")
# What is answered: only what a person wrote, from an address of their own.
ANSWERED = {
    "plain", "html", "picture", "forwarded", "forwarded_attached", "empty", "huge",
    "wrong_charset", "undeclared", "invitation", "signed", "cpr", "reply",
}  # fmt: skip
# What a mail's reader stumbles over.
PIECES = (
    b"\n\n", b"--", b"\x00", b"base64", b"charset=utf-16\n", b"=?utf-8?b?//8=?=",
    b"Content-Type: message/rfc822\n\n", b"filename*=nix''%ff%fe\n",
    b"Content-Type: multipart/mixed; boundary=x\n\n--x\n", b"From: <(((((@\n",
)  # fmt: skip
SILENT = {"secure_notice", "sealed", "mailing_list", "no_reply", "nameless"}


def fixture(name):
    """Return the bytes of a mail of a real shape."""
    with file_open(f"sekp_outreach/tests/mail/{name}.eml", "rb") as file:
        raw = file.read()
    if name != "huge":
        return raw
    # Kept with one line of many.
    head, _blank, line = raw.partition(b"\n\n")
    lines = [line.replace(b"Dag 0", b"Dag %d" % number) for number in range(1200)]
    return head + b"\n\n" + b"".join(lines)


class MailIntakeCase(OutreachCase, MailCase):
    """The harbour's team takes mail at an address of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.alias_domain_id = cls.env["mail.alias.domain"].create(
            {
                "name": "havnby.example",
                "bounce_alias": "retur",
                "catchall_alias": "alle",
            }
        )
        cls.harbour.with_user(cls.manager).alias_name = "hjaelp"
        cls.harbour.write({"phone": "77 11 22 33", "opening_hours": "Hverdage 9-15"})

    def deliver(self, *raws):
        """Hand mails in as a mail server does; return the new referrals.

        What is sent is in ``self._mails``, and what the log said in ``self.heard``.
        """
        before = self.env["sekp.referral"].search([])
        with self.gateway() as thread:
            for raw in raws:
                raw = fixture(raw) if isinstance(raw, str) else raw
                self.assertFalse(thread.message_process(None, raw))
        return self.env["sekp.referral"].search([], order="id") - before

    @contextmanager
    def gateway(self, user=None):
        """Yield Odoo's mail gateway; what is sent and logged is kept."""
        self.heard = []
        with (
            self.enter_registry_test_mode(),
            self.mock_mail_gateway(),
            listening() as listener,
        ):
            self.heard = listener.heard
            yield self.env["mail.thread"].with_user(user or self.env.user)

    def holding(self, text=CANARY):
        """Return the names of all tables with a text in them."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        )
        tables = [name for (name,) in self.env.cr.fetchall()]
        self.assertGreater(len(tables), 150)
        found = set()
        for table in tables:
            self.env.cr.execute(
                SQL(
                    "SELECT count(*) FROM %s t WHERE lower(t::text) LIKE %s",
                    SQL.identifier(table),
                    f"%{text}%",
                )
            )
            if self.env.cr.fetchone()[0]:
                found.add(table)
        return found

    def attachments(self, domain):
        """Return files, also those that are the value of a field."""
        files = self.env["ir.attachment"].with_context(skip_res_field_check=True)
        return files.search(domain)

    def check_silence(self):
        """Nothing of a mail was logged."""
        log = "\n".join(self.heard).lower()
        self.assertNotIn(CANARY, log)
        self.assertNotIn("@", log)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestMail(MailIntakeCase):
    """A mail to an entry point becomes a referral and is kept nowhere else (R049)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard()

    def test_each_shape_becomes_a_referral_and_nothing_else(self):
        self.assertEqual(self.holding(), set())
        counted = ["mail.message", "mail.mail", "res.partner", "mail.followers"]
        counts = {name: self.env[name].search_count([]) for name in counted}
        for name in sorted(ANSWERED | SILENT):
            with self.subTest(name):
                # Somebody is answered once a day.
                sender = f"{name}.{SENDER}".encode()
                raw = fixture(name).replace(SENDER.encode(), sender)
                referral = self.deliver(raw)
                self.assertEqual(len(referral), 1)
                self.assertEqual(referral.team_id, self.harbour)
                self.assertEqual(referral.state, "received")
                self.assertEqual(referral.create_uid, self.env.ref("base.user_root"))
                self.assertEqual(len(self._mails), name in ANSWERED)
                self.check_silence()
        self.assertEqual(self.holding(), KEPT)
        self.assertEqual(
            {name: self.env[name].search_count([]) for name in counted}, counts
        )
        self.assertFalse(
            self.attachments(
                [("res_model", "in", ["sekp.team", "sekp.referral", "mail.message"])]
            )
        )
        self.assertFalse(self.env["sekp.mail.held"].search_count([]))

    def test_what_no_person_wrote_is_only_counted(self):
        for number, name in enumerate(NO_REFERRAL, start=1):
            with self.subTest(name):
                self.assertFalse(self.deliver(name))
                self.assertFalse(self._mails)
                self.assertEqual(self.harbour.mail_left_out, number)
                self.check_silence()
        self.assertEqual(self.holding(), set())

    def test_plain(self):
        referral = self.deliver("plain")
        self.assertEqual(referral.channel, "mail")
        self.assertEqual(referral.source_id.code, "unknown")
        self.assertEqual(referral.referrer_name, "Ida Kanarie Søgaard")
        self.assertEqual(referral.referrer_contact, SENDER)
        self.assertFalse(referral.referrer_anonymous)
        self.assertTrue(
            referral.concern.startswith("Min nabo på havnen\n\nHej\n\nMin nabo går")
        )
        # The signature is the sender's own and stays.
        self.assertTrue(referral.concern.endswith("Tlf. 20 11 22 33"))
        self.assertFalse(referral.mail_masked or referral.mail_incomplete)
        self.assertIn("triage", self.obligations(referral))

    def test_html(self):
        concern = self.deliver("html").concern
        self.assertIn("Kære kommune,", concern)
        self.assertIn("en kanariefætter under broen.\nHan har brug for tøj.", concern)
        self.assertIn("https://kort.example.com/?id=7", concern)
        for unseen in ("script", "titel", "tracker", "Mso", "<"):
            self.assertNotIn(unseen, concern)

    def test_picture(self):
        referral = self.deliver("picture")
        self.assertEqual(
            referral.concern,
            "Billede fra havnen\n\nHer sover kanariemanden. Jeg tog et billede af "
            "skuret.",
        )
        self.assertFalse(referral.mail_incomplete)
        documents = referral.document_ids
        self.assertEqual(documents.mapped("kind"), ["picture"] * 2)
        for document in documents.with_user(self.intake):
            name, _mimetype, data = document._open()
            self.assertNotIn(CANARY, f"{name} {document.title}".lower())
            self.assertNotIn(CANARY.encode(), data)
            self.assertTrue(data.startswith(b"\x89PNG"))
        with self.assertRaises(AccessError):
            documents[0].with_user(self.worker)._open()
        # Only as the documents' encrypted content.
        files = self.attachments([("res_model", "=like", "sekp.%")])
        self.assertEqual(set(files.mapped("res_model")), {"sekp.document"})
        self.assertEqual(set(files.mapped("res_id")), set(documents.ids))
        for file in files:
            self.assertNotIn(b"PNG", file.raw)
            self.assertNotIn(CANARY, f"{file.name} {file.index_content}".lower())

    def test_files_that_cannot_be_taken_are_told_of(self):
        for name, data in (
            ("kanarie.exe", b"MZ\x90\0kanarie"),
            ("kanarie.txt", b"kanarie\n" * 1_400_000),
        ):
            with self.subTest(name):
                referral = self.deliver(self.with_file(name, data))
                self.assertTrue(referral.concern.startswith("Kanarie med fil"))
                self.assertFalse(referral.document_ids)
                self.assertIn("Part of the mail was left out", referral.guidance)
                self.check_silence()
        self.assertEqual(self.holding(), KEPT)

    def test_more_than_is_read_of_any_mail(self):
        raw = self.with_file("kanarie.txt", b"kanarie\n" * 4_000_000)
        self.assertGreater(len(raw), mail_reader.SIZE)
        referral = self.deliver(raw)
        self.assertTrue(referral.concern.startswith("Kanarie med fil"))
        self.assertTrue(referral.mail_incomplete)
        self.assertFalse(referral.document_ids)

    def test_of_many_files_few_are_looked_at(self):
        for bad, kept in ((3, limits.FILES), (LOOKED_AT, 0)):
            with self.subTest(bad):
                mail = message_from_bytes(self.with_file("0.bin", b"\0"))
                mail.replace_header("Subject", f"Kanarie {bad}")
                for number in range(bad + 9):
                    data = b"\0" if number < bad else b"Hej"
                    part = MIMEApplication(data, name=f"{number}.bin")
                    mail.attach(part)
                referral = self.deliver(mail.as_bytes())
                self.assertEqual(len(referral.document_ids), kept)
                self.assertTrue(referral.mail_incomplete)

    def test_a_mail_made_to_hold_the_server_is_read_by_its_head(self):
        deep = "".join(
            f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n'
            for n in range(300)
        )
        for subject, head in (
            ("Kanarie dyb", deep + "\n" + "x\n" * 100_000),
            ("Kanarie lang", 'Content-Type: text/plain; a="' + ";" * 9_000),
        ):
            raw = f"From: {SENDER}\nTo: {ADDRESS}\nSubject: {subject}\n{head}\n\nhej"
            referral = self.deliver(raw.encode())
            self.assertEqual(referral.concern, subject)
            self.assertTrue(referral.mail_incomplete)

    def with_file(self, name, data):
        """Return a mail with a file."""
        mail = EmailMessage()
        mail["From"], mail["To"] = f"Ida Kanarie <{SENDER}>", ADDRESS
        mail["Subject"] = "Kanarie med fil"
        mail.set_content(f"Se {name}.")
        mail.add_attachment(
            data, maintype="application", subtype="octet-stream", filename=name
        )
        return mail.as_bytes()

    def test_forwarded_and_quoted_text_stays_as_it_was_sent(self):
        concern = self.deliver("forwarded").concern
        self.assertIn("Fra: Bo Kanariebo <bo.kanarie@example.org>", concern)
        self.assertIn(">> Min kanariebror svarer ikke.", concern)
        concern = self.deliver("forwarded_attached").concern
        self.assertIn("Se vedhæftede fra kanarieklinikken.", concern)
        self.assertIn("From: Læge Kanariehus <laege.kanarie@example.org>", concern)
        self.assertEqual(concern.count("Indvendig tekst fra kanarielægen."), 1)

    def test_secure_mail(self):
        referral = self.deliver("secure_notice")
        self.assertEqual(referral.channel, "secure_mail")
        self.assertEqual(referral.referrer_name, "Region Kanarie via SikkerMail")
        self.assertIn("https://sikkermail.example/laes/kanarie123", referral.concern)
        sealed = self.deliver("sealed")
        self.assertEqual(sealed.channel, "secure_mail")
        self.assertEqual(sealed.concern, "Krypteret")
        self.assertTrue(sealed.mail_incomplete)
        self.assertIn("Part of the mail was left out", sealed.guidance)

    def test_empty_huge_and_nameless(self):
        empty = self.deliver("empty")
        self.assertFalse(empty.concern)
        self.assertEqual(empty.referrer_contact, SENDER)
        huge = self.deliver("huge")
        self.assertEqual(len(huge.concern), 8000)
        self.assertTrue(huge.concern.endswith("[…]"))
        self.assertTrue(huge.mail_incomplete)
        nameless = self.deliver("nameless")
        self.assertEqual(nameless.concern, "Kanariehjaelp soeges ved stationen.")
        self.assertFalse(nameless.referrer_name or nameless.referrer_contact)
        self.assertFalse(nameless.referrer_anonymous)

    def test_wrong_and_undeclared_encodings(self):
        referral = self.deliver("wrong_charset")
        self.assertEqual(referral.referrer_name, "Jørgen Kanarie")
        self.assertIn("røg i kanariekælderen, og døren", referral.concern)
        referral = self.deliver("undeclared")
        self.assertEqual(referral.referrer_name, "Jørgen Kanarie")
        self.assertIn("Ensom på Ærø\n\nKanariekonen på Ærø", referral.concern)

    def test_invitation(self):
        self.assertEqual(
            self.deliver("invitation").concern,
            "Møde om en borger\n\nKanariemøde\n2026-09-17 10:00\n2026-09-17 11:00\n"
            "Havnekontoret, 1. sal",
        )

    def test_signed(self):
        referral = self.deliver("signed")
        self.assertEqual(
            referral.concern,
            "Underskrevet\n\nDenne kanariemail er underskrevet af lægen.",
        )
        self.assertFalse(referral.mail_incomplete)

    def test_cpr_numbers_are_left_out_and_the_reader_is_told(self):
        referral = self.deliver("cpr")
        self.assertEqual(referral.referrer_name, "Ida Kanarie [CPR]")
        self.assertEqual(referral.concern.count("[CPR]"), 4)
        self.assertNotIn("1234", referral.concern)
        self.assertIn("20 11 22 33", referral.concern)
        self.assertIn("[CPR] is there instead", referral.guidance)
        for number in ("310290-1234", "3102901234"):
            self.assertEqual(self.holding(number), set())

    def test_delivered_twice_is_one_referral(self):
        again = fixture("plain").replace(b"id 4Zkanarie", b"id 5Zkanarie")
        self.assertEqual(len(self.deliver("plain", again)), 1)
        self.assertEqual(len(self._mails), 1)
        # A sender's program that gives each mail the same mark loses none.
        other = fixture("plain").replace("mørkt".encode(), b"koldt")
        self.assertEqual(len(self.deliver(other)), 1)

    def test_a_reply_is_a_mail_like_another(self):
        first, second = self.deliver("plain", "reply")
        self.assertNotEqual(first, second)
        self.assertEqual(second.concern.splitlines()[0], "SV: Vi har modtaget din mail")

    def test_only_the_entry_point_reads_it(self):
        referral = self.deliver("plain")
        self.assertTrue(referral.with_user(self.intake).concern)
        self.assertTrue(referral.with_user(self.supervisor).concern)
        for user in (
            self.worker, self.colleague, self.other_supervisor, self.manager,
            self.employee, self.foreign_supervisor,
        ):  # fmt: skip
            with self.assertRaises(AccessError):
                referral.with_user(user).read(["concern"])

    def test_whoever_hands_it_in_gets_nothing_of_it(self):
        with self.gateway(self.employee) as thread:
            self.assertFalse(thread.message_process(None, fixture("plain")))
        referral = self.env["sekp.referral"].search([], order="id desc", limit=1)
        self.assertEqual(referral.referrer_contact, SENDER)
        self.assertFalse(referral.with_user(self.employee).has_access("read"))
        portal = new_test_user(self.env, "sekp_portal", groups="base.group_portal")
        with self.gateway(portal) as thread, self.assertRaises(AccessError):
            thread.message_process(None, fixture("html"))

    def test_other_mail_goes_odoo_s_way(self):
        model = self.env["ir.model"]._get("res.partner")
        self.env["mail.alias"].create(
            {
                "alias_name": "kunder",
                "alias_domain_id": self.company.alias_domain_id.id,
                "alias_model_id": model.id,
            }
        )
        raw = fixture("plain").replace(b"hjaelp@", b"kunder@")
        with self.gateway() as thread:
            self.assertTrue(thread.message_process(None, raw))
        self.assertIn("res_partner", self.holding())
        # Also there the log names no address.
        self.assertTrue(self.heard)
        self.assertNotIn("@", "\n".join(self.heard))

    def test_sent_to_an_entry_point_and_elsewhere_it_goes_to_the_entry_point_only(self):
        model = self.env["ir.model"]._get("res.partner")
        self.env["mail.alias"].create(
            {
                "alias_name": "kunder",
                "alias_domain_id": self.company.alias_domain_id.id,
                "alias_model_id": model.id,
            }
        )
        raw = fixture("plain").replace(
            b"To: hjaelp@", b"Cc: kunder@havnby.example\nTo: hjaelp@"
        )
        self.assertEqual(len(self.deliver(raw)), 1)
        self.assertEqual(self.holding(), KEPT)

    def test_two_entry_points_are_one_referral(self):
        self.forest.with_user(self.manager).alias_name = "skov"
        raw = fixture("plain").replace(
            b"To: hjaelp@", b"Cc: skov@havnby.example\nTo: hjaelp@"
        )
        self.assertEqual(self.deliver(raw).team_id, self.harbour)

    def test_an_archived_team_s_mail_goes_to_the_first_entry_point(self):
        self.forest.with_user(self.manager).alias_name = "skov"
        self.forest.active = False
        raw = fixture("plain").replace(b"hjaelp@", b"skov@")
        self.assertEqual(self.deliver(raw).team_id, self.harbour)

    def test_a_mail_server_that_brings_no_route_names_nobody(self):
        raw = fixture("plain").replace(b"hjaelp@", b"hjelp@")
        with self.gateway() as thread, self.assertRaises(ValueError) as caught:
            thread.message_process(None, raw)
        self.assertNotIn("@", "\n".join(self.heard))
        # As Odoo logs it, when it has fetched the mail itself.
        logger = logging.getLogger("odoo.addons.mail.models.fetchmail")
        with listening() as listener:
            logger.info("Failed", exc_info=caught.exception)
        self.assertEqual(listener.heard, ["Failed (ValueError)"])


@tagged("post_install", "-at_install", "sekp_outreach")
class TestMailWithoutRegistration(MailIntakeCase):
    """Where nothing may be stored about the person, a mail is read and forgotten."""

    def test_the_text_is_transient(self):
        self.make_standard(registration_mode="none")
        referral = self.deliver("picture")
        self.assertFalse(referral.concern)
        messages = self.env["sekp.dialogue.message"].search(
            [("referral_id", "=", referral.id)]
        )
        self.assertIn("Her sover kanariemanden", messages.with_user(self.intake).text)
        self.assertTrue(messages.transient)
        # Of the sender what must be noted; of the person nothing.
        self.assertEqual(self.holding(), {"sekp_referral"})
        self.assertEqual(self.holding("kanariemanden"), set())
        messages.with_user(self.intake).action_read()
        self.assertFalse(messages.exists())

    def test_long_and_empty_ones_too(self):
        self.make_standard(registration_mode="none")
        self.assertEqual(len(self.deliver("huge", "empty", "cpr")), 3)
        self.assertFalse(self.env["sekp.mail.held"].search_count([]))


@tagged("post_install", "-at_install", "sekp_outreach")
class TestMailAnswer(MailIntakeCase):
    """The automatic answer is the same for everybody and starts no loop."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(acute_policy="redirect", acute_phone="114")

    def test_it_says_nothing_of_the_mail(self):
        self.deliver("plain")
        (mail,) = self._mails
        self.assertEqual(mail["email_to"], [SENDER])
        self.assertEqual(mail["email_from"], f"Havnby Kommune <{ADDRESS}>")
        # In Danish first, where it is there.
        self.assertEqual(
            mail["subject"].rpartition(" / ")[2], "We have received your e-mail"
        )
        for told in ("112", "114", "77 11 22 33", "Hverdage 9-15"):
            self.assertIn(told, mail["body"])
        self.assertEqual(mail["headers"]["Auto-Submitted"], "auto-replied")
        self.assertEqual(mail["headers"]["X-Auto-Response-Suppress"], "All")
        text = str({**mail, "email_to": ""}).lower()
        for secret in (CANARY, "nabo", "ida", "sekp", "støtte"):
            self.assertNotIn(secret, text)
        self.assertFalse(mail.get("references") or mail.get("attachments"))

    def test_in_danish_first_where_it_is_installed(self):
        self.env["res.lang"]._activate_lang("da_DK")
        self.deliver("plain")
        self.assertTrue(self._mails[0]["subject"].endswith("e-mail"))
        self.assertIn("112", self._mails[0]["body"])

    def test_once_a_day(self):
        self.deliver("plain", "html", "forwarded")
        self.assertEqual(len(self._mails), 1)
        with self.at(NOW + timedelta(days=1)):
            self.deliver("empty")
            self.assertEqual(len(self._mails), 1)

    def test_the_municipality_decides(self):
        self.company.sekp_mail_text = "Tak. Ring 112 i fare, ellers 77 11 22 33."
        self.deliver("plain")
        self.assertEqual(self._mails[0]["body"], self.company.sekp_mail_text)
        self.company.sekp_mail_answers = False
        self.deliver(fixture("html").replace(SENDER.encode(), b"bo@example.com"))
        self.assertFalse(self._mails)

    def test_never_to_addresses_of_our_own(self):
        self.forest.mailbox = "skov@havnby.example"
        self.company.email = "kommune@havnby.example"
        for own in ("hjaelp", "alle", "retur", "skov", "kommune"):
            raw = fixture("plain").replace(
                SENDER.encode(), f"{own}@havnby.example".encode()
            )
            with self.subTest(own):
                self.assertEqual(len(self.deliver(raw)), 1)
                self.assertFalse(self._mails)

    def test_never_to_what_a_machine_sent(self):
        for header in (
            "Auto-Submitted: auto-generated", "Precedence: bulk", "Precedence: junk",
            "List-Id: <x.example>", "X-Auto-Response-Suppress: OOF, AutoReply",
            "Return-Path: <>", "X-Loop: x", "X-Spam-Flag: YES",
        ):  # fmt: skip
            with self.subTest(header):
                raw = fixture("html").replace(b"Bekymring", header.encode()[:9])
                self.deliver(f"{header}\n".encode() + raw)
                self.assertFalse(self._mails)

    def test_our_own_answer_coming_back_ends_there(self):
        """Two systems of this kind that write to each other stop at once."""
        self.deliver("plain")
        answer = self._mails[0]
        raw = (
            f"From: {answer['email_from']}\nTo: {ADDRESS}\n"
            f"Subject: {answer['subject']}\n"
            f"Auto-Submitted: {answer['headers']['Auto-Submitted']}\n\n"
            f"{answer['body']}"
        )
        self.assertFalse(self.deliver(raw.encode()))
        self.assertFalse(self._mails)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestMailOnTheWire(MailIntakeCase):
    """What leaves is seen at another mail server, and what that one does is borne."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard()
        cls.classPatch(
            type(cls.env["ir.mail_server"]),
            "_disable_send",
            classmethod(lambda _cls: False),
        )

    @contextmanager
    def mail_server(self, refuses=False):
        """Yield a mail server that Odoo sends its mail to."""
        with MailServer(refuses) as server:
            self.env["ir.mail_server"].search([]).active = False
            self.env["ir.mail_server"].create(
                {
                    "name": "mx.example.com",
                    "smtp_host": "127.0.0.1",
                    "smtp_port": server.port,
                    "smtp_encryption": "none",
                }
            )
            yield server

    def hand_in(self, raw):
        """Hand a mail in; return the new referral. Answers go to the real server."""
        before = self.env["sekp.referral"].search([])
        with self.enter_registry_test_mode(), listening() as listener:
            self.assertFalse(self.env["mail.thread"].message_process(None, raw))
        self.heard = listener.heard
        return self.env["sekp.referral"].search([]) - before

    def test_the_answer_arrives_and_ends_there(self):
        with self.mail_server() as server:
            for name in ("plain", "html", "out_of_office", "mailing_list", "bounce"):
                self.hand_in(fixture(name))
                self.check_silence()
            ((envelope, recipients, raw),) = server.taken
            # The other side's machine sends it back as it is.
            back = raw.replace(f"To: {SENDER}".encode(), f"To: {ADDRESS}".encode())
            left_out = self.harbour.mail_left_out
            self.assertFalse(self.hand_in(back))
            self.assertEqual(self.harbour.mail_left_out, left_out + 1)
            self.assertEqual(len(server.taken), 1)
        self.assertEqual(recipients, [SENDER])
        self.assertEqual(envelope, "retur@havnby.example")
        mail = message_from_bytes(raw, policy=policy.default)
        # Odoo's own address, where the mail server is not bound to the domain's.
        self.assertEqual(mail["From"], "Havnby Kommune <notifications@havnby.example>")
        self.assertEqual(mail["Reply-To"], ADDRESS)
        self.assertEqual(mail["To"], SENDER)
        self.assertEqual(mail["Auto-Submitted"], "auto-replied")
        for name in ("In-Reply-To", "References", "X-Odoo-Objects", "Cc", "Bcc"):
            self.assertIsNone(mail[name])
        self.assertEqual(mail.get_content_type(), "text/plain")
        self.assertIn("112", mail.get_content())
        del mail["To"]
        for secret in (CANARY, "nabo", "ida", "sekp", "referral"):
            self.assertNotIn(secret, mail.as_string().lower())
        self.assertEqual(self.holding(), KEPT)

    def test_a_server_that_refuses_stops_nothing(self):
        with self.mail_server(refuses=True) as server:
            referral = self.hand_in(fixture("plain"))
            self.assertEqual(len(referral), 1)
            self.check_silence()
            self.assertTrue(any("not sent" in line for line in self.heard))
            with listening() as listener:
                referral.referrer_wants_word = True
                with self.assertRaises(UserError) as caught:
                    referral.with_user(self.intake).action_tell_received()
            self.assertFalse(server.taken)
        self.assertNotIn("@", str(caught.exception) + "".join(listener.heard))
        # Nor does one that is gone.
        self.assertEqual(len(self.hand_in(fixture("html"))), 1)
        self.check_silence()
        self.assertEqual(self.holding(), KEPT)

    def test_an_answer_that_comes_back_leaves_nothing(self):
        """To the address of the envelope, which is Odoo's own and no entry point's."""
        raw = fixture("bounce").replace(b"To: hjaelp@", b"To: retur@", 1)
        raw = raw.replace(b"\nTo: hjaelp@", b"\nTo: retur@", 1)
        with self.mail_server() as server:
            self.assertFalse(self.hand_in(raw))
            self.assertFalse(server.taken)
        self.assertTrue(self.heard)
        self.assertNotIn("@", "\n".join(self.heard))
        self.assertEqual(self.holding(), set())

    def test_word_back_arrives(self):
        with self.mail_server() as server:
            self.env["ir.mail_server"].search([]).from_filter = "havnby.example"
            referral = self.hand_in(fixture("plain"))
            referral.with_user(self.intake).referrer_wants_word = True
            referral.with_user(self.intake).action_tell_received()
        _answer, (_envelope, recipients, raw) = server.taken
        self.assertEqual(recipients, [SENDER])
        mail = message_from_bytes(raw, policy=policy.default)
        self.assertIn("has been received", mail.get_content())
        self.assertEqual(mail["From"], f"Havnby Kommune <{ADDRESS}>")
        del mail["To"]
        for secret in (CANARY, "nabo", referral.reference.lower(), "sekp"):
            self.assertNotIn(secret, mail.as_string().lower())


@tagged("post_install", "-at_install", "sekp_outreach")
class TestMailByRpc(MailIntakeCase, HttpCase):
    """A mail server hands mails in as Odoo's own script does: over XML-RPC."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard()
        cls.gate = new_test_user(
            cls.env, "sekp_gate", groups="base.group_user", password="sekp_gate_9"
        )

    def hand_in(self, raw):
        """Hand a mail in; what the server logs is in ``self.heard``."""
        with self.mock_mail_gateway(), listening() as listener:
            self.heard = listener.heard
            return self.xmlrpc_object.execute_kw(
                self.env.cr.dbname,
                self.gate.id,
                "sekp_gate_9",
                "mail.thread",
                "message_process",
                [False, Binary(raw)],
                {"save_original": True},
            )

    def test_it_becomes_a_referral_and_nothing_else(self):
        before = self.env["sekp.referral"].search([])
        self.assertFalse(self.hand_in(fixture("plain")))
        referral = self.env["sekp.referral"].search([]) - before
        self.assertEqual(referral.referrer_contact, SENDER)
        self.assertEqual(referral.create_uid, self.env.ref("base.user_root"))
        self.assertEqual([mail["email_to"] for mail in self._mails], [[SENDER]])
        self.check_silence()
        self.assertEqual(self.holding(), KEPT)

    def test_a_mistyped_address_is_told_to_the_mail_server_and_not_to_the_log(self):
        raw = fixture("plain").replace(b"hjaelp@", b"hjelp@")
        with self.assertRaises(Fault):
            self.hand_in(raw)
        self.assertIn("Exception during request handling", "".join(self.heard))
        self.check_silence()


@tagged("post_install", "-at_install", "sekp_outreach")
class TestMailReader(BaseCase):
    """Whatever a mail holds, reading it does not fail."""

    @settings(max_examples=300, deadline=None)
    @given(
        st.sampled_from(sorted(ANSWERED | SILENT | {*NO_REFERRAL})),
        st.lists(
            st.tuples(
                st.integers(0, 4000),
                st.integers(0, 60),
                st.binary(max_size=40) | st.sampled_from(PIECES),
            ),
            max_size=6,
        ),
    )
    def test_any_bytes_are_read(self, name, changes):
        raw = fixture(name)
        for start, length, given_bytes in changes:
            raw = raw[:start] + given_bytes + raw[start + length :]
        mail = mail_reader.read(raw)
        mail_reader.recipients(raw)
        said = [mail.sender, mail.sender_name, mail.subject]
        said += [text for _html, text in mail.texts]
        for text in said:
            # A database takes it.
            self.assertNotIn("\0", text)
            text.encode()
        self.assertFalse(mail.answerable and "\n" in mail.sender)
        self.assertEqual(mail, mail_reader.read(raw))


@tagged("post_install", "-at_install", "sekp_outreach")
class TestMailAddress(MailIntakeCase):
    """Who says at which address an entry point takes mail."""

    def test_the_scheme_manager_gives_it(self):
        team = self.forest.with_user(self.manager)
        team.alias_name = "Skov Kontakt"
        self.assertEqual(team.alias_email, "skov-kontakt@havnby.example")
        alias = self.forest.alias_id
        self.assertEqual(alias.alias_model_id.model, "sekp.team")
        self.assertEqual(alias.alias_parent_thread_id, self.forest.id)
        new = self.env["sekp.team"].with_user(self.manager)
        made = new.create(
            {
                "name": "Søholdet",
                "alias_name": "soe",
                "company_id": self.company.id,
                "responsible_id": self.supervisor.id,
            }
        )
        self.assertEqual(made.alias_email, "soe@havnby.example")
        self.assertFalse(self.abroad.alias_id)

    def test_nobody_else_does(self):
        for user in (self.supervisor, self.intake, self.worker, self.employee):
            for team in (self.harbour, self.forest):
                with self.assertRaises(AccessError):
                    team.with_user(user).alias_name = "andet"
        self.assertEqual(self.harbour.alias_name, "hjaelp")

    def test_an_address_of_something_else_is_refused(self):
        other = self.env["mail.alias"].create(
            {
                "alias_name": "kunder",
                "alias_model_id": self.env["ir.model"]._get_id("res.partner"),
            }
        )
        for alias in (other, self.harbour.alias_id):
            with self.assertRaises(ValidationError):
                self.forest.with_user(self.manager).alias_id = alias

    def test_without_the_address_the_team_goes_on(self):
        self.harbour.with_user(self.manager).alias_name = False
        self.assertFalse(self.harbour.alias_email)
        with self.gateway() as thread, self.assertRaises(ValueError):
            thread.message_process(None, fixture("plain"))


@tagged("post_install", "-at_install", "sekp_outreach")
class TestMailHeld(MailIntakeCase):
    """What cannot become a referral now is held, sealed, and not lost."""

    def held(self, user=None):
        return self.env["sekp.mail.held"].with_user(user or self.supervisor).search([])

    def answers(self):
        """Return the mails that went to the sender; others go to the supervisors."""
        return [mail for mail in self._mails if mail["email_to"] == [SENDER]]

    def take_in(self):
        """Run the job as Odoo runs it."""
        with self.enter_registry_test_mode(), self.mock_mail_gateway():
            self.env.ref("sekp_outreach.cron_mail_held").method_direct_trigger()

    def numbered(self, count, sender=SENDER):
        return [
            fixture("plain")
            .replace(b"<kanarie-plain@", f"<kanarie-{number}@".encode())
            .replace(SENDER.encode(), sender.encode())
            for number in range(count)
        ]

    def test_a_flood_is_held_and_a_person_decides(self):
        self.make_standard()
        self.company.sekp_intake_source_limit = 3
        self.assertEqual(len(self.deliver(*self.numbered(5))), 3)
        self.assertEqual(len(self.answers()), 1)
        self.check_silence()
        held = self.held()
        self.assertEqual(held.mapped("reason"), ["flood"] * 2)
        self.assertEqual(held.team_id, self.harbour)
        self.assertEqual(len(set(held.mapped("sender"))), 1)
        self.assertEqual(self.holding("plain@") | self.holding(), KEPT)
        # Somebody else's mail comes through.
        other = self.numbered(1, "bo@example.com")
        self.assertEqual(len(self.deliver(*other)), 1)
        self.take_in()
        self.assertEqual(self.held(), held)
        before = self.env["sekp.referral"].search([])
        with self.mock_mail_gateway():
            held[0].action_take_in()
        new = self.env["sekp.referral"].search([]) - before
        self.assertEqual(new.referrer_contact, SENDER)
        self.assertIn("kanariefuglen", new.concern)
        held[1].action_throw_away()
        self.assertFalse(self.held())

    def test_the_supervisors_are_told_without_content(self):
        self.make_standard()
        self.company.sekp_intake_source_limit = 1
        self.deliver(*self.numbered(3))
        told = [mail for mail in self._mails if mail not in self.answers()]
        self.assertEqual(len(told), 1)
        self.assertIn(self.supervisor.email_normalized, told[0]["email_to"][0])
        self.assertNotIn(CANARY, str(told).lower())

    def test_without_a_standard_it_waits_for_one(self):
        self.assertFalse(self.deliver("plain", "picture"))
        self.check_silence()
        self.assertEqual(self.held().mapped("reason"), ["failed"] * 2)
        self.assertEqual(self.holding(), set())
        self.take_in()
        self.assertEqual(len(self.held()), 2)
        with self.assertRaises(UserError):
            self.held()[0].action_take_in()
        self.make_standard()
        self.take_in()
        self.assertFalse(self.held())
        self.assertEqual(len(self._mails), 1)
        referrals = self.env["sekp.referral"].search(
            [("team_id", "=", self.harbour.id)]
        )
        self.assertEqual(len(referrals), 2)

    def test_the_board_tells_of_it_until_somebody_decides(self):
        def section(user):
            board = self.env["sekp.morning"].with_user(user).get_board()
            return {part["key"]: part for part in board["sections"]}.get("held")

        self.deliver("plain", "html")
        shown = section(self.supervisor)
        self.assertEqual(shown["count"], 2)
        held = self.held().search(shown["action"]["domain"])
        self.assertEqual(held, self.held())
        for user in (self.other_supervisor, self.foreign_supervisor, self.worker):
            self.assertFalse(section(user))
        held.action_throw_away()
        self.assertFalse(section(self.supervisor))

    def vacuum(self, days):
        with self.at(NOW + timedelta(days=days)):
            self.env["sekp.mail.held"]._gc_held()

    def test_where_nothing_may_be_stored_it_waits_as_long_as_a_message(self):
        self.make_standard(registration_mode="none", transient_days=5)
        self.company.sekp_intake_source_limit = 1
        self.deliver(*self.numbered(2))
        self.vacuum(4)
        self.assertEqual(len(self.held()), 1)
        self.vacuum(5)
        self.assertFalse(self.held())

    def test_elsewhere_as_long_as_a_referral_from_outside(self):
        self.deliver("plain")
        self.vacuum(1000)
        self.assertEqual(len(self.held()), 1)
        rules = self.env["sekp.retention.rule"]
        for values in (
            {"keep_amount": 10, "from_outside": True, "referral_outcome": "advice"},
            {"keep_amount": 20, "from_outside": True},
            {"keep_amount": 15},
        ):
            rule = {"company_id": self.company.id, "record_class": "referral"}
            rules.create({**rule, **values, "keep_unit": "days"})._put_in_force()
        self.vacuum(19)
        self.assertEqual(len(self.held()), 1)
        self.vacuum(20)
        self.assertFalse(self.held())

    def test_others_neither_see_nor_decide(self):
        self.deliver("plain")
        self.assertEqual(len(self.held(self.intake)), 1)
        held = self.held()
        for user in (self.other_supervisor, self.foreign_supervisor):
            self.assertFalse(self.held(user))
        for user in (
            self.worker, self.other_supervisor, self.foreign_supervisor, self.manager,
        ):  # fmt: skip
            for act in ("action_take_in", "action_throw_away"):
                with self.assertRaises(AccessError):
                    getattr(held.with_user(user), act)()
        with self.assertRaises(AccessError):
            held.read(["sealed"])
        self.assertTrue(re.fullmatch(r"\d+", held.display_name))

    def test_it_opens_with_a_new_key_too(self):
        self.deliver("plain")
        held = self.held().sudo()
        sealed = held.sealed
        held._reseal()
        self.assertNotEqual(held.sealed, sealed)
        self.assertEqual(held._open(), fixture("plain"))

    def test_what_is_too_much_is_refused_aloud(self):
        self.deliver("plain")
        row = self.held().sudo()
        self.env.cr.execute(
            SQL(
                "INSERT INTO sekp_mail_held (company_id, team_id, received_at, reason) "
                "SELECT %s, %s, %s, 'failed' FROM generate_series(1, 499)",
                self.company.id,
                self.harbour.id,
                row.received_at,
            )
        )
        with self.gateway() as thread, self.assertRaises(UserError):
            thread.message_process(None, fixture("html"))
        self.check_silence()


@tagged("post_install", "-at_install", "sekp_outreach")
class TestWordBack(MailIntakeCase):
    """One who referred is told that it was received or handled, and nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard()

    def tell(self, referral, act, user=None):
        with self.mock_mail_gateway(), listening() as listener:
            getattr(referral.with_user(user or self.intake), act)()
        self.heard = listener.heard
        return self._mails

    def test_received_and_handled(self):
        referral = self.deliver("plain").with_user(self.intake)
        with self.assertRaises(UserError):
            self.tell(referral, "action_tell_received")
        referral.referrer_wants_word = True
        count = self.env["mail.message"].search_count([])
        (received,) = self.tell(referral, "action_tell_received")
        self.check_silence()
        self.assertEqual(referral.told_received_on, self.company._sekp_today())
        with self.assertRaises(UserError):
            self.tell(referral, "action_tell_received")
        with self.assertRaises(UserError):
            self.tell(referral, "action_tell_handled")
        referral.action_accept()
        (handled,) = self.tell(referral, "action_tell_handled")
        self.assertEqual(received["email_to"], [SENDER])
        self.assertEqual(received["subject"], handled["subject"])
        self.assertIn("has been received", received["body"])
        self.assertIn("has been handled", handled["body"])
        for mail in (received, handled):
            text = str({**mail, "email_to": ""}).lower()
            for secret in (CANARY, referral.reference, "nabo", "sekp"):
                self.assertNotIn(secret, text)
            self.assertEqual(mail["headers"]["Auto-Submitted"], "auto-generated")
        self.assertEqual(self.env["mail.message"].search_count([]), count)
        self.assertFalse(self.env["mail.mail"].search([("email_to", "ilike", SENDER)]))

    def test_only_who_wished_it_and_gave_an_address(self):
        for vals in (
            {"referrer_anonymous": True},
            {"referrer_name": "Bo", "referrer_contact": "20 11 22 33"},
            {},
        ):
            referral = self.refer(referrer_wants_word=True, **vals)
            with self.assertRaises(UserError):
                self.tell(referral, "action_tell_received")

    def test_only_the_entry_point_tells(self):
        referral = self.deliver("plain")
        referral.with_user(self.intake).referrer_wants_word = True
        for user in (self.worker, self.other_supervisor, self.foreign_supervisor):
            with self.assertRaises(AccessError):
                self.tell(referral, "action_tell_received", user)

    def test_what_was_told_is_set_by_telling_only(self):
        referral = self.deliver("plain").with_user(self.intake)
        for name in ("told_received_on", "told_handled_on"):
            with self.assertRaises(UserError):
                referral[name] = self.company._sekp_today()
