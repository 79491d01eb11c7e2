from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..models.sekp_access_log import EMERGENCY_PURPOSES
from ..tools.reference_code import tidy_code

TRIES_EACH_HOUR = 5
OPEN_TO = (
    "sekp_outreach.group_contact_person",
    "sekp_outreach.group_intake",
)


class SekpBreakGlass(models.TransientModel):
    """Opens a course in an emergency: at once, for some hours, and seen (C9).

    Nobody has to approve it. Whoever answers for the course is told at the same moment.
    """

    _name = "sekp.break.glass"
    _description = "Emergency Access"

    reference = fields.Char(string="Code", help="The exact code of the citizen.")
    purpose = fields.Selection(EMERGENCY_PURPOSES, string="Reason")
    note = fields.Char(
        string="In Your Words", help="Kept with the access, for those who look at it."
    )

    def action_open(self):
        """Open the course the code belongs to.

        :raises AccessError: for those whose work it is not
        :raises UserError: for a wrong code, too many tries, or no reason
        """
        self.ensure_one()
        self.check_access("write")
        if not any(self.env.user.has_group(group) for group in OPEN_TO):
            raise AccessError(self.env._("Emergency access is for those in the work."))
        note = (self.note or "").strip()
        if not self.purpose or not note:
            raise UserError(self.env._("Choose a reason and say it in your words."))
        course = self._find()
        purpose = self.purpose
        self.write({"reference": False, "purpose": False, "note": False})
        if course.has_access("read"):
            return self._tell_open_already(course)
        course._break_glass(purpose, note)
        return {**course._action_open(), "target": "main"}

    def _find(self):
        """Return the course of the code in the user's municipality.

        :raises UserError: the same for no code, a wrong one and another municipality's
        """
        log = self.env["sekp.access.log"]
        if not log._may_try(self._name, (), TRIES_EACH_HOUR):
            raise UserError(
                self.env._(
                    "Too many wrong codes. Try again in an hour, or ask a supervisor."
                )
            )
        code = tidy_code(self.reference)
        # Superuser: the code may be of any course of the municipality.
        citizen = code and self.env["sekp.citizen"].sudo().search(
            [("reference", "=", code), ("company_id", "in", self.env.companies.ids)]
        )
        course = citizen and citizen._latest_course()
        if not course:
            log._record_refused(self.browse(), always=True)
            raise UserError(
                self.env._(
                    "No course of your municipality has this code. Ask for it again "
                    "and type it exactly."
                )
            )
        return course.sudo(False)

    def _tell_open_already(self, course):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("You can open this course without it."),
                "next": {
                    **course._action_open(),
                    "views": [(False, "form")],
                },
            },
        }
