"""`make lint`: ruff, pylint-odoo, the OCA checks, Odoo's test_lint, what each file may
be used for, what must stand in none, and our own."""

import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from . import audit, databases, guide, log, odoo_source, places, postgres
from .processes import Child
from .say import Quit, line, step
from .server import Runtime, free_port

BIN = Path(sys.executable).parent
DATABASE = "sekp_lint"
LOG = places.LOGS / "lint.log"
# Checks of pylint-odoo that ask for things this project has decided otherwise.
NOT_PYLINT_ODOO = (
    "manifest-required-author",  # asks for the OCA
    "missing-readme",  # asks for README.rst
    "category-allowed-app",  # these three ask for what the app store shows
    "manifest-required-key-app",
    "missing-odoo-file-app",
    "consider-merging-classes-inherited",  # an aspect of a model has its own file
)
PYLINT = (
    "anomalous-backslash-in-string",
    "assignment-from-none",
    "dangerous-default-value",
    "duplicate-key",
    "eval-used",
    "function-redefined",
    "pointless-statement",
    "pointless-string-statement",
    "return-in-init",
    "too-few-format-args",
    "too-many-format-args",
    "undefined-variable",
    "unreachable",
    "used-before-assignment",
)
# What test_lint hands to pylint, over all of Odoo and for minutes; here over ours.
# What is pylint's own of it is in the list above: looking once is enough.
ODOO_PYLINT = (
    "sql-injection",
    "missing-gettext",
    "gettext-variable",
    "gettext-placeholders",
    "gettext-repr",
    "raise-unlink-override",
)
ODOO_PLUGINS = (
    "_pylint_path_setup",
    "_odoo_checker_sql_injection",
    "_odoo_checker_gettext",
    "_odoo_checker_unlink_override",
)
# Its pylint run is done apart, three classes test the checkers themselves, and its
# eslint run needs a tool and rules that only Odoo's own addons are written for.
TEST_LINT = ",-/test_lint:".join(
    (
        "/test_lint",
        "TestPyLint",
        "TestESLint",
        "TestGetTextLint",
        "TestSqlLint",
        "TestI18nChecks",
    )
)
OURS = re.compile(r"\bsekp[._]", re.IGNORECASE)
SUMMARY = re.compile(r"\d+ failures, |At least one test failed|\d+ failed, ")
# In parts, so that this file does not name them either.
HOSTS = (
    ("deb", "debian", "org"),
    ("ftp", "debian", "org"),
    ("security", "debian", "org"),
    ("pypi", "org"),
    ("files", "pythonhosted", "org"),
    ("registry", "npmjs", "org"),
    ("docker", "io"),
    ("ghcr", "io"),
)
LISTED = ("--cached", "--others", "--exclude-standard")
NAMED = re.compile("|".join(r"\b" + r"\.".join(parts) for parts in HOSTS))
PATHS = re.compile(r"(?<![\w./<])/(?:root|home|work|Users)/\w")


class Checks:
    """Runs checks and remembers which of them found something.

    A check that is a program begins at once and is waited for at the end.
    """

    def __init__(self, stack):
        self.stack, self.begun, self.failed = stack, [], []

    def tool(self, name, *command, **extra):
        """Begin a program: its output is shown when it finds something."""
        child = Child(
            [str(BIN / command[0]), *map(str, command[1:])],
            cwd=places.ROOT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **extra},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.begun.append((name, self.stack.enter_context(child)))

    def wait(self):
        """Wait for all that was begun."""
        for name, process in self.begun:
            with step(name):
                output, _nothing = process.communicate()
            self.result(name, output.strip() if process.returncode else "")

    def result(self, name, findings):
        """A check is done."""
        if findings:
            self.failed.append(name)
            line(f"\n{findings}\n")


def lint():
    """Run all checks, and say at the end which found something."""
    with ExitStack() as stack:
        checks = Checks(stack)
        checks.tool("ruff", "ruff", "check", "--quiet", ".")
        checks.tool(
            "ruff format", *("ruff", "format", "--check", "--quiet", "--diff", ".")
        )
        checks.tool("licences", "reuse", "lint", "--lines")
        checks.tool("secrets and people", "python", "-m", "dev.traces")
        checks.result("names of hosts and paths", "\n".join(foreign_names()))
        checks.result("pictures of the pages", "\n".join(guide.lost_pictures()))
        checks.result("words of the guide", "\n".join(guide.wrong_words()))
        if (places.ADDON / "__manifest__.py").exists():
            addon(checks)
        if told := audit.known_holes():
            # Many of the versions are Odoo's choice: `make audit` fails, this does not.
            line(f"\nKnown holes in pinned versions:\n{told}\n")
        checks.wait()
    if checks.failed:
        line(f"Findings in: {', '.join(checks.failed)}")
    else:
        line("No findings.")
    return bool(checks.failed)


def addon(checks):
    """The checks that know Odoo."""
    enabled = ",".join(("odoolint", *PYLINT))
    checks.tool(
        "pylint-odoo",
        *("pylint", f"--rcfile={places.ROOT / 'pyproject.toml'}", "--disable=all"),
        *(f"--enable={enabled}", f"--disable={','.join(NOT_PYLINT_ODOO)}"),
        places.ADDON,
    )
    checks.tool(
        "oca-checks-odoo-module",
        "oca-checks-odoo-module",
        "--disable=file-not-used",  # policy.csv is read by `make policy`, not by Odoo
        places.ADDON,
    )
    catalogues = sorted((places.ADDON / "i18n").glob("*.po*"))
    if catalogues:
        checks.tool("oca-checks-po", "oca-checks-po", *catalogues)
    odoo = odoo_source.find()
    plugins = odoo.addon("test_lint") / "tests"
    checks.tool(
        "Odoo's pylint",
        *("pylint", "--rcfile=/dev/null", "--disable=all,useless-option-value"),
        *(f"--enable={','.join(ODOO_PYLINT)}", "--reports=n", "--score=n"),
        *(f"--load-plugins={','.join(ODOO_PLUGINS)}", places.ADDON),
        PYTHONPATH=f"{plugins}{os.pathsep}{odoo.path}",
        ADDONS_PATH=str(places.ROOT),
    )
    try:
        checks.result("Odoo's test_lint", "\n".join(test_lint(odoo)))
    except Quit as error:
        checks.result("Odoo's test_lint", str(error))


def test_lint(odoo):
    """Odoo's own rules, over everything on the path; gives what concerns ours."""
    with postgres.running() as server:
        runtime = Runtime(odoo, server)
        with places.lock(places.STATE, "lint", "another `make lint` is running."):
            source = databases.ready(runtime, browsing=False)
            with step("Odoo's test_lint"):
                databases.copy(server, source, DATABASE)
                found = judge(
                    runtime.records(
                        LOG,
                        *("-d", DATABASE, "-i", "test_lint"),
                        *("--test-tags", TEST_LINT, "--stop-after-init"),
                        *("--http-port", str(free_port())),
                    )
                )
            databases.drop(server, DATABASE)
    return found


def judge(records):
    """The findings about this addon; others are named but not held against it."""
    ran, found = 0, []
    for record in records:
        ran += record.text.startswith("Starting ") and record.text.endswith(" ...")
        if SUMMARY.search(record.text):
            continue
        if record.level in log.BAD or record.text.startswith("skipped"):
            if OURS.search(record.full) or record.level == "CRITICAL":
                found.append(str(record))
            else:
                line(f"  not about this addon: {str(record).splitlines()[0]}")
    if not ran:
        found.append(f"test_lint did not run; its log is {LOG}")
    return found


def foreign_names():
    """Files that name a registry's or mirror's host, or a path of this machine."""
    listed = subprocess.run(
        # Its owner may be another user than the one who lints.
        ["git", "-c", f"safe.directory={places.ROOT}", "ls-files", *LISTED],
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        path = places.ROOT / name
        if not path.is_file():
            continue
        try:
            rows = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue
        for number, row in enumerate(rows, 1):
            if NAMED.search(row) or PATHS.search(row) or str(places.ROOT) in row:
                yield f"{name}:{number}: names a host or a path: {row.strip()}"
