"""What was erased is in no dump of the database and in no file of its filestore."""

import base64
import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pytest

from dev import databases, places
from dev.web_client import WebClient

PASSWORD = "slettet-for-altid"
# In everything about the person who is erased, and about the one who is not.
ERASED, KEPT = "kanarie", "spurvehoeg"
AT_ONCE = 6

SCENE = """
import json
from odoo import Command
company = env["res.company"].create({"name": "Sletby Kommune"})
def person(login, role):
    return env["res.users"].with_context(no_reset_password=True).create({
        "name": login, "login": login, "password": %(password)r, "lang": "da_DK",
        "company_id": company.id, "company_ids": [Command.set(company.ids)],
        "group_ids": [Command.set(env.ref("sekp_outreach.group_" + role).ids)],
    })
leader = person("slet_leder", "supervisor")
worker = person("slet_medarbejder", "contact_person")
managers = [person(f"slet_ordning_{n}", "scheme_manager") for n in (1, 2)]
team = env["sekp.team"].create({
    "name": "Sletteteamet", "company_id": company.id, "responsible_id": leader.id,
    "supervisor_ids": [Command.set(leader.ids)],
    "member_ids": [Command.set(worker.ids)],
})
standard = env["sekp.standard"].create({
    "name": "Kvalitetsstandard", "company_id": company.id,
    "action_plan": "offered",
    "route_ids": [Command.create({"name": "Indgang", "team_id": team.id})],
    "deadline_ids": [Command.create({"kind": "response", "amount": 7, "unit": "day"})],
})
standard._put_in_force(company._sekp_today())
env.cr.commit()
print("SCENE", json.dumps({
    "team": team.id, "worker": worker.id,
    "source": env.ref("sekp_outreach.source_relative").id,
    "visit": env.ref("sekp_outreach.contact_form_home_visit").id,
    "offer": env.ref("sekp_outreach.offer_activity_centre").id,
    "course_model": env["ir.model"]._get("sekp.course").id,
    "todo": env.ref("mail.mail_activity_data_todo").id,
    "company": company.id,
}))
"""

# As the worker thread of a server does it, with only this job ready.
JOB = """
job = env.ref("sekp_outreach.cron_erase")
env.cr.execute("UPDATE ir_cron SET nextcall = now() + interval '9 days'")
env.cr.execute(
    "UPDATE ir_cron SET nextcall = now() - interval '1 hour' WHERE id = %s", [job.id]
)
env.cr.execute("DELETE FROM ir_cron_trigger")
env.cr.commit()
env["ir.cron"]._process_jobs(env.cr.dbname)
"""

MANY = """
company = env["res.company"].browse(%(company)s)
team = env["sekp.team"].browse(%(team)s)
worker = env["res.users"].browse(%(worker)s)
for _number in range(%(many)s):
    referral = env["sekp.referral"].with_company(company).create(
        {"company_id": company.id, "source_id": %(source)s}
    )
    referral._allocate(worker, team).sudo()._close("achieved")
env.cr.commit()
"""


def disguises(word):
    """Return a word as it looks in text, in a column of bytes and in base64."""
    word = word.encode()
    return {
        word,
        word.hex().encode(),
        *(
            base64.b64encode(b"x" * shift + word)[4 * bool(shift) : 8]
            for shift in range(3)
        ),
    }


class Person:
    """Everything that the entitled write about one person, over the wire."""

    def __init__(self, word, leader, worker, scene):
        self.word, self.count = word, 0
        self.leader, self.worker, self.scene = leader, worker, scene
        self.refer()
        self.work()
        self.plan()

    def say(self):
        """Return a new text with the word in it."""
        self.count += 1
        return f"{self.word}-{self.count}"

    def refer(self):
        leader = self.leader
        self.referral = leader.create(
            "sekp.referral",
            source_id=self.scene["source"],
            concern=self.say(),
            place=self.say(),
            district=self.say(),
            referrer_name=self.say(),
            referrer_contact=self.say(),
        )
        leader.told("sekp.referral", "action_accept", [self.referral])
        dialog = leader.create(
            "sekp.allocate",
            referral_id=self.referral,
            team_id=self.scene["team"],
            user_id=self.scene["worker"],
        )
        leader.told("sekp.allocate", "action_allocate", [dialog])
        (found,) = leader.told(
            "sekp.course", "search_read", [("referral_id", "=", self.referral)], ["id"]
        )
        self.course = found["id"]

    def part(self, model, **vals):
        return self.worker.create(model, course_id=self.course, **vals)

    def work(self):
        course = self.worker.told("sekp.course", "read", [self.course], ["citizen_id"])
        self.worker.create(
            "sekp.identity.move",
            citizen_id=course[0]["citizen_id"][0],
            to_level="alias",
            alias=self.say(),
        )
        self.worker.told(
            "sekp.course",
            "write",
            [self.course],
            {"next_step": self.say(), "district": self.say()},
        )
        visit = {"outcome": "met", "form_id": self.scene["visit"]}
        contact = self.part(
            "sekp.contact", note=self.say(), next_step=self.say(), **visit
        )
        self.part("sekp.contact", note=self.say(), replaces_id=contact, **visit)
        self.part("sekp.goal", goal=self.say())
        self.part("sekp.handover", offer_id=self.scene["offer"], summary=self.say())
        letter = f"Kære ven. {self.say()}. Hilsen."
        self.document = self.part(
            "sekp.document",
            kind="letter",
            title=f"{self.say()}.txt",
            upload=base64.b64encode(letter.encode()).decode(),
        )

    def plan(self):
        self.part(
            "sekp.appointment",
            form_id=self.scene["visit"],
            starts_at="2030-01-02 10:00:00",
            place=self.say(),
            note=self.say(),
        )
        activity = self.worker.create(
            "mail.activity",
            res_model_id=self.scene["course_model"],
            res_id=self.course,
            activity_type_id=self.scene["todo"],
            user_id=self.scene["worker"],
            summary=self.say(),
            note=self.say(),
        )
        self.worker.told("mail.activity", "action_feedback", [activity], self.say())

    def close(self):
        dialog = self.part("sekp.close.course", outcome="moved")
        self.worker.told("sekp.close.course", "action_close", [dialog])


class Storage:
    """What lies on the disk of the server and in its backups."""

    def __init__(self, runtime, database, folder):
        self.runtime, self.database, self.folder = runtime, database, folder

    def dump(self):
        """Return a real dump of the database, in plain SQL."""
        server = self.runtime.postgres
        given = {"-h": server.host, "-p": server.port, "-U": server.user}
        command = ["pg_dump", "--format=plain"]
        for option, value in given.items():
            command += [option, value] if value else []
        return subprocess.run(  # noqa: S603
            [*command, self.database],
            env=self.runtime.environment(PGPASSWORD=server.password),
            capture_output=True,
            check=True,
        ).stdout

    def tables_with(self, word):
        """Return the tables in whose part of the dump a word is, however disguised."""
        tables, table = set(), "–"
        wanted = disguises(word)
        for line in self.dump().splitlines():
            if line.startswith(b"COPY "):
                table = line.split()[1].decode().rpartition(".")[2]
            if any(disguise in line for disguise in wanted):
                tables.add(table)
        return tables

    def files_with(self, word):
        """Return the files of the database in which a word is."""
        wanted, seen, found = disguises(word), 0, []
        for root, _folders, names in os.walk(databases.store(self.database)):
            for name in names:
                seen += 1
                path = os.path.join(root, name)
                with open(path, "rb") as file:
                    content = file.read()
                if any(disguise in content for disguise in wanted):
                    found.append(path)
        assert seen > 10
        return found

    def rows(self, query, *values):
        return self.runtime.postgres.rows(query, *values, database=self.database)

    def file_of(self, document):
        """Return where the content of a document lies."""
        ((name,),) = self.rows(
            "SELECT store_fname FROM ir_attachment "
            "WHERE res_model = 'sekp.document' AND res_id = %s",
            document,
        )
        return databases.store(self.database) / name

    def run_job(self):
        """Run the nightly job, as the server's own worker does."""
        self.runtime.shell(self.database, JOB, self.folder / "job.log")


@pytest.fixture(scope="module")
def storage(runtime, database, tmp_path_factory):
    return Storage(runtime, database, tmp_path_factory.mktemp("erasure"))


@pytest.fixture(scope="module")
def scene(runtime, database, storage):
    """A municipality with a team and a scheme manager."""
    script = SCENE % {"password": PASSWORD}
    output = runtime.shell(database, script, storage.folder / "scene.log")
    line = next(row for row in output.splitlines() if "SCENE " in row)
    return json.loads(line.split("SCENE ", 1)[1])


@pytest.fixture(scope="module")
def managers(address, database, scene):
    return [
        WebClient(address, database, f"slet_ordning_{n}", PASSWORD, 120) for n in (1, 2)
    ]


@pytest.fixture(scope="module")
def people(address, database, scene):
    """The one who is erased and the one who is not."""
    leader = WebClient(address, database, "slet_leder", PASSWORD, 120)
    worker = WebClient(address, database, "slet_medarbejder", PASSWORD, 120)
    return [Person(word, leader, worker, scene) for word in (ERASED, KEPT)]


def closed_before(storage):
    """Let what was closed have been closed some days ago."""
    storage.rows(
        "UPDATE sekp_course SET date_end = date_end - 2 WHERE date_end IS NOT NULL"
    )


def put_in_force(manager, rule):
    """Look at what will go by a rule, and let it count."""
    preview = "sekp.retention.preview"
    dialog = manager.told(preview, "create", [{}], default_rule_id=rule)
    manager.told(preview, "action_put_in_force", dialog)


@pytest.fixture(scope="module")
def rule(managers):
    """A rule in force: closed courses of those who moved go after a day."""
    manager = managers[0]
    rule = manager.create(
        "sekp.retention.rule",
        record_class="course",
        closing_outcome="moved",
        keep_amount=1,
        keep_unit="days",
    )
    put_in_force(manager, rule)
    return rule


def test_nothing_is_in_the_dump_or_on_the_disk(storage, people, rule):
    erased = people[0]
    files = [storage.file_of(person.document) for person in people]
    assert all(file.exists() for file in files)
    before = {word: storage.tables_with(word) for word in (ERASED, KEPT)}
    # The search finds what there is, in every corner where it was put.
    for found in before.values():
        assert found >= {
            "mail_activity", "sekp_appointment", "sekp_citizen", "sekp_contact",
            "sekp_goal", "sekp_handover_letter", "sekp_referral",
        }  # fmt: skip
    # Still open: the job leaves it.
    storage.run_job()
    assert storage.tables_with(ERASED) == before[ERASED]
    erased.close()
    closed_before(storage)
    # Somebody is at it: the job leaves it, and does not wait.
    with closing(storage.runtime.postgres.connect(storage.database)) as other:
        other.autocommit = False
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM sekp_course WHERE id = %s FOR UPDATE", [erased.course]
            )
            storage.run_job()
            assert storage.tables_with(ERASED) >= {"sekp_contact", "mail_activity"}
    storage.run_job()
    assert storage.tables_with(ERASED) == set()
    assert storage.files_with(ERASED) == []
    assert [file.exists() for file in files] == [False, True]
    # The other person has lost nothing.
    assert storage.tables_with(KEPT) == before[KEPT]
    assert ERASED not in (places.LOGS / "outside.log").read_text()
    # The busy block in Odoo's calendar went with the appointment.
    query = "SELECT count(*) FROM calendar_event WHERE start = '2030-01-02 10:00:00'"
    assert storage.rows(query) == [(1,)]
    ((courses, on_request),) = storage.rows(
        "SELECT course_count, on_request FROM sekp_erasure_certificate"
    )
    assert (courses, on_request) == (1, False)


def test_two_at_once_erase_each_once(storage, scene, managers, people):
    manager = managers[0]
    script = MANY % {**scene, "many": AT_ONCE}
    storage.runtime.shell(storage.database, script, storage.folder / "many.log")
    rule = manager.create(
        "sekp.retention.rule",
        record_class="course",
        closing_outcome="achieved",
        keep_amount=1,
        keep_unit="days",
    )
    closed_before(storage)
    put_in_force(manager, rule)
    certificates = "SELECT count(*) FROM sekp_erasure_certificate"
    ((before,),) = storage.rows(certificates)
    barrier = Barrier(3)

    def press(client):
        dialog = client.create("sekp.retention.preview")
        barrier.wait()
        client.told("sekp.retention.preview", "action_erase", [dialog])

    def job():
        barrier.wait()
        storage.run_job()

    with ThreadPoolExecutor(3) as pool:
        done = [pool.submit(press, client) for client in managers]
        done.append(pool.submit(job))
        for one in done:
            one.result()
    storage.run_job()
    assert storage.rows(certificates) == [(before + AT_ONCE,)]
    left = "SELECT count(*) FROM sekp_course WHERE closing_outcome = 'achieved'"
    assert storage.rows(left) == [(0,)]
    orphans = (
        "SELECT count(*) FROM sekp_citizen z WHERE NOT EXISTS "
        "(SELECT 1 FROM sekp_course c WHERE c.citizen_id = z.id)"
    )
    assert storage.rows(orphans) == [(0,)]
