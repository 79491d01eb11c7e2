"""Keeps the addresses of people who write out of the server's log."""

import logging
import re

from .quiet_log import put_filter

# Looked for only where a word begins: in a word without end each of its signs would
# be tried.
_IN_WORD = r"[^\s@<>()\[\],;:\"']"
_ADDRESS = re.compile(rf"(?<!{_IN_WORD}){_IN_WORD}+@{_IN_WORD}+")
WITHHELD = "(address)"
# Odoo's gateway and its mail servers name whom a mail is from and to, and so does the
# error that a mail server is told when it hands in what has no route.
LOGGERS = (
    "odoo.http",
    "odoo.addons.mail.models.mail_thread",
    "odoo.addons.mail.models.fetchmail",
    "odoo.addons.mail.models.mail_mail",
    "odoo.addons.base.models.ir_mail_server",
)


def _errors(exc_info):
    error = exc_info[1] if isinstance(exc_info, tuple) else None
    while error:
        yield error
        error = error.__cause__ or error.__context__


class WithholdAddresses(logging.Filter):
    """Cuts e-mail addresses from log lines, whatever the mail is about.

    That somebody has written to the municipality may itself be confidential, also when
    the mail reached no one because its address was mistyped.
    """

    def filter(self, record):
        """Let the line through, without addresses.

        What an exception says is left out when it names one.

        >>> def told(text, *args, error=None):
        ...     said = (type(error), error, None) if error else None
        ...     line = logging.LogRecord("odoo", 20, "", 1, text, args, said)
        ...     WithholdAddresses().filter(line)
        ...     return line.getMessage(), bool(line.exc_info)
        >>> told("mail from %s to %s", '"Ida" <ida@example.com>', "x@example.com")
        ('mail from "Ida" <(address)> to (address)', False)
        >>> told("no route", error=ValueError("from ida@example.com"))
        ('no route (ValueError)', False)
        >>> told("mail from %s", "x" * 1_000_000 + " ida@example.com")[0][-10:]
        ' (address)'
        >>> told("no route", error=ValueError("unknown"))
        ('no route', True)
        """
        text = record.getMessage()
        if any(_ADDRESS.search(str(error)) for error in _errors(record.exc_info)):
            text = f"{text} ({record.exc_info[0].__name__})"
            record.exc_info = record.exc_text = None
        if record.exc_info is None or _ADDRESS.search(text):
            record.msg, record.args = _ADDRESS.sub(WITHHELD, text), ()
        return True


def withhold_addresses(*logger_names):
    """Put the filter on loggers, once.

    :param logger_names: by default those of Odoo's mail gateway

    >>> withhold_addresses("sekp.mail.example"), withhold_addresses("sekp.mail.example")
    (None, None)
    >>> len(logging.getLogger("sekp.mail.example").filters)
    1
    """
    put_filter(WithholdAddresses, logger_names or LOGGERS)
