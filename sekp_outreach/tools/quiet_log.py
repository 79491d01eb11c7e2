"""Keeps what a failed statement was about to store out of the server's log."""

import logging
import re

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


LOGGERS = ("odoo.sql_db", "odoo.http", "odoo.addons.base.models.ir_cron")


def withhold_values(*logger_names):
    """Put the filter on loggers, once.

    :param logger_names: by default those on which Odoo tells of failed statements

    >>> withhold_values("sekp.example"), withhold_values("sekp.example")
    (None, None)
    >>> len(logging.getLogger("sekp.example").filters)
    1
    """
    for name in logger_names or LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(known, WithholdValues) for known in logger.filters):
            logger.addFilter(WithholdValues())
