"""`make test`: doctests, Odoo's own runner with tours, and the tests from outside."""

import json
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from contextlib import ExitStack
from dataclasses import dataclass, field

from . import axe, browser, databases, odoo_source, places, postgres
from .log import records
from .processes import Child
from .say import Quit, line, step
from .selection import addon_files, classes, select
from .server import Runtime, free_port

DATABASE = "sekp_test"
AT_ONCE = 4
# Seconds of what takes longest; of the others when nothing is known.
LIGHT = 3
HEAVY = {
    "TestCanaries": 130,
    "TestAccessMatrixFromOutside": 75,
    "TestEntitlementProperty": 90,
    "TestInert": 75,
    "TestSimulation": 70,
    "TestTours": 54,
    "TestRuleMutations": 28,
    "TestComplaintCanaries": 45,
    "TestBadInput": 45,
    "TestPublicMethods": 50,
    "TestAccessMatrix": 21,
    "TestCalendarTours": 40,
    "TestIdentityTour": 17,
    "TestLeaving": 16,
    "TestMorning": 16,
    "TestPublicDialogue": 14,
    "TestJobs": 13,
    "TestDocumentTour": 13,
    "TestPublicPage": 12,
    "TestAccessRequest": 11,
    "TestActivities": 10,
    "TestRetentionRules": 10,
    "TestGrant": 9,
    "TestFiveWalks": 9,
    "TestProfessionalDoors": 8,
    "TestMail": 8,
    "TestMailHeld": 7,
    "TestOverview": 7,
    "TestIdentityProperty": 7,
    "TestDisclosure": 6,
    "TestErasure": 6,
    "TestHandover": 6,
}
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
    if chosen.outside != ():
        axe.ensure()
    odoo = odoo_source.find()
    with postgres.running() as server:
        runtime = Runtime(odoo, server)
        with (
            places.lock(places.STATE, "test", "another `make test` is running."),
            ExitStack() as stack,
        ):
            outside = None
            if chosen.outside != ():
                outside = Outside(stack, chosen.outside, alone=chosen.tags == ())
            if chosen.tags != ():
                addon(tally, runtime, chosen, outside)
            if outside:
                outside.settle(tally)


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


class Run:
    """What one Odoo told of its tests: those that ran, those that failed, its end."""

    def __init__(self, tally, quiet=False):
        self.tally, self.quiet = tally, quiet
        self.ran, self.failed, self.classes = set(), set(), set()
        self.klass, self.count, self.begun = None, 0, 0.0
        self.code = self.result = None

    def take(self, record):
        """Go by one record of its log."""
        if found := STARTING.match(record.text):
            if f".{places.MODULE}.tests." in f"{record.logger}.":
                self.begin(found["klass"])
                self.ran.add(f"{found['klass']}.{found['method']}")
        elif found := RESULT.search(record.text):
            # Its ERROR only repeats failures that have a record of their own.
            self.result = found
        elif record.text.startswith("skipped "):
            self.failed.add(record.text.split()[1])
            self.tally.fail(f"{record.logger}: {record.text}")
        elif record.bad:
            if found := FAILED.match(record.text):
                name = found["test"]
                if name.startswith("Subtest"):
                    name = record.text.split()[2]
                self.failed.add(name)
            self.tally.fail(str(record))

    def begin(self, klass):
        """A test of this class begins: one line for each class, with its time."""
        if klass != self.klass:
            self.pause()
            self.klass, self.count, self.begun = klass, 0, time.monotonic()
            self.classes.add(klass)
        self.count += 1

    def pause(self):
        """The class is done."""
        if self.klass and not self.quiet:
            spent = time.monotonic() - self.begun
            line(f"  {self.klass}: {self.count} ({spent:.1f} s)")
        self.klass = None

    def end(self, code):
        """Odoo has ended."""
        self.pause()
        self.code = code

    def settle(self):
        """Count what passed, and an end that is none."""
        self.tally.passed += len(self.ran - self.failed)
        if not self.ran:
            self.tally.fail("no test of the addon ran")
        if not self.result:
            self.tally.fail(f"Odoo ended without a result (exit code {self.code})")
        elif self.code and not self.failed and not self.tally.failures:
            self.tally.fail(f"Odoo ended with exit code {self.code}")


def addon(tally, runtime, chosen, outside=None):
    """Odoo's own runner on copies of the database with the addon installed.

    Everything in as many parts at once as there are processors, up to four; what was
    chosen in one. The tests from outside, if there are any, begin at the same time:
    they wait for browsers half of theirs.
    """
    line("Tests of the addon")
    source = databases.ready(runtime, chosen.browsing)
    for path in databases.logs(source):
        with path.open() as file:
            judge(tally, records(file), "installing the addon")
    everything = chosen.tags is None
    parts = shares(min(os.cpu_count() or 1, AT_ONCE)) if everything else [chosen.tags]
    names = [f"{DATABASE}_{number}" for number, _tags in enumerate(parts, 1)]
    with step("Test databases"):
        for name in names:
            databases.copy(runtime.postgres, source, name)
            databases.give_uuid(runtime.postgres, name)
    if outside:
        outside.begin()
    runs = [Run(tally) for _name in names]
    for number, news in runtime.records_of_all(
        [
            (
                places.LOGS / f"{name}.log",
                *("-d", name),
                *("--test-tags", ",".join(tags)),
                *("--http-port", str(free_port()), "--stop-after-init"),
                "--max-cron-threads=0",
            )
            for name, tags in zip(names, parts, strict=True)
        ]
    ):
        if isinstance(news, int):
            runs[number].end(news)
        else:
            runs[number].take(news)
    for run in runs:
        run.settle()
    if everything:
        ran = [klass for run in runs for klass in run.classes]
        missing = set(addon_classes()) - set(ran)
        for klass in sorted(missing):
            tally.fail(f"{klass}: no test of it ran")
        for klass in sorted(klass for klass in set(ran) if ran.count(klass) > 1):
            tally.fail(f"{klass}: ran more than once")


def addon_classes():
    """The test classes of the addon that have tests of their own."""
    return [
        klass
        for path in addon_files().values()
        for klass, methods in classes(path).items()
        if methods
    ]


def shares(number):
    """The addon's test classes in parts that take about as long, as Odoo's tags.

    What inherits all its tests is in none of the lists: the first part takes
    everything but what the others take.
    """
    parts = [[0, []] for _part in range(number)]
    for klass in sorted(addon_classes(), key=lambda name: -HEAVY.get(name, LIGHT)):
        part = min(parts, key=lambda part: part[0])
        part[0] += HEAVY.get(klass, LIGHT)
        part[1].append(klass)
    tags = [[f"/{places.MODULE}:{klass}" for klass in part[1]] for part in parts]
    others = [f"-{tag}" for part in tags[1:] for tag in part]
    return [[f"/{places.MODULE}", *others], *tags[1:]]


def run_addon(tally, reader, quiet=False):
    """Follow one log to its end, as a run that is told to a tally."""
    run = Run(tally, quiet)
    while True:
        try:
            run.take(next(reader))
        except StopIteration as end:
            run.end(end.value)
            return run


def judge(tally, found, doing):
    """Every warning and error of a log is a failure."""
    for record in found:
        if record.bad:
            tally.fail(f"{doing}: {record}")


class Outside:
    """The tests from outside, in pytest with the runtime in its environment."""

    def __init__(self, stack, files, alone):
        self.stack, self.files, self.alone = stack, files, alone
        self.report = places.LOGS / "outside.xml"
        self.output = places.LOGS / "outside.txt"
        self.process = None

    def begin(self):
        """Let them run; what they say goes into a file unless they are alone."""
        places.make(places.LOGS)
        self.report.unlink(missing_ok=True)
        stack, said = self.stack, None
        if not self.alone:
            said = stack.enter_context(self.output.open("w"))
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        child = Child(
            [
                *(*command, f"--junitxml={self.report}"),
                *(self.files or (str(places.OUTSIDE),)),
            ],
            cwd=places.ROOT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said and subprocess.STDOUT,
        )
        self.process = stack.enter_context(child)

    def settle(self, tally):
        """Wait for them, and count them one by one."""
        line("Tests from outside")
        if not self.process:
            self.begin()
        code = self.process.wait()
        if not self.alone:
            line(self.output.read_text().rstrip())
        if not self.report.exists():
            tally.fail(f"pytest ended with exit code {code} and no report")
            return
        ran = 0
        for case in ET.parse(self.report).getroot().iter("testcase"):
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
        elif code and not tally.failures:
            tally.fail(f"pytest ended with exit code {code}")
