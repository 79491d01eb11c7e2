"""`make simulate`: a year of five municipalities, night by night, into docs."""

from . import databases, odoo_source, places, postgres
from .say import Quit, line, step
from .server import Runtime, free_port
from .test import Tally, run_addon

TEST = "test_simulation.py"
SEED = "20260916"
DATABASE = "sekp_simulation"
TARGET = places.ROOT / "docs" / "follow-up.md"


def told(reader):
    """Say how far the simulation has come while its log is read."""
    while True:
        try:
            record = next(reader)
        except StopIteration as end:
            return end.value
        if record.logger.endswith(".simulation"):
            line(f"  {record.text}")
        yield record


def simulate(seed):
    """Live the year and write its figures; true when something was found."""
    databases.require_addon()
    if seed and not seed.isdecimal():
        raise Quit("A seed is a number: make simulate SEED=7.")
    odoo = odoo_source.find()
    page = places.make(places.LOGS) / "simulation.md"
    page.unlink(missing_ok=True)
    tally = Tally()
    with postgres.running() as server:
        runtime = Runtime(odoo, server)
        waiting = "another `make simulate` is running."
        with places.lock(places.STATE, "simulate", waiting):
            source = databases.ready(runtime, browsing=False)
            with step("Database"):
                databases.copy(runtime.postgres, source, DATABASE)
            reader = runtime.records(
                places.LOGS / "simulate.log",
                *("-d", DATABASE, "--stop-after-init"),
                *("--http-port", str(free_port()), "--max-cron-threads=0"),
                *("--test-tags", f"/{places.MODULE}/tests/{TEST}"),
                SEKP_SIMULATE=seed or SEED,
                SEKP_SIMULATE_FILE=str(page),
            )
            run_addon(tally, told(reader), quiet=True)
    if not page.exists():
        raise Quit(f"The year broke off: see {places.LOGS / 'simulate.log'}.")
    TARGET.write_text(page.read_text())
    line(f"Written: {TARGET.relative_to(places.ROOT)}")
    return bool(tally.failures)
