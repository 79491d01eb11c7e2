"""`make shots`: the pictures of the guide, taken anew from the invented people.

Every screen is as somebody meets it who has just logged in. Codes are drawn by chance
and days are counted from today, so that no two takings are the same to the last dot.
"""

import io
import json
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from . import browser, chromium, databases, odoo_source, places, postgres, run
from .say import Quit, line, step
from .server import Runtime, live

DATABASE = "sekp_shots"
GUIDE = places.ROOT / "docs" / "pictures" / "guide"
DESCRIPTION = places.ADDON / "static" / "description"
DANISH, ENGLISH = databases.LANGUAGE, "en_US"
PHONE, DESKTOP = 390, 1280
# Width: height of the screen, and how sharp it is.
SCREENS = {PHONE: (844, 2), DESKTOP: (800, 1)}
COLOURS, LARGEST = 96, 150_000
ACTION = "/odoo/action-sekp_outreach."
# Nothing blinks, glides or turns while it is taken.
CALM = """(() => {
    const calm = document.createElement("style");
    calm.textContent = `*, ::before, ::after {
        animation: none !important; caret-color: transparent !important;
        scroll-behavior: auto !important; transition: none !important;
    }
    .o-mail-ImStatus { display: none !important; }`;
    document.head.append(calm);
    return true;
})()"""
QUIET = """document.fonts.status === "loaded"
    && !document.querySelector(".o_loading_indicator, .o_notification, .o_blockUI")
    && [...document.images].every((image) => image.complete)"""
CHOOSE = """(() => {
    const choice = document.querySelector(%r);
    const option = [...choice.options].find((one) => one.text === %r);
    if (option) {
        choice.value = option.value;
        choice.dispatchEvent(new Event("change", { bubbles: true }));
    }
    return !!option;
})()"""
# The invented people bring no complaint along.
COMPLAINTS = """
from odoo import Command
company = env["res.company"].search([("name", "=", "Klitby Kommune")])
user = env["res.users"].with_context(no_reset_password=True).create({
    "name": "Karen Lyng", "login": "karen", "password": "karen",
    "company_id": company.id, "company_ids": [Command.set(company.ids)],
    "group_ids": [Command.set((
        env.ref("base.group_user") + env.ref("sekp_outreach.group_complaint_handler")
    ).ids)],
})
env["sekp.complaint"].with_user(user).with_company(company).create([
    {"about": "service", "text": "Kom ikke til den aftalte tid, to gange i træk."},
    {"about": "service", "text": "Vil gerne have en anden kontaktperson."},
])
env.cr.commit()
"""


@dataclass(frozen=True)
class Shot:
    """One picture: who sees it, where, and what is there when it can be taken.

    :param steps: what is clicked on the way, by CSS selector; a pair is a choice and
        the words that are chosen there
    """

    file: Path
    login: str
    address: str
    ready: str
    width: int = DESKTOP
    steps: tuple = ()
    language: str = DANISH
    height: int = 0


FORM = ".o_form_view .o_form_sheet"
ROW = ".o_data_row .o_data_cell"
CARD = ".o_kanban_record:not(.o_kanban_ghost)"
COURSE, MET = "[data-sekp=course]", "[data-sekp=met]"
BOARD = ".o_sekp_morning .card"
TEAM = ("[data-sekp=team]", "Bostøttekorps Nord")
MONTH = ".o_sekp_month tbody tr[data-code]"
SHOTS = (
    Shot(
        GUIDE / "kontaktperson-gadenotat.png",
        *("ida", "/odoo/street-note", COURSE, PHONE),
    ),
    Shot(
        GUIDE / "kontaktperson-notat.png",
        *("ida", "/odoo/street-note", "#sekp_when", PHONE, (COURSE, MET)),
    ),
    Shot(
        GUIDE / "kontaktperson-min-dag.png",
        *("ida", f"{ACTION}sekp_morning_action_mine", BOARD, PHONE),
    ),
    Shot(
        GUIDE / "kontaktperson-forloeb.png",
        *("ida", f"{ACTION}sekp_course_action_mine", FORM, DESKTOP, (ROW,)),
    ),
    Shot(
        GUIDE / "visitation-visitation.png",
        *("grethe", f"{ACTION}sekp_referral_action_triage", f"{CARD}, {ROW}"),
        height=500,
    ),
    Shot(
        GUIDE / "visitation-ny-henvendelse.png",
        *("grethe", f"{ACTION}sekp_referral_action_new", f"{FORM} [name=concern]"),
        height=540,
    ),
    Shot(
        GUIDE / "teamleder-morgen.png",
        *("anne", f"{ACTION}sekp_morning_action", BOARD),
    ),
    Shot(
        GUIDE / "teamleder-teamets-maaned.png",
        *("anne", f"{ACTION}sekp_month_action", MONTH, DESKTOP, (TEAM,)),
        height=420,
    ),
    Shot(
        GUIDE / "leder-kom-i-gang.png",
        *("torben", f"{ACTION}sekp_setup_action", ".o_sekp_setup [data-done]"),
    ),
    Shot(
        GUIDE / "leder-kvalitetsstandard.png",
        *("torben", f"{ACTION}sekp_standard_action", FORM, DESKTOP, (ROW,)),
    ),
    Shot(
        GUIDE / "modtager-overlevering.png",
        *("vibeke", f"{ACTION}sekp_handover_action_received", FORM, DESKTOP, (ROW,)),
        height=440,
    ),
    Shot(
        GUIDE / "tilsyn-adgangslog.png",
        *("mogens", f"{ACTION}sekp_access_log_action", ROW),
    ),
    Shot(
        GUIDE / "klagebehandler-klager.png",
        *("karen", f"{ACTION}sekp_complaint_action", ROW),
    ),
    Shot(
        GUIDE / "statistik-alle-tal.png",
        *(
            "solveig",
            f"{ACTION}sekp_statistic_action",
            ".o_graph_view canvas",
        ),
        height=480,
    ),
    Shot(
        DESCRIPTION / "morning.png",
        *("anne", f"{ACTION}sekp_morning_action", BOARD),
        language=ENGLISH,
    ),
    Shot(
        DESCRIPTION / "month.png",
        *("anne", f"{ACTION}sekp_month_action", MONTH, DESKTOP, (TEAM,)),
        language=ENGLISH,
        height=420,
    ),
    Shot(
        DESCRIPTION / "street_note.png",
        *("ida", "/odoo/street-note", "#sekp_when", PHONE, (COURSE, MET)),
        language=ENGLISH,
    ),
)


def shots(name):
    """Take all pictures, or those whose file's name holds a word."""
    databases.require_addon()
    browser.ensure()
    chosen = [shot for shot in SHOTS if name in shot.file.name]
    if not chosen:
        raise Quit(f"No picture is named like {name}.")
    odoo = odoo_source.find()
    with postgres.running() as server:
        runtime = Runtime(odoo, server)
        with places.lock(places.STATE, "shots", "another `make shots` is running."):
            databases.copy(server, furnished(runtime), DATABASE)
            chosen.sort(key=lambda shot: shot.language)
            for language, ones in groupby(chosen, lambda shot: shot.language):
                run.speak(runtime, DATABASE, language)
                take_all(runtime, list(ones))
            databases.drop(server, DATABASE)


def furnished(runtime):
    """The database of today with all that the pictures show, made once a day."""
    today = datetime.now(timezone.utc).date()
    prefix = f"{DATABASE}_"
    name = prefix + places.short_hash(
        runtime.odoo.key, places.tree_hash(places.ADDON), today, COMPLAINTS
    )
    if not databases.exists(runtime.postgres, name):
        building = f"{prefix}building"
        run.install(runtime, building)
        runtime.shell(building, COMPLAINTS, places.LOGS / "shots.shell.log")
        databases.warm(runtime, building)
        databases.rename(runtime.postgres, building, name)
        databases.forget(runtime.postgres, prefix, name)
    return name


def take_all(runtime, chosen):
    """Take pictures in one language; each person has a browser of their own."""
    log = places.LOGS / "shots.log"
    with live(runtime, DATABASE, log, "--with-demo") as address:
        for shot in chosen:
            with step(str(shot.file.relative_to(places.ROOT))), ExitStack() as stack:
                folder = Path(stack.enter_context(TemporaryDirectory()))
                chrome = stack.enter_context(
                    chromium.running(folder, "--hide-scrollbars")
                )
                page = stack.enter_context(closing(chromium.Page(chrome)))
                try:
                    keep(shot.file, take(page, address, shot))
                except AssertionError as error:
                    page.picture(failed := places.LOGS / shot.file.name)
                    for complaint in page.complaints():
                        line(f"  {json.dumps(complaint)[:500]}")
                    raise Quit(f"{error} What it looks like is {failed}.") from error


def take(page, address, shot):
    """Return the picture of a shot, once the page stands still."""
    height, scale = SCREENS[shot.width]
    page.widen(shot.width, shot.height or height, scale)
    page.call("Emulation.setLocaleOverride", locale=shot.language)
    start = f"{address}/web/login?redirect={shot.address}"
    page.log_in(start, shot.login, shot.login)
    for one in shot.steps:
        selector, words = one if isinstance(one, tuple) else (one, None)
        page.until(f"!!document.querySelector({selector!r})")
        if words is None:
            page.click(selector)
        else:
            page.until(CHOOSE % (selector, words))
    page.until(f"!!document.querySelector({shot.ready!r})")
    page.run(CALM)
    page.call(
        "Input.dispatchMouseEvent", type="mouseMoved", x=0, y=shot.height or height
    )
    page.until(QUIET)
    until, before, now = time.monotonic() + chromium.PATIENCE, b"", page.seen()
    while before != now:
        if time.monotonic() > until:
            raise Quit(f"The page of {shot.file.name} never stands still.")
        time.sleep(0.3)
        before, now = now, page.seen()
    return now


def keep(file, png):
    """Write a picture with few colours, small enough for a page."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    small = image.quantize(COLOURS, dither=Image.Dither.NONE)
    places.make(file.parent)
    small.save(file, format="PNG", optimize=True)
    if (size := file.stat().st_size) > LARGEST:
        raise Quit(f"{file.name} has {size} bytes: let it show less.")
    line(f"  {file.name}: {size // 1000} kB")
