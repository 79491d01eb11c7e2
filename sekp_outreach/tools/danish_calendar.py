"""Danish public holidays and the counting of deadlines.

Pure functions of dates: the caller brings the municipality's closing days.
Sources: requirements R070-R076 and the worked dates of the five standards.
"""

from datetime import date, timedelta

from dateutil.easter import easter
from dateutil.relativedelta import relativedelta

LAST_YEAR_OF_STORE_BEDEDAG = 2023

WEEKDAYS = {
    "mon_fri": frozenset(range(5)),
    "mon_sat": frozenset(range(6)),
    "all": frozenset(range(7)),
}


def public_holidays(year):
    """Return the Danish public holidays of ``year`` as ``{date: Danish name}``.

    Store Bededag was a public holiday until and including 2023.

    >>> days = public_holidays(2026)
    >>> sorted(days)[:2]
    [datetime.date(2026, 1, 1), datetime.date(2026, 4, 2)]
    >>> days[date(2026, 5, 14)], days[date(2026, 12, 26)]
    ('Kristi himmelfartsdag', '2. juledag')
    >>> date(2023, 5, 5) in public_holidays(2023)
    True
    >>> date(2024, 4, 26) in public_holidays(2024)
    False
    >>> date(2026, 12, 24) in days
    False
    """
    easter_sunday = easter(year)
    holidays = {
        date(year, 1, 1): "Nytårsdag",
        easter_sunday - timedelta(days=3): "Skærtorsdag",
        easter_sunday - timedelta(days=2): "Langfredag",
        easter_sunday: "Påskedag",
        easter_sunday + timedelta(days=1): "2. påskedag",
        easter_sunday + timedelta(days=39): "Kristi himmelfartsdag",
        easter_sunday + timedelta(days=49): "Pinsedag",
        easter_sunday + timedelta(days=50): "2. pinsedag",
        date(year, 12, 25): "1. juledag",
        date(year, 12, 26): "2. juledag",
    }
    if year <= LAST_YEAR_OF_STORE_BEDEDAG:
        holidays[easter_sunday + timedelta(days=26)] = "Store Bededag"
    return holidays


def is_working_day(
    day, weekdays="mon_fri", closing_days=frozenset(), skip_holidays=True
):
    """Tell whether ``day`` counts as a working day.

    :param date day: the day asked about
    :param str weekdays: a key of ``WEEKDAYS``, the municipality's own idea of a week
    :param closing_days: dates on which the municipality is closed
    :param bool skip_holidays: whether public holidays are days off

    >>> is_working_day(date(2026, 12, 24))
    True
    >>> is_working_day(date(2026, 12, 24), closing_days={date(2026, 12, 24)})
    False
    >>> is_working_day(date(2026, 12, 25))
    False
    >>> is_working_day(date(2026, 12, 19), weekdays="mon_sat")
    True
    """
    if day.weekday() not in WEEKDAYS[weekdays] or day in closing_days:
        return False
    return not (skip_holidays and day in public_holidays(day.year))


def next_working_day(day, **rules):
    """Return ``day`` itself when it is a working day, else the first one after it.

    ``rules`` are those of :func:`is_working_day`.

    >>> next_working_day(date(2026, 12, 25))
    datetime.date(2026, 12, 28)
    >>> next_working_day(date(2026, 12, 23))
    datetime.date(2026, 12, 23)
    """
    while not is_working_day(day, **rules):
        day += timedelta(days=1)
    return day


def previous_working_day(day, **rules):
    """Return ``day`` itself when it is a working day, else the last one before it.

    ``rules`` are those of :func:`is_working_day`.

    >>> previous_working_day(date(2026, 12, 27))
    datetime.date(2026, 12, 24)
    >>> previous_working_day(date(2026, 12, 23))
    datetime.date(2026, 12, 23)
    """
    while not is_working_day(day, **rules):
        day -= timedelta(days=1)
    return day


def add_working_days(start, amount, **rules):
    """Return the ``amount``-th working day after ``start``; ``start`` is not counted.

    :raises ValueError: when ``amount`` is negative

    >>> add_working_days(date(2026, 12, 18), 5)
    datetime.date(2026, 12, 28)
    >>> add_working_days(date(2026, 12, 18), 5, closing_days={date(2026, 12, 24)})
    datetime.date(2026, 12, 29)
    >>> add_working_days(date(2026, 12, 18), 0)
    datetime.date(2026, 12, 18)
    """
    if amount < 0:
        raise ValueError("A deadline cannot lie before the day its clock starts.")
    day = start
    while amount:
        day += timedelta(days=1)
        if is_working_day(day, **rules):
            amount -= 1
    return day


def days_between(start, end, unit, **rules):
    """Return how many days a deadline counts from ``start`` to ``end``; none backwards.

    ``start`` is not counted, ``end`` is. What is counted in working days goes on in
    working days, everything else in calendar days.

    :param str unit: as in :func:`due_date`
    :param rules: what a working day is, see :func:`is_working_day`

    >>> days_between(date(2026, 12, 18), date(2026, 12, 28), "working_day")
    5
    >>> days_between(date(2026, 12, 18), date(2026, 12, 28), "week")
    10
    >>> days_between(date(2026, 12, 18), date(2026, 12, 20), "working_day")
    0
    >>> days_between(date(2026, 12, 18), date(2026, 12, 17), "day")
    0
    """
    days = range(1, max((end - start).days, 0) + 1)
    if unit != "working_day":
        return len(days)
    return sum(is_working_day(start + timedelta(days=day), **rules) for day in days)


def due_date(start, amount, unit, shift_to_working_day=False, stood_still=0, **rules):
    """Return the last day of a deadline.

    :param date start: the day the clock starts; it is not counted
    :param int amount: how many units
    :param str unit: ``day`` (calendar day), ``working_day``, ``week`` or ``month``
    :param bool shift_to_working_day: move a last day that is a day off to the next
        working day; the five standards do not say so, others do
    :param int stood_still: how many days the clock was paused, counted as
        :func:`days_between` counts them
    :param rules: what a working day is, see :func:`is_working_day`
    :raises ValueError: for another unit or a negative amount

    The worked dates, a referral received on Friday 18 December 2026:

    >>> received = date(2026, 12, 18)
    >>> due_date(received, 7, "day")
    datetime.date(2026, 12, 25)
    >>> due_date(received, 5, "working_day")
    datetime.date(2026, 12, 28)
    >>> due_date(received, 5, "working_day", closing_days={date(2026, 12, 24)})
    datetime.date(2026, 12, 29)
    >>> due_date(received, 8, "week")
    datetime.date(2027, 2, 12)
    >>> due_date(date(2026, 8, 31), 6, "month")
    datetime.date(2027, 2, 28)
    >>> due_date(received, 7, "day", shift_to_working_day=True)
    datetime.date(2026, 12, 28)

    A pause from Monday 21 to Wednesday 30 December leaves as many working days as
    there were:

    >>> due_date(received, 5, "working_day")
    datetime.date(2026, 12, 28)
    >>> days_between(date(2026, 12, 21), date(2026, 12, 28), "working_day")
    4
    >>> days_between(date(2026, 12, 21), date(2026, 12, 30), "working_day")
    6
    >>> due_date(received, 5, "working_day", stood_still=6)
    datetime.date(2027, 1, 6)
    >>> days_between(date(2026, 12, 30), date(2027, 1, 6), "working_day")
    4
    >>> due_date(received, 7, "day", stood_still=3)
    datetime.date(2026, 12, 28)
    >>> due_date(received, 1, "year")
    Traceback (most recent call last):
    ...
    ValueError: Unknown unit of a deadline: 'year'
    """
    if amount < 0:
        raise ValueError("A deadline cannot lie before the day its clock starts.")
    if unit == "working_day":
        return add_working_days(start, amount + stood_still, **rules)
    spans = {
        "day": relativedelta(days=amount),
        "week": relativedelta(weeks=amount),
        "month": relativedelta(months=amount),
    }
    if unit not in spans:
        raise ValueError(f"Unknown unit of a deadline: {unit!r}")
    day = start + spans[unit] + timedelta(days=stood_still)
    return next_working_day(day, **rules) if shift_to_working_day else day
