"""When a session ends, is locked or is left: nothing of a vault stays on the screen.

A server with Odoo's own modules for it: *Auth Timeout* and with it two-factor
authentication. What a key can do is asked here as well.
"""

import base64
import hashlib
import hmac
import json
import struct
import time
from contextlib import ExitStack, closing

import pytest
import requests

from dev import chromium, databases, places, server

DATABASE = "sekp_sessions"
PASSWORD = "vagt-paa-havnen"
# Of the second factor, in base32.
FACTOR = "HAVNEBYHAVNEBYHA"
NAME, PHONE = "Ida Marie Havtorn", "20112233"
# The date is of 1858: it passes for a CPR number, and nobody alive was born then.
CPR = "010258-5678"
ROLES = (
    "contact_person", "supervisor", "intake", "receiver", "scheme_manager", "auditor",
    "statistics_reader", "complaint_handler",
)  # fmt: skip
SCENE = """
import json
from odoo import Command
company = env["res.company"].create({"name": "Havneby Kommune"})
def person(role):
    return env["res.users"].with_context(no_reset_password=True).create({
        "name": role, "login": role, "password": %(password)r, "lang": "da_DK",
        "company_id": company.id, "company_ids": [Command.set(company.ids)],
        "group_ids": [Command.set([
            env.ref("base.group_user").id, env.ref("sekp_outreach.group_" + role).id,
        ])],
    })
people = {role: person(role) for role in %(roles)r}
worker, leader = people["contact_person"], people["supervisor"]
team = env["sekp.team"].create({
    "name": "Havneholdet", "company_id": company.id, "responsible_id": leader.id,
    "supervisor_ids": [Command.set(leader.ids)],
    "member_ids": [Command.set((worker | leader).ids)],
})
standard = env["sekp.standard"].create({
    "name": "Kvalitetsstandard", "company_id": company.id, "registration_mode": "full",
    "identity_minutes": 5,
    "route_ids": [Command.create({"name": "Indgang", "team_id": team.id})],
})
standard._put_in_force(company._sekp_today())
referral = env["sekp.referral"].with_user(leader).create({
    "source_id": env.ref("sekp_outreach.source_self").id, "team_id": team.id,
    "deviation_reason": "law",
})
citizen = referral._allocate(worker, team).with_user(worker).citizen_id
citizen._move("registered", values={
    "name": %(name)r, "phones": %(phone)r, "cpr": %(cpr)r,
})
unknown = env["sekp.referral"].with_user(leader).create({
    "source_id": env.ref("sekp_outreach.source_self").id, "team_id": team.id,
    "deviation_reason": "law",
})._allocate(worker, team)
env.ref("base.group_user").write({
    "lock_timeout": 60, "lock_timeout_inactivity": 1, "api_key_duration": 2,
})
leader.totp_secret = %(factor)r
Keys = env["res.users.apikeys"]
keys = {
    role: Keys.with_user(user).sudo()._generate("rpc", "Proeve", None)
    for role, user in people.items()
}
env.cr.commit()
print("SCENE", json.dumps({
    "citizen": citizen.id, "identity": citizen.identity_ids.id, "keys": keys,
    "unknown": unknown.citizen_id.id, "course": unknown.id,
}))
"""
OPENED = f"[...document.querySelectorAll('input')].some(i => i.value === {NAME!r})"
SHOWN = (
    "(document.documentElement.outerHTML + [...document.querySelectorAll("
    "'input, textarea')].map(i => i.value)).includes('Havtorn')"
)


@pytest.fixture(scope="module")
def place(runtime, tmp_path_factory):
    """The address of a server where sessions time out, and what is there."""
    log = tmp_path_factory.mktemp("sessions")
    source = databases.ready(runtime, browsing=True)
    databases.copy(runtime.postgres, source, DATABASE)
    databases.give_uuid(runtime.postgres, DATABASE)
    try:
        runtime.prepare(
            "Auth Timeout",
            log / "install.log",
            *("-d", DATABASE, "-i", "auth_timeout", "--no-http"),
        )
        script = SCENE % {
            "password": PASSWORD, "roles": ROLES,
            "name": NAME, "phone": PHONE, "cpr": CPR, "factor": FACTOR,
        }  # fmt: skip
        output = runtime.shell(DATABASE, script, log / "shell.log")
        line = next(row for row in output.splitlines() if "SCENE " in row)
        scene = json.loads(line.split("SCENE ", 1)[1])
        file = places.LOGS / "sessions.log"
        with server.live(runtime, DATABASE, file) as address:
            yield {"address": address, **scene}
    finally:
        databases.drop(runtime.postgres, DATABASE)


@pytest.fixture(scope="module")
def chrome(tmp_path_factory):
    with chromium.running(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest.fixture
def page(place, chrome):
    """The contact person's screen, with the vault open."""
    with ExitStack() as stack:
        page = stack.enter_context(closing(chromium.Page(chrome, 1200)))
        log_in(page, place, "contact_person")
        open_vault(page, place)
        yield page


def log_in(page, place, login):
    """Log in where nobody was before."""
    until = time.monotonic() + chromium.PATIENCE
    # An answer to a page of before that comes late brings another session along.
    while page.run("location.pathname") in ("blank", "/web/login"):
        assert time.monotonic() < until, "Nobody is let in."
        page.call(
            "Storage.clearDataForOrigin", origin=place["address"], storageTypes="all"
        )
        page.call("Network.clearBrowserCookies")
        page.log_in(f"{place['address']}/web/login", login, PASSWORD)


def open_vault(page, place):
    page.open(f"{place['address']}/odoo/sekp.citizen/{place['citizen']}")
    page.until("!!document.querySelector('button[name=action_open_identity]')")
    page.run("document.querySelector('button[name=action_open_identity]').click()")
    asks = "!!document.querySelector('.modal button[name=action_open_visit]')"
    page.until(f"{asks} || {OPENED}")
    # Who opened it a minute ago is not asked what for.
    if page.run(asks):
        page.click(".modal button[name=action_open_visit]")
    page.until(OPENED)
    assert page.run(SHOWN)


def session_file(page):
    """Where the server keeps the session of the page."""
    (sid,) = [one["value"] for one in page.cookies() if one["name"] == "session_id"]
    (file,) = (server.DATA / "sessions").rglob(f"{sid}")
    return file


def later(page, **values):
    """Let time have passed for the session, as the server keeps it."""
    file = session_file(page)
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def pass_by(page, seconds):
    """Let time pass in the browser, without waiting for it."""
    page.call(
        "Emulation.setVirtualTimePolicy",
        policy="advance",
        budget=seconds * 1000,
        maxVirtualTimeTaskStarvationCount=10_000,
    )
    page.await_event("Emulation.virtualTimeBudgetExpired")


def back(page):
    """Let somebody come back to the page, which asks at once whether it still may."""
    page.run("document.dispatchEvent(new Event('visibilitychange'))")


def gone(page):
    page.until(f"!({SHOWN})")


# --- on the screen --------------------------------------------------------------------
def test_a_locked_session_shows_nothing_and_goes_on_with_the_password(page):
    later(page, **{"identity-check-next": time.time() - 3600})
    back(page)
    gone(page)
    page.until("!!document.querySelector('.o_check_identity_form [name=password]')")
    assert not page.run("!!document.querySelector('.o_sekp_identity')")
    page.fill(".o_check_identity_form [name=password]", PASSWORD)
    page.press("Enter")
    page.until("!document.querySelector('.o_check_identity_form')")
    page.until("!!document.querySelector('button[name=action_open_identity]')")
    assert not page.run(SHOWN)


def test_an_idle_screen_is_locked_without_any_call(page):
    """Odoo's own clock for it, which runs in the browser."""
    pass_by(page, 70)
    page.until("!!document.querySelector('.o_check_identity_form [name=password]')")
    pass_by(page, 5)
    gone(page)
    assert page.run("performance.now()") < 200_000, "it has not closed by its own clock"


def test_a_session_that_is_over_shows_nothing(page):
    later(page, create_time=time.time() - 2 * 3600)
    gone(page)
    page.until("!!document.querySelector('.modal')")
    assert not page.run("!!document.querySelector('.o_sekp_identity')")


def test_a_log_out_in_another_tab_is_one_here(page, place, chrome):
    with closing(chromium.Page(chrome, 1200)) as other:
        other.open(f"{place['address']}/web/session/logout")
        # Out of sight a page is not drawn anew.
        page.call("Page.bringToFront")
        gone(page)


def test_a_name_that_is_typed_goes_with_the_session(page, place):
    page.open(f"{place['address']}/odoo/sekp.citizen/{place['unknown']}")
    page.until("!!document.querySelector('button[name=action_move_up]')")
    page.run("document.querySelector('button[name=action_move_up]').click()")
    page.until("!!document.querySelector('.modal .o_field_widget[name=to_level]')")
    page.click(".modal .o_field_widget[name=to_level] [data-value=named]")
    page.until("!!document.querySelector('.modal .o_field_widget[name=name] input')")
    page.fill(".modal .o_field_widget[name=name] input", NAME)
    assert page.run(SHOWN)
    later(page, create_time=time.time() - 2 * 3600)
    back(page)
    gone(page)


def test_nothing_is_behind_the_back_button_after_the_log_out(page, place):
    page.open(f"{place['address']}/web/session/logout")
    page.events = []
    page.run("history.back()")
    page.await_event("Page.loadEventFired")
    page.until("location.pathname === '/web/login'")
    assert not page.run(SHOWN)


def test_one_with_a_second_factor_opens_it_too(place, chrome):
    count = struct.pack(">Q", int(time.time() // 30))
    digest = hmac.new(base64.b32decode(FACTOR), count, hashlib.sha1).digest()
    (number,) = struct.unpack(">I", digest[digest[-1] % 16 :][:4])
    with closing(chromium.Page(chrome, 1200)) as page:
        log_in(page, place, "supervisor")
        page.fill("#totp_token", f"{number % (1 << 31) % 10**6:06}")
        page.events = []
        page.press("Enter")
        page.await_event("Page.loadEventFired")
        open_vault(page, place)


# --- by a key, and on the way ---------------------------------------------------------
def ask(place, role, method, **body):
    """Ask for the identity as another system does, with somebody's key."""
    return requests.post(
        f"{place['address']}/json/2/sekp.identity/{method}",
        json=body,
        headers={"Authorization": f"Bearer {place['keys'][role]}"},
        timeout=60,
    )


def test_no_key_opens_an_identity(page, place, runtime):
    """Not even while its user reads it on the screen."""
    ids, names = [place["identity"]], ["name", "phones", "cpr", "birth_date"]
    spec = {name: {} for name in (*names, "cpr_masked", "is_open")}
    shut = [{"id": ids[0], **dict.fromkeys(names, False)}]
    for role in ROLES:
        reads = [
            ask(place, role, "read", ids=ids, fields=names),
            ask(place, role, "search_read", domain=[], fields=names),
            ask(place, role, "web_read", ids=ids, specification=spec),
        ]
        acts = [
            ask(place, role, "export_data", ids=ids, fields_to_export=names),
            ask(place, role, "action_open", ids=ids, purpose="visit"),
            ask(place, role, "action_open_visit", ids=ids),
            ask(place, role, "write", ids=ids, vals={"phones": "30112233"}),
        ]
        for answer in reads + acts:
            for told in ("Havtorn", PHONE, CPR, "010258", "1858"):
                assert told not in answer.text, role
        assert all(answer.status_code >= 400 for answer in acts), role
        entitled = role in ("contact_person", "supervisor")
        assert (reads[0].json() == shut) == entitled, role
    query = "SELECT DISTINCT channel FROM sekp_access_log WHERE kind = 'reveal'"
    assert runtime.postgres.rows(query, database=DATABASE) == [("screen",)]


def test_nothing_on_the_way_is_kept(page, place):
    session = requests.Session()
    for cookie in page.cookies():
        session.cookies.set(cookie["name"], cookie["value"])
    call = {
        "model": "sekp.identity", "method": "web_read",
        "args": [[place["identity"]]], "kwargs": {"specification": {"name": {}}},
    }  # fmt: skip
    told = session.post(
        f"{place['address']}/web/dataset/call_kw/sekp.identity/web_read",
        json={"params": call},
        timeout=60,
    )
    assert NAME in told.text
    printed = session.get(
        f"{place['address']}/report/html/sekp_outreach.sekp_course_as_citizen/"
        f"{place['course']}",
        timeout=60,
    )
    assert printed.status_code == 200
    for answer in (told, printed, session.get(f"{place['address']}/odoo", timeout=60)):
        assert "no-store" in answer.headers["Cache-Control"]
