from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL


class SekpCourseChildMixin(models.AbstractModel):
    """A record that belongs to a course and obeys the same entitlement (C3).

    It carries company, team and code of its course as stored columns, so that rules
    use stored fields and a name never says more than the code.
    """

    _name = "sekp.course.child.mixin"
    _description = "Part of a Course"
    _inherit = ["sekp.part.mixin"]

    course_id = fields.Many2one(
        comodel_name="sekp.course",
        required=True,
        index=True,
        ondelete="cascade",
    )
    # related_sudo=False: an unsaved row must not tell of a course one may not read.
    reference = fields.Char(
        related="course_id.reference",
        related_sudo=False,
        store=True,
        precompute=True,
        index=False,
    )
    company_id = fields.Many2one(
        related="course_id.company_id",
        related_sudo=False,
        store=True,
        precompute=True,
        default=None,
    )
    team_id = fields.Many2one(
        comodel_name="sekp.team",
        related="course_id.team_id",
        related_sudo=False,
        store=True,
        precompute=True,
        index=True,
    )

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._check_course_open()
        return records

    def _standard_of(self, vals):
        course_id = {**self._given_defaults(), **vals}.get("course_id")
        # Superuser: the bound on what may be stored holds for every writer.
        return self.env["sekp.course"].sudo().browse(course_id).standard_id

    def write(self, vals):
        if not self.env.su:
            self._refuse_acts(vals, also=frozenset({"team_id"}))
        if "course_id" in vals and any(
            record.course_id and record.course_id.id != vals["course_id"]
            for record in self
        ):
            raise UserError(
                self.env._("A part of a course cannot be moved to another.")
            )
        return super().write(vals)

    def _hold_course(self):
        """Let nobody close the course while something is added to it.

        Who comes second is tried again by Odoo, and then sees what the first has done.
        """
        if ids := self.course_id.ids:
            self.env.cr.execute(
                SQL(
                    "SELECT id FROM sekp_course WHERE id = ANY(%s) ORDER BY id "
                    "FOR NO KEY UPDATE",
                    ids,
                ),
                log_exceptions=False,
            )

    def _check_course_open(self):
        """Refuse additions to a closed course.

        :raises UserError: telling how to go on
        """
        self._hold_course()
        if any(record.course_id.phase == "closed" for record in self):
            raise UserError(
                self.env._(
                    "The course is closed. Re-establish it to go on; what was done "
                    "before it was closed can still be corrected."
                )
            )

    def _registration_standard(self):
        # Superuser: the bound on what may be stored holds for every reader.
        return self.sudo().course_id.standard_id

    @api.model
    def _sekp_hold_domain(self):
        # What is held back keeps its parts.
        held = self.env["sekp.course"]._sekp_hold_domain()
        return super()._sekp_hold_domain() | Domain("course_id", "any", held)

    def _obligation_owner(self):
        return self.sudo().course_id._obligation_owner()

    def _history_parent(self):
        return {"course_id": self.course_id.id}

    def _own_courses(self):
        return self.course_id
