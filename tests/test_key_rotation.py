"""The real command encrypts anew, is killed half-way, and goes on where it was."""

import importlib.util
import json
import os
import subprocess

import pytest

from dev import databases, places
from dev.server import START

DATABASE = "sekp_rotation"
NUMBER = 120

SCENE = """
import base64
from odoo import Command
company = env["res.company"].create({"name": "Nøgleby Kommune"})
user = env["res.users"].with_context(no_reset_password=True).create({
    "name": "Leder", "login": "noegle_leder", "company_id": company.id,
    "company_ids": [Command.set(company.ids)],
    "group_ids": [Command.set(env.ref("sekp_outreach.group_supervisor").ids)],
})
team = env["sekp.team"].create({
    "name": "Nøgleteamet", "company_id": company.id, "responsible_id": user.id,
    "supervisor_ids": [Command.set(user.ids)], "member_ids": [Command.set(user.ids)],
})
standard = env["sekp.standard"].create({
    "name": "Kvalitetsstandard", "company_id": company.id, "action_plan": "offered",
    "route_ids": [Command.create({"name": "Indgang", "team_id": team.id})],
})
standard._put_in_force(company._sekp_today())
citizen = env["sekp.citizen"].create(
    {"company_id": company.id, "standard_id": standard.id}
)
course = env["sekp.course"].create({
    "citizen_id": citizen.id, "reference": citizen.reference,
    "company_id": company.id, "team_id": team.id, "standard_id": standard.id,
    "date_start": company._sekp_today(),
})
env["sekp.document"].create([
    {"course_id": course.id, "title": f"Brev {number}.txt",
     "upload": base64.b64encode(f"Kære nummer {number}".encode()).decode()}
    for number in range(NUMBER)
])
env.cr.commit()
"""

OPEN = """
import json
opened = []
for document in env["sekp.document"].search([], order="id"):
    opened.append([document._facts()["title"], document._decrypted().decode()])
    env.invalidate_all()
print("OPENED", json.dumps(opened))
"""

WHOLE = [[f"Brev {n}.txt", f"Kære nummer {n}"] for n in range(NUMBER)]


def pure(name):
    """Return a helper module of the addon, without the addon and Odoo around it."""
    path = places.ADDON / "tools" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cipher = pure("cipher")


class House:
    """A database of its own with documents, and its key file."""

    def __init__(self, runtime, folder):
        self.runtime, self.folder = runtime, folder
        self.keys = folder / "test.key"

    def write_keys(self, *keys):
        """Let the key file hold these keys, newest first."""
        self.keys.touch(mode=0o600)
        self.keys.write_text("".join(f"{key}\n" for key in keys))

    def configuration(self):
        """The configuration with the key file in it."""
        text = self.runtime.configure().read_text()
        file = self.folder / "odoo.conf"
        file.write_text(f"{text}sekp_outreach_key_file = {self.keys}\n")
        return str(file)

    def shell(self, script):
        """Run a script in odoo shell; return its output."""
        command = [*START, "shell", "-c", self.configuration()]
        done = self.end(
            [*command, "-d", DATABASE, "--no-http", "--log-level=warn"], script
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout

    def opened(self):
        """Return name and content of every document, opened with the keys there are."""
        row = next(r for r in self.shell(OPEN).splitlines() if "OPENED " in r)
        return json.loads(row.split("OPENED ", 1)[1])

    def command(self, *options):
        """The command line an administrator types."""
        addons = f"--addons-path={self.runtime.configure().parent.parent}"
        known = ["-c", self.configuration(), "-d", DATABASE, "--log-level=error"]
        return [*START, addons, "sekp_reencrypt", *known, *options]

    def end(self, command, script=None):
        """Run a command to its end."""
        with self.child(command) as process:
            output, errors = process.communicate(script, timeout=120)
        return subprocess.CompletedProcess(command, process.returncode, output, errors)

    def child(self, command):
        """Start a process whose output we read."""
        pipe = subprocess.PIPE
        return self.runtime.child(
            command, stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )

    def under(self, ring):
        """Return how many documents are under the newest key of a ring."""
        query = "SELECT count(*) FROM sekp_document WHERE left(sealed_facts, 16) = %s"
        ((count,),) = self.runtime.postgres.rows(query, ring.head, database=DATABASE)
        return count


@pytest.fixture
def house(runtime, tmp_path):
    source = databases.ready(runtime, browsing=True)
    databases.copy(runtime.postgres, source, DATABASE)
    yield House(runtime, tmp_path)
    databases.drop(runtime.postgres, DATABASE)


def test_killed_half_way_and_run_again(house):
    old, new = cipher.new_key(), cipher.new_key()
    older, newer = cipher.parse_keys(old), cipher.parse_keys(new)
    house.write_keys(old)
    house.shell(SCENE.replace("NUMBER", str(NUMBER)))
    assert house.under(older) == NUMBER

    house.write_keys(new, old)
    with house.child(house.command("--batch=2")) as process:
        told = [process.stdout.readline() for _time in range(3)]
        os.kill(process.pid, 9)
        process.communicate(timeout=30)
    assert told == [f"sekp.document: {n} of {NUMBER}\n" for n in (2, 4, 6)], told
    half = house.under(newer)
    assert 6 <= half < NUMBER
    assert half + house.under(older) == NUMBER
    assert house.opened() == WHOLE

    # Two at once do no harm: what one of them holds the other leaves out.
    with house.child(house.command("--batch=1")) as other:
        done = house.end(house.command("--batch=3"))
        output, errors = other.communicate(timeout=120)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert (other.returncode, errors) == (0, ""), output
    assert house.under(newer) == NUMBER
    assert f"Key {newer.fingerprint} is the newest" in done.stdout
    assert f"Key {older.fingerprint} is needed for nothing" in done.stdout

    house.write_keys(new)
    assert house.opened() == WHOLE
    done = house.end(house.command())
    assert (done.returncode, done.stderr) == (0, ""), done
    assert done.stdout.startswith("Nothing to do"), done.stdout
