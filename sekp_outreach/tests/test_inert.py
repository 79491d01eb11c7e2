"""What is written is shown as it was written, and never run.

A script stands in every text of every record that somebody can write, as it is stored:
what a client sent, and of fields with markup what Odoo left of it. Each record is
opened by one who may read it, in a real browser and on every kind of screen it has;
prints and mails too.
"""

import json
import logging
from collections import Counter
from contextlib import suppress

from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL, html_sanitize, mute_logger

from .canaries import TECHNICAL, TEXTS
from .common import TODAY
from .gate import GateCase

_logger = logging.getLogger(__name__)

# ``top``: a print or a mail is opened in a frame. Short enough for any text.
SCRIPT = (
    "'\"><img src=x onerror=top.sekpCanary=1><script>top.sekpCanary=1</script>{{7*7}}"
)
SCREENS = ("list", "form", "kanban", "activity", "calendar", "pivot", "graph")
# Who opens what several may read; the others where they alone may.
READERS = (
    "worker", "supervisor", "intake", "manager", "complaints", "auditor", "receiver",
)  # fmt: skip
OPENING = """
const screens = %s, frames = %s, opened = [];
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const there = () => document.querySelector(
    ".o_action_manager > .o_action, .o_action_manager .o_view_controller");
const services = odoo.__WOWL_DEBUG__.root.env.services;
const wrong = (what) => { throw new Error("INERT " + what); };
window.alert = window.confirm = () => { window.sekpCanary = "a dialog"; };

async function look() {
    for (const [name, action] of screens) {
        await services.action.doAction(action, { clearBreadcrumbs: true });
        for (let tries = 0; !there(); tries++) {
            if (tries > 100) wrong(name + " never opens");
            await sleep(50);
        }
        for (const tab of document.querySelectorAll(".o_notebook .nav-link")) {
            tab.click();
            await sleep(40);
        }
        await sleep(60);
        if (window.sekpCanary) wrong(name + " runs it");
        if (document.querySelector(".o_error_dialog")) wrong(name + " fails");
        opened.push(name);
    }
    for (const [name, kind, what] of frames) {
        const frame = document.createElement("iframe");
        const loaded = new Promise((done) => frame.addEventListener("load", done));
        frame[kind] = what;
        document.body.append(frame);
        await loaded;
        await sleep(60);
        if (window.sekpCanary) wrong(name + " runs it");
        if (kind === "src" && !frame.contentDocument.body.innerText.trim()) {
            wrong(name + " is empty");
        }
        frame.remove();
        opened.push(name);
    }
    // The proof that it would have been found.
    const proof = document.createElement("div");
    proof.innerHTML = %s;
    document.body.append(proof);
    for (let tries = 0; !window.sekpCanary; tries++) {
        if (tries > 100) wrong("the script does not run anywhere");
        await sleep(50);
    }
    console.log("test successful");
}
look().catch((error) => console.error(error.message));
"""


@tagged("post_install", "-at_install", "sekp_outreach")
class TestInert(GateCase, HttpCase):
    """Markup and scripts in what people write."""

    impossible = "scripts stand where checks would refuse them"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.written = Counter()
        cls.env.flush_all()
        tables = [
            model._table for model in cls.env.values()
            if model._name.startswith("sekp.") and model._auto and not model._abstract
        ]  # fmt: skip
        for table in tables:
            cls.guards(table, "DISABLE")
        for record in [*cls.relations, *cls.dialogs.values()]:
            cls.write_scripts(record)
        for table in tables:
            cls.guards(table, "ENABLE")
        cls.env.invalidate_all()

    @classmethod
    def guards(cls, table, switch):
        cls.env.cr.execute(f'ALTER TABLE "{table}" {switch} TRIGGER USER')

    @classmethod
    def write_scripts(cls, record):
        """Fill every text of a record by SQL, as it would be stored."""
        for name, field in record._fields.items():
            if (
                field.type not in TEXTS or not field.column_type or not field.store
                or name in TECHNICAL or field.groups == NO_ACCESS or name in ("code",)
            ):  # fmt: skip
                continue
            text = f"{SCRIPT}{record.id}"
            if field.type == "html":
                text = str(html_sanitize(text))
            value = json.dumps({"en_US": text}) if field.translate else text
            with cls.env.cr.savepoint():
                cls.env.cr.execute(
                    SQL(
                        "UPDATE %s SET %s = %s WHERE id = %s",
                        SQL.identifier(record._table),
                        SQL.identifier(name),
                        value,
                        record.id,
                    )
                )
            cls.written[record._name] += 1

    def make_printable(self):
        """Let what is told in letters have come to pass."""
        request = next(
            row for row in self.relations if row._name == "sekp.access.request"
        )
        self.set(request, "verified_by", "known")
        clock = next(row for row in self.relations if row._name == "sekp.deadline")
        for name, value in (
            ("notified_on", TODAY), ("new_due", TODAY), ("notice_reason", "busy"),
        ):  # fmt: skip
            self.set(clock, name, value)

    def test_no_screen_print_or_mail_runs_what_was_written(self):
        self.plan_activities()
        self.make_printable()
        by_reader = {}
        for record, login in self.shown():
            by_reader.setdefault(login, []).append(record)
        opened = Counter()
        for login, records in by_reader.items():
            screens = [one for row in records for one in self.screens(row, login)]
            self.authenticate(self.people[login].login, self.people[login].login)
            frames = [one for row in records for one in self.prints(row)]
            if login == "supervisor":
                frames += self.mails()
            opened += self.look(login, screens, frames)
        _logger.info("%s with %s texts", dict(opened), sum(self.written.values()))
        self.assertGreater(sum(self.written.values()), 150)
        for kind, least in (
            ("form", 50), ("list", 30), ("kanban", 20), ("activity", 20), ("print", 12),
            ("mail", 2),
        ):  # fmt: skip
            self.assertGreaterEqual(opened[kind], least, kind)

    def look(self, login, screens, frames):
        """Open screens and pages as somebody; return how many of each kind."""
        self.browser_js(
            "/odoo",
            OPENING
            % (
                json.dumps(screens),
                json.dumps(frames),
                json.dumps(SCRIPT),
            ),
            "odoo.isReady === true",
            login=self.people[login].login,
            timeout=300,
        )
        return Counter(name.split()[0] for name, *_what in (*screens, *frames))

    def shown(self):
        """Yield a record of each model, with one who may read it."""
        seen = set()
        for record, relations in self.relations.items():
            if record._name in seen or record._transient:
                continue
            for login in (*READERS, *relations):
                if "read" in self.expected(
                    login, record._name, relations.get(login, ())
                ):
                    seen.add(record._name)
                    yield record, login
                    break
        for row in self.dialogs.values():
            if "citizen_id" in row._fields:
                self.set(row, "citizen_id", self.course.citizen_id.id)
            yield row, self.reader_of_own(row)

    def reader_of_own(self, row):
        """Return who may have such a row, and read what it is about."""
        for login in (*READERS, "foreign_manager", *sorted(self.people)):
            if "create" in self.expected(login, row._name, {"own"}):
                self.set(row, "create_uid", self.people[login].id)
                with suppress(UserError):
                    row.with_user(self.people[login]).read()
                    return login
        self.fail(f"nobody may read {row}")

    def set(self, record, name, value):
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s = %s WHERE id = %s",
                SQL.identifier(record._table),
                SQL.identifier(name),
                value,
                record.id,
            )
        )
        self.env.invalidate_all()

    def screens(self, record, login):
        """Yield what opens a record on each kind of screen that it has."""
        model = record._name
        views = self.env["ir.ui.view"].search([("model", "=", model)])
        # What asks of its parent is opened with that one.
        alone = views.filtered(
            lambda view: view.type == "form" or "parent." not in view.arch
        )
        found = {
            view.type: view.type != "form" and view.id
            for view in alone
            if view.type in SCREENS
        }
        if "activity_ids" in record._fields and not record._transient:
            found.setdefault("activity", False)
        for kind, view in sorted(found.items()):
            if model in self.dialogs and kind != "form":
                continue
            action = {
                "type": "ir.actions.act_window",
                "res_model": model,
                "views": [[view, kind]],
                "domain": [["id", "=", record.id]],
            }
            if kind == "form":
                action["res_id"] = record.id
            yield f"{kind} {model}", action

    def prints(self, record):
        reports = self.env["ir.actions.report"].search([("model", "=", record._name)])
        for report in reports:
            if report.report_name.startswith("sekp_outreach."):
                path = f"/report/html/{report.report_name}/{record.id}"
                # A letter about what has not come to pass yet is refused.
                with mute_logger("odoo.http"):
                    answer = self.url_open(path)
                if answer.ok:
                    yield f"print {report.report_name}", "src", path

    def plan_activities(self):
        """Plan something by hand, with a script in each of its texts."""
        Activity = self.env["mail.activity"]
        for record in (self.course, self.course.citizen_id, self.course.referral_id):
            user = self.supervisor
            Activity |= record.with_user(user).activity_schedule(
                "mail.mail_activity_data_todo",
                automated=False,
                user_id=user.id,
                summary=SCRIPT,
                note=SCRIPT,
            )
        self.env.flush_all()
        self.relations[Activity.sudo()[:1]] = {"supervisor": set()}

    def mails(self):
        """Yield what was mailed, after the names that stand in mails were changed."""
        script = SCRIPT
        self.company.name = f"Havnby {script}"
        self.supervisor.name = f"Susanne {script}"
        self.supervisor._sekp_notice(at_once=True)
        self.env.flush_all()
        mails = self.env["mail.mail"].search([])
        for mail in mails:
            yield f"mail {mail.id}", "srcdoc", str(mail.body_html or mail.body)
        for message in self.env["mail.message"].search([], limit=20, order="id desc"):
            yield f"mail m{message.id}", "srcdoc", str(message.body)
