"""Visits that come again: at the same time by the clock on the wall.

Pure functions of times: the caller brings the days off and checks who may go.
"""

from datetime import timedelta

import pytz
from dateutil.rrule import DAILY, WEEKLY, rrule

from .periods import local_time

FREQUENCIES = {"day": DAILY, "week": WEEKLY}
MOST_VISITS = 26
LONGEST_SERIES = timedelta(days=366)


class RecurrenceError(ValueError):
    """A repetition cannot be meant; ``problem`` says why: see ``PROBLEMS``."""

    PROBLEMS = ("unit", "every", "end", "count", "until", "many", "far")

    def __init__(self, problem):
        super().__init__(problem)
        self.problem = problem


def utc_time(local, timezone):
    """Return the UTC instant of a local time, both without zone.

    Of an hour that comes twice it is the second; an hour that does not come is moved on
    by one.

    >>> from datetime import datetime
    >>> utc_time(datetime(2026, 7, 1, 10), "Europe/Copenhagen")
    datetime.datetime(2026, 7, 1, 8, 0)
    >>> utc_time(datetime(2026, 10, 25, 2, 30), "Europe/Copenhagen")
    datetime.datetime(2026, 10, 25, 1, 30)
    >>> gone = utc_time(datetime(2027, 3, 28, 2, 30), "Europe/Copenhagen")
    >>> local_time(gone, "Europe/Copenhagen")
    datetime.datetime(2027, 3, 28, 3, 30)
    """
    moment = pytz.timezone(timezone).localize(local)
    return moment.astimezone(pytz.utc).replace(tzinfo=None)


def occurrences(start, unit, every, timezone, count=None, until=None):
    """Return the UTC instants of a visit that comes again, the first one included.

    :param datetime start: UTC instant of the first visit, without zone
    :param str unit: ``day`` or ``week``
    :param int every: how many units lie between two visits
    :param str timezone: where the clock on the wall hangs
    :param int count: how many visits, the first one included
    :param date until: or the last day on which one may be
    :raises RecurrenceError: for what cannot be meant, or goes too far

    Ten o'clock stays ten o'clock in both nights in which the clock changes:

    >>> from datetime import date, datetime
    >>> zone = "Europe/Copenhagen"
    >>> occurrences(datetime(2026, 10, 21, 8), "week", 1, zone, count=2)
    [datetime.datetime(2026, 10, 21, 8, 0), datetime.datetime(2026, 10, 28, 9, 0)]
    >>> [day.hour for day in
    ...  occurrences(datetime(2027, 3, 26, 9), "day", 1, zone, count=4)]
    [9, 9, 8, 8]

    The last day is told as a date, or by the number of visits:

    >>> from datetime import date
    >>> days = occurrences(
    ...     datetime(2026, 9, 17, 8), "week", 2, zone, until=date(2026, 10, 15))
    >>> [str(day.date()) for day in days]
    ['2026-09-17', '2026-10-01', '2026-10-15']

    A visit late in the evening belongs to its own day:

    >>> occurrences(
    ...     datetime(2026, 9, 17, 22, 30), "day", 1, zone, until=date(2026, 9, 18))
    [datetime.datetime(2026, 9, 17, 22, 30)]

    >>> for wrong in (
    ...     {"unit": "year", "count": 2}, {"every": 0, "count": 2}, {"count": None},
    ...     {"count": 1}, {"count": 27}, {"until": date(2026, 9, 16)},
    ...     {"unit": "day", "until": date(2027, 1, 1)}, {"every": 26, "count": 9},
    ... ):
    ...     try:
    ...         occurrences(
    ...             datetime(2026, 9, 17, 8), **{"unit": "week", "every": 1, **wrong},
    ...             timezone=zone)
    ...     except RecurrenceError as error:
    ...         print(error.problem)
    unit
    every
    end
    count
    many
    until
    many
    far
    """
    first = local_time(start, timezone)
    if unit not in FREQUENCIES:
        raise RecurrenceError("unit")
    if type(every) is not int or not 1 <= every <= MOST_VISITS:
        raise RecurrenceError("every")
    if count is None and until is None:
        raise RecurrenceError("end")
    if count is not None and (type(count) is not int or count < 2):
        raise RecurrenceError("count")
    if until is not None and until < first.date():
        raise RecurrenceError("until")
    rule = rrule(
        FREQUENCIES[unit], interval=every, dtstart=first, count=MOST_VISITS + 1
    )
    days = [day for day in rule if until is None or day.date() <= until][:count]
    if len(days) > MOST_VISITS:
        raise RecurrenceError("many")
    if days[-1] - first > LONGEST_SERIES:
        raise RecurrenceError("far")
    return [utc_time(day, timezone) for day in days]
