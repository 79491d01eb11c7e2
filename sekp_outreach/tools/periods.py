"""Days, hours and intervals that courses of support are measured by."""

from datetime import datetime, time, timedelta

import pytz

DAYS_PER_MONTH = 30
DAYS_PER_WEEK = 7
END_OF_TIME = datetime(9999, 12, 31)


def start_of_day(day, timezone):
    """Return the UTC instant, without zone, at which ``day`` begins in ``timezone``.

    >>> from datetime import date
    >>> start_of_day(date(2026, 7, 1), "Europe/Copenhagen")
    datetime.datetime(2026, 6, 30, 22, 0)
    >>> start_of_day(date(2026, 12, 1), "Europe/Copenhagen")
    datetime.datetime(2026, 11, 30, 23, 0)
    """
    local = pytz.timezone(timezone).localize(datetime.combine(day, time.min))
    return local.astimezone(pytz.utc).replace(tzinfo=None)


def end_of_day(day, timezone):
    """Return the UTC instant at which the day after ``day`` begins; never for no day.

    >>> from datetime import date
    >>> end_of_day(date(2026, 12, 1), "Europe/Copenhagen")
    datetime.datetime(2026, 12, 1, 23, 0)
    >>> end_of_day(None, "Europe/Copenhagen") == END_OF_TIME
    True
    """
    if not day:
        return END_OF_TIME
    return start_of_day(day + timedelta(days=1), timezone)


def local_time(instant, timezone):
    """Return the local time, without zone, of a UTC ``instant`` without zone.

    >>> local_time(datetime(2026, 7, 1, 6, 30), "Europe/Copenhagen")
    datetime.datetime(2026, 7, 1, 8, 30)
    """
    return (
        pytz.utc.localize(instant)
        .astimezone(pytz.timezone(timezone))
        .replace(tzinfo=None)
    )


def noons_between(begin, end):
    """Return the dates, in order, whose noon lies between two local times.

    >>> noons_between(datetime(2026, 7, 1, 8), datetime(2026, 7, 3, 9))
    [datetime.date(2026, 7, 1), datetime.date(2026, 7, 2)]
    >>> noons_between(datetime(2026, 7, 1, 13), datetime(2026, 7, 1, 17))
    []
    """
    noon, days = datetime.combine(begin.date(), time(12)), []
    while noon <= end:
        if noon >= begin:
            days.append(noon.date())
        noon += timedelta(days=1)
    return days


def without(begin, end, periods):
    """Return the days from ``begin`` to ``end`` that lie in none of some periods.

    :param periods: pairs of a first and a last day, in any order
    :return: pairs of a first and a last day, in order

    >>> from datetime import date
    >>> day = lambda number: date(2026, 7, number)
    >>> def told(periods):
    ...     return [(first.day, last.day) for first, last in periods]
    >>> told(without(day(1), day(9), [(day(6), day(7)), (day(1), day(3))]))
    [(4, 5), (8, 9)]
    >>> told(without(day(1), day(9), [(day(1), day(9)), (day(4), day(5))]))
    []
    >>> told(without(day(4), day(9), [(day(1), day(2)), (day(20), day(21))]))
    [(4, 9)]
    """
    found = []
    for first, last in sorted(periods):
        if first > end:
            break
        if first > begin:
            found.append((begin, first - timedelta(days=1)))
        begin = max(begin, last + timedelta(days=1))
    if begin <= end:
        found.append((begin, end))
    return found


def in_runs(chosen, days):
    """Return the chosen ones of some days, those that follow each other together.

    :param chosen: some of ``days``, in order
    :param days: all that count, in order; a weekend between them may not

    >>> in_runs([2, 5, 9], [1, 2, 5, 8, 9])
    [[2, 5], [9]]
    >>> in_runs([], [1, 2])
    []
    """
    runs, at = [], {day: place for place, day in enumerate(days)}
    for day in chosen:
        if runs and at[day] == at[runs[-1][-1]] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def rhythm_days(count, unit):
    """Return the days between contacts for ``count`` contacts in a week or a month.

    >>> rhythm_days(1, "month"), rhythm_days(2, "week"), rhythm_days(0, "month")
    (30, 3, 0)
    """
    if not count or not unit:
        return 0
    length = {"month": DAYS_PER_MONTH, "week": DAYS_PER_WEEK}[unit]
    return max(1, length // count)


def within_hours(local, hour_from, hour_to, weekdays):
    """Tell whether a local time lies within the hours a standard gives.

    :param datetime local: local time
    :param float hour_from: first hour of the window, 8.5 is half past eight
    :param float hour_to: hour at which the window ends
    :param weekdays: set of weekday numbers, Monday is 0

    >>> weekdays = {0, 1, 2, 3, 4}
    >>> within_hours(datetime(2026, 12, 18, 10, 0), 8, 16, weekdays)
    True
    >>> within_hours(datetime(2026, 12, 18, 19, 0), 8, 16, weekdays)
    False
    >>> within_hours(datetime(2026, 12, 19, 10, 0), 8, 16, weekdays)
    False
    """
    hour = local.hour + local.minute / 60
    return local.weekday() in weekdays and hour_from <= hour < hour_to


def age_band(age):
    """Return the band that is kept instead of an age, as a key.

    >>> [age_band(age) for age in (17, 18, 29, 30, 64, 65)]
    ['under_18', '18_29', '18_29', '30_49', '50_64', '65_plus']
    >>> age_band(0) is None
    True
    """
    if not age:
        return None
    for limit, band in ((18, "under_18"), (30, "18_29"), (50, "30_49"), (65, "50_64")):
        if age < limit:
            return band
    return "65_plus"


def overlaps(first, second):
    """Tell whether two periods ``(from, to)`` share a day; no ``to`` means for ever.

    >>> from datetime import date
    >>> overlaps((date(2026, 1, 1), date(2026, 3, 1)), (date(2026, 3, 1), None))
    True
    >>> overlaps((date(2026, 1, 1), date(2026, 2, 28)), (date(2026, 3, 1), None))
    False
    """
    return (not second[1] or first[0] <= second[1]) and (
        not first[1] or second[0] <= first[1]
    )
