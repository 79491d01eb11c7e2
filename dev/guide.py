"""What the pages say is there: their pictures, and in the guide the words of screens.

In the pages of `docs/vejledning/` *italics* are words that a screen shows, or a way
through the menu with › between its steps. Nothing here needs Odoo.
"""

import re
import xml.etree.ElementTree as ET

import polib

from . import places

DOCS = places.ROOT / "docs"
GUIDE = DOCS / "vejledning"
DESCRIPTION = places.ADDON / "static" / "description"
DANISH = places.ADDON / "i18n" / "da.po"
MENUS = places.ADDON / "views" / "menus.xml"
SUFFIXES = (".png", ".jpg", ".svg")
# The app list takes these by their name.
BY_NAME = {DESCRIPTION / "icon.png"}
PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)|<img\s[^>]*?\bsrc=\"([^\"]+)\"")
ITALIC = re.compile(r"(?<![*\w])\*(?![\s*])((?:[^*\n]|\n(?!\n))+?)(?<!\s)\*(?![*\w])")
STEP = " › "
# The group whose menu a page of the guide goes through.
READERS = {
    "kontaktperson": "group_contact_person",
    "visitation": "group_intake",
    "teamleder": "group_supervisor",
    "leder-af-ordningen": "group_scheme_manager",
    "modtager": "group_receiver",
    "auditor": "group_auditor",
    "klagebehandler": "group_complaint_handler",
    "statistiklaeser": "group_statistics_reader",
}
IMPLIED = {"group_supervisor": {"group_contact_person"}}
# Words of Odoo's own screens that the guide needs.
ODOO = {"Gem"}


def pages():
    """The pages that show pictures."""
    yield places.ROOT / "README.md"
    yield from sorted(DOCS.rglob("*.md"))
    yield DESCRIPTION / "index.html"


def shown(text):
    """The pictures that a page names."""
    return [one or other for one, other in PICTURE.findall(text)]


def lost_pictures():
    """Pictures that a page names and that are not there, or that no page names."""
    named = set()
    for page in pages():
        for name in shown(page.read_text()) if page.exists() else ():
            file = (page.parent / name).resolve()
            named.add(file)
            if not file.is_file():
                yield f"{page.relative_to(places.ROOT)}: there is no picture {name}"
    for folder in (DOCS, DESCRIPTION):
        for file in sorted(folder.rglob("*")):
            if file.suffix in SUFFIXES and file not in named | BY_NAME:
                yield f"{file.relative_to(places.ROOT)}: no page shows it"


def italics(text):
    """The words in italics, each with the number of its line."""
    for found in ITALIC.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, " ".join(found[1].split())


def danish():
    """The Danish of every term, by its English."""
    return {
        entry.msgid: entry.msgstr or entry.msgid for entry in polib.pofile(str(DANISH))
    }


def ways(terms):
    """The Danish way to each menu, with the groups that each step of it is for."""
    found = []

    def walk(item, way, groups):
        way = (*way, terms[item.get("name")])
        own = set(filter(None, item.get("groups", "").split(",")))
        groups = (*groups, own) if own else groups
        found.append((way[1:], groups))
        for child in item:
            walk(child, way, groups)

    for root in ET.parse(MENUS).getroot():
        walk(root, (), ())
    return found


def sees(own, groups):
    """Whether somebody with some groups sees a menu, each step of which is for some."""
    return all(own & some for some in groups)


def wrong_words():
    """Words in italics that no screen shows, or a way that the page's reader lacks."""
    terms = danish()
    words = {text.rstrip(":") for text in terms.values()} | ODOO
    menus = ways(terms)
    tops = {way[0] for way, _groups in menus if way}
    for page in sorted(GUIDE.glob("*.md")):
        group = READERS.get(page.stem)
        own = {group} | IMPLIED.get(group, set())
        for number, told in italics(page.read_text()):
            steps = tuple(told.split(STEP))
            place = f"{page.relative_to(places.ROOT)}:{number}"
            for one in steps:
                if one not in words:
                    yield f"{place}: no screen says {one}"
            if len(steps) == 1 or steps[0] not in tops:
                continue
            there = [groups for way, groups in menus if way == steps]
            if not there:
                yield f"{place}: no menu leads to {told}"
            elif group and not any(sees(own, groups) for groups in there):
                yield f"{place}: {told} is not in the menu of {group}"
