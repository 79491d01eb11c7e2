from datetime import datetime, time, timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import NO_ACCESS
from odoo.tools import format_date

DEFAULT_MINUTES = 60
LONGEST_APPOINTMENT = 24 * 60
ACCOMPANIMENT = "accompaniment"
# Where to, in the fewest words: what more there is to say stands in the place.
DESTINATIONS = [
    ("authority", "An authority"),
    ("health", "Doctor, hospital or treatment"),
    ("court", "Court or police"),
    ("other", "Somewhere else"),
]
STATES = [("planned", "Planned"), ("held", "Held"), ("cancelled", "Cancelled")]
# What is settled once the appointment was held or cancelled.
PLANNING = {"starts_at", "minutes", "worker_ids", "form_id"}


class SekpAppointment(models.Model):
    """A planned visit, call or meeting of a course (C6, F4).

    It is seen here by those who may open the course. Odoo's calendar, which every
    employee reads, holds a busy block for each worker that says nothing else.
    """

    _name = "sekp.appointment"
    _inherit = ["sekp.course.child.mixin"]
    _description = "Appointment"
    _order = "starts_at, id"

    _sekp_person_fields = {"place": "alias", "note": "alias", "accompanies_to": "alias"}

    _sekp_act_fields = frozenset({"state", "ends_at", "series_id"})
    _sekp_unhistoric = frozenset({"series_id"})
    _sekp_print_fields = (
        "starts_at", "minutes", "form_id", "accompanies_to", "place", "note", "state",
    )  # fmt: skip
    _sekp_print_when = "starts_at"

    form_id = fields.Many2one(
        comodel_name="sekp.contact.form",
        required=True,
        ondelete="restrict",
        default=lambda self: self._default_form(),
    )
    starts_at = fields.Datetime(
        string="When", required=True, default=lambda self: self._next_full_hour()
    )
    minutes = fields.Integer(default=DEFAULT_MINUTES)
    ends_at = fields.Datetime(
        string="Until", compute="_compute_ends_at", store=True, precompute=True
    )
    worker_ids = fields.Many2many(
        comodel_name="res.users",
        relation="sekp_appointment_worker_rel",
        column1="appointment_id",
        column2="user_id",
        string="Workers",
        default=lambda self: self.env.user,
    )
    accompanies_to = fields.Selection(
        DESTINATIONS,
        string="Accompanied to",
        compute="_compute_accompanies_to",
        store=True,
        readonly=False,
        precompute=True,
        help="Where the worker goes along to, where the form is accompaniment.",
    )
    is_accompaniment = fields.Boolean(compute="_compute_is_accompaniment")
    place = fields.Char()
    note = fields.Text(help="Written so that the person could read it.")
    state = fields.Selection(
        STATES, required=True, readonly=True, default="planned", copy=False, index=True
    )
    contact_ids = fields.One2many(
        comodel_name="sekp.contact",
        inverse_name="appointment_id",
        string="Contacts and Attempts",
    )
    block_ids = fields.One2many(
        comodel_name="sekp.appointment.block",
        inverse_name="appointment_id",
        groups=NO_ACCESS,
        copy=False,
    )
    overlap = fields.Char(compute="_compute_overlap")
    allowed_form_ids = fields.Many2many(
        comodel_name="sekp.contact.form", compute="_compute_allowed_forms"
    )
    allowed_worker_ids = fields.Many2many(
        comodel_name="res.users", compute="_compute_allowed_workers"
    )
    alias = fields.Char(related="course_id.alias", related_sudo=False)
    registration_mode = fields.Selection(
        related="course_id.registration_mode", related_sudo=False
    )

    _agenda = models.Index("(team_id, starts_at, ends_at)")
    _planned = models.Index("(course_id, starts_at) WHERE state = 'planned'")
    _minutes_plausible = models.Constraint(
        f"CHECK (minutes > 0 AND minutes <= {LONGEST_APPOINTMENT})",
        "An appointment lasts between a minute and a day.",
    )

    def _sekp_erase_elsewhere(self):
        events = self.block_ids.event_id
        self.block_ids._remove()
        return [*super()._sekp_erase_elsewhere(), (events._name, events.ids)]

    # --- defaults and computes ----------------------------------------------------
    @api.model
    def _next_full_hour(self):
        now = fields.Datetime.now()
        return datetime.combine(now.date(), time(now.hour)) + timedelta(hours=1)

    @api.model
    def _default_form(self):
        """Return the first form of the course's standard in which a worker goes out."""
        forms = self.env["sekp.contact.form"]
        course = self.env["sekp.course"].browse(
            self.env.context.get("default_course_id")
        )
        if course and course.has_access("read"):
            forms = course.standard_id.contact_form_ids
        if not forms:
            forms = forms.search([("is_visit", "=", True)], limit=1)
        return (forms.filtered("is_visit") or forms)[:1]

    @api.model
    def default_get(self, fields):
        """Take the length a caller gives by its end, as a calendar does."""
        values = super().default_get(fields)
        given = self._given_defaults()
        if "minutes" in fields and {"starts_at", "ends_at"} <= set(given):
            values["minutes"] = self._minutes_between(**given)
        values.pop("ends_at", None)
        return values

    @api.model
    def _minutes_between(self, starts_at, ends_at, **others):
        starts_at = fields.Datetime.to_datetime(starts_at)
        ends_at = fields.Datetime.to_datetime(ends_at)
        if not starts_at or not ends_at:
            return 0
        return round((ends_at - starts_at).total_seconds() / 60)

    @api.depends("starts_at", "minutes")
    def _compute_ends_at(self):
        for appointment in self:
            appointment.ends_at = appointment.starts_at and (
                appointment.starts_at + timedelta(minutes=appointment.minutes)
            )

    @api.depends("form_id")
    def _compute_is_accompaniment(self):
        for appointment in self:
            # Superuser: a form of contact is no secret, its catalogue not everybody's.
            code = appointment.form_id.sudo().code
            appointment.is_accompaniment = code == ACCOMPANIMENT

    @api.depends("form_id")
    def _compute_accompanies_to(self):
        """Forget where to when the form is another one."""
        for appointment in self:
            if not appointment.is_accompaniment:
                appointment.accompanies_to = False

    @api.constrains("accompanies_to", "form_id")
    def _check_accompaniment(self):
        if any(
            appointment.accompanies_to and not appointment.is_accompaniment
            for appointment in self
        ):
            raise ValidationError(
                self.env._(
                    "Only when the form is accompaniment you go along somewhere."
                )
            )

    @api.depends("course_id")
    def _compute_allowed_forms(self):
        """Offer what the standard names, and everything where it names nothing."""
        forms = self.env["sekp.contact.form"].search([("active", "=", True)])
        for appointment in self:
            standard = appointment.course_id.standard_id
            appointment.allowed_form_ids = standard.contact_form_ids or forms

    @api.depends("course_id", "starts_at")
    def _compute_allowed_workers(self):
        for appointment in self:
            course = appointment.course_id._origin
            # Read as the user: who works on a course is told to the entitled only.
            people = course.assignment_ids.user_id | course.team_id.supervisor_ids
            appointment.allowed_worker_ids = people.filtered(
                lambda user, course=course, at=appointment.starts_at: (
                    at and course._entitles(user, at)
                )
            )

    @api.depends("starts_at", "minutes", "worker_ids", "state")
    def _compute_overlap(self):
        """Warn of another appointment that the reader knows of; planning goes on."""
        for appointment in self:
            appointment.overlap = (
                self.env._("One of the workers has another appointment at this time.")
                if appointment._has_overlap()
                else False
            )

    def _has_overlap(self):
        self.ensure_one()
        return bool(
            self.state == "planned"
            and self.starts_at
            and self.search_count(
                [
                    ("id", "!=", self._origin.id),
                    ("state", "=", "planned"),
                    ("worker_ids", "in", self.worker_ids.ids),
                    ("starts_at", "<", self.ends_at),
                    ("ends_at", ">", self.starts_at),
                ],
                limit=1,
            )
        )

    # --- guards -------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        given = self._given_defaults()
        for vals in vals_list:
            self._take_end(vals, {**given, **vals})
            self._check_minutes({"minutes": DEFAULT_MINUTES, **given, **vals})
        appointments = super().create(vals_list)
        appointments._check_workers()
        appointments._sync_calendar()
        return appointments

    def write(self, vals):
        if "ends_at" in vals and len(self) > 1:
            return all(appointment.write(dict(vals)) for appointment in self)
        vals = dict(vals)
        self._take_end(vals, {"starts_at": self[:1].starts_at, **vals})
        self._check_minutes(vals)
        if PLANNING & set(vals) and any(
            appointment.state != "planned" for appointment in self
        ):
            raise UserError(
                self.env._(
                    "The appointment was held or cancelled. Plan a new one; only what "
                    "is written about it can still be corrected."
                )
            )
        result = super().write(vals)
        if {"starts_at", "worker_ids"} & set(vals):
            self._check_workers()
        if (PLANNING | {"state"}) & set(vals):
            self._sync_calendar()
        return result

    @api.model
    def _take_end(self, vals, given):
        """Let the end a caller gives, as a calendar does, say how long it lasts.

        :param dict vals: changed in place
        """
        if given.get("ends_at") and "minutes" not in vals:
            vals["minutes"] = self._minutes_between(
                given.get("starts_at"), given["ends_at"]
            )
        vals.pop("ends_at", None)

    def _check_minutes(self, vals):
        """Refuse an implausible length before SQL.

        :raises ValidationError: for less than a minute or more than a day
        """
        minutes = vals.get("minutes", DEFAULT_MINUTES)
        if not isinstance(minutes, int) or not 0 < minutes <= LONGEST_APPOINTMENT:
            raise ValidationError(
                self.env._("An appointment lasts between a minute and a day.")
            )

    def _check_workers(self):
        """Refuse workers who may not open the course at that time (C7).

        Not for the system, which keeps an appointment with its owner, whoever that is.

        :raises ValidationError: naming nobody
        """
        if self.env.su:
            return
        for appointment in self:
            if not appointment.worker_ids:
                raise ValidationError(
                    self.env._("An appointment has at least one worker.")
                )
            if not all(
                appointment.course_id._entitles(user, appointment.starts_at)
                for user in appointment.worker_ids
            ):
                raise appointment._no_access_error(named=len(self) > 1)

    def _no_access_error(self, named):
        """Return the error on a worker without access then.

        :param bool named: whether the day is told, as one of several
        """
        if not named and not self.series_id:
            return ValidationError(
                self.env._(
                    "Every worker must have access to the course at that time. "
                    "Give access first, or choose other workers or another time."
                )
            )
        return ValidationError(
            self.env._(
                "On %(day)s one of the workers has no access to the course. Nothing "
                "was changed. Give access first, or choose other workers or days.",
                day=format_date(self.env, self._local_start().date()),
            )
        )

    def _local_start(self):
        """Return when it begins by the clock of the municipality."""
        return self.company_id._sekp_local(self.starts_at)

    def unlink(self):
        # Superuser: the busy blocks lie in the calendars of all workers.
        self.sudo().block_ids._remove()
        return super().unlink()

    # --- acts ---------------------------------------------------------------------
    def action_cancel(self):
        """Cancel the appointment; the workers' calendars are free again."""
        self._take_for_change()
        if any(appointment.state != "planned" for appointment in self):
            raise UserError(self.env._("Only a planned appointment can be cancelled."))
        self._cancel()

    def _cancel(self):
        # Superuser: only acts change the state.
        self.sudo().write({"state": "cancelled"})

    def action_log_contact(self):
        """Open the screen on which the contact or the attempt is logged."""
        self.ensure_one()
        self.check_access("read")
        action = self.course_id.action_log_contact()
        action["context"].update(
            {
                "default_appointment_id": self.id,
                "default_form_id": self.form_id.id,
                "default_minutes": self.minutes,
                "default_started_at": fields.Datetime.to_string(
                    min(self.starts_at, fields.Datetime.now())
                ),
            }
        )
        return action

    def _hold(self):
        """Mark the appointment as held: its contact or attempt was logged.

        :raises UserError: for a cancelled one
        """
        if any(appointment.state == "cancelled" for appointment in self):
            raise UserError(
                self.env._(
                    "The appointment was cancelled. Log the contact on the course."
                )
            )
        # Superuser: only acts change the state.
        self.sudo().filtered(lambda appointment: appointment.state == "planned").write(
            {"state": "held"}
        )

    def action_go_out(self):
        """Open the screen on which one who goes there alone says until when."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.actions"]._for_xml_id(
                "sekp_outreach.sekp_go_out_action"
            ),
            "context": {"default_appointment_id": self.id},
        }

    def action_plan_again(self):
        """Open the dialog with what a cancelled appointment said, at a new time.

        :raises UserError: for one that was not cancelled
        """
        self.ensure_one()
        if self.state != "cancelled":
            raise UserError(
                self.env._("Only a cancelled appointment is planned again.")
            )
        action = self.course_id.action_plan_visit()
        # The dialog tells what the appointment says.
        self._log_read("open")
        now = fields.Datetime.now()
        workers = self.worker_ids.filtered(
            lambda user: self.course_id._entitles(user, now)
        )
        action["context"].update(
            {
                "default_form_id": self.form_id.id,
                "default_minutes": self.minutes,
                "default_place": self.place,
                "default_accompanies_to": self.accompanies_to,
                "default_worker_ids": (workers or self.env.user).ids,
            }
        )
        return action

    def action_save_and_close(self):
        """Close the dialog: the client saved the record before calling."""
        self.check_access("read")
        return {"type": "ir.actions.act_window_close"}

    @api.model
    def _dialog_views(self):
        """Return the views of the dialog that closes when saved."""
        return [
            (self.env.ref("sekp_outreach.sekp_appointment_view_form_dialog").id, "form")
        ]

    # --- people -------------------------------------------------------------------
    @api.model
    def _settle(self, domain):
        """Take from coming appointments the workers who may not open the course then.

        To be called in the transaction that ends an entitlement (C7). An appointment
        that loses its last worker goes to the owner of the course's obligations, or to
        a supervisor when the owner may not open the course either.

        :param domain: which appointments to look at
        """
        # Superuser: who loses the access or gives it up sees no appointment any more.
        coming = self.sudo().search(
            [
                *domain,
                ("state", "=", "planned"),
                ("starts_at", ">", fields.Datetime.now()),
            ]
        )
        for appointment in coming.with_context(active_test=False):
            course, workers = appointment.course_id, appointment.worker_ids
            keep = workers.filtered(
                lambda user, course=course, at=appointment.starts_at: course._entitles(
                    user, at
                )
            )
            keep = keep or appointment._successor()
            if keep != workers:
                appointment.write({"worker_ids": [Command.set(keep.ids)]})

    def _successor(self):
        """Return who takes over when no worker may go: one who may, if there is one."""
        course, team = self.course_id, self.course_id.team_id
        candidates = [course._obligation_owner(), team._supervisor()]
        candidates += [*team.supervisor_ids, *team.responsible_id]
        return next(
            (user for user in candidates if course._entitles(user, self.starts_at)),
            candidates[0],
        )

    def _leave(self, users):
        """Let workers leave planned appointments; without any it is cancelled."""
        for appointment in self:
            remaining = appointment.worker_ids - users
            if remaining:
                appointment.write({"worker_ids": [Command.set(remaining.ids)]})
            else:
                appointment._cancel()

    # --- Odoo's calendar ----------------------------------------------------------
    def _sync_calendar(self):
        """Keep one busy block for each worker of what is planned (C6)."""
        for appointment in self:
            # Superuser: the blocks lie in the calendars of all workers.
            appointment.sudo()._sync_blocks()

    def _sync_blocks(self):
        self.ensure_one()
        blocks = self.block_ids
        if self.state == "cancelled":
            blocks._remove()
        elif self.state == "planned":
            workers = self.worker_ids.filtered("active")
            new = workers - blocks.user_id
            kept = blocks.filtered(lambda block: block.user_id in workers)
            kept._move(self.starts_at, self.ends_at)
            (blocks - kept)._remove()
            for user in new:
                blocks.browse()._add(self, user)
