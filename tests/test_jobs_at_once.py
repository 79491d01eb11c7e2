"""Two servers run the same jobs at the same moment: nothing is done twice."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

MUNICIPALITIES = 4

SCENE = """
import json
from datetime import timedelta
from odoo import Command
role = "sekp_outreach.group_%%s"
User = env["res.users"].with_context(no_reset_password=True)
rows = {"courses": [], "standards": []}
for number in range(%(municipalities)s):
    company = env["res.company"].create({"name": f"Dobbeltby {number}"})
    leader, worker, stand_in, manager = User.create([
        {
            "name": name, "login": f"dobbelt_{name}_{number}",
            "company_id": company.id, "company_ids": [Command.set(company.ids)],
            "group_ids": [Command.set(env.ref(role %% group).ids)],
        }
        for name, group in (
            ("leder", "supervisor"), ("kontakt", "contact_person"),
            ("afløser", "contact_person"), ("ordning", "scheme_manager"),
        )
    ])
    team = env["sekp.team"].create({
        "name": "Dobbeltholdet", "company_id": company.id, "responsible_id": leader.id,
        "supervisor_ids": [Command.set(leader.ids)],
        "member_ids": [Command.set((worker | stand_in).ids)],
    })
    today = company._sekp_today()
    standard = env["sekp.standard"].create({
        "name": "Kvalitetsstandard", "company_id": company.id,
        "route_ids": [Command.create({"name": "Indgang", "team_id": team.id})],
        "rhythm_count": 1, "revision_due": today + timedelta(days=10),
    })
    standard._put_in_force(today)
    rows["standards"].append(standard.id)
    source = env.ref("sekp_outreach.source_relative")
    for _course in range(6):
        referral = env["sekp.referral"].create(
            {"company_id": company.id, "source_id": source.id}
        )
        course = referral.with_user(leader)._allocate(worker, team).sudo()
        course._assign(stand_in, "cover", "Ferie", today, today)
        course.activity_schedule(
            "mail.mail_activity_data_todo", user_id=stand_in.id, automated=False,
            date_deadline=today,
        )
        rows["courses"].append(course.id)
env.flush_all()
# The access ended by the clock, and rows of the log wait for their seal.
env.cr.execute(
    "UPDATE sekp_assignment SET ends_at = now() AT TIME ZONE 'UTC' - interval '1 hour' "
    "WHERE role = 'cover' AND course_id = ANY(%%s)", [rows["courses"]],
)
for days in range(2, 9):
    env.cr.execute(
        "INSERT INTO sekp_access_log (at, kind, user_id) "
        "VALUES (now() AT TIME ZONE 'UTC' - %%s * interval '1 day', 'open', 1)", [days],
    )
env.cr.commit()
print("SCENE", json.dumps(rows))
"""

# What each of the two does: waits for the other, and runs every job as it comes. What
# PostgreSQL refuses because the other was first is tried again, as Odoo does.
JOBS = """
import time
from pathlib import Path
from psycopg2 import OperationalError
folder = Path(%(folder)r)
(folder / %(name)r).touch()
while len(list(folder.iterdir())) < 2:
    time.sleep(0.001)
for model, method in (
    ("sekp.follow.up", "_cron_follow_up"), ("mail.activity", "_cron_sekp_hand_on"),
    ("sekp.access.seal", "_cron_seal"), ("sekp.erasure", "_cron_erase"),
):
    for _try in range(5):
        try:
            getattr(env[model], method)()
            env.cr.commit()
            break
        except OperationalError:
            env.cr.rollback()
            env.invalidate_all(flush=False)
print("DONE")
"""

ASK = """
import json
seals = env["sekp.access.seal"].search([])
print("FOUND", json.dumps({
    "problems": env["sekp.check"]._problems(),
    "revisions": env["mail.activity"].search_count([
        ("res_model", "=", "sekp.standard"), ("res_id", "in", %(standards)s),
    ]),
    "left": env["mail.activity"].search_count([
        ("res_model", "=", "sekp.course"), ("res_id", "in", %(courses)s),
        ("user_id.name", "=", "afløser"),
    ]),
    "days": [str(seal.day) for seal in seals],
    "broken": str(seals._verify()),
}))
"""


def said(output, word):
    """What a script printed after a word."""
    line = next(row for row in output.splitlines() if f"{word} " in row)
    return json.loads(line.split(f"{word} ", 1)[1])


@pytest.fixture(scope="module")
def scene(runtime, database, tmp_path_factory):
    """Municipalities with something for every job."""
    script = SCENE % {"municipalities": MUNICIPALITIES}
    log = tmp_path_factory.mktemp("scene") / "shell.log"
    return said(runtime.shell(database, script, log), "SCENE")


def test_two_servers_at_the_same_jobs_do_them_once(
    runtime, database, address, scene, tmp_path
):
    meeting = tmp_path / "meeting"
    meeting.mkdir()

    def work(name):
        script = JOBS % {"folder": str(meeting), "name": name}
        return runtime.shell(database, script, tmp_path / f"{name}.log")

    with ThreadPoolExecutor(2) as pool:
        for output in pool.map(work, ("one", "other")):
            assert "DONE" in output
    found = said(runtime.shell(database, ASK % scene, tmp_path / "ask.log"), "FOUND")
    assert found["problems"] == []
    assert found["revisions"] == MUNICIPALITIES
    assert found["left"] == 0
    assert len(found["days"]) == len(set(found["days"])) >= 7
    assert found["broken"] == "None"
