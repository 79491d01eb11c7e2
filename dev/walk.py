"""`make walk STANDARD=greve`: one referral's way under one standard, as it is told."""

from . import databases, odoo_source, places, postgres
from .say import Quit, line, step
from .server import Runtime, free_port
from .test import Tally, run_addon

TEST = "test_five_walks.py"
PRESETS = places.ADDON / "data" / "presets"


def walk(standard):
    """Run the walk's test and print the transcript it writes."""
    databases.require_addon()
    if not standard:
        raise Quit("Name a standard: make walk STANDARD=greve.")
    if not (places.ADDON / "tests" / TEST).exists():
        raise Quit(f"There is no {places.MODULE}/tests/{TEST} yet.")
    odoo = odoo_source.find()
    tally = Tally()
    transcript = places.make(places.LOGS) / "walk.txt"
    transcript.unlink(missing_ok=True)
    with postgres.running() as server:
        runtime = Runtime(odoo, server)
        with places.lock(places.STATE, "walk", "another `make walk` is running."):
            source = databases.ready(runtime, browsing=False)
            with step(f"Walking under the standard of {standard}"):
                databases.copy(runtime.postgres, source, "sekp_walk")
                reader = runtime.records(
                    places.LOGS / "walk.log",
                    *("-d", "sekp_walk", "--stop-after-init"),
                    *("--http-port", str(free_port()), "--max-cron-threads=0"),
                    *("--test-tags", f"/{places.MODULE}/tests/{TEST}"),
                    SEKP_WALK=standard,
                    SEKP_WALK_FILE=str(transcript),
                )
                run_addon(tally, reader, quiet=True)
    if transcript.exists():
        line()
        line(transcript.read_text().rstrip())
    elif not tally.failures:
        raise Quit(
            f"There was no walk for the standard {standard}: see the presets in "
            f"{PRESETS.relative_to(places.ROOT)}."
        )
    return bool(tally.failures)
