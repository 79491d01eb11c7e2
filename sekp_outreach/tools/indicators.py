"""What a quality goal is measured by: shares and counts of figures kept in blocks.

A figure is kept for blocks of closed months; what is too small is in no block yet, and
several categories can be put together in one number. What follows from the numbers
that are kept is told here, and nothing else is.
"""

from typing import NamedTuple

from .figures import KEPT, OTHER

# Percent that ended in contact with ordinary offers, of all courses of the country.
NATIONAL_BRIDGED = 40
NOT_COUNTED = "none"
# A change of fewer percent points, or percent, is called none.
STEADY = 2


class Indicator(NamedTuple):
    """A figure: a count, or the share that one category is of all, in percent.

    :param measures: what is counted; several are added
    :param dimension: how it is broken down
    :param part: key of the category that is counted, or the code of the entry of a
        catalogue; empty for a count of all
    :param shares: whether it is a share rather than a count
    """

    measures: tuple
    dimension: str = "total"
    part: str = ""
    shares: bool = False


class Share(NamedTuple):
    """How many of ``total`` there are: between ``low`` and ``high``."""

    low: int
    high: int
    total: int


def _kept(measure):
    return Indicator((measure,), "kept", KEPT, True)


INDICATORS = {
    "response_kept": _kept("deadline_response"),
    "processing_kept": _kept("deadline_processing"),
    "first_visit_kept": _kept("deadline_first_visit"),
    "decision_kept": _kept("deadline_decision"),
    "start_kept": _kept("deadline_start"),
    "rhythm_kept": _kept("rhythm"),
    "reviews_kept": _kept("reviews"),
    "bridged": Indicator(("courses_closed",), "outcome", "bridged", True),
    "handovers_completed": Indicator(("handovers",), "outcome", "completed", True),
    "absence_covered": _kept("absence_days"),
    "courses_opened": Indicator(("courses_opened",)),
    "contacts": Indicator(("contacts",)),
    "attempts": Indicator(("attempts",)),
    "outreach": Indicator(("contacts", "attempts")),
    "action_plan": Indicator(("contacts",), "support_function", "action_plan"),
}


def share(cells, part, beside=0):
    """Return how many there are of one category in a block, and of all.

    :param dict cells: the numbers of the block by key
    :param str part: the key of the category
    :param int beside: how many more there can be at most beside a number that is only
        told as *at least*
    :return: a :class:`Share`, or None where the block does not tell

    >>> share({"kept": 9, "late": 6}, "kept"), share({"late": 6}, "kept")
    (Share(low=9, high=9, total=15), Share(low=0, high=0, total=6))
    >>> share({"bridged": 6, "other": 9}, "bridged")
    Share(low=6, high=6, total=15)
    >>> share({"moved": 6, "other": 9}, "bridged"), share({}, "bridged")
    (None, None)
    >>> share({"kept": 26}, "kept", beside=4), share({"late": 26}, "kept", beside=4)
    (Share(low=26, high=30, total=30), Share(low=0, high=4, total=30))
    """
    total = sum(cells.values()) + beside
    if not total or (part not in cells and OTHER in cells):
        return None
    low = cells.get(part, 0)
    return Share(low, low + beside, total)


def count(cells, part=""):
    """Return the number of one category in a block, or None where it waits.

    >>> count({"": 12}), count({"7": 7, "8": 9}, "7"), count({"8": 9}, "7")
    (12, 7, 0)
    >>> count({"8": 9, "other": 6}, "7"), count({})
    (None, None)
    """
    if not cells or (part and part not in cells and OTHER in cells):
        return None
    return cells.get(part, 0) if part else sum(cells.values())


def add(shares):
    """Return several shares as one.

    >>> add([Share(9, 9, 15), Share(26, 30, 30)])
    Share(low=35, high=39, total=45)
    """
    return Share(*map(sum, zip(*shares, strict=True)))


def percent(counted, total):
    """Return a share in whole percent; a half is rounded up.

    >>> percent(9, 15), percent(1, 8), percent(5, 5)
    (60, 13, 100)
    """
    return (200 * counted + total) // (2 * total)


def trend(values, relative=False):
    """Return whether the last of some values is ``up``, ``down`` or ``same``.

    Against the mean of those before it: who sees a line fall for a year is not told
    that it stayed.

    :param relative: whether the change is taken in percent of that mean
    :return: None where there is nothing to compare

    >>> trend([60, 70]), trend([70, 60]), trend([70, 71]), trend([70])
    ('up', 'down', 'same', None)
    >>> trend([1000, 1010], relative=True), trend([10, 12], relative=True)
    ('same', 'up')
    >>> trend([70, 60, 50, 50])
    'down'
    """
    if len(values) < 2:
        return None
    *earlier, last = values
    before = sum(earlier) / len(earlier)
    change = last - before
    if relative:
        change = 100 * change / before if before else 100 * bool(change)
    if abs(change) < STEADY:
        return "same"
    return "up" if change > 0 else "down"
