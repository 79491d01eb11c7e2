import hashlib
import logging
import re

from lxml.etree import LxmlError

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import html2plaintext

from ..tools import limits, mail_reader, upload
from ..tools.cpr import mask_cpr
from ..tools.sender import megabytes
from .own_transaction import in_own_transaction

_logger = logging.getLogger(__name__)

# Stands for a CPR number in a text, in every language.
MARK = "[CPR]"
# Stands at the end of a text that was longer.
CUT = "\n[…]"
# Files of one mail that are looked at: logos of signatures are among them.
LOOKED_AT = 4 * limits.FILES
# Each attempt that fails means that another worker has succeeded.
ATTEMPTS = 20


class SekpTeam(models.Model):
    """An entry point takes mail at an address of its own (R049).

    A mail becomes a referral by the one way in from outside, and is kept nowhere else.
    """

    _name = "sekp.team"
    _inherit = ["sekp.team", "mail.alias.mixin.optional"]

    mail_left_out = fields.Integer(
        string="Automatic Mails Left Out",
        readonly=True,
        copy=False,
        help="Mails that no person wrote: returned mail, absence notes and receipts. "
        "They make no referral.",
    )

    # --- the address ------------------------------------------------------------------
    def _alias_get_creation_values(self):
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("sekp.team")
        return values

    @api.constrains("alias_id")
    def _check_alias(self):
        """Refuse an address that is somebody else's: their mail would come here."""
        for team in self:
            # Superuser: what an address is for is not everybody's to read.
            alias = team.alias_id.sudo()
            if alias and (
                alias.alias_model_id.model != "sekp.team"
                or alias.alias_parent_thread_id not in (0, team.id)
            ):
                raise ValidationError(
                    self.env._("This address belongs to something else.")
                )

    @api.model
    def _mail_teams(self, raw):
        """Return the teams a mail is addressed to, as superuser, in their order.

        :param bytes raw: the mail
        """
        # Superuser: who hands a mail in may have no rights here.
        teams = self.sudo().with_context(active_test=False)
        addresses = mail_reader.recipients(raw)
        if not addresses:
            return teams.browse()
        # Superuser: which address leads where is asked for whoever hands in the mail.
        aliases = (
            self.env["mail.alias"]
            .sudo()
            .search(
                [
                    "|",
                    ("alias_full_name", "in", list(addresses)),
                    "&",
                    ("alias_incoming_local", "=", True),
                    (
                        "alias_name",
                        "in",
                        [address.partition("@")[0] for address in addresses],
                    ),
                ]
            )
        )
        # An archived team's address still takes mail: nothing sent there is lost.
        return teams.search([("alias_id", "in", aliases.ids)])

    # --- taking a mail ----------------------------------------------------------------
    def _take_mail(self, raw):
        """Take a mail to these teams: once for each municipality.

        What cannot become a referral now is held, sealed, and not lost. Nothing of the
        mail is logged or told to who hands it in.

        :param bytes raw: the mail
        :raises UserError: when it can be neither taken nor held
        """
        mail = mail_reader.read(raw)
        for teams in self.grouped("company_id").values():
            team = teams[0]
            if mail.machine:
                team._in_own_transaction(lambda one: one._count_left_out())
            elif team._allows_mail(mail):
                team._take_read_mail(mail, raw)
            else:
                team._hold(mail, raw, "flood")

    def _allows_mail(self, mail):
        traces, company = self.env["sekp.intake.trace"], self.company_id
        size = sum(len(data) for _name, data in mail.files)
        weight = megabytes(min(size, limits.FILES_SIZE))
        return traces._allow(company, "mail", mail.sender) and (
            not weight or traces._allow(company, "mail_file", mail.sender, weight)
        )

    def _take_read_mail(self, mail, raw):
        """Make a referral of a mail and answer it, or hold it when that fails."""
        try:
            answer = self._in_own_transaction(lambda team: team._refer_mail(mail))
        except Exception as error:  # pylint: disable=broad-except
            # A mail fetched from a mailbox comes once: whatever is wrong here, it must
            # be there when it is mended. What the error says may quote the mail.
            level = logging.INFO if isinstance(error, UserError) else logging.ERROR
            _logger.log(level, "A mail is held: %s.", type(error).__name__)
            self._hold(mail, raw, "failed")
        else:
            if answer:
                self._answer_mail(mail.sender)

    def _hold(self, mail, raw, reason):
        self._in_own_transaction(
            lambda team: team.env["sekp.mail.held"]._hold(team, mail, raw, reason)
        )

    def _in_own_transaction(self, act):
        """Return what an act gives in a transaction of its own, tried again.

        A mail server hands a mail in once: another worker's change at the same moment
        must not be the end of it.

        :param act: called with this team in the other transaction, as the system
        """
        # Superuser: the sender of a mail has no rights. The system itself, so that who
        # hands it in has not registered it.
        return in_own_transaction(
            self.env.registry,
            lambda cr: act(self.with_env(api.Environment(cr, SUPERUSER_ID, {}))),
            ATTEMPTS,
        )

    def _count_left_out(self):
        self.mail_left_out += 1

    def _refer_mail(self, mail):
        """Make a referral of a mail.

        :return: whether the sender gets an automatic answer
        """
        Referral = self.env["sekp.referral"]
        values, masked, incomplete = self._mail_values(mail)
        files, left = self._mail_files(mail)
        key = f"mail/{mail.mark}"
        try:
            referral, new = Referral._receive(self.company_id, values, key, files)
        except UserError:
            if not files:
                raise
            # Whatever is wrong with the files, what the mail says is taken.
            left += len(files)
            referral, new = Referral._receive(self.company_id, values, key)
        if not new:
            return False
        if masked or incomplete or left:
            referral.write(
                {"mail_masked": masked, "mail_incomplete": incomplete or bool(left)}
            )
        return self._takes_answer(mail) and self._first_today(mail.sender, referral)

    def _mail_values(self, mail):
        """Return a mail as values of a referral, if numbers were masked, and if cut."""
        said = "\n\n".join(
            text
            for html, given in [(False, mail.subject), *mail.texts]
            if (text := self._mail_text(html, given))
        )
        cut = len(said) > limits.TEXTS["concern"]
        if cut:
            said = said[: limits.TEXTS["concern"] - len(CUT)] + CUT
        given = {
            "concern": said,
            "referrer_name": mail.sender_name[: limits.TEXTS["referrer_name"]],
            "referrer_contact": mail.sender[: limits.TEXTS["referrer_contact"]],
        }
        values = {name: mask_cpr(text, MARK) for name, text in given.items()}
        masked = values != given
        values |= {
            "channel": "secure_mail" if mail.secure else "mail",
            "source_id": self.env.ref("sekp_outreach.source_unknown").id,
        }
        if self.active and self.is_entry_point:
            values["team_id"] = self.id
        return values, masked, cut or mail.unread

    @api.model
    def _mail_text(self, html, text):
        """Return what a reader sees of a text."""
        if html:
            seen = mail_reader.visible(text)
            try:
                text = html2plaintext(seen)
            except (LxmlError, ValueError, AssertionError, TypeError):
                text = re.sub(r"<[^<>]*>", " ", seen)
        text = re.sub(r"[ \t]{9,}", " " * 8, mail_reader.clean(text))
        return re.sub(r"\n\s*\n\s*\n", "\n\n", text).strip()

    @api.model
    def _mail_files(self, mail):
        """Return the files of a mail that can be taken, and how many cannot."""
        taken, left, size = [], 0, 0
        for number, given in enumerate(mail.files):
            # To look at a picture takes time, and a mail may bring hundreds.
            if number >= LOOKED_AT or len(taken) == limits.FILES:
                left += 1
                continue
            try:
                name, _mimetype, data = upload.clean(*given)
            except ValueError:
                left += 1
                continue
            size += len(data)
            if size > limits.FILES_SIZE:
                left += 1
                continue
            taken.append((name, data))
        return taken, left

    # --- the automatic answer ---------------------------------------------------------
    def _takes_answer(self, mail):
        """Tell whether an automatic answer goes to the sender of a mail."""
        return (
            mail.answerable
            and self.company_id.sekp_mail_answers
            and not self._is_own_address(mail.sender)
        )

    @api.model
    def _is_own_address(self, address):
        """Tell whether this system itself takes or sends mail at an address."""
        env = self.sudo().env  # Superuser: addresses are compared, none is told.
        local, _at, host = address.partition("@")
        domains = env["mail.alias.domain"].search(
            ["|", ("name", "=ilike", host), ("default_from", "=ilike", address)]
        )
        return bool(
            address
            in {
                (own or "").strip().lower()
                for name in ("bounce_email", "catchall_email", "default_from_email")
                for own in domains.mapped(name)
            }
            or env["mail.alias"].search_count(
                [
                    "|",
                    ("alias_full_name", "=", address),
                    "&",
                    ("alias_incoming_local", "=", True),
                    ("alias_name", "=", local),
                ],
                limit=1,
            )
            or env["res.company"].search_count([("email", "=ilike", address)], limit=1)
            or env["sekp.team"]
            .with_context(active_test=False)
            .search_count([("mailbox", "=ilike", address)], limit=1)
        )

    def _first_today(self, sender, referral):
        """Tell whether it is the sender's first mail today, and keep that.

        Only a keyed hash of the address is kept, for two days.
        """
        digest = hashlib.sha256(sender.encode()).hexdigest()
        day = self.company_id._sekp_today()
        claim = self.env["sekp.intake.key"]._claim(
            self.company_id, f"answer/{day}/{digest}"
        )
        if claim.referral_id:
            return False
        claim.referral_id = referral
        return True

    def _answer_mail(self, address):
        """Send the automatic answer; that it cannot be sent stops nothing."""
        neutral = self.env["sekp.neutral.mail"]
        neutral._send(self, address, *neutral._received_words(self), answer=True)
