"""`make screens`: every menu of every role on three screens, in Danish.

Each menu is opened, and of a list or board the first record. What overflows, fails or
is not Danish is told; the pictures lie in ``.dev/log/screens`` to be looked at.
"""

import json
import time
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory

import polib

from . import browser, chromium, databases, odoo_source, places, postgres, run, shots
from .say import line, step
from .server import Runtime, live

DATABASE = "sekp_screens"
PEOPLE = (
    "anne", "ida", "grethe", "torben", "vibeke", "solveig", "mogens", "karen", "admin",
)  # fmt: skip
# Width and height in CSS pixels.
SCREENS = ((360, 740), (768, 1024), (1440, 900))
MENUS = """
import json
told = {}
for login in %(people)r:
    user = env["res.users"].search([("login", "=", login)])
    Menu = env["ir.ui.menu"].with_user(user).with_context(lang="en_US")
    root = env.ref("sekp_outreach.menu_root")
    # Superuser: what a menu leads to is not everybody's to read.
    shown = Menu.browse(Menu._visible_menu_ids()).sudo().filtered(
        lambda menu: menu.action and (menu.parent_path or "").startswith(
            root.parent_path
        ) and menu.action._name != "ir.actions.act_url"
    )
    told[login] = [
        [menu.complete_name.split("/", 1)[-1].strip(), menu.action.id]
        for menu in shown if menu.action._name != "ir.actions.server"
        and getattr(menu.action, "target", "") != "new"
    ]
print("FOUND", json.dumps(told))
"""
READY = """!document.querySelector(".o_loading_indicator, .o_blockUI")
    && !!document.querySelector(".o_action_manager > *")"""
FAULTY = """!!document.querySelector(".o_error_dialog, .modal .o_error_detail")"""
# What is wider than the screen and does not scroll by itself.
WIDE = """(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width + 1) return [];
    return [...document.querySelectorAll(".o_action_manager *")]
        .filter((one) => one.getBoundingClientRect().right > width + 1)
        .slice(0, 3).map((one) => one.className.toString().slice(0, 60) || one.tagName);
})()"""
TEXTS = """(() => {
    const texts = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const { parentElement: parent, data } = walker.currentNode;
        const code = /SCRIPT|STYLE/.test(parent.tagName);
        if (data.trim() && !code && parent.checkVisibility?.()) {
            texts.add(data.trim().replace(/\\s+/g, " "));
        }
    }
    for (const one of document.querySelectorAll("[title],[placeholder],[aria-label]")) {
        for (const name of ["title", "placeholder", "aria-label"]) {
            if (one.checkVisibility?.() && one.getAttribute(name)) {
                texts.add(one.getAttribute(name).trim());
            }
        }
    }
    return [...texts];
})()"""
FIRST = """(() => {
    const row = document.querySelector(
        ".o_data_row .o_data_cell:not(.o_list_button), "
        + ".o_kanban_record:not(.o_kanban_ghost)"
    );
    if (row) row.click();
    return !!row;
})()"""


def english():
    """English terms of ours that are another word in Danish."""
    terms = polib.pofile(str(places.ADDON / "i18n" / "da.po"))
    danish = {entry.msgstr for entry in terms}
    return {
        entry.msgid
        for entry in terms
        if entry.msgstr not in ("", entry.msgid)
        and entry.msgid not in danish
        and "%" not in entry.msgid
        and any(char.isalpha() for char in entry.msgid)
    }


def screens(name):
    """Look at every screen, or at those of the people whose login is given.

    :return: whether anything was found
    """
    databases.require_addon()
    browser.ensure()
    people = [one for one in PEOPLE if name in ("", one)]
    found = []
    with postgres.running() as server:
        runtime = Runtime(odoo_source.find(), server)
        databases.copy(server, shots.furnished(runtime), DATABASE)
        run.speak(runtime, DATABASE, databases.LANGUAGE)
        log = places.LOGS / "screens.shell.log"
        output = runtime.shell(DATABASE, MENUS % {"people": people}, log)
        row = next(row for row in output.splitlines() if "FOUND " in row)
        menus = json.loads(row.split("FOUND ", 1)[1])
        with live(runtime, DATABASE, places.LOGS / "screens.log", "--with-demo") as at:
            for login in people:
                with step(f"{login}: {len(menus[login])} menus"):
                    found += look(at, login, menus[login], english())
        databases.drop(server, DATABASE)
    for one in sorted(set(found)):
        line(f"  {one}")
    return bool(found)


def look(address, login, menus, words):
    """Open every menu of one person on each screen; gives what is wrong."""
    folder = places.make(places.LOGS / "screens")
    found = []
    with ExitStack() as stack:
        profile = Path(stack.enter_context(TemporaryDirectory()))
        chrome = stack.enter_context(chromium.running(profile))
        page = stack.enter_context(closing(chromium.Page(chrome)))
        page.call("Emulation.setLocaleOverride", locale=databases.LANGUAGE)
        page.log_in(f"{address}/web/login", login, login)
        for menu, action in menus:
            for width, height in SCREENS:
                page.widen(width, height)
                page.open(f"{address}/odoo/action-{action}")
                found += see(page, folder, words, f"{login} {width} {menu}")
                if page.run(FIRST):
                    found += see(page, folder, words, f"{login} {width} {menu} (form)")
    return found


def see(page, folder, words, what):
    """Wait for a screen, keep its picture, and tell what is wrong on it."""
    try:
        page.until(READY)
    except AssertionError:
        return [f"{what}: never there"]
    time.sleep(0.4)
    page.picture(folder / f"{what.replace('/', '-').replace(' ', '_')}.png")
    found = [f"{what}: wider than the screen: {one}" for one in page.run(WIDE)]
    if page.run(FAULTY):
        found.append(f"{what}: an error")
    found += [
        f"{what}: {text!r} is not Danish" for text in page.run(TEXTS) if text in words
    ]
    return found
