"""Odoo as a child process: its configuration, its environment, its log."""

import os
import queue
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from . import log, places
from .odoo_source import Odoo
from .postgres import Server
from .processes import Child
from .say import Quit, step

DATA = places.STATE / "data"
START = (sys.executable, str(places.ROOT / "dev" / "start" / "start_odoo.py"))


@dataclass(frozen=True)
class Runtime:
    """An Odoo and a PostgreSQL that belong together."""

    odoo: Odoo
    postgres: Server

    def command(self, *arguments):
        """The command line, its configuration file written anew."""
        return [*START, "-c", str(self.configure()), *arguments]

    @property
    def home(self):
        """Where the configuration lies, and what it starts is at home."""
        return places.STATE

    @property
    def data(self):
        """Where Odoo keeps files."""
        return DATA

    def configure(self, addons=None, name="odoo.conf"):
        """Write a configuration; the machine's own one is never read."""
        options = {
            "addons_path": addons or places.ROOT,
            "data_dir": places.make(self.data),
            "db_template": "template0",
            "http_interface": "127.0.0.1",
            "list_db": "False",
            "proxy_mode": "False",
            "screenshots": places.LOGS / "screenshots",
            "workers": "0",
            **self.postgres.options(),
        }
        file = places.make(self.home) / name
        text = "".join(f"{key} = {value}\n" for key, value in options.items())
        if not file.exists() or file.read_text() != f"[options]\n{text}":
            file.touch(mode=0o600)
            file.write_text(f"[options]\n{text}")
        return file

    def environment(self, **extra):
        """The environment, without what would lead Odoo elsewhere."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PG") and name not in ("ODOO_RC", "PYTHONPATH")
        }
        path = os.pathsep.join(filter(None, (self.postgres.tools, kept.get("PATH"))))
        return {
            **kept,
            "PATH": path,
            "PYTHONPATH": str(self.odoo.path),
            "PYTHONUNBUFFERED": "1",
            **extra,
        }

    def child(self, command, **options):
        """Start a process with this environment outside the checkout's root."""
        options.setdefault("env", self.environment())
        options.setdefault("stdin", subprocess.DEVNULL)
        # Beside the checkout's own packages "tests" and "dev" would be importable.
        return Child(command, cwd=places.make(places.STATE), **options)

    @contextmanager
    def running(self, file, *arguments, **extra):
        """Run Odoo for the length of the block; gives its process and its rows."""
        places.make(places.LOGS)
        pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with (
            open(file, "w") as copy,
            self.child(
                self.command(*arguments),
                env=self.environment(**extra),
                text=True,
                errors="replace",
                **pipe,
            ) as process,
        ):

            def rows():
                for row in process.stdout:
                    copy.write(row)
                    copy.flush()
                    yield row

            yield process, rows()

    def records(self, file, *arguments, **extra):
        """Run Odoo to its end: yields its log records, returns its exit code."""
        with self.running(file, *arguments, **extra) as (process, rows):
            yield from log.records(rows)
            return process.wait()

    def records_of_all(self, runs):
        """Run several Odoos at once, each to its end.

        Yields the number of a run with each of its log records, and with its exit code
        when it has ended. All end when one who reads gives up.

        :param runs: file of the log and arguments, for each
        """
        told = queue.SimpleQueue()

        def follow(number, process, rows):
            try:
                for record in log.records(rows):
                    told.put((number, record))
            finally:
                told.put((number, process.wait()))

        with ExitStack() as all_of_them:
            for number, (file, *arguments) in enumerate(runs):
                running = all_of_them.enter_context(self.running(file, *arguments))
                threading.Thread(
                    target=follow, args=(number, *running), daemon=True
                ).start()
            left = len(runs)
            while left:
                number, news = told.get()
                left -= isinstance(news, int)
                yield number, news

    def prepare(self, text, file, *arguments):
        """Run Odoo to its end as a step of set-up; a Quit when it fails."""
        with step(text) as running:
            reader = self.records(file, *arguments, "--stop-after-init")
            worst = []
            while True:
                try:
                    record = next(reader)
                except StopIteration as end:
                    code = end.value
                    break
                if record.text.startswith("Loading module"):
                    running.progress(record.text.removeprefix("Loading module "))
                if record.level in ("ERROR", "CRITICAL"):
                    worst.append(record)
            if code or any(record.level == "CRITICAL" for record in worst):
                for record in worst:
                    print(record)
                raise Quit(f"Odoo failed at: {text}. Its log is {file}.")

    def shell(self, database, script, file):
        """Run a script in odoo shell: its log into a file, its output returned."""
        command = [*START, "shell", "-c", str(self.configure())]
        pipe = subprocess.PIPE
        with self.child(
            [*command, "-d", database, "--no-http", "--log-level=warn"],
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
        ) as process:
            output, errors = process.communicate(script)
        places.make(places.LOGS)
        file.write_text(errors)
        if process.returncode or "Traceback" in errors:
            raise Quit(f"The script in odoo shell failed:\n{errors.strip()}")
        return output


def free_port():
    """A TCP port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def taken(port):
    """Does something listen there already?"""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_ready(process, port, seconds=180):
    """Wait until Odoo answers over HTTP; False when it ended before."""
    url = f"http://127.0.0.1:{port}/web/login"
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            return False
        try:
            with urllib.request.urlopen(url, timeout=60):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            time.sleep(0.2)
    return False


@contextmanager
def live(runtime, database, file, *arguments):
    """A server of its own on a free port; gives its address."""
    port = free_port()
    places.make(places.LOGS)
    command = runtime.command(
        # Without a filter Odoo knows the one database without asking PostgreSQL.
        *("-d", database, "--http-port", str(port), "--max-cron-threads=0"),
        *arguments,
    )
    with (
        open(file, "w") as output,
        runtime.child(command, stdout=output, stderr=subprocess.STDOUT) as process,
    ):
        if not wait_ready(process, port):
            raise Quit(f"Odoo did not start; its log is {file}.")
        yield f"http://127.0.0.1:{port}"
