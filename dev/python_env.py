"""The virtual environment, made from the requirement files beside this module."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from . import apt, places
from .say import Quit, step

HERE = Path(__file__).resolve().parent
REQUIREMENTS = (HERE / "requirements-odoo.txt", HERE / "requirements-tools.txt")


def folder():
    """Where the environment lies; its name follows its content."""
    version = "{}.{}.{}".format(*sys.version_info)
    key = places.short_hash(version, *(file.read_text() for file in REQUIREMENTS))
    return places.cache() / f"python-{key}"


def ensure():
    """Make the environment when it is missing and return its Python."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise Quit(
            "Odoo 19 needs Python 3.11, 3.12 or 3.13: name one with "
            "make PYTHON=python3.13."
        )
    return places.built(folder(), build) / "bin" / "python"


def enter():
    """Go on in the environment: replaces this process unless it is there already."""
    python = ensure()
    if Path(sys.prefix).resolve() != python.parent.parent.resolve():
        os.chdir(places.ROOT)
        os.execv(python, [str(python), "-m", "dev", *sys.argv[1:]])


def build(into):
    """Create the environment and install its requirements, showing progress."""
    with step("Python packages") as running:
        python = into / "bin" / "python"
        create = [sys.executable, "-m", "venv"]
        if has_ensurepip():
            call([*create, str(into)])
            pip = [str(python), "-m", "pip"]
        else:
            call([*create, "--without-pip", str(into)])
            pip = [str(python), str(borrowed_pip(into / "pip")) + "/pip"]
        wanted = sum(count(file) for file in REQUIREMENTS)
        files = [part for file in REQUIREMENTS for part in ("-r", str(file))]
        command = [*pip, "install", "--progress-bar", "off", "--no-input", *files]
        seen, tail = 0, []
        with subprocess.Popen(
            [*command, "--disable-pip-version-check"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        ) as process:
            for row in process.stdout:
                tail = [*tail[-30:], row.rstrip()]
                if found := re.match(r"Collecting ([\w.-]+)", row):
                    seen += 1
                    running.progress(f"{seen} of about {wanted}: {found[1]}")
                elif row.startswith("Installing"):
                    running.progress("installing")
        if process.returncode:
            log = places.make(places.LOGS) / "pip.log"
            log.write_text("\n".join(tail) + "\n")
            error = next((r for r in tail if r.startswith("ERROR")), tail[-1:])
            raise Quit(
                f"pip could not install the packages ({error}): check the network "
                f"and pip's settings; its last lines are in {log}."
            )


def call(command):
    """Run a command whose failure is worth its own words."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Quit(f"{' '.join(command[:3])} failed: {' '.join(words)}")


def count(file):
    """How many packages a requirement file names."""
    return sum(
        1
        for row in file.read_text().splitlines()
        if row and not row.startswith(("#", "-"))
    )


def has_ensurepip():
    """Debian takes pip out of Python's own venv unless python3-venv is there."""
    probe = "import ensurepip, venv; ensurepip.version()"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True)
    return done.returncode == 0


def borrowed_pip(into):
    """Pip as Debian packages it for venv, unpacked here instead of installed."""
    if not apt.here():
        raise Quit("This Python has no ensurepip: install its venv package.")
    own = apt.machine(into / "apt")
    apt.unpack(own.download("python3-pip-whl"), into / "root")
    shutil.rmtree(into / "apt")
    return next((into / "root").rglob("pip-*.whl"))
