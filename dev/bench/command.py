"""`make bench`: databases of several sizes, measured, and told in docs."""

import json
from dataclasses import asdict

from .. import databases, odoo_source, places, postgres
from ..say import Quit, line
from ..server import Runtime
from . import build, crowd, front, night, replica, report, scaling
from .measure import Bench, Figure

TARGET = places.ROOT / "docs" / "performance.md"
SCALING = places.ROOT / "docs" / "scaling.md"


def bench(sizes):
    """Measure the databases of some sizes; the whole report only from all of them.

    :param str sizes: such as ``1k 60k``; all when empty
    :raises Quit: for a size that there is not
    """
    databases.require_addon()
    chosen = sizes.split() or list(build.SIZES)
    if unknown := set(chosen) - set(build.SIZES):
        raise Quit(
            f"No such size: {' '.join(sorted(unknown))}. There are "
            f"{' '.join(build.SIZES)}: make bench SIZES='1k 60k'."
        )
    odoo = odoo_source.find()
    with (
        postgres.running() as server,
        places.lock(places.STATE, "bench", "another `make bench` is running."),
    ):
        runtime, recorded = Runtime(odoo, server), None
        for size in chosen:
            line(f"Size {size}")
            database = build.country(runtime, size)
            figures, recorded = Bench(runtime, database).everything(recorded)
            told = {"figures": [asdict(one) for one in figures]}
            if size == max(build.SIZES, key=build.SIZES.get):
                told["night"] = night.measure(runtime, database, recorded)
                told["crowd"] = crowd.measure(runtime, database, recorded)
                told["front"] = front.measure(runtime, database)
                told["scaling"] = scaling.measure(runtime, database, recorded)
            if size == min(build.SIZES, key=build.SIZES.get):
                told["replica"] = replica.measure(runtime, database, recorded)
            # Whole, or what is missing would be missing in the report as well.
            kept(size).write_text(json.dumps(told, indent=1))
    found = {
        size: _read(json.loads(kept(size).read_text()))
        for size in build.SIZES
        if kept(size).exists()
    }
    short = report.short(found)
    for goal in short:
        line(f"  short: {goal}")
    if len(found) < len(build.SIZES):
        line("The report is written once every size was measured.")
    else:
        TARGET.write_text(report.page(found))
        SCALING.write_text(
            scaling.page(
                report.LARGE, found[report.LARGE], found[report.SMALL]["replica"]
            )
        )
        for file in (TARGET, SCALING):
            line(f"Written: {file.relative_to(places.ROOT)}")


def kept(size):
    """The file in which the figures of a size are kept until the next time."""
    return places.make(places.LOGS) / f"bench.{size}.json"


def _read(told):
    return told | {"figures": [Figure(**one) for one in told["figures"]]}
