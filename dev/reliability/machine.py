"""A machine of its own: PostgreSQL, an Odoo of several workers, files and keys.

Whatever breaks here breaks for nobody else.
"""

import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import requests

from .. import places, postgres, server
from ..say import Quit, step
from ..web_client import WebClient

FAULTS = places.ROOT / "dev" / "reliability" / "faults"
DATABASE = "sekp_machine"
WORKERS = 2
# What was confirmed outlives a crash of PostgreSQL, as in a municipality.
DURABLE = {"synchronous_commit": "on"}
# A request that found nobody is asked again for so many seconds.
PATIENCE = 60


@dataclass(frozen=True)
class Apart(server.Runtime):
    """A runtime with files of its own."""

    folder: Path

    @property
    def home(self):
        return self.folder

    @property
    def data(self):
        return self.folder / "data"

    def environment(self, **extra):
        return super().environment(SEKP_FAULTS=str(self.folder / "count"), **extra)


class Machine:
    """What can be broken, and repaired again.

    :param odoo: where Odoo lies
    :param folder: empty
    """

    def __init__(self, odoo, folder):
        self.odoo, self.folder = odoo, places.make(folder)
        self.handle = None
        self.runtime = None
        self.server = None

    def __enter__(self):
        self.begin_postgres()
        return self

    def __exit__(self, *_error):
        self.handle.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- PostgreSQL -----------------------------------------------------------------
    def begin_postgres(self):
        """Start PostgreSQL, also after a crash."""
        until = time.monotonic() + PATIENCE
        while self.handle:
            try:
                self.handle.ensure_postgres_running()
                break
            except subprocess.SubprocessError:
                # It goes on to recover by itself.
                if time.monotonic() > until:
                    raise
        else:
            data = places.make(self.folder / "postgres")
            self.handle = postgres.start(data, DURABLE)
        self.runtime = Apart(self.odoo, postgres.describe(self.handle), self.folder)

    def crash_postgres(self):
        """Let all of PostgreSQL end at once, as when the power goes."""
        pid = self.handle.get_pid()
        os.kill(pid, signal.SIGQUIT)
        until = time.monotonic() + 20
        while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
            time.sleep(0.05)

    def rows(self, database, query, *values):
        """The rows of a query."""
        return self.runtime.postgres.rows(query, *values, database=database)

    # --- databases --------------------------------------------------------------------
    def tool(self, name, *arguments, of=None):
        """Run a program of PostgreSQL."""
        runtime = of or self.runtime
        found = runtime.postgres
        # With an embedded PostgreSQL its own programs fit; else those of the system.
        program = Path(found.tools) / name if found.tools else name
        command = [str(program), *map(str, arguments)]
        command += ["-h", found.host] if found.host else []
        command += ["-p", found.port] if found.port else []
        command += ["-U", found.user] if found.user else []
        environment = runtime.environment()
        if found.password:
            environment["PGPASSWORD"] = found.password
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, check=False
        )
        if done.returncode:
            raise Quit(f"{name} failed: {done.stderr.strip()}")

    def store(self, database):
        """The folder of a database's files."""
        return self.runtime.data / "filestore" / database

    def back_up(self, database, folder, of=None):
        """Dump a database and then copy its files, as the guide tells administrators.

        In this order what the dump names is there, however much is done meanwhile.
        """
        runtime = of or self.runtime
        places.make(folder)
        self.tool("pg_dump", "-Fc", "-Z0", "-d", database, "-f", folder / "dump", of=of)
        files = runtime.data / "filestore" / database
        if files.is_dir():
            shutil.copytree(files, folder / "filestore", copy_function=os.link)

    def restore(self, folder, database):
        """Make a database here of a backup."""
        self.rows(
            "postgres",
            f"CREATE DATABASE \"{database}\" ENCODING 'unicode' LC_COLLATE 'C' "
            "TEMPLATE template0",
        )
        self.tool("pg_restore", "-d", database, "--no-owner", "-j2", folder / "dump")
        if (folder / "filestore").is_dir():
            shutil.copytree(folder / "filestore", self.store(database))

    # --- Odoo -------------------------------------------------------------------------
    @contextmanager
    def serving(self, database, name, *arguments, before=()):
        """An Odoo of several workers; gives its address.

        :param before: a command that begins it in a world of its own
        """
        port, gevent = server.free_port(), server.free_port()
        log = places.make(places.LOGS) / f"{name}.log"
        command = self.runtime.command(
            *("-d", database, "--http-port", str(port), "--gevent-port", str(gevent)),
            *("--max-cron-threads=0", f"--workers={WORKERS}"),
            *("--load=base,web,rpc,sekp_fault_points", "--limit-time-real=600"),
            f"--addons-path={FAULTS},{places.ROOT}",
            *arguments,
        )
        with (
            open(log, "w") as output,
            self.runtime.child(
                [*before, *command], stdout=output, stderr=subprocess.STDOUT
            ) as process,
        ):
            if not server.wait_ready(process, port):
                raise Quit(f"Odoo did not start; its log is {log}.")
            outer, self.server = self.server, process.pid
            yield f"http://127.0.0.1:{port}"
            self.server = outer

    @staticmethod
    def workers():
        """How many workers answer."""
        return WORKERS

    def usage(self, database):
        """What Odoo and PostgreSQL use at the moment.

        :return: resident MiB of the workers together, connections, locks held for more
            than a minute
        """
        pages = 0
        for entry in Path("/proc").iterdir():
            try:
                # After the name, which may hold anything: state, parent, group.
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(stat[2]) == self.server:
                    pages += int((entry / "statm").read_text().split()[1])
            except (OSError, ValueError, IndexError):
                continue
        ((connections, locks),) = self.rows(
            "postgres",
            "SELECT count(*), count(*) FILTER (WHERE state = 'idle in transaction' "
            "AND state_change < now() - interval '1 minute') FROM pg_stat_activity "
            "WHERE datname = %s",
            database,
        )
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, connections, locks

    def shell(self, database, script, name="reliability"):
        """Run a script in odoo shell and return what it printed."""
        log = places.make(places.LOGS) / f"{name}.shell.log"
        return self.runtime.shell(database, script, log)

    def check(self, database):
        """What the check command says is wrong; nothing when all holds."""
        command = [*server.START, f"--addons-path={places.ROOT}", "sekp_check"]
        command += ["-c", str(self.runtime.configure()), "-d", database]
        with self.runtime.child(
            [*command, "--log-level=error"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            output, _errors = process.communicate()
        if process.returncode not in (0, 1):
            return [f"sekp_check ended with {process.returncode}", output]
        return [row for row in output.splitlines() if row.startswith(("WRONG", "  "))]

    def statements(self):
        """How many statements the last request had that was asked to count."""
        return int((self.folder / "count").read_text())


class Person(WebClient):
    """Somebody at work, whose requests can be made to end the server's process."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # A worker answers one connection at a time: who kept it would keep the worker.
        self.session.headers["Connection"] = "close"

    def fault(self, model, method, *args, at, **context):
        """Ask with a fault; gives the answer, or nothing when the process ended.

        :param at: where, see ``sekp_fault_points``
        """
        self.session.headers["X-Sekp-Fault"] = str(at)
        try:
            return self.call(model, method, *args, **context)
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            return None
        finally:
            del self.session.headers["X-Sekp-Fault"]

    def patiently(self, model, method, *args, **context):
        """Ask again and again, as long as nobody answers.

        :raises OSError: when nobody answers for a minute
        """
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self.call(model, method, *args, **context)
            except (requests.RequestException, ValueError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)


def sweep():
    """Take away the machines of commands that were killed."""
    for folder in places.make(places.STATE).glob("machine.*"):
        if Path(f"/proc/{folder.suffix[1:]}").exists():
            continue
        with suppress(OSError, ValueError, IndexError):
            lines = (folder / "postgres" / "postmaster.pid").read_text().splitlines()
            os.kill(int(lines[0]), signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def machine(odoo, source, database):
    """A machine that holds a copy of a database of the ordinary PostgreSQL."""
    sweep()
    with Machine(odoo, places.STATE / f"machine.{os.getpid()}") as found:
        with step("A machine of its own"):
            backup = found.folder / "backup"
            found.back_up(database, backup, of=source)
            found.restore(backup, DATABASE)
            shutil.rmtree(backup)
        yield found
