from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .sekp_read_at_once_mixin import forget


class SekpAssignment(models.Model):
    """The access row: who may open a course and its citizen, from when, to when, why.

    Live is decided by the clock alone: ``starts_at`` and ``ends_at`` are compared with
    the present moment in every query, no nightly job opens or closes anything.
    """

    _name = "sekp.assignment"
    _inherit = ["sekp.course.child.mixin"]
    _description = "Access to a Course"
    _order = "date_from desc, id desc"

    # Who had access is told by role and period; the colleagues are not named.
    _sekp_print_fields = ("role", "date_from", "date_to", "reason")
    _sekp_print_when = "date_from"
    _sekp_print_sequence = 70

    citizen_id = fields.Many2one(
        comodel_name="sekp.citizen",
        related="course_id.citizen_id",
        related_sudo=False,
        store=True,
        precompute=True,
        index=True,
    )
    user_id = fields.Many2one(
        comodel_name="res.users", required=True, index=True, ondelete="restrict"
    )
    role = fields.Selection(
        [
            ("contact_person", "Contact person"),
            ("second", "Second contact person"),
            ("cover", "Cover"),
            ("break_glass", "Emergency access"),
        ],
        required=True,
        default="second",
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self.env.company._sekp_today(),
    )
    date_to = fields.Date(string="To", help="Last day of access; empty while open.")
    starts_at = fields.Datetime(
        compute="_compute_instants", store=True, precompute=True
    )
    ends_at = fields.Datetime(compute="_compute_instants", store=True, precompute=True)
    opened_at = fields.Datetime(
        readonly=True, help="An emergency access lasts hours, not days."
    )
    closes_at = fields.Datetime(
        readonly=True, help="When an access ends within a day, or ended at once."
    )
    reason = fields.Char(required=True, help="Why access is given, in neutral words.")
    granted_by_id = fields.Many2one(
        comodel_name="res.users",
        string="Granted by",
        readonly=True,
        default=lambda self: self.env.user,
    )

    # A person has one role in a course at a time; an emergency is no role.
    _one_role = models.Constraint(
        "EXCLUDE USING gist ("
        "int4range(course_id, course_id, '[]') WITH &&, "
        "int4range(user_id, user_id, '[]') WITH &&, "
        "daterange(date_from, date_to, '[]') WITH &&) "
        "WHERE (role <> 'break_glass' AND closes_at IS NULL)",
        "This colleague already has access to the course in these days.",
    )
    _in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)",
        "Access cannot end before it begins.",
    )
    _live = models.Index("(user_id, course_id, starts_at, ends_at)")

    @api.depends("date_from", "date_to", "company_id", "role", "opened_at", "closes_at")
    def _compute_instants(self):
        for row in self:
            if row.role == "break_glass":
                row.starts_at, row.ends_at = row.opened_at, row.closes_at
                continue
            company = row.company_id or self.env.company
            row.starts_at = row.date_from and company._sekp_start_of_day(row.date_from)
            ends_at = company._sekp_end_of_day(row.date_to)
            row.ends_at = min(ends_at, row.closes_at or ends_at)

    def _prepare_create(self, vals):
        self._refuse_second_role(vals)
        return super()._prepare_create(vals)

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        forget()
        for row in rows:
            if row.company_id not in row.sudo().user_id.company_ids:
                # Superuser: reads the companies of the colleague only.
                raise UserError(
                    self.env._("The colleague does not work for this municipality.")
                )
        return rows

    def _refuse_second_role(self, vals, row=None):
        """Refuse overlapping access before SQL: a clear sentence, no values in a log.

        :param row: the access row that is to become this one, if any
        :raises UserError: when the colleague has access in these days, or for a
            period that ends before it begins
        """
        if vals.get("role") == "break_glass":
            return
        date_from = fields.Date.to_date(vals.get("date_from"))
        date_to = fields.Date.to_date(vals.get("date_to"))
        if date_to and date_to < (date_from or self.env.company._sekp_today()):
            raise UserError(self.env._("Access cannot end before it begins."))
        domain = [
            ("id", "not in", row.ids if row else []),
            ("course_id", "=", vals.get("course_id")),
            ("user_id", "=", vals.get("user_id")),
            ("role", "!=", "break_glass"),
            ("closes_at", "=", False),
            "|",
            ("date_to", "=", False),
            ("date_to", ">=", date_from or self.env.company._sekp_today()),
        ]
        if date_to:
            domain.append(("date_from", "<=", date_to))
        # Superuser: a colleague's row may be closed to the one who asks.
        if self.sudo().search_count(domain, limit=1):
            raise UserError(
                self.env._(
                    "This colleague already has access to the course in these days. "
                    "End it first, under “Frame” on the course, or choose other days."
                )
            )

    def write(self, vals):
        if not self.env.su:
            self._check_shortened(vals)
        result = super().write(vals)
        forget()
        if {"date_from", "date_to", "closes_at", "user_id"} & set(vals):
            self._settle()
        return result

    def unlink(self):
        # Superuser: the activities of the colleague move, whoever takes the row away.
        courses, users = self.sudo().course_id, self.sudo().user_id
        result = super().unlink()
        forget()
        courses._settle_appointments()
        courses._hand_on_activities(users)
        return result

    def _settle(self):
        """Move activities and appointments of colleagues whose access ends (C7)."""
        if self.env.su and self.env.context.get("sekp_more_access_follows"):
            return
        # Superuser: what is the colleague's moves, whoever ends the access.
        rows = self.sudo()
        rows.course_id._settle_appointments()
        rows.course_id._hand_on_activities(rows.user_id)

    def _covers(self, day):
        """Tell whether the access holds on a day."""
        self.ensure_one()
        last = self.date_to
        if self.closes_at and self.role != "break_glass":
            # Ended at once, in the course of that day.
            last -= timedelta(days=1)
        return self.date_from <= day and (not last or day <= last)

    def _check_shortened(self, vals):
        """Let a supervisor of the team end another's access earlier, and nothing else.

        :raises AccessError: for one's own row, and for those who do not supervise
        :raises UserError: for a longer period, or the contact person's row
        """
        self.check_access("write")
        day = fields.Date.to_date(vals.get("date_to"))
        for row in self:
            if (
                self.env.user not in row.team_id.supervisor_ids
                or row.user_id == self.env.user
            ):
                raise AccessError(
                    self.env._("A supervisor of the team ends the access of others.")
                )
            today = row.company_id._sekp_today()
            if (
                set(vals) != {"date_to"}
                or not day
                or not max(today, row.date_from) <= day <= (row.date_to or day)
            ):
                raise UserError(
                    self.env._(
                        "An access can only be ended earlier, from today on. Give a "
                        "new one to extend it."
                    )
                )
            if row.role == "break_glass":
                raise UserError(
                    self.env._("An emergency access ends by itself, within hours.")
                )
            if row.role == "contact_person":
                raise UserError(
                    self.env._(
                        "Give the course to another contact person instead, so that "
                        "nothing is without an owner."
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_begun(self):
        if any(row.date_from <= row.company_id._sekp_today() for row in self):
            raise UserError(
                self.env._("Who had access is kept. End the access instead.")
            )

    def _check_course_open(self):
        """Access may also be given to a closed course, to read it."""

    def _make_way(self, user, day):
        """Let a new role of a user begin on ``day``; the one before ends before it.

        :return: the row that itself began on that day, to be used for the new role
        """
        rows = self.filtered(
            lambda row: (
                row.user_id == user
                and row.role != "break_glass"
                and not row.closes_at
                and (not row.date_to or row.date_to >= day)
            )
        )
        earlier = rows.filtered(lambda row: row.date_from < day)
        earlier.write({"date_to": day - timedelta(days=1)})
        return (rows - earlier).filtered(lambda row: row.date_from == day)[:1]

    def _end(self, day):
        """End access after ``day``; an emergency access ends by its hours."""
        for row in self.filtered(lambda row: row.role != "break_glass"):
            row.write({"date_to": max(day, row.date_from)})

    def _end_now(self):
        """End access at this moment: what opened it has been taken back."""
        for row in self:
            row.write({"date_to": row.company_id._sekp_today(), **self._closing()})

    def _closing(self):
        return {"closes_at": fields.Datetime.now()}

    def _end_emergency(self):
        """End emergency access at this moment."""
        self.write(self._closing())

    @api.model
    def _citizen_print_heading(self):
        return self.env._("Who Had Access")
