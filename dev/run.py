"""`make run`: Odoo with the addon, invented demo data and Danish."""

import importlib
import json
import shlex
import subprocess
import sys
import time

import psutil

from . import databases, odoo_source, places, postgres
from .say import Quit, line
from .server import Runtime, taken, wait_ready

DATABASE = "sekp_demo"
STAMP = places.STATE / "demo.json"
LOG = places.LOGS / "run.log"


def install(runtime, database):
    """A new database with the addon and its invented people."""
    source = databases.base(runtime, "demo")
    databases.copy(runtime.postgres, source, database)
    runtime.prepare(
        "Addon with demo data",
        LOG,
        *("-d", database, "-i", places.MODULE, "--with-demo", "--no-http"),
    )


def speak(runtime, database, language):
    """Let everybody's screens be in a language, from the next start of Odoo on."""
    runtime.postgres.rows(
        "UPDATE res_partner SET lang = %s WHERE id IN "
        "(SELECT partner_id FROM res_users WHERE active)",
        language,
        database=database,
    )


def prepare(runtime):
    """The demo database, upgraded when the addon's files changed."""
    databases.require_addon()
    key = places.tree_hash(places.ADDON, without=("tests", "readme"))
    known = json.loads(STAMP.read_text()) if STAMP.exists() else {}
    if known.get("addon") == key and databases.exists(runtime.postgres, DATABASE):
        return
    if known and databases.exists(runtime.postgres, DATABASE):
        runtime.prepare(
            "Addon upgraded in the demo database",
            LOG,
            *("-d", DATABASE, "-u", places.MODULE, "--no-http"),
        )
    else:
        install(runtime, DATABASE)
    speak(runtime, DATABASE, databases.LANGUAGE)
    STAMP.write_text(json.dumps({"addon": key}))


def port_of(arguments):
    """The port Odoo will listen on."""
    for index, word in enumerate(arguments):
        name, _equals, value = word.partition("=")
        if name in ("--http-port", "-p"):
            return int(value or arguments[index + 1])
    return 8069


def logins():
    """The people of the demo data: role, login, password and municipality."""
    # The helpers are pure Python: they can be read without Odoo.
    sys.path.insert(0, str(places.ADDON))
    invented = importlib.import_module("tools.invented")
    return [
        (person.role, person.login, person.login, person.municipality)
        for person in invented.LOGINS
    ]


def table(rows):
    """Rows as text, columns under each other."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(w) for cell, w in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def run(arguments):
    """Prepare, start, tell the address and the logins, and wait for Ctrl-C."""
    extra = shlex.split(arguments)
    port = port_of(extra)
    if taken(port):
        raise Quit(
            f"Port {port} is in use: stop what listens there (`make stop` if it is an "
            'earlier run), or choose another: make run ARGS="--http-port=8070".'
        )
    odoo = odoo_source.find()
    with postgres.running() as server:
        runtime = Runtime(odoo, server)
        with places.lock(places.STATE, "demo", "another `make run` holds the demo."):
            prepare(runtime)
            serve(runtime, extra, port)


def serve(runtime, extra, port):
    """Start Odoo and stay with it."""
    command = runtime.command(
        "-d",
        DATABASE,
        "--db-filter",
        f"^{DATABASE}$",
        "--http-port",
        str(port),
        "--with-demo",
        *extra,
    )
    places.make(places.LOGS)
    with (
        LOG.open("w") as output,
        runtime.child(command, stdout=output, stderr=subprocess.STDOUT) as process,
    ):
        if not wait_ready(process, port):
            raise Quit(f"Odoo did not start; its log is {LOG}.")
        line()
        line(f"Odoo is ready: http://localhost:{port}")
        line()
        rows = [("Role", "Login", "Password", "Municipality"), *logins()]
        for row in table(rows):
            line(f"  {row}")
        line()
        # The process is older than this module: it made the environment first.
        spent = time.time() - psutil.Process().create_time()
        line(f"Ready after {spent:.0f} s. Log: {LOG}")
        line("Ctrl-C stops everything.")
        if process.wait():
            raise Quit(f"Odoo ended with an error; its log is {LOG}.")
