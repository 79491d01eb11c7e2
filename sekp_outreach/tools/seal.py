"""The chain of daily seals: each holds what the day's rows and the day before say.

Nothing here knows a key: what is to be sealed is told as bytes, and the caller makes
the keyed digest of it.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, timedelta

FIRST = ""


def row_line(values):
    """Return the bytes that stand for one row; no two different rows share them.

    >>> row_line([1, "open", None])
    b'[1,"open",null]\\n'
    >>> row_line(["a b"]) == row_line(["a", "b"])
    False
    """
    return json.dumps(list(values), separators=(",", ":"), default=str).encode() + b"\n"


class DayRows:
    """Takes the rows of a day in order, batch by batch, and keeps their sum only.

    >>> whole, parts = DayRows(), DayRows()
    >>> whole.add([(1, "open"), (2, "list"), (3, "open")])
    >>> parts.add([(1, "open")])
    >>> parts.add([(2, "list"), (3, "open")])
    >>> whole.digest() == parts.digest()
    True
    >>> whole.count, whole.first, whole.last
    (3, 1, 3)
    >>> changed = DayRows()
    >>> changed.add([(1, "open"), (2, "export"), (3, "open")])
    >>> changed.digest() == whole.digest()
    False
    """

    def __init__(self):
        self.count, self.first, self.last = 0, 0, 0
        self._sum = hashlib.sha256()

    def add(self, rows):
        """Take rows whose first value is their id."""
        for row in rows:
            self._sum.update(row_line(row))
            self.first = min(self.first or row[0], row[0])
            self.last = max(self.last, row[0])
            self.count += 1

    def digest(self):
        """Return the sum of the rows taken so far."""
        return self._sum.hexdigest()


def statement(day, rows, previous, sealed_at=""):
    """Return what a seal says of a day, as bytes.

    :param str sealed_at: when, so that a seal made anew cannot pass for an old one

    >>> statement(date(2026, 9, 16), DayRows(), FIRST)[:20]
    b'["2026-09-16",0,0,0,'
    >>> one = statement(date(2026, 9, 16), DayRows(), "abc")
    >>> one == statement(date(2026, 9, 16), DayRows(), "abd")
    False
    """
    return row_line(
        [
            day.isoformat(),
            rows.count,
            rows.first,
            rows.last,
            rows.digest(),
            previous,
            sealed_at,
        ]
    )


@dataclass
class ErasedDay:
    """What is kept of a day whose rows were erased: their numbers and their sum.

    It stands in for the rows when the day's seal is checked. Its own digest is keyed,
    so that who deletes rows by hand cannot write one that fits.
    """

    count: int
    first: int
    last: int
    rows_digest: str
    erased_at: str
    own_digest: str = ""

    def digest(self):
        """Return the sum the rows had."""
        return self.rows_digest


def erasure_statement(day, kept):
    """Return what is said of an erased day, as bytes; no seal says the same.

    >>> kept = ErasedDay(2, 1, 2, "abc", "2028-01-01 03:00:00")
    >>> erasure_statement(date(2026, 9, 16), kept)
    b'["erased","2026-09-16",2,1,2,"abc","2028-01-01 03:00:00"]\\n'
    """
    return row_line(
        [
            "erased",
            day.isoformat(),
            kept.count,
            kept.first,
            kept.last,
            kept.rows_digest,
            kept.erased_at,
        ]
    )


@dataclass
class Seal:
    """A stored seal: its day, what it counted, the digest before it and its own."""

    day: date
    count: int
    first: int
    last: int
    previous: str
    digest: str
    sealed_at: str = ""


def first_break(seals, rows_of, matches, until=None, erased=()):
    """Return the first day on which the chain is broken and why, or ``None``.

    :param seals: :class:`Seal` in the order of their days
    :param rows_of: gives the :class:`DayRows` of a seal, as they are now
    :param matches: tells whether a statement has a digest
    :param until: the last day that must be sealed, or ``None``
    :param erased: :class:`ErasedDay` by day, for days whose rows were erased by rule
    :return: ``(day, why)``; why is ``seal`` or ``missing`` for the seals, ``gone`` or
        ``added`` for a number of rows that differs, ``changed`` for their content,
        ``forged`` for an erasure that the holder of the key did not make

    >>> def digest(said):
    ...     return hashlib.sha256(said).hexdigest()
    >>> def rows(*given):
    ...     taken = DayRows()
    ...     taken.add(given)
    ...     return taken
    >>> log = {date(2026, 9, 15): rows((1, "open")), date(2026, 9, 16): rows((2, "x"))}
    >>> seals, before = [], FIRST
    >>> for day in sorted(log):
    ...     own = digest(statement(day, log[day], before))
    ...     taken = log[day]
    ...     seals.append(Seal(day, taken.count, taken.first, taken.last, before, own))
    ...     before = own
    >>> def verify(seals, log, until=None, erased=()):
    ...     found = first_break(
    ...         seals,
    ...         lambda seal: log[seal.day],
    ...         lambda said, own: digest(said) == own,
    ...         until,
    ...         erased,
    ...     )
    ...     return found and (found[0].day, found[1])
    >>> verify(seals, log)
    >>> verify(seals, log | {date(2026, 9, 16): rows()})
    (16, 'gone')
    >>> verify(seals, log | {date(2026, 9, 15): rows((1, "open"), (3, "open"))})
    (15, 'added')
    >>> verify(seals, log | {date(2026, 9, 15): rows((1, "list"))})
    (15, 'changed')
    >>> verify(seals[1:], log)
    (16, 'seal')
    >>> verify([seals[0], Seal(date(2026, 9, 17), 0, 0, 0, seals[0].digest, "")], log)
    (16, 'missing')
    >>> verify(seals, log, until=date(2026, 9, 18))
    (17, 'missing')

    The first day is erased by rule; the chain holds, and forgeries are found:

    >>> day, taken = date(2026, 9, 15), log[date(2026, 9, 15)]
    >>> def erase(rows_digest, forged=False):
    ...     kept = ErasedDay(taken.count, taken.first, taken.last, rows_digest, "now")
    ...     kept.own_digest = "x" if forged else digest(erasure_statement(day, kept))
    ...     return {day: kept}
    >>> without = log | {day: rows()}
    >>> verify(seals, without)
    (15, 'gone')
    >>> verify(seals, without, erased=erase(taken.digest()))
    >>> verify(seals, without, erased=erase(taken.digest(), forged=True))
    (15, 'forged')
    >>> verify(seals, without, erased=erase(rows((1, "list")).digest()))
    (15, 'changed')
    >>> verify(seals, log, erased=erase(taken.digest()))
    (15, 'added')
    >>> verify(
    ...     seals,
    ...     without | {date(2026, 9, 16): rows()},
    ...     erased=erase(taken.digest()),
    ... )
    (16, 'gone')
    """
    before, expected, erased = FIRST, None, dict(erased)
    for seal in seals:
        if expected and seal.day != expected:
            return expected, "missing"
        if seal.previous != before:
            return seal.day, "seal"
        rows = rows_of(seal)
        if kept := erased.get(seal.day):
            if rows.count:
                return seal.day, "added"
            if not matches(erasure_statement(seal.day, kept), kept.own_digest):
                return seal.day, "forged"
            rows = kept
        if rows.count != seal.count:
            return seal.day, "gone" if rows.count < seal.count else "added"
        if not matches(statement(seal.day, rows, before, seal.sealed_at), seal.digest):
            same = (rows.first, rows.last) == (seal.first, seal.last)
            return seal.day, "changed" if same else "added"
        before, expected = seal.digest, seal.day + timedelta(days=1)
    if until and expected and expected <= until:
        return expected, "missing"
    return None
