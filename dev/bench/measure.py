"""How long operations take, and what they ask of PostgreSQL."""

import re
import statistics
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from .. import chromium, places, server
from ..say import Quit, step
from .acts import ACTS
from .client import Call, Client, Recorder
from .operations import PAGES
from .plans import Heard, Plans

WARM, TIMES, PATIENCE = 3, 15, 20
# "POST /web/... HTTP/1.1" 200 - <statements> <seconds in SQL> <seconds elsewhere>
PERF = re.compile(r'"POST (\S+) HTTP/1.1" \d+ - (\d+) ([\d.]+) ([\d.]+)')
FLOOR = "empty call"
LISTEN, ROOT = places.ROOT / "dev" / "bench" / "listen", places.ROOT


@dataclass
class Figure:
    """What one operation costs in one database."""

    name: str
    whose: str
    login: str
    calls: int = 0
    median: float = 0.0
    p95: float = 0.0
    statements: int = 0
    sql: float = 0.0
    rows: int = 0
    scans: list = field(default_factory=list)
    slowest: str = ""


class Log:
    """The server's log, read on as requests end."""

    def __init__(self, file):
        self.handle = open(file, errors="replace")  # noqa: SIM115, closed with it

    def new(self):
        """The lines since the last time."""
        return self.handle.readlines()

    def lines(self, count):
        """The lines up to the end of so many requests."""
        found, until = [], time.monotonic() + PATIENCE
        while sum(bool(PERF.search(row)) for row in found) < count:
            if time.monotonic() > until:
                raise Quit("The server's log does not tell what was asked of it.")
            time.sleep(0.002)
            found += self.new()
        return found

    def asked(self, count):
        """Statements and seconds in SQL of the next so many requests."""
        found = [one for row in self.lines(count) if (one := PERF.search(row))]
        return (
            sum(int(one[2]) for one in found[-count:]),
            sum(float(one[3]) for one in found[-count:]),
        )


class Bench:
    """One database, measured."""

    def __init__(self, runtime, database, times=TIMES):
        self.runtime, self.database, self.times = runtime, database, times
        self.clients = {}

    def ids(self, query):
        """The one value a query gives."""
        return self.runtime.postgres.rows(query, database=self.database)[0][0]

    @contextmanager
    def serving(self, name, *arguments, runtime=None):
        """A server on the database."""
        file = places.LOGS / f"{self.database}.{name}.log"
        self.clients = {}
        with server.live(
            runtime or self.runtime, self.database, file, *arguments
        ) as address:
            self.address, self.log = address, Log(file)
            with closing(self.log.handle):
                yield

    def prefork(self, workers):
        """The arguments of a server with so many workers."""
        return (f"--workers={workers}", f"--gevent-port={server.free_port()}")

    def client(self, login):
        if login not in self.clients:
            self.clients[login] = Client(self.address, self.database, login)
        return self.clients[login]

    # --- what is looked at ----------------------------------------------------------
    def record(self, pages):
        """What the client asks for each page, from a browser."""
        found = {}
        with step("Pages in a browser") as telling:
            for login in dict.fromkeys(page.login for page in pages):
                with (
                    TemporaryDirectory() as folder,
                    chromium.running(Path(folder)) as chrome,
                    closing(chromium.Page(chrome, 1440)) as tab,
                ):
                    recorder = Recorder(tab, self.address, login)
                    for page in pages:
                        if page.login == login:
                            telling.progress(f"{page.name}, {page.whose}")
                            found[page] = page.calls(recorder, self.ids)
        return found

    def measure(self, name, whose, login, run):
        """Run something often; gives its figure.

        :param run: asks everything once, for a number; gives when it began and the
            number of requests
        """
        figure = Figure(name, whose, login)
        for number in range(WARM):
            run(number)
        self.log.new()
        walls, counts, seconds = [], [], []
        for number in range(WARM, WARM + self.times):
            begun, asked = run(number)
            walls.append(time.perf_counter() - begun)
            count, second = self.log.asked(asked)
            counts.append(count)
            seconds.append(second)
            figure.calls = asked
        figure.median = 1000 * statistics.median(walls)
        figure.p95 = 1000 * statistics.quantiles(walls, n=20)[-1]
        figure.statements = round(statistics.median(counts))
        figure.sql = 1000 * statistics.median(seconds)
        return figure

    def page_run(self, client, calls):
        def run(_number, before=self.log.new):
            before()
            begun = time.perf_counter()
            for call in calls:
                client.rpc(call.path, call.params)
            return begun, len(calls)

        return run

    def act_run(self, client, act):
        def run(number, before=self.log.new):
            calls = act.calls(client, self.ids, number)
            before()
            begun, saved = time.perf_counter(), None
            for call in calls:
                args = call.params.get("args")
                if args == [["saved"]]:
                    call.params["args"] = [[saved]]
                told = client.rpc(call.path, call.params)
                if call.params.get("method") == "web_save":
                    saved = told[0]["id"]
            return begun, len(calls)

        return run

    def everything(self, recorded=None):
        """All figures of this database, and what the client asks for each page.

        :param recorded: what it asked in another size, where rows have the same ids
        """
        figures = []
        with self.serving("time"):
            recorded = recorded or self.record(PAGES)
            client = self.client(PAGES[0].login)
            empty = self.page_run(client, [_empty(client)])
            figures.append(self.measure(FLOOR, "", PAGES[0].login, empty))
            with step("Pages") as telling:
                for page, calls in recorded.items():
                    telling.progress(f"{page.name}, {page.whose}")
                    run = self.page_run(self.client(page.login), calls)
                    figures.append(self.measure(page.name, page.whose, page.login, run))
            with step("Acts") as telling:
                for act in ACTS:
                    telling.progress(f"{act.name}, {act.whose}")
                    run = self.act_run(self.client(act.login), act)
                    figures.append(self.measure(act.name, act.whose, act.login, run))
        self.explain(figures, recorded)
        return figures, recorded

    def explain(self, figures, recorded):
        """Add what PostgreSQL reads for each operation, from its plans."""
        known = {(one.name, one.whose): one for one in figures}
        plans = Plans(self.runtime.postgres, self.database)
        with self.listening() as heard, step("Plans") as telling:
            for page, calls in recorded.items():
                telling.progress(f"{page.name}, {page.whose}")
                run = self.page_run(self.client(page.login), calls)
                self.plan(known[page.name, page.whose], run, plans, heard)
            for act in ACTS:
                telling.progress(f"{act.name}, {act.whose}")
                run = self.act_run(self.client(act.login), act)
                self.plan(known[act.name, act.whose], run, plans, heard)

    @contextmanager
    def listening(self):
        """A server whose statements are heard."""
        file = places.LOGS / f"{self.database}.sql"
        file.unlink(missing_ok=True)
        file.touch()
        runtime = Listened(self.runtime.odoo, self.runtime.postgres, file)
        load = ("--load=base,web,rpc,bench_listen", f"--addons-path={LISTEN},{ROOT}")
        with self.serving("sql", *load, runtime=runtime):
            heard = Heard(file)
            with closing(heard.handle):
                yield heard

    def plan(self, figure, run, plans, heard):
        """Add what is read when everything is warm, as in the second of two times."""
        for number in range(40, 42):
            run(number, before=heard.new)
        figure.rows, figure.scans, figure.slowest = plans.read(heard.new())


@dataclass(frozen=True)
class Listened(server.Runtime):
    """A runtime whose servers write their statements into a file."""

    file: Path

    def environment(self, **extra):
        return super().environment(SEKP_BENCH_SQL=str(self.file), **extra)


def _empty(client):
    return Call(
        "/web/dataset/call_kw/res.users/has_group",
        {
            "model": "res.users",
            "method": "has_group",
            "args": [[client.context["uid"]], "base.group_user"],
            "kwargs": {"context": client.context},
        },
    )
