"""Canaries: unique words in everything confidential, and visitors who hear them."""

import base64
import logging
import os
import re
from contextlib import contextmanager
from random import Random
from xmlrpc import client

import odoo
from odoo import api
from odoo.exceptions import AccessDenied, UserError
from odoo.fields import NO_ACCESS
from odoo.service.model import call_kw, get_public_method
from odoo.tests import HttpCase, new_test_user
from odoo.tools import SQL, mute_logger

from .common import make_user
from .gate import GateCase

CANARY = re.compile(r"kanarie-\d+-[a-z]{8}")
BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}")
TEXTS = ("char", "text", "html")
# Codes, names of models and fields, states, and what is sealed: told apart from what
# somebody wrote.
TECHNICAL = frozenset(
    {
        "reference", "record_model", "field_name", "sealed_facts", "token",
        "sealed_named", "sealed_registered", "former_alias", "sealed_text",
        "code_digest", "sealed",
    }
)  # fmt: skip
# Who says at WARNING or ERROR what a refused request is about; read, not shown.
LOUD = (
    "odoo.http",
    "odoo.sql_db",
    "odoo.models",
    "odoo.addons.mail.controllers.mail",
    "odoo.addons.rpc.controllers.xmlrpc",
    "odoo.addons.web.controllers.export",
)
REFUSALS = (UserError, AccessDenied, ValueError, NotImplementedError)
LETTER = "Kære Ida. %s. Venlig hilsen."
REPORT = """
<t t-name="sekp_outreach_canary_report">
    <t t-call="web.html_container">
        <p t-foreach="docs" t-as="doc">
            <t t-out="doc.concern" /> <t t-out="doc.next_step" />
        </p>
    </t>
</t>
"""


class Listener(logging.Handler):
    """Keeps what the server logs, with the text of exceptions."""

    def __init__(self):
        super().__init__(logging.INFO)
        self.heard = []

    def emit(self, record):
        """Keep one record as text."""
        self.heard.append(logging.Formatter().format(record))


@contextmanager
def listening():
    """Listen to the whole log, also to what a run must not show."""
    listener = Listener()
    with mute_logger(*LOUD):
        loggers = [logging.getLogger(name) for name in (None, *LOUD)]
        for logger in loggers:
            logger.addHandler(listener)
        try:
            yield listener
        finally:
            for logger in loggers:
                logger.removeHandler(listener)


class Visitor:
    """Somebody who tries the doors; every answer is searched for canaries.

    Answers come as text, as base64 within text, or as the fact that a search for the
    right words finds something.
    """

    def __init__(self, case, login, user):
        self.case, self.login, self.user = case, login, user
        self.env = api.Environment(case.env.cr, user.id, {})
        self.targets, self.words = case.targets, case.words
        self.learned, self.tries = set(), 0
        self._fields, self._key = {}, None

    # --- hearing ------------------------------------------------------------------
    def hear(self, text, but=None):
        """Remember the canaries of an answer, except the word that was asked with."""
        self.learned.update(set(CANARY.findall(text)) - {but})
        for part in BASE64.findall(text):
            data = base64.b64decode(part[: len(part) // 4 * 4])
            self.learned.update(CANARY.findall(data.decode("latin-1")))

    def _ask(self, model, method, args, kwargs):
        """Return the answer and whether it was given at all, as an RPC call."""
        self.tries += 1
        cr = self.env.cr
        self.env.invalidate_all()
        try:
            with cr.savepoint():
                return call_kw(self.env[model], method, list(args), kwargs), True
        except REFUSALS as error:
            return f"{error!r} {error} {getattr(error, 'context', '')}", False

    def call(self, model, method, /, *args, **kwargs):
        """Call a method as a client does; return the answer, or None if refused."""
        answer, given = self._ask(model, method, args, kwargs)
        self.hear(answer if isinstance(answer, str) else repr(answer))
        return answer if given else None

    def guess(self, word, model, method, *args, **kwargs):
        """Ask with the right word: any finding confirms it."""
        answer, given = self._ask(model, method, args, kwargs)
        self.hear(repr(answer), but=word)
        if given and answer:
            self.learned.add(word)

    def call_maybe(self, model, method, /, *args, **kwargs):
        """Call a method that may well not be there for clients."""
        try:
            get_public_method(self.env[model], method)
        except (AccessDenied, AttributeError, UserError):
            self.tries += 1
        else:
            self.call(model, method, *args, **kwargs)

    def own_words(self, model, vals):
        """Create a record of one's own with the right words, and take it back."""
        with self.env.cr.savepoint() as savepoint:
            answer, _given = self._ask(model, "create", [vals], {})
            savepoint.rollback()
        for word in vals.values():
            self.hear(repr(answer), but=word)

    # --- over HTTP ----------------------------------------------------------------
    def enter(self):
        """Log in, as far as one can."""
        named = self.user != self.env.ref("base.public_user")
        name = self.login if named else None
        self.case.authenticate(name, name)

    def open(self, path, but=None, **kwargs):
        """Open a page or a file; return the response."""
        self.tries += 1
        kwargs = {"timeout": 60, "allow_redirects": False, **kwargs}
        response = self.case.url_open(path, **kwargs)
        self.hear(f"{response.headers} {response.content.decode('latin-1')}", but)
        return response

    def ask(self, path, **params):
        """Ask a route of the web client in JSON; return the answer, or None."""
        response = self.open(path, json={"params": params})
        try:
            answer = response.json()
        except ValueError:
            return None
        error = answer.get("error", {}).get("data", {}).get("name", "")
        # A question that the server does not understand tries nothing.
        self.case.assertNotIn(error, ("builtins.TypeError", "builtins.NameError"))
        return answer.get("result")

    def web(self, model, method, *args, **kwargs):
        """Call a method as the web client does."""
        return self.ask(
            f"/web/dataset/call_kw/{model}/{method}",
            model=model,
            method=method,
            args=args,
            kwargs=kwargs,
        )

    def api(self, model, method, **kwargs):
        """Call a method as a program does."""
        return self.open(
            f"/json/2/{model}/{method}",
            json=kwargs,
            headers={"Authorization": f"Bearer {self.key}"},
        )

    def xml(self, model, method, *args):
        """Call a method as older programs do."""
        body = client.dumps(
            (self.env.cr.dbname, self.user.id, self.key, model, method, args),
            "execute_kw",
            allow_none=True,
        )
        return self.open(
            "/xmlrpc/2/object", data=body, headers={"Content-Type": "text/xml"}
        )

    @property
    def key(self):
        """A key for programs; the public has none."""
        if not self._key and self.user != self.env.ref("base.public_user"):
            keys = self.case.env["res.users.apikeys"].with_user(self.user)
            # Without an end: PostgreSQL compares it with a clock that runs on.
            self._key = keys.sudo()._generate("rpc", "visit", None)
            self.case.env.flush_all()
        return self._key or "none"

    @contextmanager
    def developer_mode(self):
        """Switch on what every internal user may."""
        session = self.case.session
        for value in ("1", ""):
            session.debug = value
            odoo.http.root.session_store.save(session)
            if value:
                yield

    def csrf(self):
        """Return what the web client sends along with a form."""
        return odoo.http.Request.csrf_token(self.case)

    # --- what can be asked for ----------------------------------------------------
    def fields(self, model):
        """Return the fields that the server tells this user of."""
        if model not in self._fields:
            told = self.call(
                model, "fields_get", attributes=["type", "relation", "store"]
            )
            self._fields[model] = told or {}
        return self._fields[model]

    def stored(self, model):
        """Return the fields that no hidden record behind them keeps from being read."""
        return [name for name, field in self.fields(model).items() if field["store"]]

    def spec(self, model, names=None):
        """Ask for fields, the stored ones by default, and what is behind each link."""
        fields = self.fields(model)
        return {
            name: {"fields": self.behind(fields[name]["relation"])}
            if fields[name].get("relation")
            else {}
            for name in names or self.stored(model)
        }

    def behind(self, model):
        """Ask for the name, and for texts of what is ours."""
        ours = model.startswith(("sekp.", "mail.activity"))
        texts = self.texts(model) if ours else ()
        return {"display_name": {}, **{name: {} for name in texts}}

    def texts(self, model, stored=True):
        """Return the fields of a model that hold a text, or show another's."""
        return [
            name
            for name, field in self.fields(model).items()
            if field["type"] in TEXTS and field["store"] == stored
        ]


class CanaryCase(GateCase, HttpCase):
    """The gate's cast, canaries in everything about a person, and the outsiders."""

    impossible = "a former worker still owns what was planted"

    # Who may less than one of these learns no more, and of two who may about the same
    # each tries every second door. With SEKP_WHOLE=1 all try all.
    outsiders = (
        "colleague", "other_supervisor", "foreign_supervisor", "ended", "exporter",
        "portal", "public", "system",
    )  # fmt: skip
    by_turns = (("other_supervisor", "foreign_supervisor"), ("exporter", "system"))
    # Doors that are made for one of them.
    always = {
        "foreign_supervisor": {
            "another_municipality_chosen", "records_by_id", "records_found",
            "files_over_http", "the_programming_interfaces",
        },
        "exporter": {"exports", "exports_over_http"},
        "system": {
            "counters", "messages", "notifications_to_oneself",
            "errors_in_developer_mode",
        },
    }  # fmt: skip
    if os.environ.get("SEKP_WHOLE"):
        outsiders += ("foreign_worker", "helper_ended", "employee")
        by_turns = ()

    @classmethod
    def setUpClass(cls):
        cls.listener = cls.enterClassContext(listening())
        super().setUpClass()
        cls.roles = {**cls.roles}
        cls.company.write({"sekp_public_page": True, "sekp_public_name": "havnby"})
        cls.make_outsiders()
        cls.random = Random("kanarie")
        # {canary: (login of one who may read it, model, id)}
        cls.canaries = {}
        cls.make_acts()
        cls.make_texts()
        cls.make_activities()
        cls.make_report()
        cls.choose_targets()
        cls.env.flush_all()
        cls.env.invalidate_all()

    @classmethod
    def make_outsiders(cls):
        """Add those who have to do with Odoo and nothing with us.

        Who may set up everything may also give the roles.
        """
        for login, groups in (
            ("exporter", ("base.group_allow_export", "base.group_partner_manager")),
            ("system", ("base.group_system",)),
        ):
            user = make_user(cls.env, f"sekp_{login}", None, cls.company)
            for group in groups:
                user.group_ids |= cls.env.ref(group)
            cls.people[login] = user
        cls.people["portal"] = new_test_user(
            cls.env, "sekp_portal", "base.group_portal", company_id=cls.company.id
        )
        cls.people["public"] = cls.env.ref("base.public_user")
        for login in ("exporter", "system"):
            cls.roles[login] = None
        cls.roles["portal"] = cls.roles["public"] = None

    # --- planting -----------------------------------------------------------------
    @classmethod
    def canary(cls, login, record):
        """Return a new word that only one record holds."""
        letters = "".join(cls.random.choices("abcdefghijklmnopqrstuvwxyz", k=8))
        word = f"kanarie-{len(cls.canaries)}-{letters}"
        cls.canaries[word] = (login, record._name, record.id)
        return word

    @classmethod
    def make_acts(cls):
        """Let the entitled do their work with canaries, so that acts are watched."""
        course, worker = cls.course, cls.worker
        cls.document = cls.env["sekp.document"].search(
            [("course_id", "=", course.id)], limit=1
        )
        word = cls.canary("worker", cls.document)
        cls.document = cls.document.with_user(worker).create(
            {
                "course_id": course.id,
                "title": f"{word}.txt",
                "upload": cls.upload(word),
            }
        )
        cls.canaries[word] = ("worker", "sekp.document", cls.document.id)
        cls.title = word
        # What is removed leaves nothing: nobody is entitled to it any more.
        goal = cls.env["sekp.goal"].with_user(worker)
        gone = goal.create({"course_id": course.id, "goal": "Ro"})
        gone.goal = cls.canary(None, gone)
        letter = cls.document.with_user(worker).create(
            {
                "course_id": course.id,
                "title": cls.canary(None, cls.document),
                "upload": base64.b64encode(cls.canary(None, gone).encode()),
            }
        )
        cls.removed = [gone.sudo(), letter.sudo()]
        cls.env.flush_all()
        (gone | gone).unlink()
        letter.unlink()
        # An emergency tells those who answer for the course, but not why.
        reason = cls.canary("worker", course)
        cls.env["sekp.break.glass"].with_user(cls.other_worker).create(
            {"reference": course.reference, "purpose": "acute", "note": reason}
        ).action_open()
        row = course.assignment_ids.filtered(lambda row: row.reason == reason)
        cls.canaries[reason] = ("worker", row._name, row.id)

        cls.make_identity()
        cls.message._seal(cls.canary("worker", cls.message))

    @classmethod
    def make_identity(cls):
        """Fill the vault with canaries, and let it stand open for the worker."""
        identity = cls.course.citizen_id.identity_ids
        cls.in_vault = {
            name: cls.canary("worker", identity)
            for name in ("name", "next_of_kin", "address")
        }
        identity._keep(cls.in_vault)
        identity.with_user(cls.worker).action_open("visit")

    @classmethod
    def make_texts(cls):
        """Fill every text of every record about a person, by SQL: guards refuse it."""
        is_confidential = cls.env["sekp.confidential.mixin"]._is_confidential
        dialogs = [row for rows in cls.dialogs.values() for row in rows]
        cls.env.flush_all()
        cls.env.cr.execute("ALTER TABLE sekp_history DISABLE TRIGGER USER")
        for record in [*cls.relations, *dialogs]:
            own = record in dialogs
            owner = cls.owner(record._name)
            if own:
                cls.update(record, "create_uid", cls.people[owner].id)
            elif not is_confidential(record._name):
                continue
            relations = cls.relations.get(record, {})
            login = owner if own else cls.entitled(record._name, relations)
            for name, field in record._fields.items():
                if (
                    field.type in TEXTS
                    and field.store
                    and name not in TECHNICAL
                    and field.column_type
                ):
                    cls.update(record, name, cls.canary(login, record))
        cls.env.cr.execute("ALTER TABLE sekp_history ENABLE TRIGGER USER")
        cls.env.invalidate_all()

    @classmethod
    def owner(cls, model):
        """Return somebody who may have a row of a dialog."""
        may = cls.expected("worker", model, {"own"})
        return "worker" if "read" in may else "supervisor"

    @classmethod
    def entitled(cls, model, relations):
        """Return somebody who may read a record he relates to like this."""
        return next(
            login
            for login, names in relations.items()
            if "read" in cls.expected(login, model, names)
        )

    @classmethod
    def update(cls, record, name, value):
        """Write one column, whatever the guards say."""
        cls.env.cr.execute(
            SQL(
                "UPDATE %s SET %s = %s WHERE id = %s",
                SQL.identifier(record._table),
                SQL.identifier(name),
                value,
                record.id,
            )
        )

    @classmethod
    def make_activities(cls):
        """Plan activities, do some, and let one lie with a former worker."""
        goal = next(row for row in cls.relations if row._name == "sekp.goal")
        new = cls.activities = cls.env["mail.activity"]
        for record, owner, done in (
            (cls.course, cls.worker, False),
            (cls.course, cls.worker, True),
            (cls.course, cls.ended, False),
            (cls.course, cls.ended, True),
            (goal, cls.worker, False),
            (cls.course.citizen_id, cls.helper_ended, True),
        ):
            activity = record.with_user(cls.worker).activity_schedule(
                "mail.mail_activity_data_todo",
                automated=False,
                user_id=cls.worker.id,
                summary=cls.canary("worker", new),
                note=f"<p>{cls.canary('worker', new)}</p>",
            )
            cls.env.flush_all()
            if done:
                feedback = cls.canary("worker", new)
                activity.action_feedback(feedback=feedback)
                cls.env.flush_all()
            if owner != cls.worker:
                cls.update(activity, "user_id", owner.id)
                cls.update(activity, "create_uid", owner.id)
            cls.activities |= activity.sudo()
        cls.env.invalidate_all()

    @classmethod
    def make_report(cls):
        """Add a print of one's own, as a municipality may."""
        view = cls.env["ir.ui.view"].create(
            {
                "type": "qweb",
                "name": "Print",
                "key": "sekp_outreach.canary_report",
                "arch": REPORT,
            }
        )
        cls.env["ir.actions.report"].create(
            {
                "name": "Print",
                "model": "sekp.course",
                "report_type": "qweb-pdf",
                "report_name": view.key,
            }
        )

    @classmethod
    def choose_targets(cls):
        """Take one record of each model, and note which field says which canary."""
        is_confidential = cls.env["sekp.confidential.mixin"]._is_confidential
        cls.env.flush_all()
        cls.env.invalidate_all()
        best = {}
        for record, relations in cls.relations.items():
            if is_confidential(record._name):
                known = best.setdefault(record._name, record)
                if len(relations) > len(cls.relations[known]):
                    best[record._name] = record
        best["sekp.document"] = cls.document
        for name, rows in cls.dialogs.items():
            best[name] = rows[0]
        cls.targets = [*best.values(), *cls.activities[:2]]
        # {(model, field): canary}
        cls.words = {}
        for record in cls.targets:
            for name, field in record._fields.items():
                if field.type in TEXTS and field.groups != NO_ACCESS:
                    for word in CANARY.findall(record.sudo()[name] or ""):
                        cls.words.setdefault((record._name, name), word)
        # What is sealed can be asked for as well.
        for name, word in cls.in_vault.items():
            cls.words["sekp.identity", name] = word

    # --- visiting -----------------------------------------------------------------
    def visitor(self, login):
        """Return somebody who is about to try the doors."""
        user = self.people[login]
        return Visitor(self, user.login, user)

    def word(self, text):
        """Return the canary in a text."""
        found = CANARY.findall(text or "")
        return found and found[0]

    @classmethod
    def upload(cls, word):
        """Return the file a word is hidden in, as a client sends it."""
        return base64.b64encode((LETTER % word).encode())

    def own(self, login):
        """Return the canaries that somebody may hear."""
        relations = {
            (record._name, record.id): names for record, names in self.relations.items()
        }
        return {
            word
            for word, (_reader, model, res_id) in self.canaries.items()
            if "read"
            in self.expected(
                login, model, relations.get((model, res_id), {}).get(login, ())
            )
        }

    def visit(self, login, channels):
        """Try channels as somebody; return ``{channel: canaries}`` and the tries."""
        visitor = self.visitor(login)
        visitor.enter()
        own, found = self.own(login), {}
        for name, channel in channels.items():
            visitor.learned = set()
            channel(visitor)
            if visitor.learned - own:
                found[name] = visitor.learned - own
        return found, visitor.tries
