from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..models.sekp_complaint import ABOUTS, HOWS
from ..models.sekp_standard import REGISTRATION_MODES

TWICE = timedelta(minutes=10)
# Goes to the complaint and is no column here.
HANDED_ON = ("received_on", "received_how", "about", "text", "course_reference")


class SekpPassOnComplaint(models.TransientModel):
    """Passes a complaint on to those who handle it, and keeps nothing of it.

    It is passed on when the dialog is saved. Whoever passed it on cannot read it
    afterwards, also when it is about that very colleague.
    """

    _name = "sekp.pass.on.complaint"
    _inherit = ["sekp.dialog.mixin"]
    _description = "Pass On a Complaint"

    company_id = fields.Many2one(
        comodel_name="res.company",
        string="Municipality",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    received_on = fields.Date(
        string="Received",
        store=False,
        default=lambda self: self.env.company._sekp_today(),
    )
    received_how = fields.Selection(HOWS, string="How", store=False, default="oral")
    about = fields.Selection(ABOUTS, string="About What", store=False)
    subject_user_ids = fields.Many2many(
        comodel_name="res.users",
        string="About Whom",
        store=False,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="The colleagues complained of. They never see the complaint.",
    )
    course_reference = fields.Char(
        string="Code Mentioned",
        store=False,
        help="A code the one who complains mentioned. It leads nowhere.",
    )
    text = fields.Text(
        string="Complaint",
        store=False,
        help="What the complaint says, as it was given.",
    )
    registration_mode = fields.Selection(
        REGISTRATION_MODES, compute="_compute_registration_mode"
    )
    route_text = fields.Html(
        string="Tell the Citizen This", compute="_compute_route_text"
    )

    @api.depends("company_id")
    def _compute_registration_mode(self):
        for dialog in self:
            dialog.registration_mode = dialog._standard().registration_mode

    def _standard(self):
        # Superuser: receivers have no other business with quality standards.
        return (
            self.env["sekp.standard"]
            .sudo()
            ._in_force(self.company_id, self.company_id._sekp_today())
        )

    @api.depends("company_id", "about")
    @api.depends_context("lang")
    def _compute_route_text(self):
        # Superuser: as above; what the standard prints of complaints is public.
        guidance = self.env["sekp.complaint"].sudo()._guidance
        for dialog in self:
            dialog.route_text = guidance(dialog.company_id, dialog.about == "decision")

    @api.model_create_multi
    def create(self, vals_list):
        given = [{**self._given_defaults(), **vals} for vals in vals_list]
        company = self.env.company.id
        dialogs = super().create(
            [
                {"company_id": (self.env.su and vals.get("company_id")) or company}
                for vals in given
            ]
        )
        for dialog, vals in zip(dialogs, given, strict=True):
            dialog._pass_on(vals)
        return dialogs

    def _pass_on(self, vals):
        """Register the complaint that was given.

        :param dict vals: what the caller gave, with the defaults of its context
        :raises UserError: for what the user has just passed on
        """
        self._check_texts(vals)
        defaults = self.default_get([*HANDED_ON, "subject_user_ids"])
        vals = {**defaults, **vals}
        if not vals.get("about"):
            raise UserError(self.env._("Say what the complaint is about."))
        # Superuser: whoever passes a complaint on may not handle it. What is given is
        # checked as in every complaint.
        context = self.env.context.items()
        context = {k: v for k, v in context if not k.startswith("default_")}
        Complaint = self.env(context=context)["sekp.complaint"].sudo()
        subjects = Complaint._given_subjects(vals)
        new = {name: vals.get(name) or False for name in HANDED_ON}
        new["company_id"] = self.company_id.id
        if not self.env.su and self._has_just_come(new, subjects):
            raise UserError(self.env._("You have just passed this complaint on."))
        complaint = Complaint.create(
            {**new, "subject_user_ids": [Command.set(list(subjects))]}
        )
        complaint.activity_ids.user_id._sekp_notice()

    def _has_just_come(self, vals, subjects):
        """Tell whether the user passed the same on a moment ago, by a second tap."""
        # Superuser: compares with what the user may not read, and tells only of a
        # complaint that the user gave word for word.
        earlier = (
            self.env["sekp.complaint"]
            .sudo()
            .search(
                [
                    ("create_uid", "=", self.env.uid),
                    ("create_date", ">", self.env.cr.now() - TWICE),
                    *(
                        (name, "=", vals[name])
                        for name in ("received_how", "about", "text")
                    ),
                ]
            )
        )
        return any(set(one.subject_user_ids.ids) == subjects for one in earlier)

    def action_done(self):
        """Close the dialog and say that the complaint went its way."""
        self.check_access("read")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "The complaint went to those who handle it. You cannot see it."
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
