from datetime import timedelta

from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..tools.reference_code import tidy_code
from .sekp_standard import REGISTRATION_MODES

HOWS = [("oral", "Orally"), ("written", "In writing"), ("phone", "By phone")]
ABOUTS = [
    ("processing", "Case processing"),
    ("conduct", "Conduct of staff"),
    ("service", "The service"),
    ("decision", "A decision"),
    ("confidentiality", "Confidentiality"),
    ("other", "Other"),
]
ROUTES = [
    ("head", "Department head"),
    ("adviser", "Citizens' adviser"),
    ("appeal", "Appeal"),
    ("other", "Other authority"),
]
# Where the municipality has no standard in force.
ANSWER_DAYS = 28


class SekpComplaint(models.Model):
    """A complaint, kept from those it is about (R137, R138).

    All complaint handlers of the municipality read it but the ones complained of, and
    nobody else: neither the team, nor its supervisor, nor whoever passed it on. It
    leads to no course; the code that somebody mentioned is a word like another.
    """

    _name = "sekp.complaint"
    _inherit = ["sekp.confidential.mixin"]
    _description = "Complaint"
    _order = "received_on desc, id desc"
    _check_company_auto = True

    _sekp_person_fields = {"text": "alias", "answer": "alias"}
    _sekp_retention_class = "complaint"
    _sekp_retention_end = "answered_on"
    _sekp_act_fields = frozenset(
        {"standard_id", "state", "forwarded_on", "answered_on", "due"}
    )

    standard_id = fields.Many2one(
        comodel_name="sekp.standard",
        string="Quality Standard",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        help="The version in force on the day of receipt.",
    )
    registration_mode = fields.Selection(
        REGISTRATION_MODES, compute="_compute_registration_mode"
    )
    state = fields.Selection(
        [
            ("received", "Received"),
            ("forwarded", "Sent on"),
            ("answered", "Answered"),
        ],
        required=True,
        readonly=True,
        default="received",
        copy=False,
        index=True,
        group_expand=True,
    )
    received_on = fields.Date(
        string="Received",
        required=True,
        default=lambda self: self.env.company._sekp_today(),
    )
    received_how = fields.Selection(HOWS, string="How", required=True, default="oral")
    about = fields.Selection(
        ABOUTS, string="About What", required=True, default="processing"
    )
    subject_user_ids = fields.Many2many(
        comodel_name="res.users",
        relation="sekp_complaint_subject_rel",
        column1="complaint_id",
        column2="user_id",
        string="About Whom",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="The colleagues complained of. They never see the complaint.",
    )
    team_id = fields.Many2one(
        comodel_name="sekp.team", index="btree_not_null", check_company=True
    )
    course_reference = fields.Char(
        string="Code Mentioned",
        help="A code the one who complains mentioned. It leads nowhere.",
    )
    text = fields.Text(
        string="Complaint", help="What the complaint says, as it was given."
    )
    route = fields.Selection(ROUTES, string="Way", required=True, default="head")
    route_text = fields.Html(
        string="Tell the Citizen This", compute="_compute_route_text"
    )
    due = fields.Date(
        string="To Be Answered by",
        compute="_compute_due",
        store=True,
        precompute=True,
        index="btree_not_null",
    )
    forwarded_on = fields.Date(string="Sent On the", readonly=True, copy=False)
    answered_on = fields.Date(readonly=True, copy=False)
    answer = fields.Text(help="What was answered, in short.")
    history_ids = fields.One2many(
        comodel_name="sekp.history", inverse_name="complaint_id", string="Changes"
    )

    _reference_unique = models.UniqueIndex("(reference)", "This code is taken.")
    _board = models.Index("(company_id, state, due)")

    # --- computes -----------------------------------------------------------------
    def _standard_or_current(self):
        return self.standard_id or self.env["sekp.standard"]._in_force(
            self.company_id, self.company_id._sekp_today()
        )

    @api.depends("standard_id", "company_id")
    def _compute_registration_mode(self):
        for complaint in self:
            standard = complaint._standard_or_current()
            complaint.registration_mode = standard.registration_mode

    @api.depends("received_on", "standard_id")
    def _compute_due(self):
        for complaint in self:
            standard = complaint.standard_id
            days = standard.complaint_days if standard else ANSWER_DAYS
            complaint.due = complaint.received_on and (
                complaint.received_on + timedelta(days=days)
            )

    @api.depends("company_id", "about", "route")
    @api.depends_context("lang")
    def _compute_route_text(self):
        for complaint in self:
            complaint.route_text = complaint._guidance(
                complaint.company_id,
                complaint.about == "decision" or complaint.route == "appeal",
            )

    @api.model
    def _guidance(self, company, is_decision):
        """Return what a citizen is told of how to complain, as HTML.

        :param bool is_decision: whether the complaint is over a decision
        """
        standard = self.env["sekp.standard"]._in_force(company, company._sekp_today())
        sections = standard.section_ids.filtered(
            lambda section: section.kind == "complaint"
        )
        blocks = []
        if standard.complaint_block and sections:
            blocks += sections.mapped("body")
        else:
            text = self.env._(
                "You can complain orally or in writing to the head of the department. "
                "If the municipality has a citizens' adviser, that one can advise you."
            )
            blocks.append(Markup("<p>%s</p>") % text)
        if is_decision:
            text = self.env._(
                "You can complain over a decision within four weeks of receiving it, "
                "orally or in writing, to the municipality. It looks at the matter "
                "again and sends your complaint to the Board of Appeal "
                "(Ankestyrelsen) if it stands by its decision."
            )
            blocks.append(Markup("<p>%s</p>") % text)
        return Markup().join(blocks)

    # --- the gate -----------------------------------------------------------------
    def _history_parent(self):
        return {"complaint_id": self.id}

    def _registration_standard(self):
        return self.standard_id

    def _log_team(self):
        # A supervisor who reads the team's log must not learn of the complaint.
        return SQL("NULL::integer")

    def _handlers(self):
        """Return who may handle these complaints: handlers who may open them all."""
        group = self.env.ref("sekp_outreach.group_complaint_handler")
        # Superuser: who has the role is not everybody's to read.
        users = (
            self.env["res.users"]
            .sudo()
            .search(
                [
                    ("all_group_ids", "in", group.ids),
                    ("company_ids", "in", self.sudo().company_id.ids),
                ],
                order="id",
            )
        )
        # Superuser: whoever passes it on does not read whom it is about.
        return users - self.sudo().subject_user_ids

    def _obligation_owner(self):
        """Return who answers it already, or the handler with the fewest to answer."""
        self.ensure_one()
        handlers = self._handlers()
        kind = self.env.ref("sekp_outreach.activity_complaint")
        activities = self._with_obligations().activity_ids
        own = activities.filtered(lambda act: act.activity_type_id == kind)
        if own.user_id & handlers:
            return (own.user_id & handlers)[:1]
        # Superuser: counts what lies with colleagues.
        waiting = dict(
            self.env["mail.activity"]
            .sudo()
            ._read_group(
                [
                    ("activity_type_id", "=", kind.id),
                    ("user_id", "in", handlers.ids),
                ],
                ["user_id"],
                ["__count"],
            )
        )
        return handlers.sorted(lambda user: (waiting.get(user, 0), user.id))[:1]

    def _next_owner(self, leaving, day, supervised=False):
        # Neither the team nor its supervisor answers for a complaint.
        return (self._handlers() - leaving)[:1]

    def _check_handled(self):
        """Refuse a complaint that nobody could open.

        :raises UserError: telling what to do
        """
        if any(not complaint._handlers() for complaint in self):
            raise UserError(
                self.env._(
                    "Nobody would be left to handle it. Let the administrator give the "
                    "role Complaint Handler to somebody who is not complained of; tell "
                    "it by word of mouth meanwhile."
                )
            )

    @api.constrains("subject_user_ids", "company_id")
    def _check_subjects(self):
        for complaint in self:
            # Superuser: reads where the colleagues work, nothing else of them.
            people = complaint.sudo().subject_user_ids
            if any(
                user.share or complaint.company_id not in user.company_ids
                for user in people
            ):
                raise ValidationError(
                    self.env._("Choose colleagues of the municipality.")
                )

    # --- create and write ---------------------------------------------------------
    def _prepare_create(self, vals):
        given = {**self._given_defaults(), **vals}
        company = self.env["res.company"].browse(
            given.get("company_id") or self.env.company.id
        )
        if not self.env.su and self.env.uid in self._given_subjects(given):
            raise UserError(
                self.env._(
                    "A complaint about yourself is not yours to handle. Choose “Pass "
                    "On a Complaint” instead."
                )
            )
        day = self._check_day(given.get("received_on"), company)
        standard = self.env["sekp.standard"]._in_force(company, day)
        vals.update(
            company_id=company.id,
            received_on=day,
            standard_id=standard.id,
            course_reference=self._tidy_reference(given.get("course_reference")),
        )
        return super()._prepare_create(vals)

    @api.model
    def _given_subjects(self, vals):
        """Return the ids that values put among those complained of."""
        given = {"subject_user_ids": vals.get("subject_user_ids") or []}
        return set(self.new(given).subject_user_ids._origin.ids)

    @api.model
    def _check_day(self, day, company):
        """Return the day of receipt, today by default.

        :raises ValidationError: for a day to come
        """
        today = company._sekp_today()
        day = fields.Date.to_date(day or today)
        if day > today:
            raise ValidationError(
                self.env._("A complaint cannot be received in the future.")
            )
        return day

    @api.model
    def _tidy_reference(self, text):
        """Return a code as codes are written.

        :raises ValidationError: for anything that has not the shape of a code
        """
        if not text:
            return False
        code = tidy_code(text if isinstance(text, str) else "")
        if not code:
            raise ValidationError(
                self.env._(
                    "“Code Mentioned” takes a code such as rumo-lita-47 and nothing "
                    "else. Leave it empty when none was mentioned."
                )
            )
        return code

    @api.model_create_multi
    def create(self, vals_list):
        complaints = super().create(vals_list)
        complaints._check_handled()
        for complaint in complaints:
            complaint._set_obligation("activity_complaint", complaint.due)
        return complaints

    def write(self, vals):
        vals = dict(vals)
        if "received_on" in vals:
            for complaint in self:
                vals["received_on"] = self._check_day(
                    vals["received_on"], complaint.company_id
                )
        if "course_reference" in vals:
            vals["course_reference"] = self._tidy_reference(vals["course_reference"])
        result = super().write(vals)
        if "subject_user_ids" in vals:
            # Superuser: who has just become one complained of may not see it any more.
            self.sudo()._check_handled()
            self._hand_on_own()
        if "received_on" in vals:
            for complaint in self.sudo().filtered(lambda c: c.state != "answered"):
                complaint._set_obligation("activity_complaint", complaint.due)
        return result

    # --- acts ---------------------------------------------------------------------
    def _check_state(self, *states):
        for complaint in self:
            if complaint.state not in states:
                raise UserError(
                    self.env._(
                        "This is already done: the complaint is “%(state)s”.",
                        state=dict(
                            self._fields["state"]._description_selection(self.env)
                        )[complaint.state],
                    )
                )

    def _advance(self, vals):
        # Superuser: states are closed to direct writing; the act has been checked.
        self.sudo().write(vals)

    def action_forward(self):
        """Record that the complaint was sent on the way that was chosen."""
        self._take_for_change()
        self._check_state("received")
        for complaint in self:
            today = complaint.company_id._sekp_today()
            complaint._advance({"state": "forwarded", "forwarded_on": today})

    def action_answer(self):
        """Record that the one who complained was answered."""
        self._take_for_change()
        self._check_state("received", "forwarded")
        for complaint in self:
            if complaint.registration_mode != "none" and not complaint.answer:
                raise UserError(
                    self.env._(
                        "Write in short what was answered, and then press again."
                    )
                )
            today = complaint.company_id._sekp_today()
            complaint._advance({"state": "answered", "answered_on": today})
            complaint._meet_obligation("activity_complaint")

    def action_reopen(self):
        """Take an answered complaint up again."""
        self._take_for_change()
        self._check_state("answered")
        for complaint in self:
            complaint._advance({"state": "received", "answered_on": False})
            complaint._set_obligation("activity_complaint", complaint.due)

    def action_concerns_me(self):
        """Leave the complaint to the other handlers: it is about oneself."""
        self._take_for_change()
        # Superuser: who is complained of may not see the complaint any more.
        self.sudo().write({"subject_user_ids": [Command.link(self.env.uid)]})
        return {
            **self.env["ir.actions.actions"]._for_xml_id(
                "sekp_outreach.sekp_complaint_action"
            ),
            "target": "main",
        }
