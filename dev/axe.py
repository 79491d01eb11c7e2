"""axe-core, which looks at the public pages for readers with a handicap: from npm."""

import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile

from . import apt, places
from .say import Quit, step

VERSION = "4.11.0"
# Of the package's archive, as the registry tells it.
INTEGRITY = (
    "ilYanEU8vxxBexpJd8cWM4ElSQq4QctCLKih0TSfjIfCQTeyH/6zVrmIJfLPrKTKJRbiG+cfnZbQIjAl"
    "JmF1jQ=="
)
FILE = "axe.min.js"
INSIDE = f"package/{FILE}"


def folder():
    return places.cache() / f"axe-core-{VERSION}"


def ensure():
    """Fetch the script when it is missing."""
    places.built(folder(), build)


def script():
    """Return the script, which was fetched before."""
    return (folder() / FILE).read_text()


def build(into):
    """Fetch the pinned version with npm and unpack what a page needs of it."""
    with step(f"axe-core {VERSION}"):
        if not shutil.which("npm") and not apt.install("npm"):
            raise Quit(
                "The test of the public pages fetches axe-core with npm, which may not "
                "be installed from here: install the package npm, or run once as root."
            )
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                ["npm", "pack", f"axe-core@{VERSION}", "--json", "--ignore-scripts"],
                cwd=folder,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                words = done.stderr.strip().splitlines()[:1]
                raise Quit(f"npm could not fetch axe-core {VERSION}: {' '.join(words)}")
            archive = f"{folder}/{json.loads(done.stdout)[0]['filename']}"
            with open(archive, "rb") as file:
                digest = hashlib.sha512(file.read()).digest()
            if base64.b64encode(digest).decode() != INTEGRITY:
                raise Quit(f"What npm fetched is not axe-core {VERSION} as it was.")
            with tarfile.open(archive) as tar:
                (into / FILE).write_bytes(tar.extractfile(INSIDE).read())
