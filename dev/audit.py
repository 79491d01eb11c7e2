"""Known holes in the versions that the requirement files pin, as pip-audit tells them.

Where the network gives no answer nothing is known: that is said, and is no finding.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from . import places, python_env
from .say import line, step

# Holes that do not concern us, with the reason: {"GHSA-…": "only on Windows"}.
ACCEPTED = {}
SECONDS = 120


class NoAnswer(Exception):
    """Nobody told anything; the text says in a few words why."""


def ask(files, service=()):
    """What the service tells of each pinned version.

    :param service: options that name another service than pip-audit's own
    :raises NoAnswer: when it cannot be reached, or knows no package at all
    """
    command = [sys.executable, "-m", "pip_audit", "--format=json", "--timeout=10"]
    command += ["--no-deps", "--disable-pip", "--progress-spinner=off", "--desc=off"]
    command += [f"--cache-dir={places.make(places.cache() / 'audit')}", *service]
    for hole in ACCEPTED:
        command += ["--ignore-vuln", hole]
    for file in files:
        command += ["-r", str(file)]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise NoAnswer(f"no answer within {SECONDS} seconds") from None
    try:
        told = json.loads(done.stdout)["dependencies"]
    except ValueError:
        words = done.stderr.strip().splitlines() or ["pip-audit said nothing"]
        raise NoAnswer(words[-1][:200]) from None
    if all("skip_reason" in one for one in told):
        raise NoAnswer("this package index tells nothing of holes")
    return told


def pins(files):
    """The rows of requirement files that name a package."""
    return [
        row
        for file in files
        for row in Path(file).read_text().splitlines()
        if row.strip() and not row.startswith(("#", "-"))
    ]


def holes(files=python_env.REQUIREMENTS, service=()):
    """Each known hole in a sentence.

    One package is asked for first: where that has no answer none has.

    :raises NoAnswer: as above
    """
    for row in pins(files):
        if "==" not in row:
            yield f"{row}: names no version"
    with tempfile.TemporaryDirectory() as folder:
        first = Path(folder) / "requirements.txt"
        first.write_text(f"{pins(files)[0]}\n")
        ask([first], service)
    for one in ask(files, service):
        if "skip_reason" in one:
            line(f"  {one['name']}: nothing is told of it")
        for hole in one.get("vulns", ()):
            better = ", ".join(hole["fix_versions"]) or "no version yet"
            yield f"{one['name']} {one['version']}: {hole['id']}, mended in {better}"


def known_holes():
    """The holes in a text, empty when there are none or nobody told."""
    found = []
    with step("known holes in pinned versions"):
        try:
            for one in holes():
                found.append(one)
        except NoAnswer as why:
            line(f"  NOT CHECKED, the list of known holes is not reachable: {why}")
    return "\n".join(found)


def audit():
    """Show the holes; true when there is one."""
    if found := known_holes():
        line(f"\n{found}\n")
    return bool(found)
