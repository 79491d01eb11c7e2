from lxml import etree

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import OutreachCase, make_user


@tagged("post_install", "-at_install", "sekp_outreach")
class TestMenus(OutreachCase):
    """Every menu opens for every role: views load, and lists, groups and first forms
    can be read by the least privileged who sees the menu."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(
            grant="offered",
            action_plan="offered",
            deadlines=[{"kind": "response", "amount": 7, "unit": "day"}],
        )
        course = cls.allocate()
        cls.log(course)
        cls.refer()
        cls.overseers = [
            make_user(cls.env, f"sekp_{role}", role, cls.company)
            for role in ("auditor", "statistics_reader", "complaint_handler")
        ]

    def menus_of(self, user):
        """Return the actions of our menus that the user sees."""
        Menu = self.env["ir.ui.menu"].with_user(user)
        root = self.env.ref("sekp_outreach.menu_root")
        visible = Menu.browse(Menu._visible_menu_ids())
        return visible.filtered(
            lambda menu: (
                menu.action
                and (menu.sudo().parent_path or "").startswith(root.parent_path)
            )
        )

    def open_menu(self, menu, user):
        action = menu.action
        if action._name == "ir.actions.client" and action.tag == "sekp_quick_log":
            self.assertIn(
                "courses", self.env["sekp.quick.log"].with_user(user).get_screen()
            )
            return
        if action._name == "ir.actions.client" and action.tag == "sekp_month":
            self.assertIn("days", self.env["sekp.month"].with_user(user).get_month())
            return
        if action._name == "ir.actions.client" and action.tag == "sekp_setup":
            self.assertIn("steps", self.env["sekp.setup"].with_user(user).get_steps())
            return
        if action._name == "ir.actions.client" and action.tag == "sekp_show_around":
            # Nothing is read: what it shows are other screens.
            return
        if action._name == "ir.actions.client":
            self.assertEqual(action.tag, "sekp_morning")
            own = (action.params or {}).get("own", False)
            board = self.env["sekp.morning"].with_user(user).get_board(None, own)
            self.assertTrue(board["sections"])
            return
        if action._name == "ir.actions.server":
            self.assertEqual(action.with_user(user).run()["type"], "ir.actions.act_url")
            return
        model = self.env[action.res_model].with_user(user)
        modes = [mode.strip() for mode in action.view_mode.split(",")]
        views = model.get_views(
            [(False, mode) for mode in modes] + [(False, "search")],
            {"load_filters": True},
        )
        if "list" in views["views"]:
            # A list of its own has no parent: the browser would show an error.
            arch = etree.fromstring(views["views"]["list"]["arch"])
            for node in arch.iter("field", "button"):
                for name in ("column_invisible", "invisible"):
                    self.assertNotIn("parent.", node.get(name) or "", menu.name)
        fields = views["models"][action.res_model]["fields"]
        readable = [
            name
            for name, field in fields.items()
            if field.get("store") or field["type"] in ("char", "text", "boolean")
        ]
        if model._transient:
            model.default_get(readable)
            return
        domain = safe_eval(action.domain or "[]", {"uid": user.id})
        records = model.search(domain, limit=3)
        model.web_search_read(domain, {name: {} for name in readable}, limit=3)
        for name in ("state", "phase", "kind", "team_id"):
            if name in fields and fields[name].get("store"):
                model.formatted_read_group(domain, [name], ["__count"])
        if records:
            records[:1].web_read({name: {} for name in fields})
        if model.has_access("create"):
            model.onchange({}, [], {name: {} for name in fields})

    def test_every_menu_opens_for_every_role(self):
        seen = {}
        for user in (
            self.worker,
            self.intake,
            self.supervisor,
            self.manager,
            self.receiver,
            *self.overseers,
        ):
            menus = self.menus_of(user)
            self.assertTrue(menus, f"{user.login} sees no menu")
            seen[user.login] = len(menus)
            for menu in menus:
                with self.subTest(user=user.login, menu=menu.sudo().complete_name):
                    self.open_menu(menu.sudo(), user)
        self.assertGreater(seen["sekp_supervisor"], seen["sekp_intake"])

    def test_no_role_no_menu(self):
        self.assertFalse(self.menus_of(self.employee))
        self.assertFalse(self.menus_of(self.env.ref("base.user_admin")))

    def test_every_view_of_ours_loads_for_those_who_may_read_the_model(self):
        for model in self.env["ir.model"].search([("model", "=like", "sekp.%")]):
            if self.env[model.model]._abstract:
                continue
            for user in (self.worker, self.supervisor, self.manager, *self.overseers):
                Model = self.env[model.model].with_user(user)
                if Model.has_access("read"):
                    Model.get_views([(False, "form"), (False, "list")])

    def test_the_browser_keeps_no_copy_of_records_about_people(self):
        """The web client would store what it showed, also when access has ended."""
        is_confidential = self.env["sekp.confidential.mixin"]._is_confidential
        actions = self.env["ir.actions.act_window"].search(
            [("res_model", "=like", "sekp.%")]
        )
        kept = actions.filtered(
            lambda action: is_confidential(action.res_model) and action.cache
        )
        self.assertGreater(len(actions), 10)
        self.assertFalse(kept.mapped("name"))
