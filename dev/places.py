"""Where things lie: the cache outlives the checkout, the state belongs to it."""

import fcntl
import hashlib
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from .say import Quit, line

ROOT = Path(__file__).resolve().parent.parent
MODULE = "sekp_outreach"
ADDON = ROOT / MODULE
OUTSIDE = ROOT / "tests"
STATE = ROOT / ".dev"
LOGS = STATE / "log"


def cache():
    """The folder for what is fetched: Odoo and the virtual environments."""
    named = os.environ.get("SEKP_CACHE")
    if named:
        folder = Path(named).expanduser().resolve()
    elif os.geteuid() == 0:
        folder = Path("/var/cache/sekp-outreach")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        folder = Path(base).expanduser() / "sekp-outreach"
    return make(folder)


def make(folder):
    """Make a folder, or say in a sentence why it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Quit(f"Cannot make the folder {folder} ({error.strerror}).") from error
    if not os.access(folder, os.W_OK):
        raise Quit(
            f"The folder {folder} belongs to another user: remove it, or run as "
            "the user who made it."
        )
    return folder


def short_hash(*parts):
    """A short name for what the parts say together."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(str(part).encode() + b"\0")
    return digest.hexdigest()[:12]


def tree_hash(folder, without=()):
    """A short name for the content of a folder, some top-level names left out."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if inside.parts[0] in without or "__pycache__" in inside.parts:
            continue
        if path.is_file():
            digest.update(str(inside).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


@contextmanager
def lock(folder, name, waiting):
    """Hold a lock between commands; `waiting` is said when another one has it."""
    path = make(folder) / f"{name}.lock"
    with open(path, "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            line(f"  waiting: {waiting}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def built(folder, build):
    """Build a folder once: what was interrupted leaves no marker and is redone."""
    marker = folder / ".complete"
    if marker.exists():
        return folder
    with lock(folder.parent, folder.name, "another command prepares the same."):
        if marker.exists():
            return folder
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        build(folder)
        marker.touch()
    return folder
