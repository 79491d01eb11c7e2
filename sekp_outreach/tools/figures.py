"""Figures that identify nobody: blocks of months that are large enough to be told.

Every event is counted in one published number of a breakdown, and in no other. A number
is told when it is nought or comes from enough persons; one that is too small waits for
later months, and at the end of a year small categories are put together. As nothing
small is ever part of two numbers, nothing can be had by taking one from the other:

* the months are cut into blocks whose total is large enough;
* each breakdown cuts them into blocks of its own, whole blocks of the total;
* a breakdown is told team by team only where its block is made of whole blocks of the
  breakdown by team, and every cell of it is large enough.

Where a category says nothing of the others, because an event may bear several, the
number of events without it has to be large enough as well.
"""

from collections import defaultdict
from datetime import date
from typing import Any, NamedTuple

TOTAL, TEAM = "total", "team"
# A cell of a breakdown that holds what was too small to stand alone.
OTHER = "other"
# What bears no category of a dimension.
UNKNOWN = ""
KEPT, LATE = "kept", "late"
# How a dimension's categories relate: each event bears one, or any number, or it was
# kept or not.
ONE, ANY, PROMISE = "one", "any", "promise"


class Event(NamedTuple):
    """What is counted: in a month (its first day), a team, of a person, how much.

    A person of None is one who was erased: counted, and nobody.
    """

    month: date
    team: int
    person: Any
    value: int
    keys: dict


class Figure(NamedTuple):
    """A number that may be told, of the months from ``first`` to ``last``."""

    dimension: str
    first: date
    last: date
    category: str
    team: int | None
    value: int
    at_least: bool = False


class Published(NamedTuple):
    """What is told of one measure, and the first month that still waits somewhere."""

    figures: list
    waits_from: date | None


def next_month(month):
    """Return the first day of the month after that of a day.

    >>> next_month(date(2026, 12, 1))
    datetime.date(2027, 1, 1)
    """
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def months_between(first, last):
    """Return the first days of the months from one to another.

    >>> [str(day) for day in months_between(date(2026, 11, 1), date(2027, 1, 1))]
    ['2026-11-01', '2026-12-01', '2027-01-01']
    """
    months = []
    while first <= last:
        months.append(first)
        first = next_month(first)
    return months


def is_told(events, threshold):
    """Tell whether the number of some events may be told.

    >>> one = Event(date(2026, 1, 1), 1, "a", 9, {})
    >>> is_told([], 3), is_told([one] * 9, 3)
    (True, False)
    >>> is_told([one._replace(person=name) for name in "abc"], 3)
    True
    """
    persons = {event.person for event in events} - {None}
    return not events or len(persons) >= threshold


def number(events):
    """Return what some events add up to."""
    return sum(event.value for event in events)


def gather(units, is_ready):
    """Return runs of neighbouring units, each as short as it may be, and what is left.

    >>> gather([1, 2, 3, 1, 1], lambda run: sum(run) >= 3)
    ([[1, 2], [3]], [1, 1])
    """
    runs, run = [], []
    for unit in units:
        run = [*run, unit]
        if is_ready(run):
            runs.append(run)
            run = []
    return runs, run


def ends_a_year(first, last):
    """Tell whether months reach the end of the year in which they begin.

    >>> ends_a_year(date(2026, 11, 1), date(2027, 1, 1))
    True
    >>> ends_a_year(date(2026, 1, 1), date(2026, 11, 1))
    False
    """
    return last.year > first.year or last.month == 12


def split(events, dimension, relation=ONE):
    """Return events by category; what may bear several is not told to bear none."""
    cells = defaultdict(list)
    for event in events:
        if dimension == TEAM:
            categories = (str(event.team),)
        else:
            categories = event.keys.get(dimension) or (UNKNOWN,)
        for category in categories if relation == ANY else categories[:1]:
            cells[category].append(event)
    if relation == ANY:
        cells.pop(UNKNOWN, None)
    return dict(cells)


def may_stand(cell, events, threshold, relation):
    """Tell whether a category may be told beside the total of all events."""
    if not is_told(cell, threshold):
        return False
    if relation != ANY:
        return True
    inside = {id(event) for event in cell}
    return is_told([one for one in events if id(one) not in inside], threshold)


def put_together(cells, events, threshold, relation):
    """Return the cells with the smallest of them as one, so that all may be told.

    >>> def some(number, first):
    ...     return [Event(date(2026, 1, 1), 1, first + one, 1, {})
    ...             for one in range(number)]
    >>> cells = {"a": some(9, 0), "b": some(2, 20), "c": some(6, 30)}
    >>> events = [one for cell in cells.values() for one in cell]
    >>> told = put_together(cells, events, 5, ONE)
    >>> {name: len(cell) for name, cell in told.items()}
    {'a': 9, 'other': 8}
    """

    def size(category):
        cell = cells[category]
        stands = may_stand(cell, events, threshold, relation)
        return stands, len({event.person for event in cell}), number(cell), category

    order = sorted(cells, key=size)
    taken = sum(not size(category)[0] for category in order)
    while True:
        together = {
            id(event): event for category in order[:taken] for event in cells[category]
        }
        other = list(together.values())
        if taken == len(order):
            # What bears none of them is not told apart either.
            return {OTHER: events}
        if may_stand(other, events, threshold, relation):
            break
        taken += 1
    return {category: cells[category] for category in sorted(order[taken:])} | {
        OTHER: other
    }


def tell(events, dimension, relation, threshold, is_last):
    """Return what may be told of a breakdown: events by category; None: it waits.

    :param bool is_last: at the end of a year, when nothing waits any longer
    """
    cells = split(events, dimension, relation)
    if all(may_stand(cell, events, threshold, relation) for cell in cells.values()):
        return cells
    if not is_last:
        return None
    return put_together(cells, events, threshold, relation)


def tell_at_least(events, dimension, threshold):
    """Return how many kept a promise at least, where few did not, as (category, value).

    Of those who did not, it is told that they are fewer than the threshold, and nothing
    else. None where that would say nothing.

    >>> def some(number, kept):
    ...     return [Event(date(2026, 1, 1), 1, object(), 1, {"kept": (kept,)})
    ...             for one in range(number)]
    >>> tell_at_least(some(28, KEPT) + some(2, LATE), "kept", 5)
    ('kept', 26)
    >>> tell_at_least(some(6, KEPT) + some(2, LATE), "kept", 5) is None
    True
    """
    cells = split(events, dimension)
    for few, many in ((LATE, KEPT), (KEPT, LATE)):
        value = number(events) - (threshold - 1)
        if 0 < number(cells.get(few, ())) < threshold <= value and is_told(
            cells.get(many, ()), threshold
        ):
            return many, value
    return None


def is_made_of(first, last, blocks):
    """Tell whether months are whole blocks one after the other.

    >>> jan, feb, mar = months_between(date(2026, 1, 1), date(2026, 3, 1))
    >>> is_made_of(jan, mar, [(jan, feb), (mar, mar)])
    True
    >>> is_made_of(jan, mar, [(jan, jan), (mar, mar)])
    False
    >>> is_made_of(jan, feb, [(feb, feb)])
    False
    """
    ends = dict(blocks)
    while first in ends:
        if ends[first] == last:
            return True
        first = next_month(ends[first])
    return False


class _Book:
    """What is being told of one measure."""

    def __init__(self, events, threshold, done):
        self.threshold, self.figures = threshold, list(done)
        self.by_month = defaultdict(list)
        for event in events:
            self.by_month[event.month].append(event)

    def events(self, months):
        return [event for month in months for event in self.by_month[month]]

    def blocks(self, dimension):
        """Return first and last months of blocks in which nothing is put together."""
        mixed = {(one.first, one.last) for one in self._of(dimension, OTHER)}
        return {(one.first, one.last) for one in self._of(dimension)} - mixed

    def _of(self, dimension, category=None):
        return [
            one
            for one in self.figures
            if one.dimension == dimension and category in (None, one.category)
        ]

    def total(self, months):
        """Tell the total; return the months that wait."""
        runs, waiting = gather(
            months, lambda run: is_told(self.events(run), self.threshold)
        )
        for run in runs:
            value = number(self.events(run))
            self.figures.append(Figure(TOTAL, run[0], run[-1], UNKNOWN, None, value))
        return waiting

    def breakdown(self, dimension, relation):
        """Tell a breakdown of blocks of the total; return the months that wait."""
        ended = max((one.last for one in self._of(dimension)), default=date.min)
        units = [block for block in sorted(self.blocks(TOTAL)) if block[0] > ended]
        runs, waiting = gather(
            units, lambda run: self._tell(run, dimension, relation) is not None
        )
        for run in runs:
            self._add(run[0][0], run[-1][1], dimension, relation)
        return [first for first, _last in waiting]

    def _tell(self, run, dimension, relation):
        first, last = run[0][0], run[-1][1]
        events = self.events(months_between(first, last))
        is_last = ends_a_year(first, last)
        return tell(events, dimension, relation, self.threshold, is_last)

    def _add(self, first, last, dimension, relation):
        events = self.events(months_between(first, last))
        cells = self._tell([(first, last)], dimension, relation)
        known = relation == PROMISE and OTHER in cells
        if known and (bound := tell_at_least(events, dimension, self.threshold)):
            category, value = bound
            self.figures.append(
                Figure(dimension, first, last, category, None, value, at_least=True)
            )
            return
        by_team = dimension != TEAM and self._by_team(
            first, last, cells, events, relation
        )
        for category, cell in cells.items():
            parts = split_by_team(cell) if by_team else {None: cell}
            self.figures += [
                Figure(dimension, first, last, category, team, number(part))
                for team, part in parts.items()
            ]

    def _by_team(self, first, last, cells, events, relation):
        """Tell whether each team's part of each category may be told as well."""
        if not is_made_of(first, last, self.blocks(TEAM)):
            return False
        teams = split_by_team(events)
        return all(
            may_stand(part, teams[team], self.threshold, relation)
            for cell in cells.values()
            for team, part in split_by_team(cell).items()
        )


def split_by_team(events):
    """Return events by team."""
    parts = defaultdict(list)
    for event in events:
        parts[event.team].append(event)
    return dict(parts)


def publish(events, months, threshold, relations, done=()):
    """Return what may be told of one measure now, as :class:`Published`.

    :param events: all of the months from the first that waits anywhere
    :param months: first days of the closed months that are in no block of the total yet
    :param int threshold: persons that a number has to come from
    :param dict relations: ONE, ANY or PROMISE by dimension; the breakdown by team is
        always made
    :param done: the figures of this measure that were told before
    """
    book = _Book(events, threshold, done)
    waiting = book.total(months)
    for dimension, relation in {TEAM: ONE, **relations}.items():
        waiting += book.breakdown(dimension, relation)
    return Published(book.figures[len(done) :], min(waiting, default=None))
