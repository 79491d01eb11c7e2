"""The figures of all sizes, as goals that pass or are short, and as tables."""

import math

from .build import SIZES
from .measure import FLOOR
from .operations import CRM, OURS, PROJECT

SMALL, LARGE = min(SIZES, key=SIZES.get), max(SIZES, key=SIZES.get)
GROWTH = 0.05
# SQL statements at most, and what is the nearest on the peers where it is named else.
BUDGET = {
    "own list": 8, "board": 15, "open": 25, "text search": 8, "look up": 2,
    "activity view": 10, "contact list": 6, "log a contact": 12, "team list": 8,
    "team activity view": 10,
}  # fmt: skip
# Why a goal is not reached, where that is known.
REASONS = {
    "look up: at most 2": "the third writes the access log.",
    "team list: at most 8": "Odoo counts what is beyond the first page of 80.",
    "activity view: at most 10": "seven are Odoo's own in its two requests; two ask "
    "which records may be opened, one writes the access log.",
    "team activity view: at most 10": "as in the activity view, and the count beyond "
    "the first page.",
    "open: at most half": "about half of it is Odoo's way of putting together the "
    "rules of sixteen kinds of parts, the rest what they show; fewer parts read at "
    "first would be the way.",
    "open: at most 25": "one more where a review is planned.",
    "log a contact: grows": "PostgreSQL reads the table of teams from end to end, "
    "which are 158 instead of 98.",
    "hand over: grows": "as for a contact, in each statement that asks the rules.",
    "allocate: grows": "the teams and users of the country, and activities of other "
    "records that bear the same number.",
    "systray: no table": "Odoo's own question for today's meetings.",
    "own list: at most 3 times": "an empty call asks one statement, a list eight.",
    "board: at most 3 times": "an empty call asks one statement, a board eight, and "
    "each card its activities.",
    "allocate: at most the time": "it makes a person, a course, a right, obligations, "
    "a review and their history, where crm changes one field.",
    "take a referral: at most the time": "its clocks, obligations and history are "
    "made with it.",
}
# What is counted with the country: figures of a municipality, the whole log.
OF_MANY = {"figures", "access log", "triage"}
FEW_CALLS, FLOORS = {"own list", "board"}, 3
NEAR_EMPTY_MS = 1.0


def exponent(small, large, times):
    """How something grows with the size: 0 not at all, 1 as fast as the size.

    Below a millisecond or a row there is nothing to tell from noise.
    """
    small, large = max(small, NEAR_EMPTY_MS), max(large, NEAR_EMPTY_MS)
    return math.log(large / small) / math.log(times)


class Found:
    """All figures, looked up by size, operation and whose it is."""

    def __init__(self, found):
        self.all = found
        self.by_key = {
            (size, one.name, one.whose): one
            for size, told in found.items()
            for one in told["figures"]
        }
        self.sizes = [size for size in SIZES if size in found]
        self.small, self.large = self.sizes[0], self.sizes[-1]
        self.names = [
            one.name
            for one in found[self.large]["figures"]
            if one.whose == OURS
        ]  # fmt: skip

    def get(self, name, whose=OURS, size=None):
        return self.by_key.get((size or self.large, name, whose))

    def floor(self, size=None):
        return self.get(FLOOR, "", size).median

    def growth(self, name, what):
        """The exponent of a value of an operation from the smallest to the largest."""
        times = SIZES[self.large] / SIZES[self.small]
        if times == 1:
            return 0.0
        ends = (self.get(name, size=size) for size in (self.small, self.large))
        return exponent(*(getattr(one, what) for one in ends), times)

    def ratio(self, name, peer):
        """Our time as a part of the peer's; nothing where it has no such operation."""
        other = self.get(name, peer)
        return self.get(name).median / other.median if other else None


def goals(found):
    """Every goal: its words, what was found, and whether it holds."""
    found = Found(found)
    for name in found.names:
        if name in OF_MANY:
            continue
        rows, clock = (found.growth(name, what) for what in ("rows", "median"))
        yield (
            f"{name}: grows with the country by an exponent of at most {GROWTH}",
            f"rows read {rows:.2f}, time {clock:.2f}",
            max(rows, clock) <= GROWTH,
        )
    for name in found.names:
        ratio = found.ratio(name, CRM)
        if ratio is not None:
            yield (
                f"{name}: at most the time of {CRM}",
                f"{ratio:.2f}",
                ratio <= 1,
            )
    # Against the faster of the two.
    ratio = max(found.ratio("open", peer) for peer in (CRM, PROJECT))
    yield "open: at most half the time of the best peer", f"{ratio:.2f}", ratio <= 0.5
    for name in sorted(FEW_CALLS):
        times = found.get(name).median / found.floor()
        yield (
            f"{name}: at most {FLOORS} times the empty call",
            f"{times:.1f}",
            times <= FLOORS,
        )
    for name, most in BUDGET.items():
        one = found.get(name)
        yield (
            f"{name}: at most {most} statements",
            f"{one.statements}",
            one.statements <= most,
        )
    one = found.get("log a contact")
    yield "log a contact: one round trip", f"{one.calls}", one.calls == 1
    for name in found.names:
        scans = found.get(name).scans
        yield (
            f"{name}: no table that grows is read from end to end",
            ", ".join(scans) or "none",
            not scans,
        )
    yield from _goals_at_large(found.all[found.large])


def _goals_at_large(told):
    if "night" in told:
        night, quiet = told["night"]["night"], told["night"]["quiet"]
        times = told["night"]["meanwhile"]["p95"] / quiet["p95"]
        yield (
            "a night of the country: within minutes, in bounded memory",
            f"{night['seconds']:.0f} s, {night['memory']:.0f} MB, "
            f"{night['failed']} failed",
            night["seconds"] <= 600 and night["memory"] <= 1024 and not night["failed"],
        )
        yield (
            "while it runs: the p95 of those at work at most doubled",
            f"{times:.2f} times",
            times <= 2,
        )
    if "crowd" in told:
        crowd = told["crowd"]
        yield (
            f"{crowd['people']} people on two workers: no error shown",
            f"{crowd['refused']} of {crowd['requests']} requests",
            not crowd["refused"],
        )
    if "front" in told:
        kilo = told["front"]["weight"]["js"] / 1024
        yield "own JavaScript: at most 40 kB compressed", f"{kilo:.1f} kB", kilo <= 40
        lists = told["front"]["first list"]
        yield (
            "first list on a slow phone: at most the time of crm",
            f"{lists[OURS] / lists[CRM]:.2f}",
            lists[OURS] <= lists[CRM],
        )


def short(found):
    """The goals that are not reached."""
    return [f"{words}: {told}" for words, told, holds in goals(found) if not holds]


def table(header, rows):
    """A table of Markdown, all but its first column numbers."""
    yield "| " + " | ".join(header) + " |"
    yield "|---|" + "---:|" * (len(header) - 1)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def page(found):
    """The whole report, as Markdown."""
    all_goals, told = list(goals(found)), Found(found)
    reached = sum(holds for _words, _found, holds in all_goals)
    largest = found[told.large]
    lines = [
        "# Speed at the size of a country",
        "",
        f"Made by `make bench`, which builds and measures databases of "
        f"{', '.join(told.sizes)} citizens (up to 5.16 million contacts, ten years, 98 "
        "municipalities, the access log on; a contact person always has 15 open "
        "courses), over HTTP with what the web client asks, recorded in a browser. "
        "`crm` and `project` hold as many leads and tasks in the same databases and "
        "are measured in the same run. Ratios, statements, rows and exponents are what "
        "counts; no time is a claim.",
        "",
        f"**{reached} of {len(all_goals)} goals are reached.** Those that are short "
        "stand first.",
        "",
        *table(
            ["goal", "found", ""],
            [
                [words, value, "passes" if holds else _why(words, told)]
                for words, value, holds in sorted(all_goals, key=lambda one: one[2])
            ],
        ),
        "",
        f"## Operations at {told.large}",
        "",
        "Times are in empty calls: the time of a request that does nothing, "
        "measured in the same run.",
        "",
        *table(
            ["operation", "calls", "statements", "SQL", "median", "p95", "rows read",
             "time of crm", "time of project", "growth: rows", "growth: time"],
            [_row(told, name) for name in told.names],
        ),
        "",
        "## The peers",
        "",
        *table(
            ["operation", "whose", "calls", "statements", "median", "rows read"],
            [
                [one.name, one.whose, str(one.calls), str(one.statements),
                 f"{one.median / told.floor():.1f}", str(one.rows)]
                for one in largest["figures"]
                if one.whose in (CRM, PROJECT)
            ],
        ),
    ]  # fmt: skip
    lines += _at_large(largest)
    return "\n".join(lines) + "\n"


def _why(words, told):
    """Say why a goal is short: as far as it is known, else what reads most."""
    for start, reason in REASONS.items():
        if words.startswith(start):
            return f"**short**: {reason}"
    one = told.get(words.partition(":")[0])
    if not one or not one.slowest:
        return "**short**"
    plan = one.slowest.replace("|", "\\|").replace("`", "'")[:160]
    return f"**short**; most is read by: `{plan}`"


def _row(told, name):
    one, floor = told.get(name), told.floor()
    ratios = (told.ratio(name, peer) for peer in (CRM, PROJECT))
    return [
        name, str(one.calls), str(one.statements), f"{one.sql / floor:.1f}",
        f"{one.median / floor:.1f}", f"{one.p95 / floor:.1f}", str(one.rows),
        *("" if ratio is None else f"{ratio:.2f}" for ratio in ratios),
        f"{told.growth(name, 'rows'):.2f}", f"{told.growth(name, 'median'):.2f}",
    ]  # fmt: skip


def _at_large(told):
    if "night" in told:
        night = told["night"]
        yield from ("", "## A night of the whole country", "")
        yield from table(
            ["", "seconds", "MB", "jobs that failed"],
            [
                [words, f"{one['seconds']:.0f}", f"{one['memory']:.0f}",
                 str(one["failed"])]
                for words, one in (
                    ("what ten years have left, once", night["backlog"]),
                    ("a night after it", night["night"]),
                )
            ],
        )  # fmt: skip
        yield ""
        yield (
            f"{night['meanwhile']['people']} contact persons worked meanwhile without "
            f"a pause: p95 {night['meanwhile']['p95'] / night['quiet']['p95']:.2f} "
            f"times that of a quiet server, {night['meanwhile']['refused']} errors."
        )
    if "crowd" in told:
        crowd = told["crowd"]
        yield from (
            "",
            "## Sixty people on two workers",
            "",
            f"{crowd['people']} contact persons of several municipalities ask without "
            "a pause, every fifth time to log a contact: "
            f"{crowd['requests']} requests, "
            f"{crowd['per_second']:.0f} a second, {crowd['refused']} errors shown, "
            f"{crowd['again']} tried anew by Odoo itself.",
        )
    if "front" in told:
        front = told["front"]
        lists = front["first list"]
        yield from (
            "",
            "## The front end",
            "",
            f"Compressed: JavaScript {front['weight']['js'] / 1024:.1f} kB, templates "
            f"{front['weight']['xml'] / 1024:.1f} kB, styles "
            f"{front['weight']['scss'] / 1024:.1f} kB. With a processor "
            f"{front['slower']} times slower and {front['width']} px, from the address "
            f"to the first card of one's own list: {lists[OURS] / lists[CRM]:.2f} of "
            "the time of crm's pipeline. The street note: "
            f"{front['street note']['open'] / lists[CRM]:.2f} of it until one's "
            "citizens are there, "
            f"{front['street note']['log'] / lists[CRM]:.2f} of it from the first tap "
            "of an attempt to the server's answer.",
        )
