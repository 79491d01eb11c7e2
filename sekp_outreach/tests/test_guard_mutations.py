from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY
from .gate import GateCase

CPR = "310290-1234"


def nothing(records, *args, **kwargs):
    """Stand for a method that finds no record."""
    return records.browse()


@tagged("post_install", "-at_install", "sekp_outreach")
class TestGuardMutations(GateCase):
    """Each guard matters: what it refuses is possible as soon as it is switched off."""

    def setUp(self):
        super().setUp()
        self.mine = self.course.with_user(self.worker)
        self.course._set_obligation("activity_next_contact", TODAY)
        self.env.flush_all()

    # --- what must be refused, each by one guard --------------------------------------
    def link_to_a_foreign_course(self):
        self.env["sekp.goal"].with_user(self.colleague)._check_links(
            {"course_id": self.course.id}
        )

    def set_what_an_act_sets(self):
        self.mine.write({"contact_count": 7})

    def write_a_cpr_number(self):
        self.mine.write({"next_step": f"Ring om {CPR}"})

    def write_cpr_into_an_activity(self):
        self.mine.activity_schedule(
            "mail.mail_activity_data_todo", summary=CPR, automated=False
        )

    def give_it_to_a_stranger(self):
        self.mine.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.colleague.id, automated=False
        )

    def make_an_obligation_by_hand(self):
        self.mine.activity_schedule("mail.mail_activity_data_todo", automated=True)

    def tick_an_obligation(self):
        self.mine.activity_ids.filtered("automated")[:1].unlink()

    def meet_in_shared_calendar(self):
        self.mine.activity_schedule("mail.mail_activity_data_meeting", automated=False)

    def write_on_a_busy_block(self):
        block = self.env["sekp.appointment.block"].search([], limit=1)
        block.event_id.with_user(block.user_id).write({"name": "Besøg"})

    def put_a_file_on_a_course(self):
        self.env["ir.attachment"].with_user(self.worker).create(
            {"name": "Brev", "res_model": "sekp.course", "res_id": self.course.id}
        )

    def message_on_a_course(self):
        self.env["mail.message"].create(
            {"model": "sekp.course", "res_id": self.course.id, "body": "Hej"}
        )

    def save_a_search(self):
        self.env["ir.filters"].with_user(self.worker).create(
            {"name": "Min", "model_id": "sekp.course", "user_ids": [self.worker.id]}
        )

    def save_a_default(self):
        field = self.env["ir.model.fields"]._get("sekp.course", "next_step")
        self.env["ir.default"].create(
            {"field_id": field.id, "json_value": '"x"', "user_id": self.worker.id}
        )

    def import_courses(self):
        self.mine.load(["next_step"], [["x"]])

    def duplicate_a_goal(self):
        self.env["sekp.goal"].with_user(self.worker).search([], limit=1).copy()

    def take_out_in_an_emergency(self):
        self.course.with_user(self.helper)._check_export()

    def let_oneself_in(self):
        self.manager.group_ids |= self.env.ref("sekp_outreach.group_supervisor")
        self.forest.with_user(self.manager).supervisor_ids = [
            Command.link(self.manager.id)
        ]

    def store_what_the_standard_forbids(self):
        self.standard.sudo()._write({"registration_mode": "none"})
        self.mine.write({"next_step": "Gå forbi kiosken"})

    def overwrite_a_contact(self):
        self.course.contact_ids[:1].with_user(self.worker).sudo().write({"minutes": 1})

    def plan_for_a_stranger(self):
        self.env["sekp.appointment"].with_user(self.worker).create(
            {
                "course_id": self.course.id,
                "form_id": self.home_visit.id,
                "starts_at": NOW.replace(day=NOW.day + 1),
                "worker_ids": [Command.set(self.colleague.ids)],
            }
        )

    # (model, guard, what must be refused while it is on, what stands in its place)
    guards = (
        ("sekp.goal", "_check_links", "link_to_a_foreign_course", None),
        ("sekp.course", "_refuse_acts", "set_what_an_act_sets", None),
        ("sekp.course", "_check_texts", "write_a_cpr_number", None),
        ("sekp.course", "_check_facts", "store_what_the_standard_forbids", None),
        ("sekp.course", "load", "import_courses", BaseModel.load),
        ("sekp.goal", "_refuse_copy", "duplicate_a_goal", None),
        ("sekp.course", "_in_emergency", "take_out_in_an_emergency", nothing),
        ("sekp.team", "_check_not_oneself", "let_oneself_in", None),
        ("sekp.appointment", "_check_workers", "plan_for_a_stranger", None),
        ("mail.activity", "_sekp_check_words", "write_cpr_into_an_activity", None),
        ("mail.activity", "_sekp_check_owner", "give_it_to_a_stranger", None),
        ("mail.activity", "_sekp_check_new", "make_an_obligation_by_hand", None),
        ("mail.activity", "_sekp_check_by_hand", "tick_an_obligation", None),
        ("mail.activity", "_sekp_refuse_meeting", "meet_in_shared_calendar", None),
        ("calendar.event", "_sekp_refuse", "write_on_a_busy_block", None),
        ("ir.attachment", "_sekp_refuse", "put_a_file_on_a_course", None),
        ("sekp.confidential.mixin", "_refuse_attached", "message_on_a_course", None),
        ("ir.filters", "_sekp_check_model", "save_a_search", None),
        ("ir.default", "_sekp_check_field", "save_a_default", None),
    )

    @mute_logger("odoo.sql_db")
    def attempt(self, name):
        """Return why an attempt is refused, or False; nothing of it remains."""
        refused = False
        with self.env.cr.savepoint() as savepoint:
            try:
                getattr(self, name)()
                self.env.flush_all()
            except UserError as error:
                refused = str(error)
            savepoint.rollback()
        self.env.invalidate_all(flush=False)
        return refused

    def test_each_guard_matters(self):
        for model, guard, name, instead in self.guards:
            with self.subTest(guard=f"{model}.{guard}"):
                self.assertTrue(self.attempt(name), "not refused")
                off = instead or (lambda self, *args, **kwargs: None)
                with patch.object(self.registry[model], guard, off):
                    self.assertFalse(self.attempt(name))
