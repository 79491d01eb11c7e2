from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools.periods import within_hours
from .sekp_read_at_once_mixin import remembering

OUTCOMES = [
    ("met", "Met"),
    ("seen", "Seen"),
    ("no_answer", "No answer"),
    ("declined", "Did not want contact"),
    ("letter", "Letter left"),
]
LONGEST_CONTACT = 24 * 60
RETIRED = {"is_current": False}


class SekpContact(models.Model):
    """One contact or attempt; an attempt is work and counts.

    Append-only: a correction is a new version and the old one is kept.
    """

    _name = "sekp.contact"
    _inherit = ["sekp.course.child.mixin"]
    _description = "Contact or Attempt"
    _order = "started_at desc, id desc"
    _sekp_history = False

    _sekp_person_fields = {"note": "alias", "next_step": "alias"}

    _sekp_print_fields = (
        "started_at", "outcome", "form_id", "minutes", "function_ids", "note",
        "next_step", "next_step_on", "hours_reason", "told_of_referral",
    )  # fmt: skip
    _sekp_print_when = "started_at"
    _sekp_print_sequence = 40

    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Worker",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        index=True,
    )
    outcome = fields.Selection(OUTCOMES, string="Did We Meet?", required=True)
    form_id = fields.Many2one(
        comodel_name="sekp.contact.form",
        required=True,
        ondelete="restrict",
    )
    started_at = fields.Datetime(
        string="When", required=True, default=fields.Datetime.now
    )
    minutes = fields.Integer(default=30)
    function_ids = fields.Many2many(
        comodel_name="sekp.support.function", string="Functions"
    )
    note = fields.Text(help="Written so that the person could read it.")
    next_step = fields.Char()
    next_step_on = fields.Date(string="Next Step by")
    hours_reason = fields.Selection(
        [
            ("wish", "The person's wish"),
            ("only_then", "Can only be found at that time"),
            ("acute", "Acute"),
            ("other", "Other reason"),
        ],
        string="Reason for the Hour",
        help="The standard gives hours; outside them a reason is asked for.",
    )
    told_of_referral = fields.Boolean(
        string="I Told Them That Somebody Reported",
        help="What was reported, what is stored, and what they may ask for.",
    )
    asks_told = fields.Boolean(compute="_compute_asks_told")
    outside_hours = fields.Boolean(compute="_compute_outside_hours")
    replaces_id = fields.Many2one(
        comodel_name="sekp.contact",
        string="Corrects",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    appointment_id = fields.Many2one(
        comodel_name="sekp.appointment",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    is_current = fields.Boolean(default=True, readonly=True)
    allowed_form_ids = fields.Many2many(
        comodel_name="sekp.contact.form", compute="_compute_allowed"
    )
    allowed_function_ids = fields.Many2many(
        comodel_name="sekp.support.function", compute="_compute_allowed"
    )
    alias = fields.Char(related="course_id.alias", related_sudo=False)
    registration_mode = fields.Selection(
        related="course_id.registration_mode", related_sudo=False
    )

    _course_log = models.Index(
        "(course_id, started_at DESC, id DESC) WHERE is_current IS TRUE"
    )
    _by_month = models.Index("USING brin (started_at)")
    _corrected_once = models.UniqueIndex(
        "(replaces_id) WHERE replaces_id IS NOT NULL",
        "This version has already been corrected.",
    )
    _minutes_plausible = models.Constraint(
        f"CHECK (minutes >= 0 AND minutes <= {LONGEST_CONTACT})",
        "A contact lasts between 0 minutes and a day.",
    )

    @api.depends("course_id")
    def _compute_allowed(self):
        """Offer what the standard names, and everything where it names nothing."""
        forms = self.env["sekp.contact.form"].search([("active", "=", True)])
        functions = self.env["sekp.support.function"].search([("active", "=", True)])
        for contact in self:
            standard = contact.course_id.standard_id
            contact.allowed_form_ids = standard.contact_form_ids or forms
            contact.allowed_function_ids = standard.support_function_ids or functions

    @api.depends("course_id", "replaces_id", "told_of_referral")
    def _compute_asks_told(self):
        """Ask while the person is to be told, and of the contact that told it."""
        for contact in self:
            contact.asks_told = (
                contact.course_id.inform_state in ("due", "postponed")
                or contact.told_of_referral
                or contact.replaces_id.told_of_referral
            )

    @api.onchange("outcome")
    def _onchange_outcome(self):
        if self.outcome != "met":
            self.told_of_referral = False

    @api.depends("started_at", "course_id")
    def _compute_outside_hours(self):
        for contact in self:
            standard = contact.course_id.standard_id
            contact.outside_hours = bool(
                standard.hours_rule == "window"
                and contact.started_at
                and not within_hours(
                    contact.course_id.company_id._sekp_local(contact.started_at),
                    standard.hour_from,
                    standard.hour_to,
                    standard._hours_weekdays(),
                )
            )

    @api.constrains("started_at", "minutes", "hours_reason")
    def _check_time(self):
        for contact in self:
            if contact.started_at > fields.Datetime.now() + timedelta(minutes=5):
                raise ValidationError(
                    self.env._(
                        "A contact cannot lie in the future. Write what you plan as "
                        "the next step."
                    )
                )
            started_on = contact.company_id._sekp_local(contact.started_at).date()
            if started_on < contact.course_id.date_start:
                raise ValidationError(
                    self.env._("A contact cannot lie before the course began.")
                )
            if contact.outside_hours and not contact.hours_reason:
                raise ValidationError(
                    self.env._(
                        "The standard gives support within certain hours. Choose a "
                        "reason for the hour."
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        # To log a contact opens and ends no access.
        with remembering():
            found = [self._look_up(vals) for vals in vals_list]
            contacts = super().create(vals_list)
            # Several at once do not know of each other.
            latest = not found[0].get("newer") if len(found) == 1 else None
            for contact in contacts:
                contact._retire_corrected()
                contact.appointment_id._hold()
                contact.course_id._contact_logged(contact, latest)
        return contacts

    @api.model
    def _look_up(self, vals):
        """Read with two statements what a contact that is to be created depends on.

        :param dict vals: of the contact
        :return: what was found, by the names of ``_around``
        """
        given = {**self._given_defaults(), **vals}
        course = self.env["sekp.course"].browse(given.get("course_id"))
        names = [field.name for field in course._determine_fields_to_fetch()]
        # Found by the rules, or refused with every other link.
        course.search_fetch([("id", "in", course.ids)], [*names, "reference"])
        # Superuser: clocks and covers are asked whoever logs it.
        found = course.sudo()._find_lines(
            {"deadline_ids": {}, "absence_agreement_ids": {}}, **self._around(given)
        )
        for user_id, partner_id in found["partner"]:
            user = self.env["res.users"].browse(user_id)
            user._fields["partner_id"]._insert_cache(user, [partner_id])
        return found

    @api.model
    def _around(self, given):
        """Return queries for what a contact that is to be created depends on, by name.

        :param dict given: the values of the contact
        """
        # Superuser: also one that somebody else logged is later.
        newer = self.sudo()._search(
            [
                ("course_id", "=", given.get("course_id")),
                ("is_current", "=", True),
                ("id", "!=", given.get("replaces_id") or 0),
                ("started_at", ">", given.get("started_at") or fields.Datetime.now()),
            ],
            order="id",
            limit=1,
        )
        # Superuser: to whose screen it is told that fewer obligations are due.
        users = self.env.user.sudo()
        user = users._as_query(ordered=False)
        partner = users._field_to_sql(users._table, "partner_id", user)
        return {"newer": newer, "partner": (user, partner)}

    def _prepare_create(self, vals):
        given = {**self._given_defaults(), **vals}
        minutes = given.get("minutes") or 0
        if not isinstance(minutes, int) or not 0 <= minutes <= LONGEST_CONTACT:
            raise ValidationError(
                self.env._("A contact lasts between 0 minutes and a day.")
            )
        if not given.get("outcome"):
            raise ValidationError(self.env._("Say whether you met."))
        if not self.env.su:
            vals["user_id"] = self.env.uid
        vals["is_current"] = True
        self._check_told(given)
        self._check_correctable(given.get("replaces_id"), given.get("course_id"))
        self._check_appointment(given.get("appointment_id"), given.get("course_id"))
        if emergency := self.browse(given.get("replaces_id"))._in_emergency():
            raise emergency._emergency_error()
        return super()._prepare_create(vals)

    def _check_told(self, vals):
        """Refuse to have told somebody whom one did not meet, or had nothing to tell.

        :raises ValidationError: before the contact reaches SQL
        """
        if not vals.get("told_of_referral"):
            return
        if vals.get("outcome") != "met":
            raise ValidationError(
                self.env._("Only a person whom you met can have been told.")
            )
        # Superuser: whether the course may be read is checked with every other link.
        course = self.env["sekp.course"].sudo().browse(vals.get("course_id"))
        if course.sudo(False)._in_emergency():
            raise course.sudo(False)._emergency_error()
        if course.inform_state == "not_needed":
            raise ValidationError(
                self.env._("Nobody reported this person: there is nothing to tell.")
            )

    def _check_appointment(self, appointment_id, course_id):
        """Refuse the appointment of another course.

        :raises UserError: before the contact reaches SQL
        """
        # Superuser: whether it may be read is checked with every other link.
        appointment = self.env["sekp.appointment"].sudo().browse(appointment_id)
        if appointment and appointment.course_id.id != course_id:
            raise UserError(
                self.env._("A contact belongs to an appointment of its own course.")
            )

    def _check_correctable(self, replaces_id, course_id):
        """Refuse to correct what is not the current version in the same course.

        :raises UserError: before the new version reaches SQL
        """
        if not replaces_id:
            return
        # Superuser: whether it may be read is checked with every other link.
        old = self.sudo().browse(replaces_id)
        if not old.is_current or (course_id and old.course_id.id != course_id):
            raise UserError(
                self.env._("Only the current version of a contact can be corrected.")
            )

    def _retire_corrected(self):
        """Mark the version that this one corrects as no longer current."""
        old = self.replaces_id
        if not old:
            return
        self._check_correctable(old.id, self.course_id.id)
        # Superuser: the only change a version ever sees.
        old.sudo().write(RETIRED)

    def write(self, vals):
        if not self.env.su or vals != RETIRED:
            raise UserError(
                self.env._("A logged contact is never overwritten. Use “Correct”.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("A logged contact is kept. Use “Correct”."))

    def _check_course_open(self):
        return super(
            SekpContact, self.filtered(lambda contact: not contact.replaces_id)
        )._check_course_open()

    def _hold_course(self):
        """A contact is told on the course itself: PostgreSQL refuses who is second."""

    def action_correct(self):
        """Open a new version, filled with what this one says."""
        self.ensure_one()
        self.check_access("read")
        if emergency := self._in_emergency():
            raise emergency._emergency_error()
        # The dialog tells what the contact says.
        self._log_read("open")
        if not self.is_current:
            raise UserError(
                self.env._("Only the current version of a contact can be corrected.")
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Correct"),
            "res_model": self._name,
            "view_mode": "form",
            "views": self._dialog_views(),
            "target": "new",
            "context": {
                "default_course_id": self.course_id.id,
                "default_replaces_id": self.id,
                "default_appointment_id": self.appointment_id.id,
                "default_outcome": self.outcome,
                "default_form_id": self.form_id.id,
                "default_started_at": fields.Datetime.to_string(self.started_at),
                "default_minutes": self.minutes,
                "default_function_ids": self.function_ids.ids,
                "default_note": self.note,
                "default_next_step": self.next_step,
                "default_next_step_on": fields.Date.to_string(self.next_step_on),
                "default_hours_reason": self.hours_reason,
                "default_told_of_referral": self.told_of_referral,
            },
        }

    @api.model
    def _dialog_views(self):
        """Return the views of the screen with big choices that closes when saved."""
        return [
            (self.env.ref("sekp_outreach.sekp_contact_view_form_dialog").id, "form")
        ]

    def action_save_and_close(self):
        """Close the dialog: the client saved the record before calling."""
        self.check_access("read")
        if self.replaces_id:
            # The corrected version may still be on the screen: show the course anew.
            return {**self.course_id._action_open(), "target": "main"}
        return {"type": "ir.actions.act_window_close"}

    # --- the citizen's own print ----------------------------------------------------
    @api.model
    def _citizen_print_heading(self):
        return self.env._("When We Met or Tried To")

    def _citizen_print_title(self):
        if self.outcome == "met":
            title = self.env._("We met")
        elif self.outcome == "seen":
            title = self.env._("We saw you")
        else:
            title = self.env._("We tried")
        if self.is_current:
            return title
        return self.env._("%(title)s (corrected later)", title=title)
