"""Filled databases of older versions: how each is made, and brought to the present."""

import ast
import lzma
import subprocess
from pathlib import Path

from . import databases, odoo_source, places, postgres
from .say import Quit, line, step
from .server import Runtime

DUMPS = places.OUTSIDE / "upgrade"
SUFFIX = ".sql.xz"
MAKING = "sekp_version"


def version():
    """The version that the addon's manifest tells."""
    return ast.literal_eval((places.ADDON / "__manifest__.py").read_text())["version"]


def dumps():
    """The dump of each older version, the oldest first."""

    def numbers(file):
        return [int(part) for part in file.name.removesuffix(SUFFIX).split(".")]

    return sorted(DUMPS.glob(f"*{SUFFIX}"), key=numbers)


def tool(runtime, name, *arguments):
    """Run a program of PostgreSQL on a database; gives what it printed."""
    found = runtime.postgres
    command = [str(Path(found.tools) / name) if found.tools else name, *arguments]
    for option, value in (("-h", found.host), ("-p", found.port), ("-U", found.user)):
        command += [option, value] if value else []
    environment = runtime.environment()
    if found.password:
        environment["PGPASSWORD"] = found.password
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    if done.returncode:
        raise Quit(f"{name} failed: {done.stderr.decode().strip()}")
    return done.stdout


def restore(runtime, dump, name):
    """Make a database of a dump."""
    databases.create(runtime.postgres, name)
    script = places.make(places.STATE) / "upgrade.sql"
    script.write_bytes(lzma.decompress(dump.read_bytes()))
    tool(runtime, "psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", name, "-f", str(script))
    script.unlink()


def dump():
    """Keep a small filled database of the present version, for tests to come."""
    databases.require_addon()
    target = places.make(DUMPS) / f"{version()}{SUFFIX}"
    odoo = odoo_source.find()
    with postgres.running() as server:
        runtime = Runtime(odoo, server)
        databases.copy(server, databases.base(runtime, "demo"), MAKING)
        try:
            runtime.prepare(
                "Database of this version",
                places.LOGS / "version.log",
                *("-d", MAKING, "-i", places.MODULE, "--no-http"),
            )
            with step("Dump"):
                # Bundles are made anew wherever they are needed.
                server.rows(
                    "DELETE FROM ir_attachment WHERE url LIKE '/web/assets/%'",
                    database=MAKING,
                )
                text = tool(runtime, "pg_dump", "--no-owner", "-d", MAKING)
                target.write_bytes(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))
        finally:
            databases.drop(server, MAKING)
    line(f"{target.relative_to(places.ROOT)}: {target.stat().st_size // 1024} KiB")
