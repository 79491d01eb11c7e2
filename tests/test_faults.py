"""What a municipality's machine can meet: nothing is lost, half done or told.

Ordinarily each kind of fault is met a few times. All of it, some thousand times, takes
an hour::

    SEKP_WHOLE=1 make test T=faults

``SEKP_ROUNDS`` and ``SEKP_SOAK`` say how many pairs and how many seconds else. The
figures stand in ``docs/reliability.md``.
"""

import os
import random
import re
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from dev import databases, places
from dev.reliability import acts, scene
from dev.reliability.machine import DATABASE, Person, machine

WHOLE = bool(os.environ.get("SEKP_WHOLE"))
# Before how many statements of each act its process ends; all of them as a whole.
POINTS = 2
ROUNDS = int(os.environ.get("SEKP_ROUNDS") or (120 if WHOLE else 2))
PAIR_ROUNDS = ROUNDS // 2
EACH = ROUNDS + 5
COURSES = 3 * EACH + 7 * PAIR_ROUNDS + 8
LOAD_SECONDS = 60 if WHOLE else 6
REFUSALS = {
    f"odoo.exceptions.{name}"
    for name in ("AccessError", "MissingError", "UserError", "ValidationError")
}
REFUSALS.add(
    "odoo.addons.sekp_outreach.models.sekp_meanwhile_mixin.ChangedMeanwhileError"
)
# What PostgreSQL's end, or a worker's, makes Odoo say.
LOUD = re.compile(r"Traceback|ERROR|CRITICAL")
# What PostgreSQL refuses to the second of two is tried again; the log has this line.
AGAIN = re.compile(r"A statement on \w+ failed; its values are withheld\.")
SLOW = 30
# Seconds until what must happen has happened.
PATIENCE = 60
TABLES = (
    "sekp_referral", "sekp_course", "sekp_citizen", "sekp_contact", "sekp_assignment",
    "sekp_identity", "sekp_document", "sekp_handover", "sekp_appointment",
    "sekp_erasure_certificate", "mail_activity", "calendar_event", "ir_attachment",
)  # fmt: skip


class Town:
    """The municipality on its machine, and who works there."""

    def __init__(self, broken, told):
        self.machine, self.scene = broken, told
        self.used, self.number = Counter(), 0
        self.tried = Counter()

    def take(self, kind):
        """A citizen of a kind that nobody has met yet."""
        if kind == acts.SHARED:
            return self.scene[kind]
        self.used[kind] += 1
        return self.scene[kind][self.used[kind] - 1]

    def two(self):
        """Two numbers that nobody has used, for two who want the same."""
        self.number += 2
        return self.number, self.number + 1

    def ask(self, act, person):
        """The deciding request of an act on a citizen of its own."""
        number, _other = self.two()
        return act.steps(person, self.scene, self.take(act.kind), number)

    def person(self, address, login):
        return Person(address, DATABASE, login, scene.PASSWORD)

    def people(self, address):
        logins = {login for act in acts.ACTS for login in act.logins}
        return {login: self.person(address, login) for login in sorted(logins)}

    def rows(self, query, *values):
        return self.machine.rows(DATABASE, query, *values)

    def counts(self):
        """How many rows each table holds in which something is done, and the newest."""
        newest = "max(xmin::text::bigint)"
        return [
            self.rows(f"SELECT count(*), {newest} FROM {table}")[0]  # noqa: S608
            for table in TABLES
        ]

    def check(self):
        assert self.machine.check(DATABASE) == []


@pytest.fixture(scope="module")
def town(runtime):
    source = databases.ready(runtime, browsing=True)
    with machine(runtime.odoo, runtime, source) as broken:
        output = broken.shell(DATABASE, scene.script(EACH, COURSES))
        yield Town(broken, scene.said(output, "SCENE"))


@pytest.fixture(scope="module")
def serving(town):
    """A server of two workers, for as long as nobody needs another."""
    with town.machine.serving(DATABASE, "faults") as address:
        yield address


@pytest.fixture(autouse=True)
def _quiet():
    """What an administrator would look into is in no log, unless a test says why."""
    loud()
    yield
    assert not loud()


def refusal(answer):
    """The sentence of a refusal; nothing for a result.

    :raises AssertionError: for an error that is no answer to a user
    """
    error = answer.get("error")
    if not error:
        return None
    data = error["data"]
    assert data["name"] in REFUSALS, (data["name"], data["message"])
    assert data["message"]
    return data["message"]


READ = Counter()


def loud(name="faults"):
    """The new lines of a server's log that an administrator would look into."""
    file = places.LOGS / f"{name}.log"
    text = file.read_text() if file.exists() else ""
    text, READ[name] = text[READ[name] :], len(text)
    return [
        row for row in text.splitlines() if LOUD.search(row) and not AGAIN.search(row)
    ]


def points(statements):
    """Before which statements a process is to end, and around the commit."""
    if WHOLE:
        chosen = range(1, statements + 1)
    else:
        step = statements / (POINTS + 1)
        chosen = [round(step * (number + 1)) for number in range(POINTS)]
    return ["commit", *chosen, "committed"]


def test_a_worker_that_is_killed_leaves_nothing_half_done(town, serving):
    people = town.people(serving)
    for act in acts.ACTS:
        person = people[act.logins[0]]
        model, method, *args = town.ask(act, person)
        answer = person.call(model, method, *args, lang="da_DK")
        assert refusal(answer) is None, (act.name, answer)
        # Once more, now that the server knows by heart what it need not ask again.
        model, method, *args = town.ask(act, person)
        answer = person.fault(model, method, *args, at="count", lang="da_DK")
        assert refusal(answer) is None, (act.name, answer)
        model, method, *args = town.ask(act, person)
        before = town.counts()
        for point in points(town.machine.statements()):
            answer = person.fault(model, method, *args, at=point, lang="da_DK")
            # Another time it may need a statement less: then it has been done.
            if answer is not None:
                break
            town.tried["killed"] += 1
            if point == "committed":
                assert town.counts() != before, act.name
            else:
                assert town.counts() == before, (act.name, point)
        told = person.patiently(model, method, *args, lang="da_DK")
        # What was done is not done again, or is the same once more.
        if act.wins == 1:
            assert refusal(told), (act.name, told)
        else:
            refusal(told)
    assert town.tried["killed"] >= len(acts.ACTS) * (POINTS + 1)
    town.check()


CHANCE = random.Random("to på samme tid")


def at_once(pool, asked):
    """The answers to the requests of two, sent at about the same moment."""
    barrier = threading.Barrier(2)
    waits = [0, CHANCE.choice((0, 0, 0.01, 0.03, 0.1))]

    def ask(request, wait):
        person, (model, method, *args) = request
        barrier.wait()
        time.sleep(wait)
        return person.call(model, method, *args, lang="da_DK")

    return list(pool.map(ask, asked, waits))


def test_two_at_once_and_one_wins(town, serving):
    said = set()
    people = [town.people(serving), town.people(serving)]
    with ThreadPoolExecutor(2) as pool:
        for act in acts.ACTS:
            for _round in range(ROUNDS):
                target = town.take(act.kind)
                asked = [
                    (one[login], act.steps(one[login], town.scene, target, number))
                    for one, login, number in zip(
                        people, act.logins, town.two(), strict=True
                    )
                ]
                answers = at_once(pool, asked)
                refused = [refusal(answer) for answer in answers]
                won = refused.count(None)
                town.tried["at once"] += 1
                said |= set(filter(None, refused))
                assert won == (act.wins or won), (act.name, refused)
                assert won, (act.name, refused)
        for pair in acts.PAIRS:
            for _round in range(PAIR_ROUNDS):
                target, number = town.take("course"), town.two()[0]
                asked = [
                    (one[login], steps(one[login], town.scene, target, number))
                    for one, (login, steps) in zip(people, pair, strict=True)
                ]
                refused = [refusal(answer) for answer in at_once(pool, asked)]
                town.tried["at once"] += 1
                said |= set(filter(None, refused))
                assert None in refused, (pair, refused)
    # What two uploaded at the same moment has a number each.
    assert not town.rows(
        "SELECT course_id, number FROM sekp_document GROUP BY 1, 2 HAVING count(*) > 1"
    )
    assert not [text for text in said if re.search(r"[Tt]he |[Aa] colleague", text)]
    town.check()


def test_nobody_writes_over_what_another_has_just_written(town, serving):
    texts = ["Sover ved broen", "Sover i bilen"]
    people = [town.person(serving, login) for login in acts.LEADERS]
    with ThreadPoolExecutor(2) as pool:
        for _number in range(ROUNDS):
            target = town.take("received")
            barrier = threading.Barrier(2)

            def save(person, text, target=target, barrier=barrier):
                barrier.wait()
                return person.call(
                    "sekp.referral", "web_save", [target], {"concern": text}, {},
                    sekp_seen={"concern": "Sover ude"}, lang="da_DK",
                )  # fmt: skip

            answers = list(pool.map(save, people, texts))
            refused = [refusal(answer) for answer in answers]
            assert refused.count(None) == 1, answers
            ((kept,),) = town.rows(
                "SELECT concern FROM sekp_referral WHERE id = %s", target
            )
            assert kept == texts[refused.index(None)]
            town.tried["at once"] += 1


def await_size(found, goal, *working):
    """Wait until so much is there; what those at work fail on is raised."""
    until = time.monotonic() + PATIENCE
    while len(found) < goal:
        for one in working:
            if one.done():
                one.result()
        assert time.monotonic() < until, "Odoo does not come back."
        time.sleep(0.05)


def test_postgresql_crashes_and_nothing_that_was_confirmed_is_lost(town, serving):
    confirmed = []
    person = town.person(serving, "kontakt_1")
    course = town.take(acts.SHARED)
    stop = threading.Event()

    def work():
        while not stop.is_set():
            number = len(confirmed) + 1
            values = {
                "course_id": course, "outcome": "met", "minutes": number,
                "form_id": town.scene["form"], "hours_reason": "wish",
            }  # fmt: skip
            try:
                answer = person.call("sekp.contact", "create", [values])
            except (OSError, ValueError):
                continue
            if "result" in answer:
                confirmed.append((answer["result"][0], number))

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        try:
            for _crash in range(5 if WHOLE else 1):
                await_size(confirmed, len(confirmed) + 5, working)
                town.machine.crash_postgres()
                time.sleep(0.5)
                town.machine.begin_postgres()
                town.tried["crashes"] += 1
                await_size(confirmed, len(confirmed) + 2, working)
        finally:
            stop.set()
        working.result()
    kept = dict(
        town.rows("SELECT id, minutes FROM sekp_contact WHERE course_id = %s", course)
    )
    assert confirmed
    # While PostgreSQL is away, Odoo says so.
    loud()
    for contact, minutes in confirmed:
        assert kept.get(contact) == minutes
    town.tried["confirmed"] += len(confirmed)
    town.check()


def test_the_disk_is_full(town):
    """Where there is no room for a document, nothing of it is stored."""
    store = town.machine.store(DATABASE)
    places.make(store)
    mount = f'mount -t tmpfs -o size=256k full "{store}" && exec "$@"'
    root = () if os.geteuid() == 0 else ("--map-root-user",)
    before = ("unshare", "--mount", *root, "sh", "-c", mount, "odoo")
    with town.machine.serving(DATABASE, "full", before=before) as address:
        person = town.person(address, "kontakt_1")
        course = town.take(acts.SHARED)
        large = acts.base64.b64encode(os.urandom(400_000)).decode()
        counted = town.counts()
        for _time in range(3):
            values = {"course_id": course, "title": "Stor.bin", "upload": large}
            answer = person.call("sekp.document", "create", [values], lang="da_DK")
            assert "plads" in (refusal(answer) or ""), answer
            assert town.counts() == counted
        model, method, *args = acts.note(person, town.scene, course, 0)
        assert refusal(person.call(model, method, *args)) is None
    assert all("not stored" in row for row in loud("full"))
    town.tried["full disks"] += 3


def test_the_key_is_lost_and_found(town, serving):
    """Without the key nothing opens and nothing is lost; the rest goes on."""
    folder = town.machine.runtime.data / "sekp_outreach_keys"
    (key,) = folder.iterdir()
    away = town.machine.folder / "away"
    person = town.person(serving, "kontakt_1")
    course = town.take(acts.SHARED)
    values = {"course_id": course, "title": "Brev.txt", "upload": acts.FILE}
    document = person.create("sekp.document", **values)
    shutil.move(key, away)
    counted = town.counts()
    answer = person.call("sekp.document", "create", [values], lang="da_DK")
    assert "nøgle" in refusal(answer).lower()
    assert town.counts() == counted
    found = person.told("sekp.document", "read", [document], ["title"])
    assert "Brev" not in found[0]["title"]
    model, method, *args = acts.note(person, town.scene, course, 0)
    assert refusal(person.call(model, method, *args)) is None
    assert not list(folder.iterdir()), "no new key while something is sealed"
    problems = town.machine.check(DATABASE)
    assert any("missing" in row for row in problems), problems
    shutil.move(away, key)
    found = person.told("sekp.document", "read", [document], ["title"])
    assert found[0]["title"] == "Brev.txt"
    town.tried["lost keys"] += 1


class SilentMailServer:
    """Takes connections and says nothing, as one that is overloaded."""

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.met = self.socket.getsockname()[1], []
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_error):
        self.socket.close()
        for connection in self.met:
            connection.close()

    def accept(self):
        try:
            while True:
                self.met.append(self.socket.accept()[0])
        except OSError:
            pass


def test_the_mail_server_is_down_or_slow(town, serving):
    """What people do is done at once, whatever becomes of the mails."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        nobody = probe.getsockname()[1]
    with SilentMailServer() as silent:
        for name, port in (("down", nobody), ("slow", silent.port)):
            town.rows(
                "INSERT INTO ir_mail_server (name, smtp_host, smtp_port, "
                "smtp_authentication, smtp_encryption, active, sequence) "
                "VALUES (%s, '127.0.0.1', %s, 'login', 'none', TRUE, 1)",
                name,
                port,
            )
            people = town.people(serving)
            for act in acts.ACTS:
                person = people[act.logins[0]]
                model, method, *args = town.ask(act, person)
                begun = time.monotonic()
                answer = person.call(model, method, *args, lang="da_DK")
                assert refusal(answer) is None, (act.name, answer)
                assert time.monotonic() - begun < SLOW, act.name
            town.rows("DELETE FROM ir_mail_server WHERE name = %s", name)
            town.tried["mail servers"] += 1


JOB = """
import os, signal
from odoo.modules.registry import Registry
from odoo.api import Environment
from odoo.sql_db import Cursor, close_all
from odoo.tools import mute_logger

JOBS = (
    ("sekp.follow.up", "_cron_follow_up"), ("mail.activity", "_cron_sekp_hand_on"),
    ("sekp.access.seal", "_cron_seal"), ("sekp.erasure", "_cron_erase"),
    ("sekp.statistic", "_cron_count"),
)
# Something for each of them to do.
courses = env["sekp.course"].browse(%(courses)s)
stand_in = env["res.users"].search([("login", "=", "kontakt_2")])
today = courses.company_id._sekp_today()
for course in courses:
    course._assign(stand_in, "cover", "Ferie", today, today)
    course.activity_schedule(
        "mail.mail_activity_data_todo", user_id=stand_in.id, automated=False,
        date_deadline=today,
    )
env.flush_all()
env.cr.execute(
    "UPDATE sekp_assignment SET ends_at = now() AT TIME ZONE 'UTC' - interval '1 hour' "
    "WHERE role = 'cover' AND course_id = ANY(%%s)", [courses.ids],
)
if not env["sekp.access.seal"].search_count([]):
    env.cr.execute(
        "INSERT INTO sekp_access_log (at, kind, user_id) SELECT "
        "now() AT TIME ZONE 'UTC' - day * interval '1 day', 'open', 1 "
        "FROM generate_series(3, 9) day"
    )
env.cr.commit()
database, plain = env.cr.dbname, Cursor.execute

def run(model, method, end=0):
    with Registry(database).cursor() as cr:
        inner = Environment(cr, 1, {})
        told = {"number": 0}
        def execute(self, *args, **kwargs):
            told["number"] += 1
            if told["number"] == end:
                os.kill(os.getpid(), signal.SIGKILL)
            return plain(self, *args, **kwargs)
        Cursor.execute = execute
        getattr(inner[model], method)()
        cr.commit()
        Cursor.execute = plain
        return told["number"]

killed = 0
for model, method in JOBS:
    for end in %(ends)s:
        close_all()
        child = os.fork()
        if not child:
            run(model, method, end)
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            break
        killed += 1
    run(model, method)
with Registry(database).cursor() as cr:
    after = Environment(cr, 1, {})
    print("FOUND", json.dumps({
        "killed": killed, "problems": after["sekp.check"]._problems(),
        "broken": str(after["sekp.access.seal"]._verify()),
    }), flush=True)
# The shell's own connection was closed before the first fork.
os._exit(0)
"""


def test_a_job_that_is_killed_goes_on_where_it_ended(town):
    ends = list(range(1, 400)) if WHOLE else [2, 5, 9, 14, 20, 40, 80]
    courses = [town.take("course") for _number in range(4)]
    script = "import json\n" + JOB % {"courses": courses, "ends": ends}
    output = town.machine.shell(DATABASE, script)
    found = scene.said(output, "FOUND")
    assert found["problems"] == []
    assert found["broken"] == "None"
    assert found["killed"] >= 10
    town.tried["killed jobs"] += found["killed"]
    town.check()


def test_a_backup_of_a_running_system_is_whole(town, serving):
    """Dumped while people work, restored under another name, and checked."""
    backup, name = town.machine.folder / "backup", "sekp_restored"
    done, stop = Counter(), threading.Event()

    def work(who):
        login, steps = who
        person, target = town.person(serving, login), town.take("course")
        number = 10_000
        while not stop.is_set():
            number += 1
            request = steps(person, town.scene, target, number)
            answer = person.call(*request)
            if refusal(answer) is None:
                done[steps.__name__] += 1

    working = (
        ("kontakt_1", acts.upload), ("kontakt_1", acts.note),
        ("leder_1", acts.plan), ("leder_2", acts.upload),
    )  # fmt: skip
    with ThreadPoolExecutor(len(working)) as pool:
        followed = [pool.submit(work, who) for who in working]
        try:
            kinds = {steps for _login, steps in working}
            await_size(done, len(kinds), *followed)
            town.machine.back_up(DATABASE, backup)
            time.sleep(LOAD_SECONDS / 3)
        finally:
            stop.set()
        for one in followed:
            one.result()
    town.tried["acts during the backup"] += sum(done.values())
    town.machine.restore(backup, name)
    assert town.machine.check(name) == []
    # Without the key nothing of what is sealed can be opened, and nothing else fails.
    folder = town.machine.runtime.data / "sekp_outreach_keys"
    (key,) = folder.iterdir()
    shutil.move(key, town.machine.folder / "away")
    problems = town.machine.check(name)
    assert problems
    assert not [
        row
        for row in problems
        if row.startswith("  ") and not re.search("key|nøgle", row, re.IGNORECASE)
    ], problems
    shutil.move(town.machine.folder / "away", key)
    neutralised(town, name)


def neutralised(town, name):
    """A copy for tests sends no mail, answers nobody and opens no identity."""
    command = [*town.machine.runtime.command(), "-d", name]
    command[2:2] = ["neutralize"]
    command = [one for one in command if one]
    with town.machine.runtime.child(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        output, _errors = process.communicate()
    assert process.returncode == 0, output
    rows = town.machine.rows
    for query in (
        "SELECT id FROM res_company WHERE sekp_public_page",
        "SELECT id FROM ir_mail_server WHERE active AND smtp_host <> 'invalid'",
    ):
        assert not rows(name, query)


# What a contact person's phone and a supervisor's screen ask for, again and again.
LOOKS = (
    ("kontakt_1", "sekp.course", "web_search_read",
     [[]], {"specification": {"reference": {}, "phase": {}, "next_contact_due": {}}}),
    ("leder_1", "sekp.course", "web_search_read",
     [[]], {"specification": {"reference": {}, "contact_person_id": {}}}),
    ("leder_1", "sekp.morning", "get_board", [], {}),
    ("kontakt_1", "sekp.quick.log", "get_screen", [], {}),
    ("leder_2", "sekp.month", "get_month", [], {}),
    ("leder_1", "mail.activity", "get_activity_data",
     ["sekp.course", [], 100, 0, False], {}),
)  # fmt: skip
WRITES = (
    ("kontakt_1", acts.note), ("leder_1", acts.plan), ("kontakt_1", acts.upload),
)  # fmt: skip
SOAK_SECONDS = int(os.environ.get("SEKP_SOAK") or (1200 if WHOLE else 12))
AT_WORK = 6
# So often it is asked what the server uses.
SAMPLES = 40 if WHOLE else 4


def soak(town, serving, number, stop, done):
    """One person at work, until told to stop."""
    people = {}
    turn = number
    while not stop.is_set():
        turn += 1
        if turn % 5:
            login, model, method, args, kwargs = LOOKS[turn % len(LOOKS)]
            request = (model, method, *args)
        else:
            login, steps = WRITES[turn % len(WRITES)]
            kwargs, request = {}, None
        if login not in people:
            people[login] = town.person(serving, login)
        person = people[login]
        if request is None:
            request = steps(person, town.scene, town.scene[acts.SHARED], turn)
        answer = person.post(
            "/web/dataset/call_kw",
            {
                "model": request[0],
                "method": request[1],
                "args": request[2:],
                "kwargs": {**kwargs, "context": {"lang": "da_DK"}},
            },
        )
        refusal(answer)
        done["asked"] += 1


def test_a_long_day_uses_no_more_at_its_end(town, serving):
    stop, done, used = threading.Event(), Counter(), []
    with ThreadPoolExecutor(AT_WORK) as pool:
        working = [
            pool.submit(soak, town, serving, 7 * number, stop, done)
            for number in range(AT_WORK)
        ]
        try:
            for _sample in range(SAMPLES):
                time.sleep(SOAK_SECONDS / SAMPLES)
                used.append(town.machine.usage(DATABASE))
        finally:
            stop.set()
        for one in working:
            one.result()
    memory, connections, locks = zip(*used, strict=True)
    assert done["asked"] > SOAK_SECONDS
    assert max(locks) == 0
    assert max(connections) <= 3 * town.machine.workers()
    if WHOLE:
        # When all is warm, from the third quarter to the last.
        third = memory[SAMPLES // 2 : 3 * SAMPLES // 4]
        last = memory[3 * SAMPLES // 4 :]
        assert sum(last) / len(last) < 1.05 * sum(third) / len(third), memory
    town.tried["requests of a long day"] += done["asked"]
    town.tried["MiB at its beginning"] = round(memory[0])
    town.tried["MiB at its end"] = round(memory[-1])


def test_what_was_tried_is_told(town):
    """The figures of this run, for docs/reliability.md."""
    lines = [f"{name}: {number}" for name, number in sorted(town.tried.items())]
    (places.LOGS / "reliability.txt").write_text("\n".join([*lines, ""]))
    assert town.tried["killed"]
    assert town.tried["at once"]
