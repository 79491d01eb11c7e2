"""Who takes a dump of the database does not get what the vault holds."""

import base64
import json
import re
import subprocess

import pytest
import requests

from dev import databases, places, server

DATABASE = "sekp_stolen"
LOGIN, PASSWORD = "dump_worker", "til-dumpen"
# The date is of 1858: it passes for a CPR number, and nobody alive was born then.
VALUES = {
    "name": "Kanariefugl Dumpesen",
    "cpr": "010258-5678",
    "phones": "+4520112233",
    "address": "Kanariegade 77, 4. th.",
    "next_of_kin": "Søster Kanarina",
}
# What is not sealed must be found, or the search finds nothing at all.
OPEN_WORD = "Kaldenavnet"
# What is shorter stands in any large text by chance.
SHORTEST = 7

SCENE = """
import json
from odoo import Command
company = env["res.company"].create({"name": "Dumpby Kommune"})
worker = env["res.users"].with_context(no_reset_password=True).create({
    "name": "Karen Kontakt", "login": %(login)r, "password": %(password)r,
    "company_id": company.id, "company_ids": [Command.set(company.ids)],
    "group_ids": [Command.set([
        env.ref("sekp_outreach.group_supervisor").id,
        env.ref("sekp_outreach.group_contact_person").id,
    ])],
})
team = env["sekp.team"].create({
    "name": "Dumpeteamet", "company_id": company.id, "responsible_id": worker.id,
    "supervisor_ids": [Command.set(worker.ids)],
    "member_ids": [Command.set(worker.ids)],
})
standard = env["sekp.standard"].create({
    "name": "Kvalitetsstandard", "company_id": company.id,
    "registration_mode": "full",
    "route_ids": [Command.create({"name": "Indgang", "team_id": team.id})],
})
standard._put_in_force(company._sekp_today())
referral = env["sekp.referral"].create({
    "company_id": company.id, "source_id": env.ref("sekp_outreach.source_relative").id,
})
course = referral.with_user(worker)._allocate(worker, team)
course.citizen_id._move("alias", alias=%(word)r)
course.citizen_id._move("registered", values=%(values)r)
env.cr.commit()
print("SCENE", json.dumps({"identity": course.citizen_id.identity_ids.id}))
"""


@pytest.fixture(scope="module")
def identity(runtime, tmp_path_factory):
    """A registered person, committed, in a database of its own."""
    databases.copy(runtime.postgres, databases.ready(runtime, browsing=True), DATABASE)
    script = SCENE % {
        "login": LOGIN,
        "password": PASSWORD,
        "word": OPEN_WORD,
        "values": VALUES,
    }
    try:
        file = tmp_path_factory.mktemp("scene") / "shell.log"
        output = runtime.shell(DATABASE, script, file)
        line = next(row for row in output.splitlines() if "SCENE " in row)
        yield json.loads(line.split("SCENE ", 1)[1])["identity"]
    finally:
        databases.drop(runtime.postgres, DATABASE)


@pytest.fixture(scope="module")
def stolen(runtime, identity):
    """The text of a dump, in plain SQL."""
    postgres = runtime.postgres
    named = {"-h": postgres.host, "-p": postgres.port, "-U": postgres.user}
    options = [part for pair in named.items() if pair[1] for part in pair]
    environment = runtime.environment()
    if postgres.password:
        environment["PGPASSWORD"] = postgres.password
    command = ["pg_dump", *options, "--no-owner", DATABASE]
    pipe = {"stdout": subprocess.PIPE, "text": True}
    with runtime.child(command, env=environment, **pipe) as process:
        text, _nothing = process.communicate()
    assert process.returncode == 0
    return text


def writings(value):
    """Return how a value could stand in a dump without being encrypted."""
    yield value
    yield value.lower()
    yield json.dumps(value)[1:-1]
    data = value.encode()
    yield data.hex()
    # Wherever it begins in what is encoded, some whole groups are always the same.
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + data).decode()
        whole = encoded[4 if shift else 0 : len(encoded) - 4]
        if len(whole) >= SHORTEST:
            yield whole
    digits = re.sub(r"\D", "", value)
    if len(digits) >= 8:
        pairs = [digits[place : place + 2] for place in range(0, len(digits), 2)]
        for groups in (pairs, pairs[::-1]):
            for between in ("", " ", "-", "."):
                yield between.join(groups)
        yield digits[::-1]
        yield digits[-8:]
        yield f"{digits[:6]}-{digits[6:]}"


def test_the_dump_is_one(stolen):
    assert "CREATE TABLE public.sekp_identity " in stolen
    assert OPEN_WORD in stolen


@pytest.mark.parametrize("name", VALUES)
def test_no_value_stands_in_the_dump(stolen, name):
    lowered = stolen.lower()
    words = [VALUES[name], *VALUES[name].split()]
    for word in words:
        for written in writings(word) if len(word) >= SHORTEST else ():
            assert written not in stolen, f"{name} in the dump"
            assert written not in lowered, f"{name} in the dump"


def test_the_entitled_read_it_after_opening(runtime, identity):
    log = places.LOGS / "stolen.log"
    with server.live(runtime, DATABASE, log) as address, requests.Session() as session:

        def post(path, params):
            answer = session.post(
                address + path, json={"params": params}, timeout=60
            ).json()
            assert "error" not in answer, answer
            return answer["result"]

        def call(method, *args):
            return post(
                "/web/dataset/call_kw",
                {
                    "model": "sekp.identity",
                    "method": method,
                    "args": [[identity], *args],
                    "kwargs": {},
                },
            )

        login = {"db": DATABASE, "login": LOGIN, "password": PASSWORD}
        assert post("/web/session/authenticate", login)["uid"]
        (shut,) = call("read", list(VALUES))
        assert not any(shut[name] for name in VALUES)
        call("action_open", "visit")
        (opened,) = call("read", list(VALUES))
        assert {name: opened[name] for name in VALUES} == VALUES
