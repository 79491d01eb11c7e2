"""The front end: how much the addon weighs, and how long a slow phone waits."""

import gzip
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from .. import chromium, places
from ..say import step
from .client import PASSWORD
from .measure import Bench
from .operations import CRM, MINE, OURS, PIPELINE, WORKER

SLOWER, PHONE = 4, 390
TIMES = 5
SOURCES = places.ADDON / "static" / "src"
LISTS = {OURS: MINE, CRM: PIPELINE}
CARDS = ".o_kanban_view .o_kanban_record, .o_list_view .o_data_row"


def weight():
    """Bytes of the addon's own assets, compressed, by their kind."""
    found = {}
    for kind in ("js", "xml", "scss"):
        files = sorted(SOURCES.rglob(f"*.{kind}"))
        text = b"\n".join(file.read_bytes() for file in files)
        found[kind] = len(gzip.compress(text)) if files else 0
    return found


def measure(runtime, database):
    """Weight, and seconds on a phone whose processor is four times slower."""
    bench = Bench(runtime, database)
    told = {"weight": weight(), "slower": SLOWER, "width": PHONE, "first list": {}}
    with (
        step("A slow phone"),
        bench.serving("front"),
        TemporaryDirectory() as folder,
        chromium.running(Path(folder)) as chrome,
        closing(chromium.Page(chrome, PHONE)) as page,
    ):
        start = f"{bench.address}/web/login?redirect=/odoo/action-{MINE}"
        page.log_in(start, WORKER, PASSWORD)
        page.call("Emulation.setCPUThrottlingRate", rate=SLOWER)
        for whose, action in LISTS.items():
            seconds = []
            for _number in range(TIMES):
                begun = time.monotonic()
                page.open(f"{bench.address}/odoo/action-{action}")
                page.until(f"!!document.querySelector({CARDS!r})")
                seconds.append(time.monotonic() - begun)
            told["first list"][whose] = sorted(seconds)[TIMES // 2]
    return told
