import os
from datetime import date, timedelta
from pathlib import Path

from odoo.tests import TransactionCase, freeze_time, tagged

from .simulation import Simulation

SEED = 20260916


def span(first, days):
    return [first + timedelta(days=number) for number in range(days)]


# The end of summer time, and Christmas; the server is down in between.
SHORT = {
    "first": date(2026, 10, 19),
    "last": date(2027, 1, 3),
    "courses": 15,
    "pace": 3,
    "down": span(date(2026, 11, 12), 30),
    "idle": [date(2026, 10, 25), date(2026, 12, 26)],
}
# Both changes of the clock, Easter, Christmas, and a leap in the calendar year.
YEAR = {
    "first": date(2026, 8, 3),
    "last": date(2027, 8, 2),
    "courses": 60,
    "down": [*span(date(2026, 11, 16), 7), date(2027, 2, 9), date(2027, 3, 28)],
    "idle": [date(2026, 10, 25), date(2026, 12, 26), *span(date(2027, 5, 10), 3)],
}


@tagged("post_install", "-at_install", "sekp_outreach", "simulation")
class TestSimulation(TransactionCase):
    """At no midnight is anybody forgotten; `make simulate` lives the whole year."""

    def test_nobody_is_forgotten(self):
        seed = int(os.environ.get("SEKP_SIMULATE") or SEED)
        given = YEAR if os.environ.get("SEKP_SIMULATE") else SHORT
        with freeze_time("2026-01-01") as clock:
            simulation = Simulation(self, clock, seed, **given)
            simulation.run()
            figures = simulation.figures()
            target = os.environ.get("SEKP_SIMULATE_FILE")
            if target:
                Path(target).write_text(simulation.page(), encoding="utf-8")
        self.assertEqual(simulation.found, [])
        self.assertEqual(simulation.refused, [])
        self.assertEqual(simulation.longest_ownerless, 0)
        self.assertGreaterEqual(figures["Courses"], given["courses"] * 0.8)
        for what in ("Contacts", "Attempts", "Handovers", "Absences", "Grants"):
            self.assertTrue(figures[what], what)
