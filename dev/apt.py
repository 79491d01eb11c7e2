"""apt-get with sources, lists and cache of its own.

The machine's own sources are read, for the address of its mirror and for proxy
settings, and never written.
"""

import os
import shutil
import subprocess
from pathlib import Path

from .say import Quit

KEYRINGS = (
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
)
# A hook of the machine would write outside the private folder.
HOOKS = ("APT::Update::", "DPkg::")
FIELDS = "$(ORIGIN)|$(COMPONENT)|$(CODENAME)|$(REPO_URI)|$(SIGNED_BY)"


class Apt:
    """One private apt: with the machine's sources, or with the given line."""

    def __init__(self, folder, source=None):
        self.folder = Path(folder)
        for name in ("state/lists/partial", "cache/archives/partial", "debs"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        options = {
            "Dir::State": self.folder / "state",
            "Dir::State::status": "/var/lib/dpkg/status",
            "Dir::Cache": self.folder / "cache",
            "Dir::Etc::parts": "-",
            "Dir::Etc::main": "-",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
            "APT::Sandbox::User": "root",
            # A mirror may lag behind sid's short terms; signatures are still checked.
            "Acquire::Check-Valid-Until": "false",
        }
        if source:
            (self.folder / "sources.list").write_text(source + "\n")
            options["Dir::Etc::sourcelist"] = self.folder / "sources.list"
            for name in ("sourceparts", "preferences", "preferencesparts"):
                options[f"Dir::Etc::{name}"] = "-"
        self.options = [f"-o{name}={value}" for name, value in options.items()]
        config = self.folder / "apt.conf"
        dump = subprocess.run(
            ["apt-config", "dump"], capture_output=True, text=True, check=True
        )
        config.write_text(
            "".join(
                f"{row}\n"
                for row in dump.stdout.splitlines()
                if not row.startswith(HOOKS)
            )
        )
        self.environment = {**os.environ, "APT_CONFIG": str(config), "LC_ALL": "C"}

    def call(self, *arguments):
        """Run apt-get and return what it printed; a Quit when it failed."""
        done = subprocess.run(
            ["apt-get", "-q", *self.options, *arguments],
            cwd=self.folder / "debs",
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise Quit(
                f"apt-get {arguments[0]} failed ({last}): check the network and this "
                "machine's apt sources, or set ODOO_HOME to an Odoo 19.0."
            )
        return done.stdout

    def update(self):
        """Fetch the package lists."""
        self.call("update")

    def download(self, *packages):
        """Fetch packages and return their files."""
        before = set((self.folder / "debs").glob("*.deb"))
        self.call("download", *packages)
        return sorted(set((self.folder / "debs").glob("*.deb")) - before)

    def debian(self):
        """Codename, mirror address and keyring of the Debian this machine uses."""
        for row in self.call("indextargets", "--format", FIELDS).splitlines():
            origin, component, codename, address, key = row.split("|")
            if origin == "Debian" and component == "main" and "-" not in codename:
                if not key.startswith("/"):
                    key = next((ring for ring in KEYRINGS if Path(ring).exists()), "")
                return codename, address, key
        return None


def here():
    """Does this machine have apt and dpkg at all?"""
    return bool(shutil.which("apt-get") and shutil.which("dpkg"))


def machine(folder):
    """A private apt with the machine's own sources, its lists fetched."""
    own = Apt(folder)
    own.update()
    return own


def unpack(files, target):
    """Unpack package files into a folder, without installing anything."""
    for file in files:
        subprocess.run(["dpkg", "-x", str(file), str(target)], check=True)
        file.unlink()


def install(*packages):
    """Install packages on the machine where that is allowed; False where not."""
    if os.geteuid() == 0:
        ask = []
    elif (
        shutil.which("sudo")
        and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0
    ):
        ask = ["sudo", "-n"]
    else:
        return False
    if not here():
        return False
    get = [*ask, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    command = [*get, "--no-install-recommends", "install", *packages]
    quiet = {"stdin": subprocess.DEVNULL, "capture_output": True}
    if subprocess.run(command, **quiet).returncode == 0:
        return True
    subprocess.run([*get, "update"], **quiet)
    return subprocess.run(command, **quiet).returncode == 0
