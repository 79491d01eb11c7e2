"""Published figures against one who solves for what was left out of them.

The attacker knows every number that was published, how numbers are published, and that
nobody is counted less than nought times: a linear programme gives the least and the
most that each number left out can be. What is small must not be found.

``TOWNS=2000 make test T=figures`` makes as many towns and tries every small number of
them; ordinarily it is fewer.
"""

import importlib.util
import os
import random
from datetime import date
from itertools import combinations, pairwise

import numpy as np
import pytest
from scipy.optimize import linprog

from dev import places

SOURCE = places.ADDON / "tools" / "figures.py"
SPEC = importlib.util.spec_from_file_location("figures", SOURCE)
figures = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(figures)

LONG = os.environ.get("TOWNS")
TOWNS = int(LONG or 8)
# How many small numbers of a breakdown are tried.
CELLS = None if LONG else 25
FIRST = date(2025, 9, 1)
SOURCES = ("citizen", "police", "relative", "doctor")
GROUPS = ("drugs", "homeless", "isolated")
RELATIONS = {
    "source": figures.ONE,
    "group": figures.ANY,
    "kept": figures.PROMISE,
}
SETS = [frozenset(part) for size in range(4) for part in combinations(GROUPS, size)]
# What an event can bear, by dimension.
KINDS = {
    "source": [frozenset({one}) for one in SOURCES],
    "group": SETS,
    "kept": [frozenset({figures.KEPT}), frozenset({figures.LATE})],
}


def town(seed):
    """Return the events of some months of a municipality, and these months."""
    chance = random.Random(seed)
    months = figures.months_between(FIRST, date(2026, chance.choice((2, 4, 7)), 1))
    teams = (1, 2)[: chance.choice((1, 2, 2))]
    often = chance.choice((2, 4, 7, 12))
    people = chance.choice((8, 25, 200))
    weights = [chance.choice((1, 1, 3, 12)) for _one in SOURCES]
    late = chance.choice((0.02, 0.15, 0.5))
    events = [
        figures.Event(
            month,
            chance.choice((1, 1, *teams)),
            chance.randrange(people),
            1,
            {
                "source": tuple(chance.choices(SOURCES, weights)),
                "group": tuple(sorted(chance.choice(SETS))),
                "kept": (figures.LATE if chance.random() < late else figures.KEPT,),
            },
        )
        for month in months
        for _number in range(chance.randrange(often + 1))
    ]
    return events, months, teams


def published(events, months, threshold):
    """Return what was told month by month, as a job of every night would do it."""
    told = []
    for closed in range(1, len(months) + 1):
        known = months[:closed]
        last = max(
            (one.last for one in told if one.dimension == figures.TOTAL),
            default=date.min,
        )
        seen = [event for event in events if event.month in known]
        fresh = [month for month in known if month > last]
        news = figures.publish(seen, fresh, threshold, RELATIONS, told).figures
        again = figures.publish(
            seen,
            [
                month
                for month in fresh
                if month
                > max(
                    (one.last for one in news if one.dimension == figures.TOTAL),
                    default=last,
                )
            ],
            threshold,
            RELATIONS,
            told + news,
        )
        assert not again.figures, "what was told is told once"
        told += news
    return told


class Attacker:
    """One who has read all that was published of one dimension, and the totals."""

    def __init__(self, told, months, teams, dimension, threshold):
        self.kinds = KINDS[dimension]
        self.columns = {
            key: number
            for number, key in enumerate(
                (month, team, kind)
                for month in months
                for team in teams
                for kind in self.kinds
            )
        }
        self.equal, self.most = [], []
        blocks = {}
        for one in told:
            if one.dimension in (figures.TOTAL, figures.TEAM, dimension):
                blocks.setdefault((one.dimension, one.first, one.last), []).append(one)
        for (name, _first, _last), rows in blocks.items():
            named = {one.category for one in rows} - {figures.OTHER}
            for one in rows:
                self.learn(one, name, named, threshold)
        solved = self.extreme(np.zeros(len(self.columns)))
        assert solved is not None, "what is published contradicts itself"

    def row(self, first, last, fits):
        row = np.zeros(len(self.columns))
        for (month, team, kind), number in self.columns.items():
            if first <= month <= last and fits(team, kind):
                row[number] = 1
        return row

    def learn(self, one, name, named, threshold):
        def fits(team, kind):
            if name == figures.TOTAL:
                return True
            if name == figures.TEAM:
                if one.category == figures.OTHER:
                    return str(team) not in named
                return str(team) == one.category
            if one.team not in (None, team):
                return False
            if one.category == figures.OTHER:
                return bool(kind - named) or not named
            return one.category in kind

        row = self.row(one.first, one.last, fits)
        if not one.at_least:
            self.equal.append((row, one.value))
            return
        # It is known that some did not, and fewer than the threshold.
        rest = self.row(one.first, one.last, lambda _team, _kind: True) - row
        self.most.append((-row, -one.value))
        self.most += [(rest, threshold - 1), (-rest, -1)]

    def extreme(self, row):
        arguments = {}
        if self.equal:
            left, right = zip(*self.equal, strict=True)
            arguments |= {"A_eq": np.array(left), "b_eq": right}
        if self.most:
            left, right = zip(*self.most, strict=True)
            arguments |= {"A_ub": np.array(left), "b_ub": right}
        solved = linprog(row, bounds=(0, None), method="highs", **arguments)
        if solved.status == 3:
            return -np.inf
        return solved.fun if solved.status == 0 else None

    def range(self, row):
        """Return the least and the most that the sum of some cells can be."""
        return self.extreme(row), -self.extreme(-row)


def runs(months):
    """Every month, and every two neighbours, and all from the first."""
    yield from ((month, month) for month in months)
    yield from pairwise(months)
    yield from ((months[0], month) for month in months[2:])


def small_cells(events, months, teams, dimension, threshold):
    """Return what is of few persons: its months, team and category, None for all."""
    found = []
    for first, last in runs(months):
        for team in (None, *teams):
            for kind in (None, *KINDS[dimension]):
                inside = [
                    event
                    for event in events
                    if first <= event.month <= last
                    and team in (None, event.team)
                    and kind in (None, frozenset(event.keys[dimension]))
                ]
                if not figures.is_told(inside, threshold):
                    found.append((first, last, team, kind))
    return found


@pytest.mark.parametrize("seed", range(TOWNS))
def test_what_is_small_is_not_found(seed):
    events, months, teams = town(seed)
    threshold = (3, 5)[seed % 2]
    told = published(events, months, threshold)
    assert all(one.value == 0 or one.value >= threshold for one in told)
    for dimension in KINDS:
        attacker = Attacker(told, months, teams, dimension, threshold)
        cells = small_cells(events, months, teams, dimension, threshold)
        random.Random(seed).shuffle(cells)
        for first, last, team, kind in cells[:CELLS]:

            def fits(one, what, team=team, kind=kind):
                return team in (None, one) and kind in (None, what)

            least, most = attacker.range(attacker.row(first, last, fits))
            assert most - least > 1 - 1e-6, (
                f"{dimension} {first} {last} {team} {kind}: {least} to {most}"
            )


def test_the_attacker_is_good():
    """It finds what a publisher gives away who leaves out only what is small itself."""
    month, later = figures.months_between(date(2026, 1, 1), date(2026, 2, 1))
    told = [
        figures.Figure(figures.TOTAL, month, later, "", None, 12),
        figures.Figure(figures.TEAM, month, later, "1", None, 12),
        figures.Figure("source", month, later, "police", None, 7),
        figures.Figure("source", month, later, "citizen", None, 3),
        figures.Figure("source", month, later, "relative", None, 0),
    ]
    attacker = Attacker(told, [month, later], (1,), "source", 5)
    row = attacker.row(month, later, lambda _team, kind: kind == {"doctor"})
    assert attacker.range(row) == (2, 2)
