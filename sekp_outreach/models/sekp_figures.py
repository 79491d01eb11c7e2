from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date, groupby

from ..tools import charts
from ..tools.indicators import (
    INDICATORS,
    NATIONAL_BRIDGED,
    NOT_COUNTED,
    add,
    count,
    percent,
    share,
    trend,
)
from .sekp_standard_goal import MEASURED_BY

# A figure is told of so many of the latest months, a trend of so many blocks.
MONTHS = 12
POINTS = 12
CLOCK = "_kept"


class SekpFigures(models.AbstractModel):
    """Puts the kept figures into words and pictures, for pages and prints.

    All of it is read from ``sekp.statistic`` as the user who asks: where too few
    persons stand behind a number, there is none to be shown.
    """

    _name = "sekp.figures"
    _description = "Figures in Words and Pictures"

    # --- reading ----------------------------------------------------------------------
    @api.model
    def _rows(self, company, measures, dimension, first=None, last=None):
        """Return the rows of one breakdown whose blocks end in a period.

        So each block is told of one period, and two periods never tell the same.

        :param measures: names of measures
        :param date first: first day of the period, or None for all
        """
        domain = Domain(
            [
                ("company_id", "=", company.id),
                ("measure", "in", list(measures)),
                ("dimension", "=", dimension),
            ]
        )
        if first:
            domain &= Domain("date_to", ">=", first)
        if last:
            domain &= Domain("date_to", "<=", last)
        return self.env["sekp.statistic"].search(domain, order="date_from, date_to, id")

    @api.model
    def _blocks(self, asked, company, first=None, last=None):
        """Return what each block tells of a figure, in order.

        :param asked: of ``tools/indicators.py``
        :return: pairs of a block's first and last day, and a share or a number
        """
        part = self._key(asked)
        rows = self._rows(company, asked.measures, asked.dimension, first, last)
        blocks = []
        for days, block in groupby(rows, lambda row: (row.date_from, row.date_to)):
            cells, at_least, measures = {}, False, set()
            for row in block:
                measures.add(row.measure)
                key = row.category_key or ""
                cells[key] = cells.get(key, 0) + row.value
                at_least |= row.at_least
            beside = 0
            if at_least:
                # The threshold may have been another when it was told.
                whole = self._rows(company, asked.measures, "total", *days)
                whole = whole.filtered(lambda row, day=days[0]: row.date_from >= day)
                beside = sum(whole.mapped("value")) - sum(cells.values())
            told = share(cells, part, beside) if asked.shares else count(cells, part)
            # Several measures are added where their blocks are the same.
            if told is not None and len(measures) == len(asked.measures):
                blocks.append((days, told))
        return blocks

    @api.model
    def _key(self, asked):
        """Return the key of the category asked for: of a catalogue, a number."""
        if asked.dimension != "support_function":
            return asked.part
        entry = self.env["sekp.support.function"].search(
            [("code", "=", asked.part), ("company_id", "=", False)], limit=1
        )
        return str(entry.id)

    @api.model
    def _months(self, days):
        first, last = days
        return (last.year - first.year) * 12 + last.month - first.month + 1

    @api.model
    def _latest(self, blocks):
        """Return the last blocks that make up a year, or all there are."""
        months, found = 0, []
        for block in reversed(blocks):
            if months >= MONTHS:
                break
            months += self._months(block[0])
            found.insert(0, block)
        return found

    # --- words ------------------------------------------------------------------------
    @api.model
    def _span(self, first, last):
        """Return two days as months, such as ``Jan – Mar 2026``."""

        def month(day, pattern):
            return format_date(self.env, day, date_format=pattern)

        if (first.year, first.month) == (last.year, last.month):
            return month(last, "MMM y")
        start = "MMM" if first.year == last.year else "MMM y"
        return f"{month(first, start)} – {month(last, 'MMM y')}"

    @api.model
    def _number(self, value):
        """Return a whole number as people write it."""
        return self._format_number("%d", value)

    @api.model
    def _format_number(self, pattern, value):
        lang = self.env["res.lang"]._lang_get(self.env.lang or "en_US")
        return lang.format(pattern, value, grouping=True)

    @api.model
    def _percent(self, value):
        return self.env._("%(number)s %%", number=value)

    @api.model
    def _label(self, key):
        labels = self.env["sekp.standard.goal"]._fields["indicator"]
        return dict(labels._description_selection(self.env))[key]

    # --- one figure -------------------------------------------------------------------
    @api.model
    def _figure(self, company, key, target=0, first=None, last=None):
        """Return one figure with its trend, as a dict for a page.

        Without a period it is told of the latest twelve months that are counted.

        :param str key: of ``tools/indicators.py``, or ``none``
        :param int target: percent, 0 for none
        """
        figure = {
            "key": key,
            "label": self._label(key),
            "sentence": "",
            "promise": "",
            "value": "",
            "said": "",
            "points": [],
            "trend": "",
            "chart": None,
            "target": target and self._percent(target),
            "national": self._percent(NATIONAL_BRIDGED) if key == "bridged" else "",
        }
        if key == NOT_COUNTED:
            return {**figure, "said": self.env._("Not counted by this system.")}
        asked = INDICATORS[key]
        blocks = self._blocks(asked, company, first, last)
        if not blocks:
            return {**figure, "said": self.env._("Too few to show yet.")}
        told = blocks if first else self._latest(blocks)
        span = self._span(told[0][0][0], told[-1][0][1])
        if asked.shares:
            whole = add([found for _days, found in told])
            figure["value"] = self._share(whole)
            figure["said"] = self.env._(
                "%(part)s of %(whole)s, %(period)s",
                part=self._between(whole.low, whole.high, whole.total, self._number),
                whole=self._number(whole.total),
                period=span,
            )
        else:
            figure["value"] = self._number(sum(found for _days, found in told))
            figure["said"] = span
        return {**figure, **self._went(asked, blocks[-POINTS:], target)}

    @api.model
    def _share(self, share):
        """Return a share in percent, with *at least* where more is not told."""
        return self._between(
            percent(share.low, share.total),
            percent(share.high, share.total),
            100,
            self._percent,
        )

    @api.model
    def _between(self, low, high, top, write):
        """Return a number that lies between two, in words; ``top`` is the highest."""
        if low == high:
            return write(low)
        if high == top:
            return self.env._("at least %(number)s", number=write(low))
        if not low:
            return self.env._("at most %(number)s", number=write(high))
        return f"{self._number(low)}–{write(high)}"

    @api.model
    def _went(self, asked, blocks, target):
        """Return how a figure went from block to block: words, picture and trend."""
        if asked.shares:
            values = [
                percent(found.low + found.high, 2 * found.total)
                for _days, found in blocks
            ]
            words = [self._share(found) for _days, found in blocks]
        else:
            # Blocks are of different length: what is compared is a month.
            values = [found / self._months(days) for days, found in blocks]
            words = [self._a_month(value) for value in values]
        national = NATIONAL_BRIDGED if asked.part == "bridged" else 0
        levels = [level for level in (target, national) if level]
        ways = {
            "up": self.env._("rising"),
            "down": self.env._("falling"),
            "same": self.env._("unchanged"),
        }
        way = trend(values, relative=not asked.shares)
        return {
            "points": [
                {"period": self._span(*days), "value": word}
                for (days, _found), word in zip(blocks, words, strict=True)
            ],
            "trend": ways.get(way, ""),
            "arrow": {"up": "↗", "down": "↘", "same": "→"}.get(way, ""),
            "chart": charts.line(values, levels, top=100 if asked.shares else None),
        }

    @api.model
    def _a_month(self, value):
        # A tenth tells something of a few, and nothing of many.
        few = value < 10 and round(value, 1) % 1
        number = self._format_number("%.1f" if few else "%.0f", value)
        return self.env._("%(number)s a month", number=number)

    # --- quality goals ----------------------------------------------------------------
    @api.model
    def _goals(self, standard, company, first=None, last=None):
        """Return the goals of a standard with their figures, and what else is counted.

        :return: dict of two lists, ``goals`` and ``others``
        """
        promises = {
            f"{clock.kind}{CLOCK}": clock._promise() for clock in standard.deadline_ids
        }
        goals = [
            {
                **self._figure(company, goal.indicator, goal.target, first, last),
                "sentence": goal.sentence,
                "promise": promises.get(goal.indicator, ""),
            }
            for goal in standard.goal_ids
        ]
        named = {goal["key"] for goal in goals}
        others = [
            {
                **self._figure(company, key, 0, first, last),
                "promise": promises.get(key, ""),
            }
            for key, _label in MEASURED_BY
            if key not in named and self._concerns(standard, key)
        ]
        return {"goals": goals, "others": others}

    @api.model
    def _concerns(self, standard, key):
        """Tell whether a figure says something where this standard is in force."""
        if key in ("outreach", "action_plan", NOT_COUNTED):
            return False
        if key == "rhythm_kept":
            return True
        if key == "reviews_kept":
            return standard.review_rule != "none"
        clocks = {
            f"{clock.kind}{CLOCK}"
            for clock in standard.deadline_ids
            if clock.timing != "worded"
        }
        every = {f"{kind}{CLOCK}" for kind in self._clock_kinds()}
        return key not in every or key in clocks

    @api.model
    def _clock_kinds(self):
        return [kind for kind, _label in self._clock_labels()]

    @api.model
    def _clock_labels(self):
        field = self.env["sekp.standard.deadline"]._fields["kind"]
        return field._description_selection(self.env)

    # --- tables of a report -----------------------------------------------------------
    @api.model
    def _breakdown(self, company, measures, dimension, first, last, title):
        """Return a table of one breakdown, a column for each measure.

        :param dict measures: labels by measure, in the order of the columns
        """
        rows = self._rows(company, measures, dimension, first, last)
        labels, values = {}, {}
        for row in rows:
            key = (row.several, row.category_key or "")
            labels[key] = row.category or self.env._("In all")
            cells = values.setdefault(key, dict.fromkeys(measures))
            cells[row.measure] = (cells[row.measure] or 0) + row.value
        order = sorted(
            values, key=lambda key: (-sum(filter(None, values[key].values())), key)
        )
        return {
            "title": title,
            "columns": list(measures.values()),
            "rows": self._bars(
                [(labels[key], list(values[key].values())) for key in order]
            ),
            **self._counted(
                [
                    self._days_of(
                        rows.filtered(lambda row, one=one: row.measure == one)
                    )
                    for one in measures
                ],
                "column_periods",
            ),
        }

    @api.model
    def _days_of(self, rows):
        """Return the first and the last day of rows, or nothing for none."""
        return rows and (min(rows.mapped("date_from")), max(rows.mapped("date_to")))

    @api.model
    def _counted(self, parts, name):
        """Return which months a table counts: once, or of each part when they differ.

        :param parts: first and last days of columns or rows, empty for none
        :param str name: under which those of the parts are told
        """
        spans = [(days and self._span(*days)) or "" for days in parts]
        several = len(set(filter(None, spans))) > 1
        return {
            "period": "" if several else next(filter(None, spans), ""),
            name: spans if several else [],
        }

    @api.model
    def _counts_table(self, company, measures, first, last, title):
        """Return a table of the totals of some measures, a row for each.

        :param dict measures: labels by measure
        """
        found, days = [], []
        for measure, label in measures.items():
            rows = self._rows(company, (measure,), "total", first, last)
            if rows:
                found.append((label, [sum(rows.mapped("value"))]))
                days.append(self._days_of(rows))
        return {
            "title": title,
            "columns": [self.env._("How many")],
            "rows": self._bars(found),
            **self._counted(days, "row_periods"),
        }

    @api.model
    def _bars(self, rows):
        """Return rows of a table with the bars beside their numbers."""
        # What is not told is not nought.
        lengths = charts.bars([n or 0 for _label, values in rows for n in values])
        drawn = iter(lengths)
        return [
            {
                "label": label,
                "cells": ["–" if n is None else self._number(n) for n in values],
                "bars": [next(drawn) for _value in values],
            }
            for label, values in rows
        ]

    @api.model
    def _shares_table(self, company, lines, first, last, title, columns):
        """Return a table of figures that are kept or not, with their share in percent.

        :param lines: pairs of a label and a key of ``tools/indicators.py``
        :param columns: headings of what was kept and what was not
        """
        rows, days = [], []
        for label, key in lines:
            blocks = self._blocks(INDICATORS[key], company, first, last)
            if not blocks:
                continue
            whole = add([found for _days, found in blocks])
            low, high, total = whole
            days.append((blocks[0][0][0], blocks[-1][0][1]))
            rows.append(
                {
                    "label": label,
                    "cells": [
                        self._between(low, high, total, self._number),
                        self._between(total - high, total - low, total, self._number),
                        self._share(whole),
                    ],
                    "bars": charts.bars([percent(low + high, 2 * total)], top=100),
                }
            )
        return {
            "title": title,
            "columns": [*columns, self.env._("Share")],
            "rows": rows,
            **self._counted(days, "row_periods"),
            "of_hundred": True,
        }
