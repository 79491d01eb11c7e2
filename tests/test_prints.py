"""Every print of the addon, in Danish on A4: nothing cut off, no heading left alone, no
English, nothing fetched from elsewhere, and logged once.

The prints are found in the addon; their PDF files lie in `.dev/log/prints` to look at.
"""

import io
import json
import re
from contextlib import ExitStack, closing

import polib
import pypdf
import pytest
import requests

from dev import chromium, places

# The width between the margins in CSS pixels, upright and across, and A4 in points.
INNER = {False: 642, True: 1009}
A4 = {(595, 842), (842, 595)}
FOLDER = places.LOGS / "prints"

SCENE = """
import json
from datetime import timedelta
from odoo import Command, fields
from odoo.tests import new_test_user

env = env(context={**env.context, "lang": "da_DK"})
company = env["res.company"].create({"name": "Øvelseskommunen ved Langebæk"})
today = company._sekp_today()

def user(login, name, *roles):
    groups = ["base.group_user", *(f"sekp_outreach.group_{role}" for role in roles)]
    return new_test_user(
        env, login=login, password=login, name=name, lang="da_DK",
        tz="Europe/Copenhagen", groups=",".join(groups), company_id=company.id,
        company_ids=[Command.set(company.ids)],
    )

leader = user(
    "print_leder", "Lene Leder", "supervisor", "scheme_manager", "complaint_handler",
    "statistics_reader",
)
worker = user("print_kontakt", "Karen-Margrethe Kontaktsen", "contact_person")
cover = user("print_kollega", "Kasper Kollega", "contact_person")

def mine(model):
    return env[model].with_user(leader)

preset = env.ref("sekp_outreach.preset_thisted")
standard = preset.browse(mine("sekp.adopt.standard").create({
    "standard_id": preset.id, "company_id": company.id,
}).action_adopt()["res_id"]).with_user(leader)
standard.sudo().write({"acute_policy": "redirect", "acute_phone": "114"})
team = standard.route_ids.team_id[:1].sudo()
team.write({
    "responsible_id": leader.id, "supervisor_ids": [Command.set(leader.ids)],
    "member_ids": [Command.set((worker | cover).ids)], "is_provider": True,
    "phone": "99 99 99 99", "opening_hours": "Mandag til fredag kl. 9-15",
})
standard._put_in_force(today - timedelta(days=60))
for outcome in (False, "declined"):
    mine("sekp.retention.rule").create({
        "record_class": "course", "keep_amount": 24, "closing_outcome": outcome,
    })._put_in_force()

def course(**vals):
    referral = mine("sekp.referral").create({
        "source_id": env.ref("sekp_outreach.source_relative").id,
        "deviation_reason": "law", **vals,
    })
    found = referral._allocate(worker, team, **referral._citizen_facts())
    return referral, found.with_user(worker)

LONG = (
    "Har sovet ude siden foråret, vil gerne tale om en bolig, men først når der har "
    "været tid til en kop kaffe og en gåtur ved havnen. "
)
homeless = env.ref("sekp_outreach.target_group_homeless")
referral, open_course = course(
    concern=LONG, place="Bænken ved havnen", age=54,
    target_group_ids=[Command.set(homeless.ids)],
)
_other, closed = course(concern="Trækker sig")
closed.sudo().date_start = today - timedelta(days=40)
# Open in the sixth week of the year, whichever day it is.
open_course.sudo().date_start = today - timedelta(days=380)
open_course.sudo().citizen_id._move("alias", alias="Kaptajnen")
mine("sekp.grant").create({
    "course_id": open_course.id, "date_from": today, "notified_on": today,
    "date_to": today + timedelta(days=180),
})

def part(model, **vals):
    return env[model].with_user(worker).create({"course_id": open_course.id, **vals})

for number in range(6):
    part(
        "sekp.contact", outcome="met" if number % 3 else "no_answer", note=LONG,
        form_id=env.ref("sekp_outreach.contact_form_home_visit").id,
        started_at=fields.Datetime.now() - timedelta(hours=3 * number + 1),
    )
for number in range(7):
    goal = part("sekp.goal", goal=f"Et sted at bo, hvor døren kan låses ({number})")
    part("sekp.goal", goal="Skrive mig op hos boligselskabet", parent_id=goal.id)
open_course.goal_ids.attainment = "part"
review = open_course._planned_review("review")
review.write({
    "with_citizen": True, "authority_absence": "prevented", "with_provider": True,
    "written_status": LONG * 6, "agreed": LONG * 4,
})
review.action_hold()
open_course.write({
    "next_step": "Hente papirer hos kommunen",
    "next_step_on": today + timedelta(days=9),
})
handover = part(
    "sekp.handover", offer_id=env.ref("sekp_outreach.offer_activity_centre").id,
    summary=LONG * 3,
)
handover.action_consent_oral()
handover.action_send()
days = {
    "date_from": today + timedelta(days=7), "date_to": today + timedelta(days=20),
}
visit = part(
    "sekp.appointment", worker_ids=[Command.set(worker.ids)],
    form_id=env.ref("sekp_outreach.contact_form_home_visit").id,
    starts_at=company._sekp_start_of_day(days["date_from"]) + timedelta(hours=10),
)
absence = env["sekp.absence"].with_user(worker).create(days)
agreement = part(
    "sekp.absence.agreement", absence_id=absence.id, how="visits", cover_id=cover.id,
    agreed_on=today, note=LONG, **days,
)
clock = open_course.sudo().deadline_ids[:1]
clock.write({
    "notified_on": today, "new_due": today + timedelta(days=70),
    "notice_reason": "information", "notice_note": LONG,
})
closed._close("achieved")
request = mine("sekp.access.request").create({
    "citizen_id": open_course.citizen_id.id, "verified_by": "known",
})
request._collect()
for measure, dimension, key, name, value in (
    ("referrals", "total", "", "", 29), ("referrals", "source", "1", "Pårørende", 17),
    ("referrals", "source", "other", "Lagt sammen, da hver er lille", 12),
    ("contacts", "total", "", "", 940), ("courses_closed", "total", "", "", 18),
    ("courses_closed", "outcome", "bridged", "I kontakt med almindelige tilbud", 7),
    ("courses_closed", "outcome", "other", "Lagt sammen, da hver er lille", 11),
    ("deadline_decision", "total", "", "", 21),
):
    env["sekp.statistic"].create({
        "company_id": company.id, "measure": measure, "dimension": dimension,
        "category_key": key, "category": name, "several": key == "other",
        "date_from": "2025-01-01", "date_to": "2025-12-31", "period": "jan.–dec. 2025",
        "months": 12, "value": value,
    })

# How a print gets its record: by the report's name, or else by its model. What is not
# here is printed of any record of its model.
RECORDS = {
    "sekp_outreach.closing_letter": closed,
    "sekp.absence.agreement": agreement,
    "sekp.access.request": request,
    "sekp.complaint": mine("sekp.complaint").create({"text": "Ingen kom"}),
    "sekp.committee.report.dialog": mine("sekp.committee.report.dialog").create({
        "year": 2025, "year_to": 2025,
    }),
    "sekp.course": open_course,
    "sekp.deadline": clock,
    "sekp.handover.letter": handover.letter_ids,
    "sekp.homeless.week": mine("sekp.homeless.week").create({}),
    "sekp.left.without": mine("sekp.left.without").create(
        {"date_from": today, "date_to": today + timedelta(days=30)}
    ),
    "sekp.referral": referral,
    "sekp.review": review,
    "sekp.standard": standard,
}
env.flush_all()
rows = env["ir.model.data"].search(
    [("module", "=", "sekp_outreach"), ("model", "=", "ir.actions.report")]
)
prints = {}
for report in env["ir.actions.report"].browse(rows.mapped("res_id")):
    name = report.report_name
    record = RECORDS.get(name) or RECORDS.get(report.model)
    if record is None and report.model in env:
        record = mine(report.model).search([], limit=1)
    is_confidential = env["sekp.confidential.mixin"]._is_confidential(report.model)
    prints[name.split(".")[1]] = [
        f"/report/html/{name}/{record.id}" if record else None, is_confidential
    ]
views = env["ir.ui.view"].search(
    [("type", "=", "qweb"), ("key", "=like", "sekp_outreach.%")]
).with_context(lang="en_US")
field = views._fields["arch_db"]
terms = {term for view in views for term in field.get_trans_terms(view.arch)}
env.cr.commit()
print("SCENE", json.dumps({"prints": prints, "terms": sorted(terms)}))
"""
# Of what stands on paper: the words that are too wide, the headings, all words.
WIDE = """
[...document.body.querySelectorAll('*')].filter(one =>
    one.getClientRects().length && (one.getBoundingClientRect().right > %d + 1
    || one.getBoundingClientRect().left < -1)).map(one => one.outerHTML.slice(0, 200))
"""
HEADINGS = """
[...document.querySelectorAll('h1, h2, h3, h4, caption, dt')]
    .map(one => one.textContent)
"""
FOREIGN = re.compile(
    r"\b(False|None|undefined|NaN|January|February|March|May|June|July|October|Monday|"
    r"Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b"
)


def pieces(term):
    """Return the words of a term that stand beside each other on paper."""
    for piece in re.split(r"<[^>]*>|%\([a-z_]+\)s|%s", term):
        piece = " ".join(piece.split())
        # One word may be a name, or the same in both languages.
        if re.search(r"[A-Za-z]{2,}\W+[A-Za-z]{2,}", piece):
            yield piece


def english(terms):
    """Return what is English and must not stand on a Danish print."""
    catalogue = polib.pofile(str(places.ADDON / "i18n" / "da.po"))
    translated = {entry.msgid: entry.msgstr for entry in catalogue}
    terms = {*terms, *translated}
    danish = {piece for term in translated.values() for piece in pieces(term)}
    found = {
        piece
        for term in terms
        if translated.get(term) != term
        for piece in pieces(term)
    }
    return found - danish


@pytest.fixture(scope="module")
def scene(runtime, database, tmp_path_factory):
    """What is printed, by name: its path and whether it is about a person."""
    log = tmp_path_factory.mktemp("prints") / "shell.log"
    output = runtime.shell(database, SCENE, log)
    line = next(row for row in output.splitlines() if "SCENE " in row)
    return json.loads(line.split("SCENE ", 1)[1])


@pytest.fixture(scope="module")
def page(address, database, scene, tmp_path_factory):
    """A tab of one who has logged in and leads the team."""
    login = {"db": database, "login": "print_leder", "password": "print_leder"}
    told = requests.post(
        f"{address}/web/session/authenticate", json={"params": login}, timeout=60
    )
    session = told.cookies["session_id"]
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("chromium")
        chrome = stack.enter_context(chromium.running(folder))
        page = stack.enter_context(closing(chromium.Page(chrome)))
        page.call("Network.setCookie", name="session_id", value=session, url=address)
        page.call("Emulation.setEmulatedMedia", media="print")
        yield page


def squashed(text):
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module")
def logged(runtime, database):
    """Tells how many prints the access log knows of."""
    query = "SELECT count(*) FROM sekp_access_log WHERE kind = 'print'"
    return lambda: runtime.postgres.rows(query, database=database)[0][0]


def test_every_print_is_whole_on_paper(address, scene, page, logged):
    unknown = [name for name, (path, _about) in scene["prints"].items() if not path]
    assert not unknown, f"Say in RECORDS of what these are printed: {unknown}"
    foreign = english(scene["terms"])
    assert len(foreign) > 1000
    FOLDER.mkdir(parents=True, exist_ok=True)
    assert len(scene["prints"]) >= 13
    bad = []
    for name, (path, about_person) in scene["prints"].items():
        before = logged()
        found = list(look(page, address, path, about_person, foreign, name))
        if about_person and logged() != before + 1:
            found.append(f"is logged {logged() - before} times")
        bad += [f"{name} {one}" for one in found]
    assert not bad, "\n".join(bad)


def look(page, address, path, about_person, foreign, name):
    """Yield what is wrong with a print."""
    page.open(f"{address}{path}")
    asked = page.asked()
    # Where several languages are installed, one is led to the page in one's own.
    if about_person and not all(url.endswith(path) for url in asked):
        yield f"fetches {asked}"
    if any(not url.startswith((f"{address}/", "data:")) for url in asked):
        yield f"asks elsewhere: {asked}"
    if not page.run("document.documentElement.lang").startswith("da"):
        yield "is not marked as Danish"
    title, words = page.run("[document.title, document.body.innerText]")
    if about_person and not re.fullmatch(r"[a-zæøå0-9-]+", title):
        yield f"bears the title {title}"

    data = page.paper()
    (FOLDER / f"{name}.pdf").write_bytes(data)
    sheets = pypdf.PdfReader(io.BytesIO(data)).pages
    size = sheets[0].mediabox
    if (round(size.width), round(size.height)) not in A4:
        yield f"is {size.width} by {size.height} points"
    inner = INNER[size.width > size.height]
    page.widen(inner)
    if outside := page.run(WIDE % inner):
        yield f"is too wide: {outside}"
    page.widen(1000)

    headings = {squashed(text) for text in page.run(HEADINGS)} - {""}
    for number, sheet in enumerate(sheets, 1):
        lines = [*filter(None, map(squashed, sheet.extract_text().splitlines()))]
        if not lines:
            yield f"has nothing on sheet {number}"
        # A heading is up to three lines long.
        ends = {"".join(lines[-many:]) for many in (1, 2, 3)}
        if headings & ends and number < len(sheets):
            yield f"ends sheet {number} with the heading {headings & ends}"

    words = " ".join(words.split())
    if len(words) < 200:
        yield "says next to nothing"
    told = [piece for piece in foreign if piece in words] + FOREIGN.findall(words)
    if told:
        yield f"is in English: {told}"
