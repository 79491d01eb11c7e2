"""Reading Odoo's log: its records, and those that must not be there."""

import re
import time
from dataclasses import dataclass, field

RECORD = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ "
    r"(?P<level>[A-Z]+) (?P<database>\S+) (?P<logger>\S+?): (?P<text>.*)$"
)
BAD = ("WARNING", "ERROR", "CRITICAL")
# What is not ours and says nothing about the addon. Keep it short.
ALLOWED = ()


@dataclass
class Record:
    """One record with the lines that follow its first."""

    level: str
    logger: str
    text: str
    more: list = field(default_factory=list)
    # When it came: it is given out only when the next one begins.
    at: float = field(default_factory=time.monotonic)

    @property
    def bad(self):
        """Does this record fail a run?"""
        return self.level in BAD and not any(
            self.logger.startswith(logger) and re.search(pattern, self.full)
            for logger, pattern in ALLOWED
        )

    @property
    def full(self):
        """The whole text."""
        return "\n".join([self.text, *self.more])

    def __str__(self):
        return f"{self.level} {self.logger}: {self.full}"


def records(rows):
    """Group lines into records; each is given out when the next one begins."""
    current = None
    for row in rows:
        row = row.rstrip()
        found = RECORD.match(row)
        if found:
            if current:
                yield current
            current = Record(found["level"], found["logger"], found["text"])
        elif current:
            current.more.append(row)
        elif row.startswith(("Traceback", "odoo: error", "usage:")):
            current = Record("CRITICAL", "start", row)
    if current:
        yield current
