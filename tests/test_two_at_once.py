"""Two supervisors allocate the same referral at the same moment: one wins."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from dev.web_client import WebClient

ROUNDS = 8
PASSWORD = "to-på-samme-tid"

SCENE = """
import json
from odoo import Command
company = env["res.company"].create({"name": "Samtidsby Kommune"})
groups = env.ref("sekp_outreach.group_supervisor")
users = env["res.users"].with_context(no_reset_password=True).create([
    {
        "name": f"Leder {number}", "login": f"samtidig_{number}",
        "password": %(password)r, "lang": "da_DK",
        "company_id": company.id, "company_ids": [Command.set(company.ids)],
        "group_ids": [Command.set(groups.ids)],
    }
    for number in (1, 2)
])
team = env["sekp.team"].create({
    "name": "Samtidsteamet", "company_id": company.id, "responsible_id": users[0].id,
    "supervisor_ids": [Command.set(users.ids)], "member_ids": [Command.set(users.ids)],
})
standard = env["sekp.standard"].create({
    "name": "Kvalitetsstandard", "company_id": company.id,
    "route_ids": [Command.create({"name": "Indgang", "team_id": team.id})],
})
standard._put_in_force(company._sekp_today())
source = env.ref("sekp_outreach.source_relative")
referrals = env["sekp.referral"].create([
    {"company_id": company.id, "source_id": source.id} for _number in range(%(rounds)s)
])
referrals.action_accept()
env.cr.commit()
print("SCENE", json.dumps({
    "team": team.id, "users": users.ids, "referrals": referrals.ids,
}))
"""


@pytest.fixture(scope="module")
def scene(runtime, database, tmp_path_factory):
    """A municipality with two supervisors and referrals that wait for allocation."""
    script = SCENE % {"password": PASSWORD, "rounds": ROUNDS}
    log = tmp_path_factory.mktemp("scene") / "shell.log"
    output = runtime.shell(database, script, log)
    line = next(row for row in output.splitlines() if "SCENE " in row)
    return json.loads(line.split("SCENE ", 1)[1])


def test_a_double_allocation_makes_one_course(
    runtime, address, database, scene, expected
):
    # When the first has committed in between, PostgreSQL refuses the second's lock;
    # Odoo then tries the request again, and the log has this line.
    expected.add("A statement on sekp_referral failed; its values are withheld.")
    clients = [WebClient(address, database, f"samtidig_{n}", PASSWORD) for n in (1, 2)]
    barrier = Barrier(2)

    def allocate(client, user, referral):
        wizard = client.call(
            "sekp.allocate",
            "create",
            [{"referral_id": referral, "team_id": scene["team"], "user_id": user}],
        )["result"]
        barrier.wait()
        return client.call("sekp.allocate", "action_allocate", wizard)

    with ThreadPoolExecutor(2) as pool:
        for referral in scene["referrals"]:
            answers = list(
                pool.map(allocate, clients, scene["users"], [referral, referral])
            )
            errors = [answer["error"] for answer in answers if "error" in answer]
            assert len(errors) == 1, answers
            data = errors[0]["data"]
            assert data["name"] == "odoo.exceptions.UserError", data
            expected.add(data["message"])
    rows = runtime.postgres.rows(
        "SELECT referral_id, COUNT(*) FROM sekp_course WHERE referral_id = ANY(%s) "
        "GROUP BY referral_id",
        scene["referrals"],
        database=database,
    )
    assert sorted(rows) == [(referral, 1) for referral in sorted(scene["referrals"])]
    citizens = runtime.postgres.rows(
        "SELECT COUNT(*) FROM sekp_citizen WHERE company_id = "
        "(SELECT company_id FROM sekp_team WHERE id = %s)",
        scene["team"],
        database=database,
    )
    assert citizens == [(ROUNDS,)]
