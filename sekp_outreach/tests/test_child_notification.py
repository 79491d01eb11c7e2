from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import Form, tagged

from .common import TODAY, OutreachCase, make_user

MODEL = "sekp.child.notification"


@tagged("post_install", "-at_install", "sekp_outreach")
class TestChildNotification(OutreachCase):
    """A child at risk: a door of its own, which leaves a date and a receipt (R067)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(registration_mode="none")
        cls.course = cls.allocate()
        cls.company.write(
            {
                "sekp_child_unit": "Børneenheden",
                "sekp_child_phone": "12 34 56 78",
                "sekp_child_mail": "boern@example.com",
            }
        )

    def record(self, user=None, context=None, **vals):
        """Record a notification as a client does; return the row as superuser."""
        user = user or self.worker
        model = self.env[MODEL].with_user(user)
        context = {"allowed_company_ids": user.company_id.ids, **(context or {})}
        given = {"receipt": "2026-118", **vals}
        (id_,) = call_kw(model, "create", [[given]], {"context": context})
        return self.env[MODEL].browse(id_)

    # --- what is stored -----------------------------------------------------------
    def test_a_row_holds_a_date_a_receipt_and_who_sent_it(self):
        row = self.record()
        self.assertEqual((row.sent_on, row.receipt), (TODAY, "2026-118"))
        self.assertEqual(row.company_id, self.company)
        self.assertEqual(row.create_uid, self.worker)
        self.env.cr.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_name = 'sekp_child_notification'"
        )
        self.assertEqual(
            {name for (name,) in self.env.cr.fetchall()},
            {
                "id", "sent_on", "receipt", "company_id", "create_uid", "create_date",
                "write_uid", "write_date",
            },
        )  # fmt: skip

    def test_nothing_leads_from_a_course_to_the_row_or_back(self):
        """Neither a link, nor a history, nor the log, nor what the button says."""
        self.env.flush_all()
        Log = self.env["sekp.access.log"]
        log = Log.search([], limit=1).id
        history = self.env["sekp.history"].search_count([])
        action = call_kw(
            self.course.browse(), "action_child_at_risk", [self.course.ids], {}
        )
        self.assertEqual(action["res_model"], MODEL)
        self.assertNotIn(self.course.reference, repr(action))
        self.assertNotIn("course", repr(action.get("context")))
        self.record(
            context={
                "default_course_id": self.course.id,
                "default_citizen_id": self.course.sudo().citizen_id.id,
                "default_reference": self.course.reference,
                "default_company_id": self.foreign_company.id,
                "active_id": self.course.id,
                "active_model": "sekp.course",
            }
        )
        self.env.flush_all()
        self.env.cr.execute("SELECT t::text FROM sekp_child_notification t")
        ((text,),) = self.env.cr.fetchall()
        self.assertNotIn(self.course.reference, text)
        fields = self.env[MODEL]._fields.values()
        self.assertEqual(
            {field.comodel_name for field in fields if field.relational},
            {"res.company", "res.users"},
        )
        self.assertEqual(self.env["sekp.history"].search_count([]), history)
        self.assertFalse(Log.search([("id", ">", log)]))
        self.assertFalse(
            self.course.sudo().activity_ids.filtered(lambda act: not act.automated)
        )

    def test_reading_one_s_own_rows_lets_no_auditor_count_them(self):
        row = self.record().with_user(self.worker)
        log = self.env["sekp.access.log"].search([], limit=1).id
        row.web_read({"receipt": {}})
        row.web_search_read([], {"receipt": {}})
        self.assertFalse(self.env["sekp.access.log"].search([("id", ">", log)]))

    def test_a_context_sets_nothing_but_what_may_be_given(self):
        yesterday = TODAY - timedelta(days=1)
        row = self.record(
            context={
                "default_sent_on": str(yesterday),
                "default_create_uid": self.colleague.id,
                "default_company_id": self.foreign_company.id,
            }
        )
        self.assertEqual(row.sent_on, yesterday)
        self.assertEqual(row.create_uid, self.worker)
        self.assertEqual(row.company_id, self.company)

    # --- what is refused ----------------------------------------------------------
    def test_what_does_not_belong_there_is_refused(self):
        for vals in (
            {"sent_on": str(TODAY + timedelta(days=1))},
            {"receipt": ""},
            {"receipt": "   "},
            {"receipt": False},
            {"receipt": 7},
            {"receipt": "x" * 61},
            {"receipt": "Barnet 310290-1234"},
            {"receipt": f"Vedr. {self.course.reference}"},
            {"receipt": self.course.reference.upper()},
        ):
            with self.subTest(vals=vals), self.assertRaises(ValidationError) as caught:
                self.record(**vals)
            self.assertNotIn("310290", str(caught.exception))
            self.assertNotIn(self.course.reference, str(caught.exception))
        self.assertFalse(self.env[MODEL].search_count([]))

    def test_two_taps_make_one_row(self):
        self.record()
        with self.assertRaisesRegex(UserError, "already"):
            self.record()
        self.record(receipt="2026-119")
        self.record(self.intake)
        self.assertEqual(self.env[MODEL].search_count([]), 3)

    def test_a_row_is_neither_changed_nor_removed_nor_copied_nor_imported(self):
        mine = self.record().with_user(self.worker)
        for name, args in (
            ("write", [mine.ids, {"receipt": "andet"}]),
            ("unlink", [mine.ids]),
            ("copy", [mine.ids]),
            ("load", [["receipt"], [["x"]]]),
        ):
            with self.subTest(name=name), self.assertRaises(UserError):
                call_kw(mine.browse(), name, args, {})
        with self.assertRaises(UserError):
            mine.sudo().write({"receipt": "andet"})

    # --- who ----------------------------------------------------------------------
    def test_its_sender_reads_it_and_nobody_else_counts_it(self):
        row = self.record()
        self.assertTrue(row.with_user(self.worker).has_access("read"))
        auditor = make_user(self.env, "sekp_auditor", "auditor", self.company)
        for user in (
            self.colleague,
            self.supervisor,
            self.intake,
            self.manager,
            auditor,
            self.employee,
            self.foreign_supervisor,
            self.env.ref("base.user_admin"),
        ):
            with self.subTest(user=user.login):
                theirs = self.env[MODEL].with_user(user)
                self.assertFalse(row.with_user(user).has_access("read"))
                if theirs.has_access("read"):
                    self.assertEqual(theirs.search_count([]), 0)
                else:
                    with self.assertRaises(AccessError):
                        theirs.search_count([])

    def test_contact_persons_intake_and_supervisors_record_and_no_others(self):
        for user in (self.worker, self.intake, self.supervisor):
            self.assertTrue(self.record(user))
        for user in (self.manager, self.receiver, self.employee):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.record(user)

    def test_it_belongs_to_the_sender_s_municipality(self):
        row = self.record(self.foreign_supervisor, company_id=self.company.id)
        self.assertEqual(row.company_id, self.foreign_company)

    # --- the screen ---------------------------------------------------------------
    def test_the_screen_names_whom_to_notify(self):
        form = Form(
            self.env[MODEL].with_user(self.worker),
            view="sekp_outreach.sekp_child_notification_view_form_dialog",
        )
        self.assertEqual(form.child_unit, "Børneenheden")
        self.assertEqual(form.child_phone, "12 34 56 78")
        self.assertEqual(form.child_mail, "boern@example.com")
        form.receipt = "på telefon"
        row = form.save()
        self.assertEqual(
            row.action_save_and_close()["type"], "ir.actions.act_window_close"
        )
        with self.assertRaises(AccessError):
            row.with_user(self.colleague).action_save_and_close()

    def test_the_button_is_there_in_an_emergency_and_not_for_strangers(self):
        self.env["sekp.break.glass"].with_user(self.other_worker).create(
            {"reference": self.course.reference, "purpose": "acute", "note": "Akut"}
        ).action_open()
        self.assertTrue(self.course.with_user(self.other_worker).action_child_at_risk())
        with self.assertRaises(AccessError):
            self.course.with_user(self.colleague).action_child_at_risk()

    def test_the_child_unit_is_set_on_the_settings_page(self):
        admin = self.env.ref("base.user_admin")
        admin.company_ids |= self.company
        settings = self.env["res.config.settings"].with_user(admin)
        settings = settings.with_context(allowed_company_ids=self.company.ids)
        settings.create({"sekp_child_phone": "11 22 33 44"}).execute()
        self.assertEqual(self.company.sekp_child_phone, "11 22 33 44")

    def test_it_works_under_every_mode_of_registration(self):
        for number, mode in enumerate(("none", "alias", "full")):
            self.standard.write({"registration_mode": mode})
            self.assertTrue(self.record(receipt=str(number)))
