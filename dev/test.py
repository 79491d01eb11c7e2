"""`make test`: doctests, Odoo's own runner with tours, and the tests from outside."""

import json
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from . import browser, databases, odoo_source, places, postgres
from .log import records
from .say import Quit, line, step
from .selection import select
from .server import Runtime, free_port

DATABASE = "sekp_test"
RESULT = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
STARTING = re.compile(r"Starting (?P<klass>[\w.]+)\.(?P<method>\w+) \.\.\.$")
FAILED = re.compile(r"(?P<kind>FAIL|ERROR): (?P<test>\S+( \(.*\))?)")


@dataclass
class Tally:
    """What passed, and what failed with its reason."""

    passed: int = 0
    failures: list = field(default_factory=list)

    def fail(self, text):
        """Show a failure fully and count it."""
        line(f"\nFAILED {text}\n")
        self.failures.append(text.splitlines()[0])


def test(name):
    """Run everything, or the part that a name means; true when anything failed."""
    chosen = select(name)
    tally = Tally()
    try:
        if chosen.doctests is None or chosen.doctests:
            helpers(tally, chosen.doctests or ())
        if chosen.tags != () or chosen.outside != ():
            with_odoo(tally, chosen)
    except Quit as error:
        tally.fail(str(error))
    for number, text in enumerate(tally.failures, 1):
        line(f"{number}. {text}")
    line(f"{tally.passed} passed, {len(tally.failures)} failed")
    return bool(tally.failures)


def with_odoo(tally, chosen):
    """The parts that need Odoo, a database and a browser."""
    databases.require_addon()
    browser.ensure()
    odoo = odoo_source.find()
    with postgres.running() as server:
        runtime = Runtime(odoo, server)
        with places.lock(places.STATE, "test", "another `make test` is running."):
            if chosen.tags != ():
                addon(tally, runtime, chosen)
            if chosen.outside != ():
                outside(tally, runtime, chosen.outside)


def helpers(tally, names):
    """The doctests of sekp_outreach/tools, in a process that has no Odoo."""
    line("Doctests of the helpers")
    script = places.ROOT / "dev" / "doctests.py"
    done = subprocess.run(
        [sys.executable, str(script), str(places.ADDON), *names],
        capture_output=True,
        text=True,
    )
    results = [json.loads(row) for row in done.stdout.splitlines()]
    for result in results:
        if result["failed"]:
            tally.fail(f"{result['name']}\n{result['text']}")
        else:
            tally.passed += 1
    if done.returncode:
        tally.fail(f"the helpers could not be imported alone\n{done.stderr}")
    elif not results:
        tally.fail("no doctest ran")
    else:
        line(f"  {len(results)} docstrings")


class Progress:
    """One line for each test class, with its time."""

    def __init__(self, quiet):
        self.klass, self.count, self.begun, self.quiet = None, 0, 0.0, quiet

    def test(self, klass):
        """A test of this class begins."""
        if klass != self.klass:
            self.end()
            self.klass, self.count, self.begun = klass, 0, time.monotonic()
        self.count += 1

    def end(self):
        """The class is done."""
        if self.klass and not self.quiet:
            spent = time.monotonic() - self.begun
            line(f"  {self.klass}: {self.count} ({spent:.1f} s)")
        self.klass = None


def addon(tally, runtime, chosen):
    """Odoo's own runner on a copy of the database with the addon installed."""
    line("Tests of the addon")
    source = databases.ready(runtime, chosen.browsing)
    for path in databases.logs(source):
        with path.open() as file:
            judge(tally, records(file), "installing the addon")
    with step("Test database"):
        databases.copy(runtime.postgres, source, DATABASE)
    reader = runtime.records(
        places.LOGS / "test.log",
        *("-d", DATABASE, "--db-filter", f"^{DATABASE}$"),
        *("--test-tags", ",".join(chosen.tags or (f"/{places.MODULE}",))),
        *("--http-port", str(free_port()), "--stop-after-init"),
        "--max-cron-threads=0",
    )
    ran, failed, code, result = run_addon(tally, reader)
    tally.passed += len(ran - failed)
    if not ran:
        tally.fail("no test of the addon ran")
    if not result:
        tally.fail(f"Odoo ended without a result (exit code {code})")
    elif code and not failed and not tally.failures:
        tally.fail(f"Odoo ended with exit code {code}")


def run_addon(tally, reader, quiet=False):
    """Follow the log: the tests that ran, those that failed, code and result."""
    ran, failed, result, progress = set(), set(), None, Progress(quiet)
    while True:
        try:
            record = next(reader)
        except StopIteration as end:
            progress.end()
            return ran, failed, end.value, result
        if found := STARTING.match(record.text):
            if f".{places.MODULE}.tests." in f"{record.logger}.":
                progress.test(found["klass"])
                ran.add(f"{found['klass']}.{found['method']}")
        elif found := RESULT.search(record.text):
            # Its ERROR only repeats failures that have a record of their own.
            result = found
        elif record.text.startswith("skipped "):
            failed.add(record.text.split()[1])
            tally.fail(f"{record.logger}: {record.text}")
        elif record.bad:
            found = FAILED.match(record.text)
            if found:
                name = found["test"]
                if name.startswith("Subtest"):
                    name = record.text.split()[2]
                failed.add(name)
            tally.fail(str(record))


def judge(tally, found, doing):
    """Every warning and error of a log is a failure."""
    for record in found:
        if record.bad:
            tally.fail(f"{doing}: {record}")


def outside(tally, runtime, files):
    """The tests from outside, in pytest with the runtime in its environment."""
    line("Tests from outside")
    report = places.LOGS / "outside.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, f"--junitxml={report}", *(files or (str(places.OUTSIDE),))],
        cwd=places.ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    if not report.exists():
        tally.fail(f"pytest ended with exit code {done.returncode} and no report")
        return
    ran = 0
    for case in ET.parse(report).getroot().iter("testcase"):
        ran += 1
        name = f"{case.get('classname')}.{case.get('name')}"
        bad = [item for item in case if item.tag in ("failure", "error", "skipped")]
        if bad:
            reason = (bad[0].get("message") or "").split("\n")[0]
            tally.failures.append(f"{name}: {bad[0].tag} {reason}")
        else:
            tally.passed += 1
    if not ran:
        tally.fail("no test from outside ran")
    elif done.returncode and not tally.failures:
        tally.fail(f"pytest ended with exit code {done.returncode}")
