"""When one machine is not enough: measured shares, and the settings that help."""

from .crowd import Crowd
from .measure import Bench
from .operations import OURS

WORKERS, PEOPLE, SECONDS = (1, 2, 4), 20, 20

PAGE = """\
# When to add what

Figures of the database with {size} citizens on one machine of two cores that runs
PostgreSQL, Odoo and those who ask as well, made by `make bench`. What counts is how
they stand to each other. The addon needs nothing of its own here: all of it is Odoo's.

## Where the time goes

Of the time of a request, **{sql:.0%}** is PostgreSQL's and the rest is Python's, over
all our pages and acts. What is short first is processors for Odoo's workers.

| workers | requests a second | median against one worker | errors |
|---:|---:|---:|---:|
{workers}

{people} contact persons ask without a pause, while a person at work reads between two
taps: compare with the requests a second in your own log at its busiest hour.

## 1. Workers, on one machine

About as many as twice the processors, and no more than the memory holds: a worker ends
itself beyond `limit_memory_soft`.

```ini
[options]
workers = 8
max_cron_threads = 0
db_maxconn = 16
limit_memory_soft = 1073741824
limit_memory_hard = 1600000000
limit_time_real = 120
proxy_mode = True
list_db = False
```

Odoo lets eight connections wait for each worker and the system turns away what is
beyond, so the proxy before it must be the one that lets people wait, as HAProxy does:

```
backend odoo
    timeout queue 60s
    server odoo 127.0.0.1:8069 maxconn 64   # 8 x workers
```

The figures above and those of sixty people on two workers were measured so.

Add it when the p95 of a list is more than twice its median for an hour of the day.

## 2. Jobs apart

One more Odoo for scheduled jobs, on the same machine or another one, so that nobody
waits while a night's work is done (*A night* in [performance.md](performance.md) was
measured this way):

```ini
[options]
workers = 0
http_enable = False
max_cron_threads = 2
limit_time_real_cron = 3600
```

## 3. A replica of PostgreSQL

Pages that only read are asked of the replica; what is opened is still written into the
access log once, on the primary. Measured with a real streaming replica:

| | transactions of the primary | of the replica | requests | rows of the access log |
|---|---:|---:|---:|---:|
{replica}

{crowd}

```ini
[options]
db_host = primary.example
db_replica_host = replica.example
db_replica_port = 5432
```

On the primary `wal_level = replica`; the replica is made with `pg_basebackup -R`. It is
as confidential as the primary: the same disk encryption, the same few who may log in.
With `hot_standby_feedback = on` no long list is cut off.

Add it when PostgreSQL's processors, and no longer Odoo's, are what is busy at the
busiest hour.

## 4. More machines for Odoo

Odoo's workers keep nothing between requests but sessions and files: put
`data_dir` on storage that all machines share, with the addon's key file, and let the
proxy send `/websocket` to the port of `gevent_port`. The key that opens identities must
be the same file everywhere (see [administrator.md](administrator.md)).

## PostgreSQL

For 60,000 citizens and 5 million contacts the database is {gigabytes:.1f} GB. These are
worth setting; the rest may stay as it is:

```ini
shared_buffers = 25% of the memory
effective_cache_size = 75% of the memory
random_page_cost = 1.1
jit = off
```
"""


def measure(runtime, database, recorded):
    """Requests a second by the number of workers."""
    told = {}
    for workers in WORKERS:
        bench = Bench(runtime, database)
        with bench.serving(f"workers{workers}", *bench.prefork(workers)):
            crowd = Crowd(bench, recorded, PEOPLE, workers)
            told[workers] = crowd.live(SECONDS).summary()
    size = "SELECT pg_database_size(current_database())"
    return {"workers": told, "bytes": bench.ids(size)}


def page(size, told, replica):
    """The whole page, as Markdown.

    :param str size: of the largest database
    :param told: its figures
    :param replica: what a primary and a replica did
    """
    ours = [one for one in told["figures"] if one.whose == OURS]
    scaling, alone, both = told["scaling"], replica["alone"], replica["with"]
    crowd = replica["crowd"]
    one = scaling["workers"][str(WORKERS[0])]["median"]
    return PAGE.format(
        size=size,
        people=PEOPLE,
        sql=sum(one.sql for one in ours) / sum(one.median for one in ours),
        workers="\n".join(
            f"| {workers} | {found['per_second']:.0f} | {found['median'] / one:.2f} "
            f"| {found['refused']} |"
            for workers, found in scaling["workers"].items()
        ),
        replica="\n".join(
            f"| {words} | {found['primary']} | {found['replica']} "
            f"| {found['requests']} | {found['logged']} |"
            for words, found in (("primary alone", alone), ("with replica", both))
        ),
        crowd=(
            f"{crowd['people']} contact persons at work on both: {crowd['requests']} "
            f"requests, {crowd['refused']} errors; afterwards the replica "
            + ("holds" if replica["equal"] else "does not hold")
            + " the same access log as the primary."
        ),
        gigabytes=scaling["bytes"] / 1024**3,
    )
