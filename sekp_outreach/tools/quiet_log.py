"""Keeps out of the server's log what a failed statement was about to store, and who
reads and writes on the pages for everybody."""

import logging
import re
import threading
import traceback
from urllib.parse import urlsplit

from .public_path import is_public

_OUR_TABLE = re.compile(r'"?\b(sekp_[a-z_]+)')


def _database_errors(exc_info):
    """Yield what the database said, of all errors that led to one another."""
    error = exc_info[1] if isinstance(exc_info, tuple) else None
    while error:
        if type(error).__module__.startswith("psycopg2"):
            yield str(error)
        error = error.__cause__ or error.__context__


class WithholdValues(logging.Filter):
    """Cuts the values from a log line about a failed statement on one of our tables.

    Checks before SQL keep most wrong input away from the database. What cannot be
    foreseen, such as two people who save at the same moment, would otherwise print the
    whole row.
    """

    def filter(self, record):
        """Let the line through, without values when it names one of our tables.

        The line itself may name it, or the database's error in its traceback.

        >>> def told(text, *args):
        ...     line = logging.LogRecord("odoo.sql_db", 40, "", 1, text, args, None)
        ...     WithholdValues().filter(line)
        ...     return line.getMessage()
        >>> told("bad query: %s\\nERROR: %s", 'UPDATE "sekp_citizen" SET "alias"', "x")
        'A statement on sekp_citizen failed; its values are withheld.'
        >>> told("bad query: %s", "SELECT 1 FROM res_users")
        'bad query: SELECT 1 FROM res_users'
        >>> class NotNull(Exception):
        ...     __module__ = "psycopg2.errors"
        >>> said = (NotNull, NotNull('in "sekp_goal": Failing row (Ida)'), None)
        >>> line = logging.LogRecord("odoo.http", 40, "", 1, "Exception", (), said)
        >>> WithholdValues().filter(line), line.getMessage(), line.exc_info
        (True, 'A statement on sekp_goal failed; its values are withheld.', None)
        """
        said = [record.getMessage()] if record.name.startswith("odoo.sql_db") else []
        said += _database_errors(record.exc_info)
        found = next(filter(None, map(_OUR_TABLE.search, said)), None)
        if found:
            record.msg = "A statement on %s failed; its values are withheld."
            record.args = (found[1],)
            record.exc_info = record.exc_text = None
        return True


class ForgetSender(logging.Filter):
    """Cuts who asked, and what, from the access log of the pages for everybody.

    Of each request is left that there was one, its kind and how it ended.
    """

    # As one types it and as a browser might write it; what comes with the pages too.
    # What staff ask of our models is no such page.
    _target = re.compile(
        r"(?<!/web/dataset/call_kw)(?<!/web/dataset/call_button)(?:/|%2f)(?:sekp(?!(?:/|%2f)document\b)|sekp_outreach/static/public)\b",
        re.IGNORECASE,
    )
    _kind = re.compile(r"\b(GET|POST|HEAD|OPTIONS)\b")
    _status = re.compile(r"\b([1-5]\d\d) \S+$")

    def filter(self, record):
        """Let the line through, without address and path if it tells of such a page.

        >>> def told(text, *args):
        ...     line = logging.LogRecord("werkzeug", 20, "", 1, text, args, None)
        ...     ForgetSender().filter(line)
        ...     return line.getMessage()
        >>> told('203.0.113.7 - - [25/Nov/2026 20:00:00] "%s" %s %s',
        ...      "POST /sekp/havnby/worried?lang=en HTTP/1.1", "200", "-")
        'A public page: POST 200'
        >>> told("203.0.113.7 - - [25/Nov/2026] %s", "Bad syntax ('GET /Sekp/ida\\r')")
        'A public page: GET -'
        >>> told("203.0.113.7 - - [25/Nov/2026] code 400, message Bad (%r)", "/x/sekp")
        'A public page: - -'
        >>> told('203.0.113.7 - - "%s" %s %s', "GET /sekp/document/7 HTTP/1.1", 200, 1)
        '203.0.113.7 - - "GET /sekp/document/7 HTTP/1.1" 200 1'
        >>> told('- "%s" 200', "POST /web/dataset/call_kw/sekp.course/read")
        '- "POST /web/dataset/call_kw/sekp.course/read" 200'
        """
        text = record.getMessage()
        if self._target.search(text):
            kind, status = self._kind.search(text), self._status.search(text)
            record.msg = "A public page: %s %s"
            record.args = (kind[1] if kind else "-", status[1] if status else "-")
            record.exc_info = record.exc_text = None
        return True


class WithholdWords(logging.Filter):
    """Lets nothing that was written on a page for everybody into the log.

    An error repeats what it stumbled over. While such a page is served, a line keeps
    its constant part, and of an error its kind and the places in the code.
    """

    def filter(self, record):
        """Let the line through, without what varies.

        >>> thread = threading.current_thread()
        >>> def told(text, *args, said=None):
        ...     line = logging.LogRecord("odoo.http", 40, "", 1, text, args, said)
        ...     WithholdWords().filter(line)
        ...     return line.getMessage()
        >>> told("called ignoring args %s", "Ida")
        'called ignoring args Ida'
        >>> thread.url = "http://localhost/sekp/havnby/worried?lang=en"
        >>> told("called ignoring args %s", "Ida")
        'called ignoring args %s'
        >>> told(ValueError("Ida"))
        'ValueError'
        >>> try:
        ...     int("Ida")
        ... except ValueError as error:
        ...     said = (ValueError, error, error.__traceback__)
        >>> told("Exception during request handling.", said=said)[:47]
        'A public page failed: ValueError at <doctest to'
        >>> del thread.url
        """
        if not is_public(urlsplit(getattr(threading.current_thread(), "url", "")).path):
            return True
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if error:
            record.msg = "A public page failed: %s at %s"
            record.args = (type(error).__name__, _places(error))
            record.exc_info = record.exc_text = None
        elif isinstance(record.msg, str):
            record.msg, record.args = "%s", (record.msg,)
        else:
            record.msg, record.args = "%s", (type(record.msg).__name__,)
        return True


def _places(error):
    """Return where in the code an error arose, the latest place first."""
    frames = traceback.extract_tb(error.__traceback__)[::-1]
    return " < ".join(
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames[:12]
    )


LOGGERS = ("odoo.sql_db", "odoo.http", "odoo.addons.base.models.ir_cron")
# Where Odoo tells of errors while it serves a page, and of senders.
ON_PAGES = (
    "odoo.http",
    "odoo.sql_db",
    "odoo.service.model",
    "odoo.addons.base.models.ir_http",
    "odoo.addons.base.models.ir_qweb",
    "odoo.addons.http_routing.models.ir_http",
    "odoo.addons.google_recaptcha.models.ir_http",
    "odoo.addons.website_cf_turnstile.models.ir_http",
)


def withhold_values(*logger_names):
    """Put the filters on loggers, once.

    :param logger_names: by default those on which Odoo tells of failed statements

    >>> withhold_values("sekp.example"), withhold_values("sekp.example")
    (None, None)
    >>> len(logging.getLogger("sekp.example").filters)
    1
    """
    put_filter(WithholdValues, logger_names or LOGGERS)


def forget_senders(access="werkzeug", on_pages=ON_PAGES):
    """Keep whoever reads and writes on the pages for everybody out of the log, once.

    :param str access: logger of the access log
    :param on_pages: loggers on which Odoo tells of errors while it serves a page

    >>> forget_senders("sekp.access", ["sekp.pages"])
    >>> len(logging.getLogger("sekp.access").filters)
    1
    """
    put_filter(ForgetSender, [access])
    put_filter(WithholdWords, on_pages)


def put_filter(kind, names):
    """Put a filter of a kind on each of these loggers, once."""
    for name in names:
        logger = logging.getLogger(name)
        if not any(isinstance(known, kind) for known in logger.filters):
            logger.addFilter(kind())
