"""The public pages in a real browser: with and without JavaScript, in two languages,
on a narrow screen, by keyboard, and looked at by axe-core."""

import json
import os
import re
import time
from contextlib import ExitStack, closing

import pytest
from conftest import PRESETS

from dev import axe, chromium

PATHS = ("", "/self", "/worried", "/professional", "/standard", "/code")
NARROW = 320
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


@pytest.fixture
def watched(tab):
    """Opens a tab on a small screen whose pages axe-core can look at."""

    def open_tab():
        page = tab(NARROW)
        page.call("Page.addScriptToEvaluateOnNewDocument", source=axe.script())
        return page

    return open_tab


# What is folded is looked at as well; nothing is fetched a second time for it.
LOOK = """
document.querySelectorAll("details").forEach(one => one.open = true);
axe.run(document, {preload: false, resultTypes: ["violations"]}).then(
    told => JSON.stringify([
        document.documentElement.scrollWidth, document.documentElement.lang,
        told.passes.length,
        told.violations.map(
            one => [one.id, one.help, one.nodes.map(node => node.html)]
        ),
    ])
)
"""


# What is sent when the page with the code was open for too long.
LATE = """
const form = document.createElement("form");
[form.method, form.action] = ["post", "%s"];
document.body.append(form);
form.submit();
"""


def look(page, language):
    """Fail when axe-core finds anything, or one has to scroll sideways."""
    width, spoken, passed, bad = json.loads(page.run(LOOK))
    assert not bad, bad
    assert passed
    assert width <= NARROW
    assert spoken == language


def referrals(runtime, database, company):
    query = "SELECT count(*) FROM sekp_referral WHERE company_id = %s"
    return runtime.postgres.rows(query, company, database=database)[0][0]


def fill_in(page, address, path="/worried", query=""):
    page.open(f"{address}{path}{query}")
    page.fill("#f-concern", "Sidder alene ved havnen")
    page.click("input[name=source]")
    page.click("input[name=anonymous][value=yes]")
    page.wait(SECONDS)


def code(page):
    """Return the receipt code on the page, as it is read aloud."""
    block = re.search(r'class="sekp-code".*?</p>', page.text(), re.DOTALL)[0]
    return " ".join(re.findall(r">(\d{4})<", block))


# The pages of all are made of the same; in English they are looked at where most stands
# on them and where least does. All of them: SEKP_WHOLE=1 make test T=public_pages
ENGLISH = PRESETS if os.environ.get("SEKP_WHOLE") else ("thisted", "greve")


@pytest.mark.parametrize("preset", PRESETS)
def test_axe_finds_nothing_on_any_page(address, companies, codes, watched, preset):
    base, citizen = f"{address}/sekp/by-{preset}", codes[preset]
    for query, language in (("", "da"), ("?lang=en", "en")):
        if language == "en" and preset not in ENGLISH:
            continue
        form, page = watched(), watched()
        form.open(f"{base}/worried{query}")
        form.go("button[type=submit]")
        look(form, language)
        for path in (*PATHS, "/nowhere"):
            page.open(f"{base}{path}{query}")
            look(page, language)
        form.fill("#f-concern", "Sidder alene ved havnen")
        if form.run("!!document.querySelector('[name=source]')"):
            form.click("[name=source]")
        form.click("[name=anonymous][value=yes]")
        form.wait(SECONDS)
        # The code, the code still there, thanks, and what is said to one too late.
        form.go("button[type=submit]")
        look(form, language)
        referrer = code(form)
        form.go("button[type=submit]")
        look(form, language)
        form.click("#f-noted")
        form.go("button[type=submit]")
        look(form, language)
        form.events = []
        form.run(LATE % f"{base}/receipt{query}")
        form.await_event("Page.loadEventFired")
        look(form, language)
        page.open(f"{base}/code{query}")
        for entered in ("1234", referrer):
            page.fill("#f-code", entered)
            page.go("button[type=submit]")
            look(page, language)
        # The citizen's own page: the code that is exchanged, words, the end.
        page.open(f"{base}/code{query}")
        page.fill("#f-code", citizen)
        page.go("button[type=submit]")
        look(page, language)
        if language == "da":
            citizen = code(page)
            page.go("[value=noted]")
        # The second time nothing is said, and that is wrong.
        page.fill("#f-text", "Kom hellere torsdag" if language == "da" else " ")
        page.go("[value=say]")
        look(page, language)
        page.go("[value=stop]")
        look(page, language)
        page.go(f"[value={'look' if language == 'da' else 'stop'}]")
        look(page, language)
        assert page.cookies() == []


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("query", ["", "?lang=en"], ids=["danish", "english"])
def test_a_neighbour_writes_and_gets_a_code(
    runtime, database, address, companies, tab, scripts, query
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
        assert page.run("document.title").startswith(("Not sent yet", "Ikke sendt"))
    page.click("#errors li:nth-child(1) a")
    page.type("Sidder alene ved havnen")
    page.click("input[name=source]")
    page.click("input[name=anonymous][value=yes]")
    page.wait(SECONDS)
    page.go("button[type=submit]")
    found = code(page)
    assert re.fullmatch(r"\d{4} \d{4} \d{4} \d{4}", found)
    if scripts:
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
        elif focused == "source":
            page.press(" ")
        elif focused == "anonymous":
            # The second answer: may we know who you are? Yes.
            page.press("ArrowDown")
        elif focused == "sekp-summary":
            page.press("Enter")
        elif focused == "sekp-button":
            break
    assert order == [
        "concern", "place", "district", "acute", "source", "anonymous",
        "sekp-summary", "referrer_name", "referrer_contact", "confidential",
        "referrer_confidential_reason", "sekp-button",
    ]  # fmt: skip
    page.wait(SECONDS)
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
