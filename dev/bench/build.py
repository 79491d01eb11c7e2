"""The databases of the bench: one town, and the same many times over."""

from .. import databases, places
from ..say import step
from .client import PASSWORD
from .multiply import CASES, PEERS, PEOPLE, Copier

COMPANIES = 98
# Towns of a thousand citizens and ten contact persons each.
SIZES = {"1k": 1, "10k": 10, "60k": 60}
# Every copy of a contact is so many days earlier than the one before.
DEEPER, APART = 19, 65
PAST_COPIES, PAST_APART = 16, 97
TOWN = places.ROOT / "dev" / "bench" / "town.py"
FOUND = """
exec(compile({source!r}, "town.py", "exec"))
{call}
"""
BASE, FIRST = "sekp_bench_base", "sekp_bench_town"
# In the first municipality lie more and more towns: it grows with the country.
OWN_SHARE = 3


def name_of(size):
    """The database of a size."""
    return f"sekp_bench_{size}"


def key():
    """What the databases are made of; the addon itself is upgraded in them."""
    made_by = ("build.py", "multiply.py", "town.py")
    return places.short_hash(*((TOWN.parent / name).read_text() for name in made_by))


def addon():
    """What the addon is made of, as far as a database holds it."""
    return places.tree_hash(places.ADDON, without=("tests", "readme"))


def mark_of(postgres, name):
    """What a database was made of, and of which addon: two words, or none."""
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
    found = postgres.rows(f"{query} WHERE datname = %s", name)
    return (found[0][0] or "").split() if found else []


def known(postgres, name):
    """Is a database there, and made as it would be today?"""
    return mark_of(postgres, name)[:1] == [key()]


def mark(postgres, name, of_addon):
    """Say what a database is made of."""
    postgres.rows(f"COMMENT ON DATABASE \"{name}\" IS '{key()} {of_addon}'")


def run(runtime, name, call):
    """Let one act of the town happen."""
    script = FOUND.format(source=TOWN.read_text(), call=call)
    runtime.shell(name, script, places.LOGS / f"{name}.log")


def town(runtime):
    """One town: lived, then its past and its contacts multiplied."""
    postgres = runtime.postgres
    databases.copy(postgres, databases.ready(runtime, browsing=False), BASE)
    runtime.prepare(
        "The peers",
        places.LOGS / "bench.base.log",
        *("-d", BASE, "-i", "crm,project", "--no-http"),
    )
    databases.rename(postgres, BASE, FIRST)
    copier = Copier(postgres, FIRST)
    with step(f"{COMPANIES} municipalities"):
        run(runtime, FIRST, f"found(env, {COMPANIES})")
        bottom = copier.tops()
        run(runtime, FIRST, f"hire(env, {PASSWORD!r})")
    with step("What is past"):
        before = copier.tops()
        run(runtime, FIRST, "past(env)")
        homes = [copier.own()] * PAST_COPIES
        copier.multiply(CASES, before, homes, PAST_APART, label="past")
    with step("What is present"):
        run(runtime, FIRST, "present(env)")
        copier.deepen(DEEPER, APART)
    keep(copier, bottom)


def keep(copier, bottom):
    """Write down where the town's own rows begin."""
    copier.rows("CREATE TABLE bench_bottom (name text, id integer)")
    for table, top in bottom.items():
        copier.rows("INSERT INTO bench_bottom VALUES (%s, %s)", table, top)


def country(runtime, size):
    """A database of a size, from the town, with the addon as it is today."""
    postgres, name = runtime.postgres, name_of(size)
    if not known(postgres, name):
        if not known(postgres, FIRST):
            for old in (BASE, FIRST, *map(name_of, SIZES)):
                databases.drop(postgres, old)
            town(runtime)
            mark(postgres, FIRST, addon())
        grow(postgres, size)
        mark(postgres, name, mark_of(postgres, FIRST)[1])
    if mark_of(postgres, name)[1:] != [addon()]:
        runtime.prepare(
            "Addon upgraded",
            places.LOGS / f"{name}.upgrade.log",
            *("-d", name, "-u", places.MODULE, "--no-http"),
        )
        with step("Statistics of PostgreSQL"):
            Copier(postgres, name).rows("VACUUM ANALYZE")
        mark(postgres, name, addon())
    return name


def grow(postgres, size):
    """Make a database out of so many towns."""
    name = name_of(size)
    databases.copy(postgres, FIRST, name)
    copier = Copier(postgres, name)
    bottom = dict(copier.rows("SELECT name, id FROM bench_bottom"))
    homes = copier.rows(
        "SELECT company_id, id FROM sekp_standard WHERE company_id IS NOT NULL"
        " AND state = 'adopted' ORDER BY company_id"
    )
    others = [homes[1 + k % (len(homes) - 1)] for k in range(SIZES[size])]
    copies = [
        homes[0] if k % OWN_SHARE == 0 else others[k] for k in range(1, SIZES[size])
    ]
    with step(f"{size} citizens") as telling:
        if copies:
            tables = (*PEOPLE, *CASES, *PEERS)
            # The municipalities and their people are in the town, once.
            copier.multiply(tables, bottom, copies, telling=telling.progress)
        copier.in_order()
        copier.rows("VACUUM ANALYZE")
