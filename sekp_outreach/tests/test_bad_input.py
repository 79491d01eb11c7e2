"""Whatever is sent, a sentence comes back or what was asked for, and nothing else.

Calls nobody means well by, as every role and by every way a client has: a method of
ours with arguments that are none, a value a field cannot hold, a file that is no table,
a program that sends what it likes. Each ends in an answer or in one sentence that tells
nothing of others' records; what is refused leaves nothing behind, and what was done
leaves all that always holds (``sekp.check``).

Each run tries the same. Others, and more of them, are tried with::

    SEKP_EXAMPLES=5000 make test T=bad_input
"""

import inspect
import json
import logging
import os
import traceback
from collections import Counter
from random import Random

import psycopg2
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from odoo import api
from odoo.exceptions import AccessDenied, AccessError, ConcurrencyError, UserError
from odoo.service.model import call_kw, get_public_method
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .canaries import CANARY, CanaryCase

_logger = logging.getLogger(__name__)

LONG = int(os.environ.get("SEKP_EXAMPLES") or 0)
# What an answer in JSON can bring where something else is asked for. The number is
# nobody's: no month has 31 February.
NASTY_TEXT = (
    "", " ", "\0", "a\0b", "\ud800", "\u202eabc\u202c", "\ufeff", "\U0001f994" * 20,
    "æøå" * 40, "<script>window.sekpCanary = 1</script>",
    "<img src=x onerror=\"window.sekpCanary = 1\">", "=CMD|' /C calc'!A0", "+1+1",
    "@SUM(1)",
    "310290-1234", "310290 1234", "'; DROP TABLE sekp_course; --", "%s%(x)s{0}", "\\",
    "../../etc/passwd", "1", "-1", "1e400", "nan", "None", "[]", "x" * 100_000,
    "\n" * 500,
    "0001-01-01", "9999-12-31", "9999-12-31 23:59:59", "2026-02-30", "2026-09-16",
    "2026-09-16 25:61:00", "2026-09-16T10:00:00+02:00", "1066-10-14", "2999-01-01",
    "sekp.course,1", "res.users,2", "res.users,x",
)  # fmt: skip
NASTY_NUMBER = (
    0, 1, -1, 2**31 - 1, 2**31, -(2**31) - 1, 2**63, 10**40, 0.5, -0.5, 1e308, 1e-320,
    float("nan"), float("inf"), float("-inf"),
)  # fmt: skip
NASTY_OTHER = (
    None, True, False, [], {}, [[]], [None], ["x"], {"id": 1}, {"": 1},
    {"x": {"y": []}},
    [[6, 0, ["x"]]], [[6, 0, None]], [[6, 0, 1]], [[0, 0, {}]], [[0, 0, "x"]],
    [[0, 0, {"x": 1}]],
    [[4, 2**31]], [[4, True]], [[4, 987654321]], [[1, 987654321, {}]],
    [[2, 987654321, 0]],
    [[3]], [[5]], [[9, 9, 9]], [["x", 1, 1]], [[6, 0, [987654321]]], [987654321], [1.5],
    [[1, 2, 3], {"a": "b"}], [[[[[[]]]]]], "x,y",
)  # fmt: skip
SEEDS = st.integers(0, 2**64)
IMPORT = "odoo.addons.base_import.models.base_import"
AUTOMATIC = (
    "id",
    "display_name",
    "create_uid",
    "create_date",
    "write_uid",
    "write_date",
)
NONE = object()


def phases(examples):
    """Return how hypothesis goes about it: the same examples at each run."""
    return settings(
        max_examples=LONG or examples,
        database=None,
        derandomize=True,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )


def is_ours(error):
    """Tell whether an error arose in the addon, and not in what it stands on."""
    places = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    # A statement is whose who made it.
    place = next(place for place in reversed(places) if not place.endswith("sql_db.py"))
    return "/sekp_outreach/" in place and "/tests/" not in place


class BadInputCase(CanaryCase):
    """The gate's cast with canaries, and a judgement of every answer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gone = cls.env["res.users"].create({"login": "gone", "name": "gone"})
        cls.gone_id = cls.gone.id
        cls.gone.unlink()
        cls.closed_team = cls.env["sekp.team"].create(
            {"name": "Lukket", "company_id": cls.company.id, "active": False}
        )
        cls.rows = {}
        for record in cls.relations:
            if not record.exists():
                continue
            cls.rows.setdefault(record._name, []).append(record)
        for name, own in cls.dialogs.items():
            cls.rows.setdefault(name, []).append(own)
        cls.env.flush_all()
        Check = cls.env["sekp.check"]
        # That the time for something has passed, the nightly job sees to.
        cls.kept = [
            name for name in Check._invariants() if name != "_check_missed_seen"
        ]
        cls.known = set(Check._problems(only=cls.kept))
        cls.heard_by = cls.words_of_all()

    @classmethod
    def words_of_all(cls):
        """Return the canaries that each may hear."""
        relations = {(row._name, row.id): who for row, who in cls.relations.items()}
        return {
            login: {
                word
                for word, (_reader, model, id_) in cls.canaries.items()
                if "read"
                in cls.expected(
                    login, model, relations.get((model, id_), {}).get(login, ())
                )
            }
            for login in cls.people
        }

    def setUp(self):
        super().setUp()
        self.tally, self.wrong = Counter(), {}

    def say(self):
        """Fail with all that went wrong, each kind once."""
        _logger.info("%s: %s", self._testMethodName, dict(self.tally))
        self.assertFalse(
            self.wrong, "\n".join(f"{n}x {k}: {v}" for k, (n, v) in self.wrong.items())
        )

    def blame(self, kind, *what):
        number, first = self.wrong.get(kind, (0, " ".join(map(str, what))[:1500]))
        self.wrong[kind] = number + 1, first

    # --- a call -------------------------------------------------------------------
    def attempt(self, login, model, method, args, kwargs=None, ours=False):
        """Call a method as a client does, and judge what comes back.

        :param bool ours: whether an error that is no sentence is ours, wherever in
            Odoo it arose
        """
        self.tally["tried"] += 1
        env = api.Environment(self.env.cr, self.people[login].id, {})
        about = f"{login} {model}.{method} {args!r:.300} {kwargs!r:.300}"
        answer = None
        with env.cr.savepoint() as savepoint:
            try:
                with env.cr.savepoint():
                    answer = call_kw(env[model], method, list(args), kwargs or {})
                    heard = repr(answer)
                    env.cr.flush()
                self.tally["answered"] += 1
                self.still_holds(about)
            except (UserError, AccessDenied) as error:
                self.tally["refused"] += 1
                heard = f"{error!r} {error} {getattr(error, 'context', '')}"
                if len(str(error).split()) < 3:
                    self.blame(f"no sentence: {error!r}", about)
            except ConcurrencyError as error:
                heard = repr(error)
            except psycopg2.IntegrityError as error:
                # So does the server with it, see ``odoo.service.model.retrying``.
                self.tally["by constraint"] += 1
                heard = env[model]._sql_error_to_message(error)
            except Exception as error:
                heard = f"{error!r}"
                self.judge(error, model, method, about, ours)
            savepoint.rollback()
        env.cr.precommit.clear()
        env.cr.postcommit.clear()
        env.transaction.reset()
        learned = set(CANARY.findall(heard)) - self.heard_by[login]
        learned -= set(CANARY.findall(f"{args!r}{kwargs!r}"))
        if learned:
            self.blame(f"tells {model}.{method}", about, learned)
        return answer

    def judge(self, error, model, method, about, ours):
        """Say that an error is no sentence, unless it is Odoo's own."""
        stack = traceback.extract_tb(error.__traceback__)
        if stack[-1].name == "browse" and not is_ours(error):
            # Before any method is reached: what is no list of ids makes no records.
            ours = False
        if ours or is_ours(error):
            place = next(
                (
                    f
                    for f in reversed(stack)
                    if "/sekp_outreach/" in f.filename and "/tests/" not in f.filename
                ),
                stack[-1],
            )
            last = stack[-1]
            kind = (
                f"{type(error).__name__} at {place.filename.split('/')[-1]}:"
                f"{place.lineno} {last.filename.split('/')[-1]}:{last.lineno}"
            )
            self.blame(kind, about, repr(error)[:300])
        else:
            self.tally[f"Odoo's own {type(error).__name__}"] += 1

    def still_holds(self, about):
        """What always holds does so after what was done."""
        problems = set(self.problems(only=self.kept)) - self.known
        if problems:
            self.blame(f"problem {sorted(problems)[0]}", about, problems)

    # --- what is called -----------------------------------------------------------
    def public(self, model):
        """Return the names of the methods that a client may call."""
        names = []
        for name in dir(type(model)):
            try:
                get_public_method(model, name)
            except (AccessError, AttributeError):
                continue
            names.append(name)
        return sorted(names)

    def is_own(self, model, name):
        """Tell whether a method is the addon's alone."""
        places = [
            vars(klass)[name].__module__
            for klass in type(model).mro()
            if callable(vars(klass).get(name))
        ]
        return bool(places) and all(".sekp_outreach." in place for place in places)

    def odd_ids(self, model):
        """Return ids that are none, or of others' records, or of nothing."""
        rows = [row.id for row in self.rows.get(model, ())]
        return [
            *rows, *rows, *(([row]) for row in rows), [], None, 0, -1, 1.0, 987654321,
            [987654321], 2**31, 2**70, "1", "x", "\0", [None], [[1]], {"id": 1}, True,
            [True], [1.5], [rows[0], "x"] if rows else "y", [1] * 3, NONE,
        ]  # fmt: skip

    # --- values -------------------------------------------------------------------
    def writers(self, model, operation):
        """Return who may write such records, with a record of theirs."""
        found = []
        for row in self.rows[model]:
            for login, relations in self.relations.get(row, {}).items():
                if operation in self.expected(login, model, relations):
                    found.append((login, row))
        return found

    def sample(self, record):
        """Return what a record like this one is made of."""
        names = [
            name
            for name, field in record._fields.items()
            if field.store
            and not field.compute
            and not field.related
            and name not in AUTOMATIC
            and (field.required or field.type == "many2one")
        ]
        vals = record.sudo()._convert_to_write({n: record.sudo()[n] for n in names})
        vals = {name: value for name, value in vals.items() if value}
        vals.pop("reference", None)
        return json.loads(json.dumps(vals, default=str))

    def held(self, model):
        """Return the fields of a model that a client may write."""
        return [
            name
            for name, field in self.env[model]._fields.items()
            if (field.store or field.inverse) and name not in AUTOMATIC
        ]

    def odd_value(self, field, draw):
        """Return a value for a field: wrong, or right and of others."""
        if draw.random() < 0.3:
            return draw.choice((*NASTY_TEXT, *NASTY_NUMBER, *NASTY_OTHER))
        if field.relational:
            ids = [row.id for row in self.rows.get(field.comodel_name, ())] or [1, 2]
            if field.comodel_name == "res.users":
                ids = [self.gone_id, *(user.id for user in self.people.values())]
            if field.comodel_name == "sekp.team":
                ids.append(self.closed_team.id)
            if field.comodel_name == "res.company":
                ids = [self.company.id, self.foreign_company.id]
            id_ = draw.choice(ids)
            if field.type == "many2one":
                return id_
            several = draw.sample(ids, min(len(ids), 3))
            return draw.choice(
                ([[6, 0, several]], [[4, id_]], [[3, id_]], [[2, id_]], [[1, id_, {}]],
                 [[0, 0, {}]], [[5]], several)
            )  # fmt: skip
        if field.type == "selection":
            return draw.choice([*field.get_values(self.env), False])
        return draw.choice(EDGES.get(field.type, (False, True)))


@tagged("post_install", "-at_install", "sekp_outreach")
class TestBadInput(BadInputCase):
    """What comes through the web client's door and the ORM behind it."""

    @mute_logger("py.warnings", "odoo.sql_db", "odoo.models")
    def test_methods_with_arguments_that_are_none(self):
        own, others = [], []
        for name, model in sorted(self.env.items()):
            if name.startswith("sekp."):
                for method in self.public(model):
                    if self.is_own(model, method):
                        own.append((name, method))
                    elif not model._abstract:
                        others.append((name, method))
        self.assertGreater(len(own), 100)
        logins = sorted(self.people)

        @phases(400)
        @given(
            st.sampled_from(own) | st.sampled_from(own) | st.sampled_from(others),
            SEEDS,
        )
        def holds(call, seed):
            model, method = call
            draw = Random(seed)
            login = self.somebody(model, draw)
            arguments = self.arguments(model, method, draw)
            self.attempt(login, model, method, *arguments, call in owned)

        owned = set(own)
        self.assertTrue(logins)
        holds()
        self.say()

    def somebody(self, model, draw):
        """Return who calls: often one who has to do with such a record."""
        related = {
            login
            for row in self.rows.get(model, ())
            for login in self.relations.get(row, ())
        }
        if related and draw.random() < 0.7:
            return draw.choice(sorted(related))
        return draw.choice(sorted(self.people))

    def arguments(self, model, method, draw):
        """Return arguments of which most are none."""
        function = get_public_method(self.env[model], method)
        names = [
            parameter.name
            for parameter in list(inspect.signature(function).parameters.values())[1:]
            if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ]
        args = []
        if not getattr(function, "_api_model", False):
            ids = draw.choice(self.odd_ids(model))
            if ids is not NONE:
                args.append(ids)
        number = len(names) if draw.random() < 0.7 else draw.randrange(4)
        args += [self.value(name, draw) for name in (*names, *"abc")[:number]]
        kwargs = {}
        if draw.random() < 0.1:
            kwargs = {draw.choice((*names, "x")): self.value("x", draw)}
        if not args and not getattr(function, "_api_model", False):
            args = [[]]
        return args, kwargs

    def value(self, name, draw):
        """Return what is sent for one argument: mostly what it cannot be."""
        if name in GOOD and draw.random() < 0.3:
            return GOOD[name]
        return draw.choice((*NASTY_TEXT, *NASTY_NUMBER, *NASTY_OTHER))

    @mute_logger("py.warnings", "odoo.sql_db", "odoo.models")
    def test_values_that_a_field_cannot_hold(self):
        models = sorted(name for name in self.rows if self.held(name))
        self.assertGreater(len(models), 60)

        @phases(350)
        @given(st.sampled_from(models), SEEDS)
        def holds(model, seed):
            draw = Random(seed)
            operation = draw.choice(
                ("create", "write", "web_save", "onchange", "act", "default_get")
            )
            writers = self.writers(
                model, "create" if operation == "create" else "write"
            )
            dialog = model in self.dialogs
            if dialog:
                login, row = self.somebody_of_a_dialog(model, draw)
            elif writers and draw.random() < 0.9:
                login, row = draw.choice(writers)
            else:
                login, row = (
                    draw.choice(sorted(self.people)),
                    draw.choice(self.rows[model]),
                )
            names = draw.sample(
                self.held(model), min(len(self.held(model)), draw.choice((1, 1, 2, 3)))
            )
            fields_ = self.env[model]._fields
            odd = {name: self.odd_value(fields_[name], draw) for name in names}
            if draw.random() < 0.05:
                odd["no_such_field"] = 1
            whole, brought = {**self.sample(row), **odd}, {}
            if operation == "default_get" or draw.random() < 0.1:
                brought = {f"default_{name}": value for name, value in odd.items()}
                whole = self.sample(row)
            brought = {"context": brought}
            if operation == "create":
                self.attempt(login, model, "create", [whole], brought, True)
            elif operation == "default_get":
                self.attempt(login, model, operation, [self.held(model)], brought, True)
            elif operation == "onchange":
                spec = {name: {} for name in self.held(model)}
                ids = draw.choice(([], row.ids))
                self.attempt(
                    login, model, "onchange", [ids, whole, names, spec], brought, True
                )
            elif operation == "act" and dialog:
                self.act(login, model, whole, draw)
            elif operation == "web_save" and dialog:
                self.attempt(login, model, "web_save", [[], whole, {}], ours=True)
            elif operation == "web_save":
                self.attempt(login, model, "web_save", [row.ids, odd, {}], ours=True)
            else:
                self.attempt(login, model, "write", [row.ids, odd], ours=True)

        holds()
        self.say()

    def somebody_of_a_dialog(self, model, draw):
        logins = [
            login
            for login in self.people
            if "create" in self.expected(login, model, {"own"})
        ]
        login = draw.choice(logins) if logins else "worker"
        return login, draw.choice(self.rows[model])

    def act(self, login, model, vals, draw):
        """Save a dialog with odd values, and press one of its buttons."""
        env = api.Environment(self.env.cr, self.people[login].id, {})
        buttons = [
            name for name in self.public(env[model]) if name.startswith("action_")
        ]
        with env.cr.savepoint() as savepoint:
            try:
                with env.cr.savepoint():
                    row = env[model].create(vals)
                    env.flush_all()
            except Exception:
                row = None
            if row and buttons:
                name = draw.choice(buttons)
                own = self.is_own(env[model], name)
                self.attempt(login, model, name, [row.ids], ours=own)
            savepoint.rollback()
        env.transaction.reset()

    # --- files ----------------------------------------------------------------------
    @mute_logger("py.warnings", "odoo.sql_db", "odoo.models", IMPORT)
    def test_files_that_are_no_table(self):
        """What one may create one may import, but of persons nobody imports."""
        may = [
            (login, model)
            for model in sorted(self.rows)
            for login in sorted(self.people)
            if self.env[model].with_user(self.people[login]).has_access("create")
        ]
        self.assertGreater(len({model for _login, model in may}), 50)

        @phases(60)
        @given(st.sampled_from(may), SEEDS)
        def holds(pair, seed):
            (login, model), draw = pair, Random(seed)
            if draw.random() < 0.6:
                self.load(login, model, draw)
            else:
                self.read_file(login, model, draw)

        holds()
        self.say()

    def load(self, login, model, draw):
        """Import rows as the import screen does in the end."""
        known = self.held(model)
        names = draw.sample(known, min(len(known), draw.randrange(1, 5)))
        required = [
            name
            for name in known
            if self.env[model]._fields[name].required and draw.random() < 0.8
        ]
        names = [*dict.fromkeys((*required, *names))]
        if draw.random() < 0.4:
            names.append(draw.choice(HEADERS))
        rows = [
            [self.cell(model, name, draw) for name in names]
            for _row in range(draw.randrange(1, 4))
        ]
        answer = self.attempt(login, model, "load", [names, rows], ours=True)
        self.messages(answer, login, model, names, rows)

    def cell(self, model, name, draw):
        """Return what stands in one cell of a file: always a text."""
        field = self.env[model]._fields.get(name)
        if not field or draw.random() < 0.3:
            return draw.choice((*NASTY_TEXT, "True", "0", "x,y"))
        if field.type == "selection":
            return draw.choice([*field.get_values(self.env), ""])
        if field.relational:
            rows = self.rows.get(field.comodel_name)
            return (rows and draw.choice(rows).sudo().display_name) or "Havneholdet"
        return str(draw.choice(EDGES.get(field.type, ("1", "x"))))

    def messages(self, answer, login, model, *what):
        """Judge what is said of single rows."""
        for message in (answer or {}).get("messages", ()):
            text = message.get("message") or ""
            self.tally["rows refused"] += 1
            if "Unknown error" in text or "Traceback" in text or "psycopg2" in text:
                self.blame(f"no sentence of a row: {text[:80]}", login, model, *what)
            learned = set(CANARY.findall(repr(message))) - self.heard_by[login]
            if learned - set(CANARY.findall(repr(what))):
                self.blame(f"a row tells {model}", login, *what)

    def read_file(self, login, model, draw):
        """Upload a file to the import screen, and let it be read and imported."""
        data = draw.choice(FILES)
        env = api.Environment(self.env.cr, self.people[login].id, {})
        with env.cr.savepoint() as savepoint:
            try:
                row = env["base_import.import"].create(
                    {
                        "res_model": model,
                        "file": data,
                        "file_name": "liste.csv",
                        "file_type": draw.choice(("text/csv", "application/x")),
                    }
                )
            except UserError:
                self.tally["refused"] += 1
                row = None
            if row:
                options = {
                    "quoting": '"', "separator": draw.choice((",", ";", "", "ab")),
                    "has_headers": draw.random() < 0.5, "encoding": draw.choice(("",
                    "x")),
                }  # fmt: skip
                self.attempt(login, row._name, "parse_preview", [row.ids, options])
                names = draw.sample(known := self.held(model), min(len(known), 2))
                options = {**options, "separator": ",", "encoding": "utf-8"}
                answer = self.attempt(
                    login, row._name, "execute_import", [row.ids, names, names, options]
                )
                self.messages(answer, login, model, names, data)
            savepoint.rollback()
        env.transaction.reset()


@tagged("post_install", "-at_install", "sekp_outreach")
class TestBadInputFromPrograms(BadInputCase):
    """What programs send: JSON of any kind, with a key."""

    @mute_logger("py.warnings", "odoo.sql_db", "odoo.models", "odoo.http")
    def test_calls_with_a_key(self):
        logins = ("worker", "supervisor", "intake", "manager", "complaints", "reporter",
                  "auditor", "foreign_supervisor", "employee")  # fmt: skip
        visitors = {login: self.visitor(login) for login in logins}
        calls = [
            (name, method)
            for name, model in sorted(self.env.items())
            if name.startswith("sekp.") and not model._abstract
            for method in (
                *filter(lambda n, m=model: self.is_own(m, n), self.public(model)),
                "create",
                "write",
            )
        ]
        self.assertGreater(len(calls), 200)

        @phases(120)
        @given(st.sampled_from(calls), st.sampled_from(logins), SEEDS)
        def holds(call, login, seed):
            self.send(visitors[login], login, *call, Random(seed))

        holds()
        self.say()
        self.assertGreater(self.tally[422], 20)

    def send(self, visitor, login, model, method, draw):
        """Send one call, and judge its answer."""
        self.tally["tried"] += 1
        body = self.body(model, method, draw)
        before = self.counts()
        answer = self.url_open(
            f"/json/2/{model}/{method}",
            data=json.dumps(body),
            headers={
                "Authorization": f"Bearer {visitor.key}",
                "Content-Type": "application/json",
            },
        )
        about = f"{login} {model}.{method} {body!r:.300}"
        self.tally[answer.status_code] += 1
        text = answer.text
        if answer.status_code >= 500:
            self.blame(f"{answer.status_code} {text[:120]}", about)
        if answer.status_code >= 400 and self.counts() != before:
            self.blame(f"{model} is half written", about)
        learned = set(CANARY.findall(text)) - self.heard_by[login]
        if learned - set(CANARY.findall(repr(body))):
            self.blame(f"tells {model}.{method}", about, learned)
        self.env.invalidate_all()

    def counts(self):
        """Return how many rows each of our tables has, but for the log of refusals."""
        tables = [
            model._table
            for name, model in sorted(self.env.items())
            if name.startswith("sekp.")
            and model._auto
            and not model._abstract
            and name != "sekp.access.log"
        ]
        self.env.cr.execute(
            SQL(" UNION ALL ").join(
                SQL("SELECT %s, count(*) FROM %s", table, SQL.identifier(table))
                for table in tables
            )
        )
        return dict(self.env.cr.fetchall())

    def body(self, model, method, draw):
        """Return what is sent along, by name."""
        rows = [row.id for row in self.rows.get(model, ())]
        ids = [draw.choice(rows)] if rows and draw.random() < 0.7 else (
            draw.choice(([], [0], [-1], [1.5], ["x"], [None], [[1]], [2**70], [True]))
        )  # fmt: skip
        nasty = (*NASTY_TEXT, *NASTY_NUMBER, *NASTY_OTHER)
        if method in ("create", "write"):
            known = self.held(model)
            vals = {
                name: self.odd_value(self.env[model]._fields[name], draw)
                for name in draw.sample(known, min(len(known), draw.randrange(1, 4)))
            }
            vals = vals if draw.random() < 0.9 else draw.choice(nasty)
            if method == "create":
                return {"vals_list": draw.choice((vals, [vals]))}
            return {"ids": ids, "vals": vals}
        function = get_public_method(self.env[model], method)
        body = {} if hasattr(function, "_api_model") else {"ids": ids}
        for name in list(inspect.signature(function).parameters)[1:]:
            body[name] = draw.choice(nasty)
        if draw.random() < 0.1:
            body[draw.choice(("x", "args"))] = draw.choice(nasty)
        return body


HEADERS = (
    "", "id", ".id", "x", "company_id/id", "company_id/.id", "company_id/x/y", "/",
    "\0",
    "create_uid", "name:x", "activity_ids/summary", "a" * 300, "display_name",
)  # fmt: skip
FILES = (
    b"", b"\0", b"\xff\xfe", b"name,code\n", b"name,code\nEgen,own\n",
    b"a;b;c\n1;2\n1;2;3;4\n",
    b'"name\n', b"name\n=CMD|' /C calc'!A0\n", b"name\n310290-1234\n",
    b"PK\x03\x04kaput",
    b"\xd0\xcf\x11\xe0kaput", b"name,company_id/id\nx,base.main_company\n",
    b"n" * 20_000,
    b",,,,\n,,,,\n", b"name\n" + b"x\n" * 2000, "navn\næøå\n".encode("latin-1"),
)  # fmt: skip
GOOD = {
    "fields": ["display_name"], "values": {}, "vals": {}, "vals_list": [{}],
    "domain": [], "groupby": ["create_date:month"],
    "specification": {"display_name": {}},
    "fields_spec": {"display_name": {}}, "field_names": [], "key": "a" * 24,
    "purpose": "visit", "month": "2026-09",
}  # fmt: skip
EDGES = {
    "date": (
        "1800-01-01", "2199-12-31", "2026-09-15", "2026-09-17", "2026-09-16",
        "2036-02-29",
        "2027-03-28", "2026-12-24",
    ),
    "datetime": (
        "1800-01-01 00:00:00", "2199-12-31 23:59:59", "2026-09-16 09:59:59",
        "2026-09-16 10:00:01", "2026-10-25 01:30:00", "2027-03-28 01:30:00",
        "2026-09-16",
    ),
    "integer": (0, 1, -1, 7, 13, 10_000, 2**31 - 1, -(2**31)),
    "float": (0, -1, 0.01, 23.99, 24, 25, 1e6, 1e9),
    "char": NASTY_TEXT,
    "text": NASTY_TEXT,
    "html": NASTY_TEXT,
    "binary": ("Zm9v", "", "x", "AAAA" * 1000, "====", "PHN2Zz4="),
}  # fmt: skip
