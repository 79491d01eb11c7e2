"""Keeps what a failed statement was about to store out of the server's log."""

import logging
import re

_OUR_TABLE = re.compile(r'"?\b(sekp_[a-z_]+)')


class WithholdValues(logging.Filter):
    """Cuts the values from a log line about a failed statement on one of our tables.

    Checks before SQL keep most wrong input away from the database. What cannot be
    foreseen, such as two people who save at the same moment, would otherwise print the
    whole row.
    """

    def filter(self, record):
        """Let the line through, without values when it names one of our tables.

        >>> def told(text, *args):
        ...     line = logging.LogRecord("", 40, "", 1, text, args, None)
        ...     WithholdValues().filter(line)
        ...     return line.getMessage()
        >>> told("bad query: %s\\nERROR: %s", 'UPDATE "sekp_citizen" SET "alias"', "x")
        'A statement on sekp_citizen failed; its values are withheld.'
        >>> told("bad query: %s", "SELECT 1 FROM res_users")
        'bad query: SELECT 1 FROM res_users'
        """
        found = _OUR_TABLE.search(record.getMessage())
        if found:
            record.msg = "A statement on %s failed; its values are withheld."
            record.args = (found[1],)
            record.exc_info = record.exc_text = None
        return True


def withhold_values(logger_name="odoo.sql_db"):
    """Put the filter on a logger, once.

    >>> withhold_values("sekp.example"), withhold_values("sekp.example")
    (None, None)
    >>> len(logging.getLogger("sekp.example").filters)
    1
    """
    logger = logging.getLogger(logger_name)
    if not any(isinstance(known, WithholdValues) for known in logger.filters):
        logger.addFilter(WithholdValues())
