"""Prepared databases: made once, copied when needed.

``sekp_base_…`` holds the addon's dependencies and Danish, ``sekp_ready_…`` the addon
as well. Each is built under another name and renamed when it is whole.
"""

import ast
import os
import shutil

from . import places
from .say import Quit, step
from .server import DATA

LANGUAGE = "da_DK"
# The first is the database's default: tests are written in the source language.
LANGUAGES = {"test": "en_US,da_DK", "demo": "da_DK,en_US"}
WARM = "env['ir.qweb']._pregenerate_assets_bundles()\nenv.cr.commit()\n"
DEPENDS = ("mail", "calendar", "resource", "portal")
BUILDING = "sekp_building"


def depends():
    """The addon's dependencies, from its manifest."""
    manifest = places.ADDON / "__manifest__.py"
    if not manifest.exists():
        return DEPENDS
    return tuple(ast.literal_eval(manifest.read_text())["depends"])


def store(name):
    """The folder of a database's files."""
    return DATA / "filestore" / name


def exists(postgres, name):
    """Is there such a database?"""
    query = "SELECT 1 FROM pg_database WHERE datname = %s"
    return bool(postgres.rows(query, name))


def alone(postgres, name):
    """End what is connected to a database, left by a killed command."""
    postgres.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s "
        "AND backend_type = 'client backend'",
        name,
    )


def drop(postgres, name):
    """Drop a database with its files.

    Not by FORCE, which an ordinary role may not use while autovacuum is at work there:
    a plain DROP ends autovacuum by itself and waits for those that were ended here.
    """
    alone(postgres, name)
    postgres.rows(f'DROP DATABASE IF EXISTS "{name}"')
    shutil.rmtree(store(name), ignore_errors=True)


def create(postgres, name):
    """An empty database, in the way Odoo makes one."""
    drop(postgres, name)
    postgres.rows(
        f"CREATE DATABASE \"{name}\" ENCODING 'unicode' LC_COLLATE 'C' "
        "TEMPLATE template0"
    )


def copy(postgres, source, name):
    """A copy of a database with its files, which Odoo never changes in place."""
    drop(postgres, name)
    alone(postgres, source)
    postgres.rows(f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY FILE_COPY')
    if store(source).is_dir():
        shutil.copytree(store(source), store(name), copy_function=os.link)


def give_uuid(postgres, name):
    """Make a copy another database than its source, with keys of its own."""
    postgres.rows(
        "UPDATE ir_config_parameter SET value = gen_random_uuid() "
        "WHERE key = 'database.uuid'",
        database=name,
    )


def rename(postgres, source, name):
    """Give a finished database its lasting name."""
    drop(postgres, name)
    alone(postgres, source)
    if store(source).is_dir():
        store(source).rename(store(name))
    postgres.rows(f'ALTER DATABASE "{source}" RENAME TO "{name}"')


def forget(postgres, prefix, keep):
    """Drop the older databases of a kind."""
    query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
    for (name,) in postgres.rows(query, prefix):
        if name != keep:
            drop(postgres, name)


def warm(runtime, name):
    """Generate the asset bundles once; Odoo's runner would do it in every run."""
    query = (
        "SELECT shobj_description(oid, 'pg_database') "
        "FROM pg_database WHERE datname = %s"
    )
    if runtime.postgres.rows(query, name) != [("warm",)]:
        with step("Asset bundles"):
            runtime.shell(name, WARM, places.LOGS / f"{name}.assets.log")
        runtime.postgres.rows(f"COMMENT ON DATABASE \"{name}\" IS 'warm'")


def base(runtime, kind):
    """The template with the addon's dependencies and Danish, for `test` or `demo`."""
    prefix = f"sekp_base_{kind}_"
    name = prefix + places.short_hash(runtime.odoo.key, *sorted(depends()))
    building = "the database is being prepared."
    with places.lock(places.STATE, "databases", building):
        if not exists(runtime.postgres, name):
            create(runtime.postgres, BUILDING)
            runtime.prepare(
                "Database with the addon's dependencies",
                places.LOGS / "base.log",
                *("-d", BUILDING, "-i", ",".join(depends())),
                *("--load-language", LANGUAGES[kind]),
                "--no-http",
                *(["--with-demo"] if kind == "demo" else []),
            )
            rename(runtime.postgres, BUILDING, name)
            forget(runtime.postgres, prefix, name)
    return name


def ready(runtime, browsing):
    """The template with the addon; `logs` are those of making it."""
    source = base(runtime, "test")
    key = places.tree_hash(places.ADDON, without=("tests", "readme"))
    name = "sekp_ready_" + places.short_hash(source, key)
    file = places.LOGS / f"{name}.log"
    installing = "the addon is being installed."
    with places.lock(places.STATE, "databases", installing):
        if not exists(runtime.postgres, name) or not file.exists():
            copy(runtime.postgres, source, BUILDING)
            for old in places.LOGS.glob("sekp_ready_*.log"):
                old.unlink()
            runtime.prepare(
                "Addon installed",
                file,
                *("-d", BUILDING, "-i", places.MODULE, "--no-http"),
            )
            rename(runtime.postgres, BUILDING, name)
            forget(runtime.postgres, "sekp_ready_", name)
        if browsing:
            warm(runtime, name)
    return name


def logs(name):
    """What Odoo said while a template was made: read again at each use of it."""
    return sorted(places.LOGS.glob(f"{name}*.log"))


def require_addon():
    """Nothing can be installed before the addon has its manifest."""
    if not (places.ADDON / "__manifest__.py").exists():
        raise Quit(f"There is no {places.MODULE}/__manifest__.py yet.")
