"""The screen for one who takes a referral on the phone: at 360 px, by keyboard."""

import time
from contextlib import ExitStack, closing

import pytest

from dev import chromium

NARROW, WIDE = 360, 1200
PASSWORD = "telefon-indgang"
SCENE = """
from odoo import Command
from odoo.tests import new_test_user
company = env["res.company"].create({"name": "Telefon Kommune"})
user = new_test_user(
    env, login="telefon_indgang", password="telefon-indgang", company_id=company.id,
    company_ids=[Command.set(company.ids)], lang="da_DK",
    groups="base.group_user,sekp_outreach.group_supervisor",
)
team = env["sekp.team"].create({
    "name": "Telefonteamet", "company_id": company.id, "responsible_id": user.id,
    "supervisor_ids": [Command.set(user.ids)],
})
standard = env["sekp.standard"].create({
    "name": "Kvalitetsstandard", "company_id": company.id,
    "route_ids": [Command.create({"name": "Indgang", "team_id": team.id})],
})
standard._put_in_force(company._sekp_today())
env.cr.commit()
"""
ORDER = ["source_id", "concern", "place", "age", "acute", "team_id"]
FOCUSED = """(() => {
    const one = document.activeElement;
    const field = one.closest(".o_field_widget[name]");
    const button = one.closest("button, a");
    return (field || button || one).getAttribute("name") || one.textContent.trim();
})()"""


@pytest.fixture(scope="module")
def page(runtime, database, address, tmp_path_factory):
    """A tab on a small screen, of one who has logged in."""
    runtime.shell(database, SCENE, tmp_path_factory.mktemp("phone") / "shell.log")
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("chromium")
        chrome = stack.enter_context(chromium.running(folder))
        page = stack.enter_context(closing(chromium.Page(chrome, NARROW)))
        page.open(f"{address}/web/login")
        until(page, "document.querySelector('#login').offsetParent !== null")
        page.fill("#login", "telefon_indgang")
        page.fill("#password", PASSWORD)
        page.events = []
        page.press("Enter")
        page.await_event("Page.loadEventFired")
        yield page


def until(page, script):
    """Wait until a script of ours says yes."""
    end = time.monotonic() + chromium.PATIENCE
    while not page.run(script):
        assert time.monotonic() < end, script
        time.sleep(0.1)


def there(selector):
    return f"!!document.querySelector({selector!r})"


def open_screen(page, address):
    page.open(f"{address}/odoo/action-sekp_outreach.sekp_referral_action_new")
    until(page, there(".o_form_view .o_field_widget[name=source_id] input"))


def to(page, name):
    """Press Tab until a field or button of the form has the focus; tell what had it."""
    passed = []
    for _stroke in range(40):
        if (now := page.run(FOCUSED)) == name:
            return passed
        passed.append(now)
        page.press("Tab")
    raise AssertionError(f"Tab does not lead to {name}: {passed}")


def referral(runtime, database):
    rows = runtime.postgres.rows(
        "SELECT place, concern, age, acute, state, reference FROM sekp_referral r "
        "JOIN res_company c ON c.id = company_id WHERE c.name = %s ORDER BY r.id DESC",
        "Telefon Kommune",
        database=database,
    )
    return rows[0]


def test_nothing_is_cut_off_on_a_small_screen(page, address):
    open_screen(page, address)
    outside = page.run(
        "[...document.querySelectorAll('.o_form_view .o_field_widget, "
        ".o_form_sheet button, .o_form_sheet label')]"
        ".filter(one => one.offsetParent && "
        "(one.getBoundingClientRect().right > innerWidth + 1 || "
        "one.getBoundingClientRect().left < 0)).map(one => one.outerHTML)"
    )
    assert not outside
    assert page.run("document.documentElement.scrollWidth") <= NARROW
    assert page.run(
        "(() => { const one = document.querySelector('.o_content');"
        " return one.scrollWidth <= one.clientWidth })()"
    )


def test_a_call_is_noted_by_keyboard_alone(page, runtime, database, address):
    open_screen(page, address)
    to(page, "source_id")
    page.press(" ")
    passed = []
    for name, text in (("concern", "Sover ude"), ("place", "Ved broen"), ("age", "44")):
        passed += to(page, name)
        page.type(text)
    passed += to(page, "acute")
    page.press(" ")
    until(page, there(".o_form_view .alert-danger"))
    passed += to(page, "team_id")
    fields = [name for name in passed if name in ORDER]
    assert list(dict.fromkeys(fields)) == ORDER[:-1]
    # The entry point is the standard's and need not be chosen.
    for _stroke in range(10):
        page.press("Tab")
        if page.run("!!document.activeElement.closest('.o_form_sheet .btn-lg')"):
            break
    page.press("Enter")
    until(page, there(".o_form_view h1 .o_field_widget[name=reference] span"))
    place, concern, age, acute, state, code = referral(runtime, database)
    assert (place, concern, age, acute) == ("Ved broen", "Sover ude", 44, True)
    assert state == "received"
    page.await_text(code)


def test_the_hint_is_seen_before_one_saves(page, runtime, database, address):
    code = referral(runtime, database)[-1]
    open_screen(page, address)
    page.fill(".o_field_widget[name=place] input", "ved broen")
    page.press("Tab")
    until(page, there(".o_form_view .o_field_widget[name=similar_hint]"))
    hint = page.run(
        "document.querySelector('.o_field_widget[name=similar_hint]').textContent"
    )
    assert code in hint
    assert "Sover ude" not in hint


def test_one_key_each_and_the_screen_shows_it(page, runtime, database, address):
    """The rest is opened, and the referral begun, without the pointer."""
    page.widen(WIDE)
    open_screen(page, address)
    to(page, "source_id")
    page.press(" ")
    page.press("s", chromium.ALT)
    until(page, there(".o_form_view button[name=action_whole_form]"))
    page.press("e", chromium.ALT)
    until(page, there(".o_form_view button[name=action_begin]"))
    assert page.run("document.querySelector('.o_sekp_keys').offsetParent !== null")
    page.hold_alt()
    until(page, there(".o_web_hotkey_overlay"))
    shown = page.run(
        "[...document.querySelectorAll('.o_web_hotkey_overlay')]"
        ".map(one => one.textContent.trim().toLowerCase())"
    )
    assert set("gaird") <= set(shown)
    page.press("g", chromium.ALT)
    until(page, "!document.querySelector('button[name=action_begin]')")
    assert referral(runtime, database)[4] == "processing"
