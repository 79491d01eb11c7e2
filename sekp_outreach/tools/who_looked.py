"""Who has looked, as lines a person can read: many openings in a row are one look."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

MINUTES = 10
# Opening a form asks for its lists, too: for the person this is one look.
OPENINGS = frozenset({"open", "list", "search"})


@dataclass(frozen=True)
class Look:
    """One line: when, by whom, for what, and in which ways."""

    first: object
    last: object
    kinds: tuple
    # What must be alike for two looks to be one: person, role, unit, purpose.
    who: tuple
    count: int = field(default=1)


def look(at, kind, who):
    """Return the look of a single row of the log.

    >>> from datetime import datetime
    >>> look(datetime(2026, 9, 16, 10, 0), "open", ("second",)).count
    1
    """
    return Look(at, at, (kind,), tuple(who))


def merge(looks, minutes=MINUTES):
    """Return looks, oldest first, with consecutive openings by the same made one.

    What is no mere opening, such as a print or a refusal, stands by itself.

    >>> from datetime import datetime
    >>> def at(minute, kind="open", who="second"):
    ...     return look(datetime(2026, 9, 16, 10, minute), kind, (who,))
    >>> def short(looks):
    ...     return [(one.first.minute, one.last.minute, one.kinds, one.count)
    ...             for one in merge(looks)]
    >>> short([at(0), at(9, "list"), at(19), at(30)])
    [(0, 19, ('open', 'list'), 3), (30, 30, ('open',), 1)]
    >>> short([at(0), at(1, who="cover"), at(2)])
    [(0, 0, ('open',), 1), (1, 1, ('open',), 1), (2, 2, ('open',), 1)]
    >>> short([at(0), at(1, "print"), at(2, "print")])
    [(0, 0, ('open',), 1), (1, 1, ('print',), 1), (2, 2, ('print',), 1)]
    >>> merge([])
    []
    """
    merged = []
    for one in looks:
        before = merged[-1] if merged else None
        if (
            before
            and before.who == one.who
            and OPENINGS.issuperset(before.kinds + one.kinds)
            and one.first - before.last <= timedelta(minutes=minutes)
        ):
            kinds = before.kinds + tuple(
                kind for kind in one.kinds if kind not in before.kinds
            )
            merged[-1] = replace(
                before, last=one.last, kinds=kinds, count=before.count + one.count
            )
        else:
            merged.append(one)
    return merged
