from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS

from ..models.sekp_access_log import LOOK_UP_PURPOSES
from ..tools.number import kind_of

LOOK_UPS_EACH_HOUR = 10


class SekpLookUp(models.TransientModel):
    """Asks whether a person is known here already, by an exact number (C4).

    Who may open the person is led there. Everybody else is told that somebody may
    know the person, and nothing more; that colleague gets word and decides.
    """

    _name = "sekp.look.up"
    _description = "Known Already?"
    _inherit = ["sekp.dialog.mixin"]

    # Never a column, and never given back: it is looked up while it is handed over.
    number = fields.Char(
        string="CPR or Phone Number",
        compute="_compute_number",
        inverse="_inverse_number",
        exportable=False,
    )
    purpose = fields.Selection(LOOK_UP_PURPOSES, string="Why You Ask")
    outcome = fields.Selection(
        [("open", "Open to you"), ("known", "May be known"), ("unknown", "Not known")],
        readonly=True,
    )
    # {model: ids} of what the user may open anyway.
    found = fields.Json(groups=NO_ACCESS)

    def _compute_number(self):
        self.number = False

    def _inverse_number(self):
        asked = [(dialog, dialog.number) for dialog in self if dialog.number]
        if len(asked) > 1:
            raise UserError(self.env._("Look up one number at a time."))
        for dialog, number in asked:
            dialog._look_up(number)
        self.invalidate_recordset(["number"])

    def _check_texts(self, vals):
        # A CPR number has its place here.
        return super()._check_texts(
            {name: vals[name] for name in vals if name != "number"}
        )

    @api.model
    def load(self, fields, data):
        """Refuse an import: numbers are looked up one by one."""
        raise UserError(self.env._("Look up one number at a time."))

    def _look_up(self, number):
        """Look a number up, log that it was done, and keep what may be told.

        :raises UserError: for too many, no reason, or what is no number
        """
        log, Citizen = self.env["sekp.access.log"], self.env["sekp.citizen"]
        if not log._may_try(self._name, ["look_up"], LOOK_UPS_EACH_HOUR):
            log._record_refused(Citizen)
            raise UserError(
                self.env._(
                    "Too many look-ups. Try again in an hour, or ask a supervisor."
                )
            )
        kind = kind_of(number)
        if not kind:
            raise UserError(
                self.env._(
                    "Write a CPR number of ten digits, or a whole phone number; a "
                    "foreign one with + and the number of the country."
                )
            )
        if not self.purpose:
            raise UserError(self.env._("Choose why you ask."))
        # A look-up that is undone afterwards still counts.
        log._record_refused(self.browse(), always=True)
        Lookup = self.env["sekp.identity.lookup"]
        citizens = Citizen.sudo().union(  # Superuser: what is found is checked below.
            *(Lookup._find(kind, number, company) for company in self.env.companies)
        )
        records = self._open_to_user(citizens)
        log._record("look_up", records or Citizen, self.purpose, amount=len(citizens))
        if records:
            outcome = "open"
        else:
            outcome = "known" if citizens else "unknown"
            citizens._colleague_asks()
        found = {records._name: records.ids} if records else False
        # Superuser: the answer is nobody's to write.
        self.sudo().write({"outcome": outcome, "found": found})

    def _open_to_user(self, citizens):
        """Return what of the citizens the user may open, or an empty recordset."""
        citizens = citizens.sudo(False)
        readable = citizens._filtered_access("read")
        if readable or not citizens:
            return readable
        # Superuser: finds the referrals, which are checked for the user.
        referrals = citizens.sudo().course_ids.referral_id.sudo(False)
        return referrals._filtered_access("read")

    def action_look_up(self):
        """Open what was found and may be opened, or tell what may be told.

        :raises UserError: when no number was given
        """
        self.ensure_one()
        self.check_access("read")
        if not self.outcome:
            raise UserError(self.env._("Write the number."))
        if self.outcome != "open":
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Known Already?"),
                "res_model": self._name,
                "res_id": self.id,
                "views": [(False, "form")],
                "target": "new",
            }
        # Superuser: the answer is nobody's to read but by this button.
        found = self.sudo().found or {"sekp.citizen": []}
        ((name, ids),) = found.items()
        records = self.env[name].search([("id", "in", ids)])
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Known Already"),
            "res_model": name,
            "target": "main",
        }
        if len(records) == 1:
            return {**action, "res_id": records.id, "views": [(False, "form")]}
        return {
            **action,
            "domain": [("id", "in", records.ids)],
            "views": [(False, "list"), (False, "form")],
        }
