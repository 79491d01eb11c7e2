"""How a number is told roughly, so that it leads to nobody.

A range, and whole months only: two numbers that are told so cannot be subtracted to
find the one person by whom they differ.
"""

from datetime import timedelta

# The same whatever the threshold is: bounds that move with it would tell, threshold by
# threshold, the number itself.
FIRST, STEP = 5, 10


def range_of(number, least):
    """Return the range in which a number lies: its lowest and its highest number.

    The first reaches from nought to the last number that is too small to be told, or
    further; each further one begins ten times as high as the one before. Nought is not
    told either: nobody can then see when the first one came.

    :param int least: from which on a number is not small
    >>> [range_of(number, 5) for number in (0, 4, 5, 49, 50, 4999)]
    [(0, 4), (0, 4), (5, 49), (5, 49), (50, 499), (500, 4999)]
    >>> range_of(3, 3), range_of(7, 6), range_of(50, 6)
    ((0, 4), (0, 49), (50, 499))
    """
    low, high = 0, FIRST
    while high < least:
        high *= STEP
    while number >= high:
        low, high = high, high * STEP
    return low, high - 1


def last_whole_month(day):
    """Return the last day of the last month that has ended when ``day`` is over.

    >>> from datetime import date
    >>> last_whole_month(date(2026, 9, 16)), last_whole_month(date(2026, 9, 30))
    (datetime.date(2026, 8, 31), datetime.date(2026, 9, 30))
    """
    return (day + timedelta(days=1)).replace(day=1) - timedelta(days=1)
