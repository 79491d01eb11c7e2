import json
import re
from datetime import date, datetime

import psycopg2

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import make_user
from .test_figures_shown import GOALS, REPORT, WEEK, FiguresCase

AUGUST = datetime(2026, 8, 20, 10)
DAYS = date(2026, 1, 1), date(2026, 6, 30)
NOTE, ALIAS, FOREIGN_RULE = "Sover under broen", "Kaptajnen", "Skovbys hjemmel"
INVENTED = "ZZZZ-9999"
ALL = '"__extra_domain": [[1, "=", 1]]'
# What was built to tell figures, and the records that figures are counted from.
DIALOGS = (
    "sekp.committee.report.dialog", "sekp.homeless.week", "sekp.move.courses",
    "sekp.move.chosen", "sekp.retention.preview", "sekp.retention.preview.line",
)  # fmt: skip
FIGURES = ("sekp.statistic", "sekp.statistic.entry", "sekp.standard.goal", *DIALOGS)
LIVE = ("sekp.course", "sekp.deadline", "sekp.assignment", "sekp.referral")
# Where a walk over relations goes on; what lies beyond is not ours.
BETWEEN = ("res.users", "res.company")
DEPTH = 3
ODD = (None, True, -1, 0, 1.5, "1", "x' OR 1=1 --", [], [None], {}, {"id": 1}, [[6, 0]])
# What a client gets as a refusal or as an error; the words of each are looked at.
REFUSALS = (AccessError, UserError, ValueError, TypeError, KeyError, psycopg2.Error)
BASE = ("sekp.link.mixin", "sekp.dialog.mixin", "mail.thread", "base")


@tagged("post_install", "-at_install", "sekp_outreach")
class TestFiguresAttack(FiguresCase):
    """Colleagues who are not entitled learn nothing of a person from the figures."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.add_users(
            {
                "handler": "complaint_handler",
                "foreign_manager": "scheme_manager",
                "foreign_reader": "statistics_reader",
            }
        )
        cls.admin = make_user(cls.env, "sekp_admin", None, cls.company)
        cls.admin.group_ids |= cls.env.ref("base.group_system")
        cls.attackers = (
            cls.admin | cls.reader | cls.manager | cls.handler | cls.other_supervisor
            | cls.foreign_supervisor | cls.other_worker | cls.foreign_manager
            | cls.foreign_reader | cls.employee
        )  # fmt: skip
        with cls.freeze(AUGUST):
            cls.course = cls.allocate()
            cls.name_as(cls.course, ALIAS)
            cls.contact = cls.log(cls.course, note=NOTE)
        cls.keep("contacts", "total", {"": 30}, *DAYS)
        cls.keep("referrals", "total", {"": 7777}, *DAYS, company=cls.foreign_company)
        course = cls.course.sudo()
        cls.entry = cls.env["sekp.statistic.entry"].create(
            {
                "company_id": cls.company.id,
                "measure": "contacts",
                "month": date(2026, 8, 1),
                "team_id": cls.harbour.id,
                "course_id": course.id,
                "value": 1,
            }
        )
        cls.secrets = (course.reference, course.citizen_id.reference, NOTE, ALIAS)
        cls.rule, cls.foreign_rule = cls.env["sekp.retention.rule"].create(
            [
                {
                    "company_id": company.id,
                    "record_class": "course",
                    "closing_outcome": "achieved",
                    "keep_amount": 12,
                    "note": note,
                }
                for company, note in (
                    (cls.company, "Hjemmel"),
                    (cls.foreign_company, FOREIGN_RULE),
                )
            ]
        )
        cls.dialogs = {
            name: cls.env[name].with_user(user).create(vals).sudo()
            for name, user, vals in (
                ("sekp.committee.report.dialog", cls.reader, {}),
                ("sekp.homeless.week", cls.worker, {}),
                ("sekp.move.courses", cls.manager, {"standard_id": cls.standard.id}),
                (
                    "sekp.move.chosen",
                    cls.supervisor,
                    {
                        "standard_id": cls.standard.id,
                        "course_ids": [Command.set(cls.course.ids)],
                    },
                ),
                ("sekp.retention.preview", cls.supervisor, {}),
            )
        }
        cls.dialogs["sekp.retention.preview.line"] = cls.dialogs[
            "sekp.retention.preview"
        ].line_ids[:1]
        cls.env.flush_all()

    # --- asking -----------------------------------------------------------------------
    def ask(self, user, model, method, *args, **kwargs):
        """Return what a client is told, as text; of a refusal, its words."""
        self.env.invalidate_all()
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.models", "odoo.sql_db"):
                answer = call_kw(
                    self.env(user=user, context={})[model], method, [*args], kwargs
                )
                self.env.flush_all()
        except REFUSALS as refusal:
            self.refused = refusal
            return str(refusal)
        self.refused = None
        return json.dumps(answer, default=str, ensure_ascii=False)

    def assert_silent(self, told, *more):
        for secret in (*self.secrets, *more):
            self.assertNotIn(secret, told)

    def may(self, user, model, operation):
        """Tell whether a user has to do with a model at all."""
        return self.env[model].with_user(user).browse().has_access(operation)

    def asking(self, model):
        """Return who tries: who has to do with the model, and two who have not."""
        return self.attackers.filtered(
            lambda user: (
                user in self.admin | self.manager or self.may(user, model, "read")
            )
        )

    def asked_of(self, model, ids):
        """Yield every way in which a client reads: name and arguments.

        Groupings come last: who may not read the model is asked for one of them.
        """
        names = list(self.env[model]._fields)
        spec = {name: {} for name in names}
        some = [
            name
            for name in ("reference", "course_id", "told", "value")
            if name in names
        ]
        yield "read", [ids], {}
        yield "read", [ids, some], {"load": ""}
        yield "web_read", [ids, spec], {}
        yield "search_read", [[]], {}
        yield "web_search_read", [[], {name: {} for name in some}], {}
        yield "search", [[("id", "in", ids)]], {"order": "create_uid desc"}
        yield "name_search", [""], {"domain": [("id", "in", ids)]}
        yield "export_data", [ids, [*some, "display_name", "id", ".id"]], {}
        yield "get_metadata", [ids], {}
        yield "copy", [ids], {}
        yield "web_resequence", [ids, {}], {"field_name": "id"}
        yield (
            "web_read_group",
            [[], ["id"], ["__count", "id:array_agg"]],
            {"auto_unfold": True, "unfold_read_specification": {"display_name": {}}},
        )
        yield "formatted_read_group", [[], [], ["id:recordset", "id:array_agg"]], {}
        for field in self.env[model]._fields.values():
            if field.store and field.type in ("char", "many2one", "selection", "date"):
                spec = f"{field.name}:month" if field.type == "date" else field.name
                yield "formatted_read_group", [[], [spec], ["__count"]], {}

    def test_no_way_of_reading_tells_of_a_person(self):
        targets = {
            **{name: dialog.ids for name, dialog in self.dialogs.items()},
            "sekp.statistic": self.env["sekp.statistic"].search([]).ids,
            "sekp.statistic.entry": self.entry.ids,
            "sekp.standard.goal": self.standard.goal_ids.ids,
            "sekp.course": self.course.ids,
            "sekp.deadline": self.course.sudo().deadline_ids.ids,
            "sekp.assignment": self.course.sudo().assignment_ids.ids,
            "sekp.referral": self.course.sudo().referral_id.ids,
        }
        self.assertEqual(set(targets), {*FIGURES, *LIVE})
        # Asked in the same way, who is entitled is told.
        told = self.ask(self.supervisor, "sekp.course", "read", self.course.ids, [])
        for secret in self.secrets[:2]:
            self.assertIn(secret, told)
        told = self.ask(self.reader, "sekp.statistic", "search_read", [])
        self.assertIn('"value": 30', told)
        for model, ids in targets.items():
            self.assertTrue(ids, model)
            users = self.asking(model)
            for method, args, kwargs in self.asked_of(model, ids):
                single = method == "formatted_read_group" and args[1]
                for user in users:
                    if single and not self.may(user, model, "read"):
                        continue
                    with self.subTest(model=model, method=method, user=user.login):
                        told = self.ask(user, model, method, *args, **kwargs)
                        self.assert_silent(told)
                        if "foreign" not in user.login:
                            self.assertNotIn("7777", told)
                        closed = model in LIVE or model == "sekp.statistic.entry"
                        # Odoo gives back the number that was asked for.
                        echo = method == "get_metadata" and told.count("false") == 2
                        if closed and not self.refused and not echo:
                            self.assertFalse(self.numbers_in(told) & {*ids}, told)

    def numbers_in(self, told):
        """Return what a client may take for the number of a record."""
        return {int(word) for word in re.findall(r"\d+", told.replace(ALL, ""))}

    # --- walks over relations ---------------------------------------------------------
    def paths(self, root):
        """Yield ways from a model over relations to records about a person."""
        is_confidential = self.env["sekp.confidential.mixin"]._is_confidential
        ways = [((), root)]
        while ways:
            way, model = ways.pop()
            for name, field in self.env[model]._fields.items():
                there = field.relational and field.comodel_name
                if not there or not (field.store or field.search or field.related):
                    continue
                if is_confidential(there) or there == "sekp.statistic.entry":
                    yield (*way, name), there
                elif len(way) < DEPTH - 1 and (
                    there in BETWEEN or there.startswith("sekp.")
                ):
                    ways.append(((*way, name), there))

    def test_no_domain_over_relations_is_an_oracle(self):
        ids = {
            "sekp.course": self.course.id,
            "sekp.citizen": self.course.sudo().citizen_id.id,
            "sekp.referral": self.course.sudo().referral_id.id,
            "sekp.contact": self.contact.id,
        }
        asked = 0
        for root in (*FIGURES, "sekp.team", "sekp.standard", "res.company"):
            for way, there in self.paths(root):
                path = ".".join(way)
                pairs = [((path, "=", ids.get(there, 1)), (path, "=", 10**9))]
                if "reference" in self.env[there]._fields:
                    code = self.secrets[there == "sekp.citizen"]
                    pairs.append(
                        (
                            (f"{path}.reference", "like", code[:2]),
                            (f"{path}.reference", "like", INVENTED),
                        )
                    )
                for real, invented in pairs:
                    for user in self.asking(root):
                        with self.subTest(root=root, domain=real, user=user.login):
                            self.assertEqual(
                                self.ask(user, root, "search_count", [real]),
                                self.ask(user, root, "search_count", [invented]),
                            )
                            asked += not self.refused
        # Nearly all are refused; where they are not, lines are one's own.
        self.assertGreater(asked, 2)

    def test_no_specification_over_relations_leads_to_a_person(self):
        for root in (*FIGURES, "sekp.team", "sekp.standard"):
            for way, there in self.paths(root):
                spec = {"display_name": {}, "reference": {}}
                if there == "sekp.statistic.entry":
                    spec = {"display_name": {}}
                for name in reversed(way):
                    spec = {name: {"fields": spec}}
                for user in self.asking(root):
                    with self.subTest(root=root, way=way, user=user.login):
                        self.assert_silent(
                            self.ask(user, root, "web_search_read", [], spec)
                        )
                        self.assert_silent(
                            self.ask(
                                user, root, "search", [], order=f"{way[0]} desc, id"
                            )
                        )

    # --- another municipality ---------------------------------------------------------
    def test_another_municipality_is_not_chosen_by_the_context(self):
        theirs = self.foreign_company.ids
        abroad = self.foreign_reader | self.foreign_manager
        for model in ("sekp.statistic", *DIALOGS):
            for user in self.asking(model) - abroad:
                for context in (
                    {"allowed_company_ids": theirs},
                    {"allowed_company_ids": [*theirs, *self.company.ids]},
                    {"default_company_id": theirs[0]},
                ):
                    with self.subTest(user=user.login, model=model, context=context):
                        told = self.ask(
                            user,
                            model,
                            "formatted_read_group",
                            [],
                            [],
                            ["__count"],
                            context=context,
                        )
                        if model == "sekp.statistic" and not self.refused:
                            self.assertIn('"__count": 1}', told)
                        self.assertNotIn("7777", told)
                        if model in DIALOGS:
                            self.ask(user, model, "create", {}, context=context)
        told = self.ask(
            self.reader,
            "sekp.statistic",
            "formatted_read_group",
            [],
            ["company_id"],
            ["value:sum", "value:max"],
            context={"allowed_company_ids": theirs},
        )
        self.assertIsInstance(self.refused, AccessError, told)

    def test_a_report_of_another_municipality_is_refused(self):
        Dialog = self.env["sekp.committee.report.dialog"].with_user(self.reader)
        made = Dialog.with_context(default_company_id=self.foreign_company.id)
        for make in (
            lambda: made.create({}),
            lambda: Dialog.create({"company_id": self.foreign_company.id}),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self.render(REPORT, make())
        dialog = self.dialogs["sekp.committee.report.dialog"]
        for user in self.attackers - self.reader:
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.render(REPORT, dialog, user)

    def test_pages_are_refused_to_who_may_not_read_them(self):
        theirs = self.make_standard(company=self.foreign_company)
        for report, record, users in (
            (GOALS, self.standard, self.attackers - self.reader - self.manager),
            (GOALS, theirs, self.reader | self.manager | self.admin),
            (WEEK, self.dialogs["sekp.homeless.week"], self.attackers),
        ):
            for user in users:
                with (
                    self.subTest(report=report, user=user.login),
                    self.assertRaises(AccessError),
                    self.env.cr.savepoint(),
                ):
                    self.render(report, record, user)
        for user in self.attackers - self.reader - self.manager:
            for method in ("action_show_goals", "action_show_goals_in_force"):
                ids = [self.standard.ids] if method == "action_show_goals" else []
                self.ask(user, "sekp.standard", method, *ids)
                if user not in self.foreign_reader | self.foreign_manager:
                    self.assertIsInstance(self.refused, AccessError, user.login)

    # --- what a client sends along ----------------------------------------------------
    def sent(self):
        """Yield values with numbers of records that are not the sender's."""
        theirs = self.make_standard(company=self.foreign_company)
        course, preview = self.course.id, self.dialogs["sekp.retention.preview"]
        yield from (
            ("sekp.move.chosen", {"course_ids": [[6, 0, [course]]]}),
            ("sekp.move.chosen", {"course_ids": [[4, course, 0]]}),
            ("sekp.move.chosen", {"course_ids": [course]}),
            ("sekp.move.chosen", {"standard_id": theirs.id}),
            ("sekp.move.courses", {"standard_id": theirs.id}),
            ("sekp.move.courses", {"team_ids": [[6, 0, self.abroad.ids]]}),
            ("sekp.move.courses", {"company_id": self.foreign_company.id}),
            ("sekp.committee.report.dialog", {"company_id": self.foreign_company.id}),
            ("sekp.retention.preview", {"rule_id": self.foreign_rule.id}),
            ("sekp.retention.preview", {"company_id": self.foreign_company.id}),
            ("sekp.retention.preview", {"line_ids": [[4, preview.line_ids[0].id, 0]]}),
            (
                "sekp.retention.preview.line",
                {"preview_id": preview.id, "rule_id": self.rule.id},
            ),
            (
                "sekp.retention.preview.line",
                {"preview_id": preview.id, "rule_id": self.foreign_rule.id},
            ),
            ("sekp.retention.preview.line", {"rule_id": self.foreign_rule.id}),
            ("sekp.homeless.week", {"year": 2026}),
            ("sekp.standard.goal", {"standard_id": theirs.id, "sentence": "Mål"}),
        )

    def spec_of(self, model):
        """Return everything of a dialog, with what its links say of themselves."""
        spec = {}
        for name, field in self.env[model]._fields.items():
            spec[name] = {}
            if field.relational:
                inner = {"display_name": {}}
                for more in ("reference", "name", "note", "told"):
                    if more in self.env[field.comodel_name]._fields:
                        inner[more] = {}
                spec[name] = {"fields": inner}
        return spec

    def test_what_a_client_sends_along_tells_nothing_of_others(self):
        foreign = ("7777", self.abroad.name, FOREIGN_RULE)
        ours = self.attackers.filtered(lambda user: user.company_id == self.company)
        for model, vals in self.sent():
            whole = self.spec_of(model)
            context = {f"default_{name}": value for name, value in vals.items()}
            for user in ours:
                with self.subTest(model=model, vals=vals, user=user.login):
                    calls = [
                        ("onchange", [[], dict(vals), list(vals), whole], {}),
                        ("default_get", [list(whole)], {"context": context}),
                        ("web_save", [[], dict(vals), whole], {}),
                    ]
                    if self.may(user, model, "create"):
                        # One refusal would hide what another field tells.
                        for name, inner in whole.items():
                            spec, brought = {name: inner}, {"context": context}
                            calls += [
                                ("onchange", [[], dict(vals), list(vals), spec], {}),
                                ("onchange", [[], {}, [], spec], brought),
                                ("web_save", [[], dict(vals), spec], {}),
                                ("web_save", [[], {}, spec], brought),
                            ]
                    for method, args, kwargs in calls:
                        told = self.ask(user, model, method, *args, **kwargs)
                        self.assert_silent(told, *foreign)

    # --- methods ----------------------------------------------------------------------
    def test_methods_of_others_dialogs_are_refused(self):
        for model, dialog in self.dialogs.items():
            methods = [
                name
                for name in set(dir(dialog)) - set(dir(type(self.env["base"])))
                if name.startswith("action_")
            ]
            for user in self.attackers - dialog.create_uid:
                for method in methods:
                    with self.subTest(model=model, method=method, user=user.login):
                        self.ask(user, model, method, dialog.ids)
                        self.assertIsInstance(self.refused, AccessError)
                for vals in ({"year": 2020}, {"told": {"now_told": "1"}}):
                    if vals.keys() <= dialog._fields.keys():
                        self.ask(user, model, "write", dialog.ids, vals)
                        self.assertIsInstance(self.refused, AccessError)
        self.assertNotEqual(self.course.sudo().standard_id.state, "draft")

    def test_methods_with_odd_arguments_tell_nothing(self):
        for model in (*FIGURES, "sekp.figures"):
            cls = type(self.env[model])
            common = {name for base in BASE for name in dir(type(self.env[base]))}
            methods = [
                name
                for name in dir(cls)
                if not name.startswith("_")
                and callable(getattr(cls, name, None))
                and name not in common
                and name not in cls._fields
            ]
            for method in [*methods, "name_create", "check_access"]:
                for user in (self.admin, self.other_supervisor, self.manager):
                    may = model in self.dialogs and self.may(user, model, "read")
                    for odd in ODD if may else ODD[:3]:
                        with self.subTest(model=model, method=method, odd=odd):
                            self.assert_silent(self.ask(user, model, method, odd))
        for model, method in (
            ("sekp.statistic", "_cron_count"),
            ("sekp.statistic", "_sum"),
            ("sekp.statistic.entry", "_events"),
            ("sekp.figures", "_goals"),
            ("sekp.move.courses", "_range_in_words"),
            ("sekp.retention.preview", "_count"),
        ):
            self.ask(self.admin, model, method, 1)
            self.assertIsInstance(self.refused, AccessError)

    # --- ranges -----------------------------------------------------------------------
    def test_no_threshold_brings_a_number_out_of_a_range(self):
        """One who sets the threshold and reads ranges tries out all thresholds."""
        with self.at(AUGUST):
            for _number in range(6):
                self.allocate()
        fresh = self.standard.copy()
        fresh._put_in_force(date(2026, 9, 16))
        answers = {}
        for extra in range(3):
            if extra:
                with self.at(AUGUST):
                    self.allocate()
            answers[extra] = []
            for threshold in range(3, 12):
                self.company.sekp_statistic_threshold = threshold
                dialog = (
                    self.env["sekp.move.courses"]
                    .with_user(self.manager)
                    .create({"standard_id": fresh.id})
                )
                answers[extra].append(dialog.told)
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[1], answers[2])

    def test_the_threshold_is_the_administrator_s(self):
        for user in self.attackers - self.admin:
            self.ask(
                user,
                "res.company",
                "write",
                self.company.ids,
                {"sekp_statistic_threshold": 3},
            )
            self.assertIsInstance(self.refused, AccessError)
            self.ask(user, "res.config.settings", "create", {})
            self.assertIsInstance(self.refused, AccessError)
