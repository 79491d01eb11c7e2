from lxml import etree

from odoo.tests import tagged

from .common import TODAY, OutreachCase

COURSES = 15
# Statements at most, with the access log on (see the budget of comparable addons).
LIST, BOARD, FORM, LOG_LIST, LOG = 8, 15, 60, 8, 15
# An obligation on each course costs as much more, however many there are.
OBLIGATIONS = 3
RELATIONAL = ("many2one", "one2many", "many2many")


@tagged("post_install", "-at_install", "sekp_outreach")
class TestQueryBudget(OutreachCase):
    """Opening one's own list, board and form costs what it may, the log included."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(action_plan="offered", grant="offered")
        cls.courses = cls.env["sekp.course"].union(
            *(cls.refer_oneself() for _number in range(COURSES))
        )
        for course in cls.courses:
            cls.log(course.with_user(cls.worker), note="Mødt på havnen")
        cls.name_as(cls.courses, "Kaptajnen")

    @classmethod
    def refer_oneself(cls):
        """Begin a course on which nothing is due when somebody was met."""
        course = cls.allocate(concern="Sover ude", source_id=cls.source_self.id)
        return course.sudo()

    def specification(self, view, model=None):
        """Return what the web client asks for when it opens a view."""
        model = model or "sekp.course"
        Model = self.env[model].with_user(self.worker)
        arch = etree.fromstring(Model.get_view(self.env.ref(view).id)["arch"])
        return self.of_arch(Model, arch)

    def of_arch(self, Model, arch):
        names = {}
        for node in arch.iterchildren(etree.Element):
            if node.tag != "field":
                names.update(self.of_arch(Model, node))
                continue
            field = Model._fields[node.get("name")]
            names[field.name] = {}
            if field.type == "many2one":
                names[field.name] = {"fields": {"display_name": {}}}
            elif field.type in RELATIONAL:
                inner = self.of_arch(self.env[field.comodel_name], node)
                names[field.name] = {"fields": inner} if inner else {}
        return names

    def assert_budget(self, budget, call):
        self.env.flush_all()
        call()  # What is cached for the whole server is there already.
        self.env.flush_all()
        self.env.invalidate_all()
        rows = self.env["sekp.access.log"].search_count([])
        with self.assertQueryCount(budget, flush=False):
            call()
        self.assertEqual(self.env["sekp.access.log"].search_count([]), rows + 1)

    def test_the_own_list(self):
        self.assert_list(LIST)

    def test_the_own_list_with_obligations(self):
        for course in self.courses:
            course._set_obligation("activity_next_contact", TODAY)
        self.assert_list(LIST + OBLIGATIONS)

    def assert_list(self, budget):
        Course = self.env["sekp.course"].with_user(self.worker)
        spec = self.specification("sekp_outreach.sekp_course_view_list")
        domain = [("contact_person_id", "=", self.worker.id), ("phase", "!=", "closed")]
        self.assert_budget(
            budget,
            lambda: Course.web_search_read(
                domain, spec, limit=80, order="next_contact_due, id desc"
            ),
        )

    def test_the_own_board(self):
        Course = self.env["sekp.course"].with_user(self.worker)
        spec = self.specification("sekp_outreach.sekp_course_view_kanban")
        domain = [("contact_person_id", "=", self.worker.id), ("phase", "!=", "closed")]
        self.assert_budget(
            BOARD,
            lambda: Course.web_read_group(
                domain,
                ["phase"],
                [],
                limit=80,
                auto_unfold=True,
                unfold_read_specification=spec,
                unfold_read_default_limit=80,
            ),
        )

    def test_the_form(self):
        course = self.courses[3].with_user(self.worker)
        spec = self.specification("sekp_outreach.sekp_course_view_form")
        self.assert_budget(FORM, lambda: course.web_read(spec))

    def test_the_list_of_contacts(self):
        Contact = self.env["sekp.contact"].with_user(self.worker)
        spec = self.specification("sekp_outreach.sekp_contact_view_list", Contact._name)
        self.assert_budget(
            LOG_LIST, lambda: Contact.web_search_read([], spec, limit=80)
        )

    def count_statements(self, call):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        call()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_logging_a_contact_costs_the_same_however_many_there_are(self):
        short, long = (course.with_user(self.worker) for course in self.courses[4:6])
        for _again in range(20):
            self.log(long)
        few = self.count_statements(lambda: self.log(short))
        many = self.count_statements(lambda: self.log(long))
        self.assertLessEqual(many, few)
        self.assertLessEqual(few, LOG)
