"""Periods of grants: the next one, and the days no grant covers."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

ONE_DAY = timedelta(days=1)
LONGEST_MONTHS = 120


def next_period(date_from, date_to):
    """Return the period that follows without a gap and is as long.

    Whole months are followed by as many months, any other length by as many days.

    >>> from datetime import date
    >>> next_period(date(2026, 9, 16), date(2027, 3, 15))
    (datetime.date(2027, 3, 16), datetime.date(2027, 9, 15))
    >>> next_period(date(2026, 9, 1), date(2027, 2, 28))
    (datetime.date(2027, 3, 1), datetime.date(2027, 8, 31))
    >>> next_period(date(2026, 1, 31), date(2026, 2, 27))
    (datetime.date(2026, 2, 28), datetime.date(2026, 3, 27))
    >>> next_period(date(2026, 9, 16), date(2026, 9, 25))
    (datetime.date(2026, 9, 26), datetime.date(2026, 10, 5))
    """
    begin = date_to + ONE_DAY
    months = (begin.year - date_from.year) * 12 + begin.month - date_from.month
    if 0 < months <= LONGEST_MONTHS and date_from + relativedelta(months=months) == (
        begin
    ):
        return begin, begin + relativedelta(months=months) - ONE_DAY
    return begin, begin + (date_to - date_from)


def days_uncovered(periods, start, today):
    """Return for how many days up to today no period has been running.

    :param periods: pairs ``(from, to)``; no ``to`` means for ever
    :param date start: the day before which nothing is counted

    >>> from datetime import date
    >>> start = date(2026, 9, 1)
    >>> days_uncovered([], start, date(2026, 9, 1))
    1
    >>> spring = (date(2026, 9, 10), date(2026, 9, 20))
    >>> days_uncovered([spring], start, date(2026, 9, 20))
    0
    >>> days_uncovered([spring], start, date(2026, 9, 23))
    3
    >>> days_uncovered([spring], start, date(2026, 9, 5))
    5
    >>> days_uncovered([(date(2026, 9, 10), None)], start, date(2027, 1, 1))
    0
    """
    if any(begin <= today and (not end or today <= end) for begin, end in periods):
        return 0
    ended = [end + ONE_DAY for _begin, end in periods if end and end < today]
    return max((today - max([start, *ended])).days + 1, 0)
