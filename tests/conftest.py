"""What the tests from outside share: a server of their own with the addon."""

import json

import pytest

from dev import databases, log, odoo_source, places, postgres, server

DATABASE = "sekp_outside"
PRESETS = ("broenderslev", "hvidovre", "lejre", "greve", "thisted")
SCENE = """
import json
from odoo import Command
from odoo.tests import new_test_user

told = {"companies": {}, "codes": {}, "referrals": {}}
for code in %(presets)r:
    company = env["res.company"].create({
        "name": f"{code.title()} Prøvekommune", "sekp_child_unit": "Børn og Unge",
        "sekp_child_phone": "12 34 56 78",
        "sekp_intake_source_limit": 10000, "sekp_intake_company_limit": 10000,
    })
    user = new_test_user(
        env, login=f"offentlig_{code}", company_id=company.id,
        company_ids=[Command.set(company.ids)],
        groups="base.group_user,sekp_outreach.group_supervisor",
    )
    preset = env.ref(f"sekp_outreach.preset_{code}")
    wizard = env["sekp.adopt.standard"].create({
        "standard_id": preset.id, "company_id": company.id,
    })
    standard = preset.browse(wizard.action_adopt()["res_id"])
    teams = standard.route_ids.team_id
    teams.write({
        "responsible_id": user.id, "supervisor_ids": [Command.set(user.ids)],
        "opening_hours": "Mandag til fredag 9-15", "phone": "99 99 99 99",
        "member_ids": [Command.set(user.ids)],
    })
    standard._put_in_force(company._sekp_today())
    company.write({"sekp_public_page": True, "sekp_public_name": f"by-{code}"})
    referral = env["sekp.referral"].with_company(company).create({
        "company_id": company.id, "source_id": env.ref("sekp_outreach.source_self").id,
        "team_id": teams[:1].id, "deviation_reason": "law",
    })
    course = referral._allocate(user, teams[:1]).sudo()
    told["companies"][code] = company.id
    told["referrals"][code] = referral.id
    told["codes"][code] = env["sekp.dialogue"]._open_for(
        course, "citizen", by_staff=True
    )[1]
env.cr.commit()
print("SCENE", json.dumps(told))
"""


@pytest.fixture(scope="session")
def runtime():
    """Odoo and PostgreSQL, as the commands use them."""
    odoo = odoo_source.find()
    with postgres.running() as running:
        yield server.Runtime(odoo, running)


@pytest.fixture(scope="session")
def database(runtime):
    """A fresh database with the addon and without demo data."""
    source = databases.ready(runtime, browsing=True)
    databases.copy(runtime.postgres, source, DATABASE)
    yield DATABASE
    databases.drop(runtime.postgres, DATABASE)


@pytest.fixture(scope="session")
def address(runtime, database):
    """The address of a live Odoo on that database."""
    with server.live(runtime, database, places.LOGS / "outside.log") as found:
        yield found


@pytest.fixture(scope="session")
def expected():
    """Texts of warnings that a test provokes on purpose and adds here."""
    return set()


@pytest.fixture(scope="session", autouse=True)
def _clean_log(address, expected):
    """Whatever the tests asked for, the log has no warning but the expected ones."""
    yield
    with (places.LOGS / "outside.log").open() as file:
        found = [record for record in log.records(file) if record.bad]
    bad = [str(record) for record in found if record.text not in expected]
    assert not bad, "\n".join(bad)


@pytest.fixture(scope="session")
def places_of_presets(runtime, database, tmp_path_factory):
    """Five municipalities, each with the page of its own standard and a citizen."""
    log = tmp_path_factory.mktemp("pages") / "shell.log"
    output = runtime.shell(database, SCENE % {"presets": PRESETS}, log)
    line = next(row for row in output.splitlines() if "SCENE " in row)
    return json.loads(line.split("SCENE ", 1)[1])


@pytest.fixture(scope="session")
def companies(places_of_presets):
    """The ids of the five municipalities, by preset."""
    return places_of_presets["companies"]


@pytest.fixture(scope="session")
def codes(places_of_presets):
    """A citizen's code in each of the five, known to staff as well, by preset."""
    return places_of_presets["codes"]
