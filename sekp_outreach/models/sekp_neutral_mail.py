import logging
import smtplib
from email.utils import formataddr

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ..tools.cpr import find_email
from .sekp_print_mixin import PRINT_LANGUAGE

_logger = logging.getLogger(__name__)

ENGLISH = "en_US"
# No mail server, one that refuses, or an address that is none.
NOT_SENT = (
    MailDeliveryException, smtplib.SMTPException, OSError, UserError, ValueError,
    AssertionError,
)  # fmt: skip


class SekpNeutralMail(models.AbstractModel):
    """Mails to people outside: always the same words, and nothing of anybody.

    They are sent at once and lie in no queue: no address of theirs is ever stored, also
    when they cannot be sent.
    """

    _name = "sekp.neutral.mail"
    _description = "Neutral E-mail"

    @api.model
    def _send(self, team, address, subject, text, answer=False):
        """Send a mail from an entry point.

        :param team: the entry point; replies go to its address
        :param str address: whom it goes to
        :param bool answer: whether it answers a mail automatically (RFC 3834)
        :return: whether a mail server has taken it
        """
        sender = self._sender(team)
        if not sender:
            return False
        # Superuser: the settings of the mail servers are nobody's to read.
        server = self.env["ir.mail_server"].sudo()
        try:
            message = server._build_email__(
                email_from=formataddr((team.company_id.name, sender)),
                email_to=[address],
                subject=subject,
                body=text,
                # Odoo may put an address of its own in the sender's place.
                reply_to=sender,
                headers={
                    "Auto-Submitted": "auto-replied" if answer else "auto-generated",
                    "X-Auto-Response-Suppress": "All",
                },
            )
            server.send_email(message)
        except NOT_SENT as error:
            # What a mail server says may name the address.
            _logger.info("A neutral mail was not sent: %s.", type(error).__name__)
            return False
        return True

    @api.model
    def _sender(self, team):
        """Return the address an entry point writes from; empty for none."""
        found = find_email(team.alias_email or team.mailbox or team.company_id.email)
        return found[0] if found else ""

    @api.model
    def _bilingual(self, words):
        """Return subject and text in Danish, where it is installed, and in English.

        :param words: returns subject and text in the language of the model it gets
        """
        installed = dict(self.env["res.lang"].get_installed())
        said = [
            words(self.with_context(lang=lang))
            for lang in (PRINT_LANGUAGE, ENGLISH)
            if lang in installed
        ]
        return (
            " / ".join(dict.fromkeys(subject for subject, _text in said)),
            "\n\n-----\n\n".join(dict.fromkeys(text for _subject, text in said)),
        )

    # --- the words --------------------------------------------------------------------
    @api.model
    def _received_words(self, team):
        """Return subject and text of the automatic answer."""
        own = team.company_id.sekp_mail_text

        def words(model):
            env = model.env
            return (
                env._("We have received your e-mail"),
                "\n".join(
                    [
                        env._(
                            "Thank you for your e-mail. It has been received and will "
                            "be read by our staff."
                        ),
                        *model._phone_lines(team),
                        env._(
                            "This answer is sent automatically, once a day at most. "
                            "You need not reply to it."
                        ),
                    ]
                ),
            )

        subject, text = self._bilingual(words)
        return subject, own or text

    @api.model
    def _phone_lines(self, team):
        """Return what to do at once, and where to call."""
        lines = [self.env._("If somebody is in danger right now: call 112.")]
        standard = self.env["sekp.standard"]._in_force(
            team.company_id, team.company_id._sekp_today()
        )
        if standard.acute_policy == "redirect" and standard.acute_phone:
            lines.append(
                self.env._(
                    "If it cannot wait: call %(phone)s.", phone=standard.acute_phone
                )
            )
        if team.phone:
            lines.append(self.env._("You can call us: %(phone)s.", phone=team.phone))
        if team.opening_hours:
            lines.append(
                self.env._("Opening hours: %(hours)s.", hours=team.opening_hours)
            )
        return lines

    @api.model
    def _word_back(self, team, handled):
        """Return subject and text of word back to one who referred.

        :param bool handled: whether it has been handled, or received only
        """

        def words(model):
            env = model.env
            return (
                env._("About what you told us"),
                "\n".join(
                    [
                        env._("What you told us has been handled. Thank you.")
                        if handled
                        else env._("What you told us has been received. Thank you."),
                        env._(
                            "Our duty of confidentiality keeps us from telling more."
                        ),
                        *model._phone_lines(team),
                    ]
                ),
            )

        return self._bilingual(words)
