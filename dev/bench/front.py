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
NOTE, NOTED = "/odoo/street-note", "[data-sekp=undone]"
COURSE, NOT_THERE = "[data-sekp=course]", "[data-sekp=not_there]"
# The page is left, so that nothing waits to be undone; and nothing is unsent then.
LEAVE = "window.dispatchEvent(new Event('pagehide')), true"
SENT = "!document.querySelector('[data-sekp=unsent]')"
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
        told["street note"] = _street_note(page, bench.address)
    return told


def _street_note(page, address):
    """Seconds until one's citizens are there, and from the first tap to the answer."""
    opened, noted = [], []
    for _number in range(TIMES):
        begun = time.monotonic()
        page.open(address + NOTE)
        page.until(f"!!document.querySelector({COURSE!r})")
        opened.append(time.monotonic() - begun)
        begun = time.monotonic()
        for selector in (COURSE, NOT_THERE):
            page.until(f"!!document.querySelector({selector!r})")
            page.click(selector)
        page.until(f"!!document.querySelector({NOTED!r})")
        page.run(LEAVE)
        page.until(SENT)
        noted.append(time.monotonic() - begun)
    return {"open": sorted(opened)[TIMES // 2], "log": sorted(noted)[TIMES // 2]}
