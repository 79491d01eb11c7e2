"""Where Odoo 19 comes from: ODOO_HOME, the machine, or Debian's package."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from . import apt, places
from .say import Quit, step

SERIES = "19.0"
PACKAGE = "odoo-19"
# The package's web assets are links into these. The two of the machine's own suite
# have lost the files in newer versions.
SID_ASSETS = (
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-glyphicons-halflings",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-ocr-b",
)
OWN_ASSETS = ("fonts-font-awesome", "fonts-inconsolata")
# Not shipped by the package, asked for by every page: an empty file is enough.
PLACEHOLDERS = ("mail/static/lib/selfie_segmentation/selfie_segmentation.js",)
ELSEWHERE = "Set ODOO_HOME to a source checkout or an installed package of Odoo 19.0."


@dataclass(frozen=True)
class Odoo:
    """An Odoo that can be imported from `path`; it finds its own addons."""

    path: Path
    version: str

    @property
    def key(self):
        """What a prepared database depends on."""
        stamp = (self.path / "odoo" / "release.py").stat().st_mtime_ns
        return f"{self.version}-{self.path}-{stamp}"

    def addon(self, name):
        """The folder of one of Odoo's own addons."""
        tries = (self.path / "odoo" / "addons" / name, self.path / "addons" / name)
        return next(path for path in tries if path.is_dir())


def at(folder):
    """The Odoo below a folder: a checkout, site-packages or an unpacked package."""
    folder = Path(folder).expanduser().resolve()
    tries = [folder, folder.parent, folder / "usr/lib/python3/dist-packages"]
    tries += sorted(folder.glob("lib/python3*/site-packages"))
    for path in tries:
        release = path / "odoo" / "release.py"
        if release.is_file():
            found = re.search(r"^version_info = \((.+?)\)", release.read_text(), re.M)
            first = [part.strip(" '\"") for part in found[1].split(",")]
            return Odoo(path, ".".join(first[:2]))
    return None


def on_machine():
    """An installed odoo of the right series, found through its command."""
    for name in ("odoo", "odoo-bin"):
        command = shutil.which(name)
        if not command:
            continue
        script = Path(command).resolve()
        if (script.parent / "odoo" / "release.py").is_file():
            candidate = at(script.parent)
        else:
            first = script.open(errors="replace").readline().strip()
            python = first[2:].split()[-1] if first.startswith("#!") else "python3"
            probe = "import odoo.release; print(odoo.release.__file__)"
            done = subprocess.run([python, "-c", probe], capture_output=True, text=True)
            if done.returncode:
                continue
            candidate = at(Path(done.stdout.strip()).parent.parent)
        if candidate and candidate.version == SERIES:
            return candidate
    return None


def find():
    """The Odoo to use, fetched when there is none."""
    home = os.environ.get("ODOO_HOME")
    if home:
        found = at(home)
        if not found:
            raise Quit(f"ODOO_HOME={home} holds no Odoo. {ELSEWHERE}")
        if found.version != SERIES:
            raise Quit(f"ODOO_HOME={home} holds Odoo {found.version}. {ELSEWHERE}")
        return found
    found = on_machine()
    if found:
        return found
    folder = places.cache() / PACKAGE
    return at(places.built(folder, fetch) / "root")


def fetch(folder):
    """Download and unpack Debian's package and the assets it links to."""
    if not apt.here():
        raise Quit(f"This system has no apt-get to fetch Odoo with. {ELSEWHERE}")
    root = folder / "root"
    with step("Package lists"):
        own = apt.machine(folder / "apt-own")
        debian = own.debian()
        if not debian:
            raise Quit(f"This machine's apt knows no Debian mirror. {ELSEWHERE}")
        _codename, address, key = debian
        signed = f"[signed-by={key}] " if key else ""
        sid = apt.Apt(folder / "apt-sid", f"deb {signed}{address} sid main")
        sid.update()
    with step("Odoo 19 (about 125 MB)") as running:
        files = sid.download(PACKAGE)
        running.progress("assets")
        files += sid.download(*SID_ASSETS)
        files += own.download(*OWN_ASSETS)
        running.progress("unpacking")
        root.mkdir()
        apt.unpack(files, root)
        mend_links(root)
        for name in PLACEHOLDERS:
            path = root / "usr/lib/python3/dist-packages/odoo/addons" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        check_links(root)
    for name in ("apt-own", "apt-sid"):
        shutil.rmtree(folder / name)


def mend_links(root):
    """Point absolute links into the unpacked root instead of the machine."""
    for link in links(root):
        target = os.readlink(link)
        if target.startswith("/"):
            link.unlink()
            link.symlink_to(os.path.relpath(root / target[1:], link.parent))


def check_links(root):
    """Refuse an Odoo whose assets lead nowhere: every page would fail later."""
    lost = [link for link in links(root / "usr/lib/python3") if not link.exists()]
    if lost:
        raise Quit(
            f"The Odoo package lacks {len(lost)} assets, first {lost[0].name}. "
            f"{ELSEWHERE}"
        )


def links(root):
    """All symbolic links below a folder."""
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = Path(folder, name)
            if path.is_symlink():
                yield path
