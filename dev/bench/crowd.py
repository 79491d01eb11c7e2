"""Many at once: what a server of two workers answers to sixty people."""

import re
import statistics
import threading
import time
from dataclasses import dataclass, field

from ..say import step
from .acts import ACTS
from .client import Call, Client, Refused
from .measure import Bench
from .operations import OURS, OWN_COURSE, WORKER

CROWD, WORKERS, SECONDS = 60, 2, 60
# Odoo lets so many connections wait for a worker; the proxy before it keeps the others.
WAITING = 8
# What a contact person does in the street: mostly looks, sometimes writes.
MIX = ("own list", "open", "own list", "my day", "open", "calendar", "systray")
LOGGING = next(act for act in ACTS if act.name == "log a contact")
AGAIN = re.compile(r"SERIALIZATION_FAILURE|LOCK_NOT_AVAILABLE|DEADLOCK_DETECTED")
PEOPLE = r"""
    SELECT u.id, u.login, u.company_id, min(c.id) FROM res_users u
      JOIN sekp_course c ON c.contact_person_id = u.id AND c.phase != 'closed'
     WHERE u.login LIKE 'worker%%' AND u.active GROUP BY u.id
     ORDER BY u.company_id, u.id LIMIT %s
"""


@dataclass
class Told:
    """What a crowd met."""

    people: int
    seconds: float = 0.0
    walls: list = field(default_factory=list)
    refused: list = field(default_factory=list)
    again: int = 0

    def summary(self):
        """Requests a second, and median and p95 in milliseconds."""
        return {
            "people": self.people,
            "requests": len(self.walls),
            "per_second": len(self.walls) / self.seconds,
            "median": 1000 * statistics.median(self.walls),
            "p95": 1000 * statistics.quantiles(self.walls, n=20)[-1],
            "refused": len(self.refused),
            "first_refused": (self.refused or [""])[0],
            "again": self.again,
        }


def of_another(call, mine, theirs):
    """What another contact person's client asks for the same page.

    :param mine: user, municipality and course of who was recorded
    :param theirs: the same of the other
    """
    user, company, course = mine
    other_user, other_company, other_course = theirs

    def leaf(one):
        if not isinstance(one, list) or one[2:] not in ([user], [[user]]):
            return one
        return [*one[:2], other_user if one[2] == user else [other_user]]

    params = dict(call.params)
    if params.get("args") == [[course]]:
        params["args"] = [[other_course]]
    kwargs = dict(params.get("kwargs", params))
    if "domain" in kwargs:
        kwargs["domain"] = [leaf(one) for one in kwargs["domain"]]
    if "context" in kwargs:
        context = kwargs["context"] | {"uid": other_user}
        if context.get("allowed_company_ids") == [company]:
            context["allowed_company_ids"] = [other_company]
        kwargs["context"] = context
    if "kwargs" in params:
        return Call(call.path, params | {"kwargs": kwargs})
    return Call(call.path, params | kwargs)


def client_of(bench, login):
    """A client that lets go of the server after each answer, as a proxy does for it.

    A worker answers one connection at a time; who kept it would keep the worker.
    """
    client = Client(bench.address, bench.database, login)
    client.session.headers["Connection"] = "close"
    return client


class Crowd:
    """So many contact persons on one server.

    :param bench: serving
    :param recorded: what the client asks for each page
    :param int workers: of the server; none for one that answers in threads
    """

    def __init__(self, bench, recorded, people=CROWD, workers=0):
        self.bench = bench
        self.proxy = threading.Semaphore(WAITING * workers or people)
        rows = bench.runtime.postgres.rows(PEOPLE, people, database=bench.database)
        first = "SELECT id, company_id FROM res_users WHERE login = %s"
        ((user, company),) = bench.runtime.postgres.rows(
            first, WORKER, database=bench.database
        )
        self.mine = (user, company, bench.ids(OWN_COURSE))
        self.pages = {
            page.name: calls
            for page, calls in recorded.items()
            if page.whose == OURS and page.login == WORKER
        }
        with step(f"{len(rows)} people log in"):
            self.people = [
                (client_of(bench, login), (user, company, course))
                for user, login, company, course in rows
            ]

    def live(self, seconds=SECONDS):
        """Let all of them ask as fast as they are answered; gives what they met."""
        told, until = Told(len(self.people)), time.monotonic() + seconds
        begun = time.monotonic()
        threads = [
            threading.Thread(target=self.person, args=(number, told, until))
            for number in range(len(self.people))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told.seconds = time.monotonic() - begun
        told.again = sum(bool(AGAIN.search(row)) for row in self.bench.log.new())
        return told

    def person(self, number, told, until):
        client, theirs = self.people[number]
        turn = 0
        while time.monotonic() < until:
            turn += 1
            if turn % 5 == 0:
                calls = LOGGING.calls(client, self.bench.ids, turn)
            else:
                calls = [
                    of_another(call, self.mine, theirs)
                    for call in self.pages[MIX[(number + turn) % len(MIX)]]
                ]
            for call in calls:
                begun = time.perf_counter()
                try:
                    with self.proxy:
                        client.rpc(call.path, call.params)
                except (Refused, OSError) as error:
                    told.refused.append(str(error)[:200])
                told.walls.append(time.perf_counter() - begun)


def measure(runtime, database, recorded):
    """What sixty contact persons meet on a server of two workers."""
    bench = Bench(runtime, database)
    with bench.serving("crowd", *bench.prefork(WORKERS)):
        crowd = Crowd(bench, recorded, CROWD, WORKERS)
        with step(f"{CROWD} people for {SECONDS} s"):
            return crowd.live().summary()
