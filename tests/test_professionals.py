"""What docs/professionals.md says is done for real: curl, a key, a live server."""

import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import requests

from dev import places

PAGE = places.ROOT / "docs" / "professionals.md"
AT_ONCE = 6

SCENE = """
import json
from datetime import timedelta
from odoo import Command, fields
company = env["res.company"].create({
    "name": "Fagby Kommune", "sekp_intake_source_limit": 100,
})
def user(login, role):
    return env["res.users"].with_context(no_reset_password=True).create({
        "name": login, "login": login, "lang": "da_DK",
        "company_id": company.id, "company_ids": [Command.set(company.ids)],
        "group_ids": [Command.set([env.ref("sekp_outreach.group_" + role).id])],
    })
leader = user("fagby_leder", "supervisor")
systems = [user(f"fagby_system_{one}", "referring_professional") for one in (1, 2)]
team = env["sekp.team"].create({
    "name": "Fagteamet", "company_id": company.id, "responsible_id": leader.id,
    "supervisor_ids": [Command.set(leader.ids)],
})
standard = env["sekp.standard"].create({
    "name": "Kvalitetsstandard", "company_id": company.id,
    "route_ids": [Command.create({"name": "Indgang", "team_id": team.id})],
})
standard._put_in_force(company._sekp_today())
admin = env.ref("base.user_admin")
keys = [
    system.with_user(admin).action_sekp_new_key()["context"]["default_key"]
    for system in systems
]
env.cr.commit()
print("SCENE", json.dumps({"company": company.id, "keys": keys}))
"""


@pytest.fixture(scope="module")
def scene(runtime, database, tmp_path_factory):
    """A municipality, and two systems with a key each."""
    log = tmp_path_factory.mktemp("scene") / "shell.log"
    output = runtime.shell(database, SCENE, log)
    line = next(row for row in output.splitlines() if "SCENE " in row)
    return json.loads(line.split("SCENE ", 1)[1])


@pytest.fixture
def examples():
    """The commands of the page, in order."""
    found = re.findall(
        r"^```sh\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE
    )
    assert len(found) == 2, "the page has an example for each of the two acts"
    return found


def run(script, **names):
    """Run a command of the page as a reader would; return what it prints."""
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **names}
    done = subprocess.run(  # noqa: S603
        ["/bin/sh", "-eu", "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def post(address, method, api_key, /, **body):
    return requests.post(
        f"{address}/json/2/sekp.referral/{method}",
        json=body,
        headers={"Authorization": f"bearer {api_key}"},
        timeout=60,
    )


def count(runtime, database, scene):
    query = "SELECT count(*) FROM sekp_referral WHERE company_id = %s"
    return runtime.postgres.rows(query, scene["company"], database=database)[0][0]


def test_the_page_s_examples_work(runtime, address, database, scene, examples):
    before = count(runtime, database, scene)
    report, ask = examples
    names = {"SERVER": address, "KEY": scene["keys"][0]}
    told = run(report, **names)
    assert re.fullmatch(r"[a-z]{4}-[a-z]{4}-\d\d", told["code"])
    assert told["status"] == "received"
    assert run(report, **names) == told, "sent again it is the same report"
    assert run(ask, CODE=told["code"], **names) == told
    assert count(runtime, database, scene) == before + 1
    row = runtime.postgres.rows(
        "SELECT channel, place, age FROM sekp_referral WHERE reference = %s",
        told["code"],
        database=database,
    )
    assert row == [("system", "Opgangen Havnegade 77, mest om aftenen", 45)]


def test_the_page_names_every_argument_and_code(address, scene, expected):
    text = PAGE.read_text()
    for argument, value in (("source", "?"), ("target_groups", ["?"])):
        answer = post(
            address, "report", scene["keys"][0], key="koder-123", concern="x",
            **{argument: value},
        )  # fmt: skip
        assert answer.status_code == 422
        message = answer.json()["message"]
        expected.add(message)
        if argument == "source":
            for code in message.rpartition(":")[2].strip(" .").split(", "):
                assert f"`{code}`" in text, code


def test_two_at_once_with_one_key_are_one_report(runtime, address, database, scene):
    before = count(runtime, database, scene)
    for number in range(4):
        barrier = Barrier(AT_ONCE)

        def send(_which, number=number, barrier=barrier):
            barrier.wait()
            return post(
                address, "report", scene["keys"][0], key=f"samtidig-{number}",
                concern="Sover ude",
            )  # fmt: skip

        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(send, range(AT_ONCE)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["code"] for answer in answers}) == 1
    assert count(runtime, database, scene) == before + 4


def test_the_other_system_learns_nothing(address, scene, expected):
    mine, other = scene["keys"]
    code = post(address, "report", mine, key="egen-nøgle", concern="x").json()["code"]
    answers = [
        post(address, "neutral_status", other, code=asked)
        for asked in (code, "rumo-lita-47")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    messages = {answer.json()["message"] for answer in answers}
    assert len(messages) == 1
    expected |= messages
    # The same key of another system is another report.
    again = post(address, "report", other, key="egen-nøgle", concern="x").json()
    assert again["code"] != code


def test_a_wrong_key_opens_nothing(runtime, address, database, scene):
    before = count(runtime, database, scene)
    answer = post(address, "report", "0" * 40, key="forkert-1", concern="x")
    assert answer.status_code == 401
    assert count(runtime, database, scene) == before
