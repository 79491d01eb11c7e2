"""Two workers take what is sent at once: all is counted, nothing is double."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

LIMIT, TIMES, KEYS = 150, 200, 12

SCENE = """
import json
from odoo import Command
company = env["res.company"].create({
    "name": "Samtidigby", "sekp_intake_source_limit": %(limit)s,
    "sekp_intake_company_limit": 10000,
})
group = env.ref("sekp_outreach.group_supervisor")
leader = env["res.users"].with_context(no_reset_password=True).create({
    "name": "Leder", "login": "samtidigby_leder", "company_id": company.id,
    "company_ids": [Command.set(company.ids)], "group_ids": [Command.set(group.ids)],
})
team = env["sekp.team"].create({
    "name": "Samtidigholdet", "company_id": company.id, "responsible_id": leader.id,
    "supervisor_ids": [Command.set(leader.ids)],
})
standard = env["sekp.standard"].create({
    "name": "Kvalitetsstandard", "company_id": company.id,
    "route_ids": [Command.create({"name": "Indgang", "team_id": team.id})],
})
standard._put_in_force(company._sekp_today())
# The vault's key is there, as on a server that runs for a while.
env["sekp.vault"]._encrypt(b"", "document", "")
# Its own rule, so that no proposal is made while two are at it.
env["sekp.retention.rule"].create({
    "company_id": company.id, "record_class": "referral", "from_outside": True,
    "keep_amount": 90, "keep_unit": "days",
})
env.cr.commit()
print("SCENE", json.dumps({"company": company.id}))
"""

MEET = """
import json, time
from pathlib import Path
folder = Path(%(folder)r)
company = env["res.company"].browse(%(company)s)
def meet(word):
    (folder / f"{word}-%(name)s").touch()
    while len(list(folder.glob(f"{word}-*"))) < 2:
        time.sleep(0.0005)
"""

COUNT = (
    MEET
    + """
traces, allowed = env["sekp.intake.trace"], 0
traces._allow(company, "mail", "warm-%(name)s")
meet("count")
begun = time.monotonic()
for _time in range(%(times)s):
    allowed += traces._allow(company, "submit", "203.0.113.7")
shared = time.monotonic() - begun
meet("alone")
begun = time.monotonic()
for number in range(%(times)s):
    traces._allow(company, "code", f"198.51.100.{number %% 50}-%(name)s")
print("FOUND", json.dumps({
    "allowed": allowed, "shared": shared, "alone": time.monotonic() - begun,
}))
"""
)

RECEIVE = (
    MEET
    + """
from odoo.service.model import retrying
source = env.ref("sekp_outreach.source_relative")
def receive(key):
    claim = env["sekp.intake.key"]._claim(company, key)
    if claim.referral_id:
        return claim.referral_id.id, False
    referral = env["sekp.referral"].create({
        "company_id": company.id, "source_id": source.id, "channel": "web",
    })
    claim.referral_id = referral
    return referral.id, True
answers = []
for number in range(%(keys)s):
    meet(f"key{number}")
    answers.append(retrying(lambda: receive(f"formular-{number}"), env))
    env.cr.commit()
print("FOUND", json.dumps(answers))
"""
)

FLOOD = (
    MEET
    + """
from odoo.service.model import retrying
source = env.ref("sekp_outreach.source_relative")
used = env["sekp.intake.trace"].search([
    ("company_id", "=", company.id), ("kind", "=", "submit"), ("digest", "=", ""),
])
company.sekp_intake_company_limit = sum(used.mapped("count")) + 10
env.cr.commit()
def report(number):
    allow = env["sekp.intake.trace"]._allow
    if not allow(company, "submit", f"192.0.2.{number %% 250}-{number // 250}"):
        return False
    values = {"source_id": source.id, "concern": "Støj"}
    return env["sekp.referral"]._receive(company, values, key=f"flod-{number}")[1]
meet("flood")
answers = []
while not (folder / "enough").exists():
    answers.append(retrying(lambda: report(len(answers)), env))
    env.cr.commit()
print("FOUND", json.dumps({"taken": sum(answers), "sent": len(answers)}))
"""
)

# What fails here would have failed in front of somebody who is on the phone.
STAFF = (
    MEET
    + """
from odoo import Command
user = env["res.users"].with_context(no_reset_password=True).create({
    "name": "Visitator", "login": "samtidigby_visitator", "company_id": company.id,
    "company_ids": [Command.set(company.ids)],
    "group_ids": [Command.set(env.ref("sekp_outreach.group_intake").ids)],
})
team = env["sekp.team"].search([("company_id", "=", company.id)])
team.intake_ids = user
source = env.ref("sekp_outreach.source_relative")
env.cr.commit()
head = "From: Bo <bo%%s@example.com>\\nMessage-ID: <bo%%s@example.com>"
mail = head + "\\n\\nSidder ude\\n"
meet("flood")
longest = 0
for number in range(%(times)s):
    begun = time.monotonic()
    env["sekp.referral"].with_user(user).create({
        "team_id": team.id, "source_id": source.id, "channel": "phone",
    })
    env.cr.commit()
    team._take_mail((mail %% (number, number)).encode())
    env.cr.commit()
    longest = max(longest, time.monotonic() - begun)
(folder / "enough").touch()
count = env["sekp.referral"].search_count
print("FOUND", json.dumps({"longest": longest, **{
    channel: count([("channel", "=", channel), ("company_id", "=", company.id)])
    for channel in ("phone", "mail")
}}))
"""
)

ASK = """
import json
flood = env["sekp.intake.flood"].search([
    ("company_id", "=", %(company)s), ("kind", "=", "submit"),
])
print("FOUND", json.dumps({
    "floods": flood.mapped("count"),
    "notices": env["mail.message"].search_count([
        ("subtype_id", "=", env.ref("sekp_outreach.mt_notice").id),
        ("partner_ids.name", "=", "Leder"),
    ]),
    "referrals": env["sekp.referral"].search_count([
        ("company_id", "=", %(company)s),
    ]),
}))
"""


def said(output, word):
    """What a script printed after a word."""
    line = next(row for row in output.splitlines() if f"{word} " in row)
    return json.loads(line.split(f"{word} ", 1)[1])


@pytest.fixture(scope="module")
def scene(runtime, database, tmp_path_factory):
    """A municipality that takes so many an hour from one sender."""
    log = tmp_path_factory.mktemp("scene") / "shell.log"
    output = runtime.shell(database, SCENE % {"limit": LIMIT}, log)
    return said(output, "SCENE")


def both(runtime, database, script, facts, folder):
    """Run a script, or two, in two processes at once; return what each found."""
    scripts = (script, script) if isinstance(script, str) else script
    meeting = folder / "meeting"
    meeting.mkdir()

    def run(name, one):
        text = one % {**facts, "folder": str(meeting), "name": name}
        return said(runtime.shell(database, text, folder / f"{name}.log"), "FOUND")

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, ("one", "two"), scripts))


def test_two_workers_count_each_others(runtime, database, scene, tmp_path):
    found = both(runtime, database, COUNT, {**scene, "times": TIMES}, tmp_path)
    assert sum(one["allowed"] for one in found) == LIMIT, found
    asked = said(runtime.shell(database, ASK % scene, tmp_path / "ask.log"), "FOUND")
    # What was refused is counted to the last one; all of it in an hour or two.
    assert sum(asked["floods"]) == 2 * TIMES - LIMIT, asked
    assert asked["notices"] == 1, asked
    for kind in ("shared", "alone"):
        rate = sum(TIMES / one[kind] for one in found)
        print(f"{kind}: {rate:.0f} a second by two workers")
        assert rate > 20


def test_the_same_key_makes_one_referral(runtime, database, scene, tmp_path):
    one, two = both(runtime, database, RECEIVE, {**scene, "keys": KEYS}, tmp_path)
    assert [answer[0] for answer in one] == [answer[0] for answer in two]
    for first, second in zip(one, two, strict=True):
        assert {first[1], second[1]} == {True, False}
    asked = said(runtime.shell(database, ASK % scene, tmp_path / "ask.log"), "FOUND")
    assert asked["referrals"] == KEYS


def test_a_flood_stops_neither_the_phone_nor_the_mail(
    runtime, database, scene, tmp_path
):
    facts = {**scene, "times": 15}
    flood, staff = both(runtime, database, (FLOOD, STAFF), facts, tmp_path)
    # Some are let in, and many more are sent while the staff go on.
    assert 0 < flood["taken"] < flood["sent"], flood
    assert (staff["phone"], staff["mail"]) == (15, 15), staff
    assert staff["longest"] < 5, staff
