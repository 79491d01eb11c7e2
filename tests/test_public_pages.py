"""The public pages in a real browser: with and without JavaScript, in two languages,
on a narrow screen, by keyboard, and looked at by axe-core."""

import json
import re
import time
from contextlib import ExitStack, closing

import chromium
import pytest
from conftest import PRESETS

from dev import axe

PATHS = ("", "/self", "/worried", "/professional", "/standard", "/code")
NARROW, WIDE = 320, 1000
# A form comes back no sooner.
SECONDS = 4


@pytest.fixture(scope="module")
def chrome(tmp_path_factory):
    with chromium.running(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest.fixture
def tab(chrome):
    """Opens a tab of its own; all are closed in the end."""
    with ExitStack() as stack:
        yield lambda *args: stack.enter_context(closing(chromium.Page(chrome, *args)))


@pytest.fixture(scope="module")
def script():
    return axe.ensure().read_text()


def look(page, script):
    """Fail when axe-core finds anything, or could look at nothing."""
    page.run(script + ";0")
    told = page.run("axe.run(document).then(r => JSON.stringify(r))")
    told = json.loads(told)
    assert told["passes"]
    bad = [
        (one["id"], one["help"], [node["html"] for node in one["nodes"]])
        for one in told["violations"]
    ]
    assert not bad, bad


def fits(page, width):
    """Fail when one has to scroll sideways."""
    assert page.run("document.documentElement.scrollWidth") <= width


def referrals(runtime, database, company):
    query = "SELECT count(*) FROM sekp_referral WHERE company_id = %s"
    return runtime.postgres.rows(query, company, database=database)[0][0]


def fill_in(page, address, path="/worried", query=""):
    page.open(f"{address}{path}{query}")
    page.fill("#f-concern", "Sidder alene ved havnen")
    page.click("input[name=source]")
    page.click("input[name=anonymous][value=yes]")
    time.sleep(SECONDS)


def code(page):
    """Return the receipt code on the page, as it is read aloud."""
    block = re.search(r'class="sekp-code".*?</p>', page.text(), re.DOTALL)[0]
    return " ".join(re.findall(r">(\d{4})<", block))


@pytest.mark.parametrize("preset", PRESETS)
def test_axe_finds_nothing_on_any_page(address, companies, tab, script, preset):
    page = tab(NARROW)
    # What depends on the standard is looked at for each, the rest once.
    whole = preset == "lejre"
    for path in (*PATHS, "/nowhere") if whole else ("", "/worried", "/standard"):
        for query in ("", "?lang=en") if whole else ("",):
            page.open(f"{address}/sekp/by-{preset}{path}{query}")
            assert page.run("document.documentElement.lang") == (
                "en" if query else "da"
            )
            look(page, script)
            fits(page, NARROW)
    assert page.cookies() == []


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("query", ["", "?lang=en"], ids=["danish", "english"])
def test_a_neighbour_writes_and_gets_a_code(
    runtime, database, address, companies, tab, script, scripts, query
):
    company = companies["lejre"]
    before = referrals(runtime, database, company)
    page = tab(NARROW, scripts)
    base = f"{address}/sekp/by-lejre"
    page.open(f"{base}{query}")
    page.go(".sekp-doors li:nth-child(2) a")
    # Sent empty: what is wrong is said, and nothing is kept.
    page.go("button[type=submit]")
    assert 'id="errors"' in page.text()
    if scripts:
        assert page.run("document.activeElement.id") == "errors"
        look(page, script)
        fits(page, NARROW)
        assert page.run("document.title").startswith(("Not sent yet", "Ikke sendt"))
    page.click("#errors li:nth-child(1) a")
    page.type("Sidder alene ved havnen")
    page.click("input[name=source]")
    page.click("input[name=anonymous][value=yes]")
    time.sleep(SECONDS)
    page.go("button[type=submit]")
    found = code(page)
    assert re.fullmatch(r"\d{4} \d{4} \d{4} \d{4}", found)
    if scripts:
        look(page, script)
        fits(page, NARROW)
        assert page.run("document.querySelector('[data-copy]').hidden") is False
    else:
        assert re.search(r"<button[^>]*hidden", page.text())
    assert all(found not in url and "pass" not in url for url in page.asked())
    # Without saying so one does not get on.
    page.go("button[type=submit]")
    assert code(page) == found
    page.click("#f-noted")
    page.go("button[type=submit]")
    assert "sekp-code" not in page.text()
    if scripts:
        look(page, script)
    assert referrals(runtime, database, company) == before + 1
    assert page.cookies() == []
    if query:
        assert 'lang="en"' in page.text()


def test_a_page_asks_only_us_and_keeps_nothing(address, companies, tab):
    page = tab()
    for path in PATHS:
        page.open(f"{address}/sekp/by-lejre{path}")
        for url in page.asked():
            ours = url.removeprefix(address)
            assert ours.startswith(("/sekp/", "/sekp_outreach/static/public/")), url
        assert page.complaints() == []
        kept = page.run("[localStorage.length, sessionStorage.length, document.cookie]")
        assert kept == [0, 0, ""]


def test_the_keyboard_alone_is_enough(runtime, database, address, companies, tab):
    company = companies["greve"]
    before = referrals(runtime, database, company)
    page = tab()
    page.open(f"{address}/sekp/by-greve/worried")
    name = "document.activeElement.name || document.activeElement.className"
    page.press("Tab")
    assert page.run(name) == "sekp-skip"
    page.press("Enter")
    order = []
    for _press in range(40):
        page.press("Tab")
        focused = page.run(name)
        if focused and focused not in order:
            order.append(focused)
            outline = page.run("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", focused
        if focused == "concern":
            page.type("Sidder alene ved havnen")
        elif focused in ("source", "anonymous"):
            page.press(" ")
        elif focused == "sekp-button":
            break
    assert order == [
        "concern", "place", "district", "acute", "source", "anonymous",
        "referrer_name", "referrer_contact", "confidential",
        "referrer_confidential_reason", "sekp-button",
    ]  # fmt: skip
    time.sleep(SECONDS)
    page.events = []
    page.press("Enter")
    page.await_event("Page.loadEventFired")
    assert code(page)
    assert referrals(runtime, database, company) == before + 1


def test_two_presses_are_one_referral(runtime, database, address, companies, tab):
    company = companies["thisted"]
    before = referrals(runtime, database, company)
    page = tab()
    fill_in(page, f"{address}/sekp/by-thisted")
    page.run(
        "document.forms[0].submit();"
        "setTimeout(() => document.forms[0] && document.forms[0].submit(), 20); 0"
    )
    page.await_text("sekp-code")
    assert code(page)
    time.sleep(1)
    assert referrals(runtime, database, company) == before + 1
