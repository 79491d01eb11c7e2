"""How often a person is usually met, and from when silence departs from it."""

from datetime import timedelta
from itertools import pairwise
from statistics import median

# As many intervals as tell of how it goes now, and not of how it went last year.
INTERVALS = 8
LEAST_MEETINGS = 3
# A weekend and the days around it are no silence, however often somebody is met.
LEAST_SILENCE = 4
LONGEST_SILENCE = 366
DAYS_PER_MONTH = 30


def usual_interval(days):
    """Return the usual number of days between meetings; 0 where it cannot be told.

    :param days: the days of the meetings in any order; a day counts once

    >>> from datetime import date
    >>> def met(*days):
    ...     return [date(2026, 9, day) for day in days]
    >>> usual_interval(met(1, 4, 7, 20, 23))
    3
    >>> usual_interval(met(8, 1, 1, 3))
    4
    >>> usual_interval(met(1, 5, 5)), usual_interval([])
    (0, 0)

    What lies longer back than eight intervals does not count any more:

    >>> usual_interval([date(2026, 1, 1), *met(*range(1, 11))])
    1
    """
    latest = sorted(set(days))[-INTERVALS - 1 :]
    if len(latest) < LEAST_MEETINGS:
        return 0
    between = median((later - day).days for day, later in pairwise(latest))
    return int(between + 0.5)


def silence(agreed, usual, percent, unknown):
    """Return after how many days without a meeting a course departs from its rhythm.

    The agreed interval is the promise and the usual one is what the person knows: the
    shorter of them counts. 0 for never.

    :param int agreed: days between contacts as agreed, 0 for none
    :param int usual: days between meetings as it goes, 0 where it cannot be told
    :param int percent: of the interval
    :param int unknown: days where there is no interval at all, 0 for never

    >>> silence(agreed=30, usual=0, percent=150, unknown=60)
    45

    Met every three days, although a month is agreed, or met more seldom than agreed:

    >>> silence(30, 3, 150, 60), silence(7, 20, 150, 60)
    (5, 11)

    Never before a weekend is over, and never later than in a year:

    >>> silence(1, 1, 100, 60), silence(0, 300, 400, 60)
    (4, 366)

    Nothing is agreed and nothing known of how it goes:

    >>> silence(0, 0, 150, 60), silence(0, 0, 150, 0)
    (60, 0)
    """
    intervals = [days for days in (agreed, usual) if days]
    if not intervals:
        return unknown
    days = -(-min(intervals) * percent // 100)
    return min(max(days, LEAST_SILENCE), LONGEST_SILENCE)


def gap_since(latest, days):
    """Return the first day of a gap, None for never.

    :param date latest: the last meeting, or the start where there was none
    :param int days: see :func:`silence`

    >>> from datetime import date
    >>> gap_since(date(2026, 9, 16), 5)
    datetime.date(2026, 9, 21)
    >>> gap_since(date(2026, 9, 16), 0) is None
    True
    """
    return latest + timedelta(days=days) if days else None


def lately(days, since):
    """Return the days of contacts and of attempts that are not too long ago, sorted.

    :param days: pairs of a day and whether the person was met on it
    :param date since: the first day that counts

    >>> from datetime import date
    >>> lately([(date(2026, 9, 16), True), (date(2026, 9, 8), False),
    ...         (date(2026, 5, 1), True)], date(2026, 6, 17))
    {'met': ['2026-09-16'], 'tried': ['2026-09-08']}
    """
    latest = sorted(pair for pair in days if pair[0] >= since)
    return {
        kind: [day.isoformat() for day, met in latest if met == wanted]
        for kind, wanted in (("met", True), ("tried", False))
    }


def workload(agreed, usual):
    """Return the contacts that a course asks for in thirty days.

    >>> workload(7, 0), workload(0, 10), workload(0, 0)
    (4.29, 3.0, 1.0)
    """
    interval = agreed or usual or DAYS_PER_MONTH
    return round(DAYS_PER_MONTH / interval, 2)
