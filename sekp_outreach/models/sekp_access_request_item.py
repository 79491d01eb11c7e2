from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

GROUNDS = [
    ("others", "Concern for others"),
    ("ongoing", "An ongoing case"),
    ("self", "It would seriously harm the person"),
    ("referrer", "Who made the referral"),
    ("other", "Another reason"),
]


class SekpAccessRequestItem(models.Model):
    """One thing that is kept of the citizen, and whether it is withheld and why.

    It points to a record and holds nothing of what that record says.
    """

    _name = "sekp.access.request.item"
    _inherit = ["sekp.citizen.child.mixin"]
    _description = "Item of a Request for Access"
    _order = "request_id, id"
    _sekp_lasting = frozenset({"reference", "record_model", "field_name"})
    # Who decided and when is kept with the item.
    _sekp_history = False

    _sekp_person_fields = {"reason": "alias"}
    _sekp_act_fields = frozenset({"decided_by_id", "decided_on", "team_id"})

    request_id = fields.Many2one(
        comodel_name="sekp.access.request",
        required=True,
        index=True,
        readonly=True,
        ondelete="cascade",
    )
    citizen_id = fields.Many2one(
        related="request_id.citizen_id",
        related_sudo=False,
        store=True,
        precompute=True,
        required=False,
    )
    record_model = fields.Char(required=True, readonly=True)
    record_id = fields.Integer(required=True, readonly=True, aggregator=None)
    field_name = fields.Char(readonly=True, help="Empty for the whole record.")
    label = fields.Char(string="What", compute="_compute_label")
    withheld = fields.Boolean()
    ground = fields.Selection(
        GROUNDS, help="Told to the person, so that the person can complain."
    )
    reason = fields.Char(
        string="Our Reason", help="Kept for a complaint; never printed."
    )
    registration_mode = fields.Selection(
        related="citizen_id.registration_mode", related_sudo=False
    )
    decided_by_id = fields.Many2one(comodel_name="res.users", readonly=True)
    decided_on = fields.Date(readonly=True)

    _once = models.UniqueIndex(
        "(request_id, record_model, record_id, COALESCE(field_name, ''))",
        "This is already in the list.",
    )
    _withheld_on_a_ground = models.Constraint(
        "CHECK (NOT COALESCE(withheld, FALSE) OR ground IS NOT NULL)",
        "What is withheld needs a ground.",
    )

    @api.depends("record_model", "record_id", "field_name")
    @api.depends_context("lang", "uid")
    def _compute_label(self):
        """Name what is kept, in the reader's language; never what it says."""
        readable = {}
        for name in {name for name in self.mapped("record_model") if name in self.env}:
            ids = [item.record_id for item in self if item.record_model == name]
            records = self.env[name].browse(ids).exists()
            readable[name] = set(records._filtered_access("read").ids)
        for item in self:
            if item.record_id not in readable.get(item.record_model, ()):
                item.label = self.env._("Something you may not open yourself")
                continue
            record = self.env[item.record_model].browse(item.record_id)
            parts = [
                record._citizen_print_heading(),
                record._citizen_print_name(),
                record._citizen_print_label(item.field_name)
                if item.field_name
                else self.env._("the whole"),
            ]
            item.label = " · ".join(filter(None, parts))

    def _by_place(self):
        """Return the items by what they point to."""
        return {
            (item.record_model, item.record_id, item.field_name or ""): item
            for item in self
        }

    def _without_record(self):
        """Return the items whose record is no longer there."""
        gone = self.browse()
        for name in set(self.mapped("record_model")):
            items = self.filtered(lambda item, name=name: item.record_model == name)
            if name in self.env:
                there = self.env[name].browse(items.mapped("record_id")).exists()
                items = items.filtered(
                    lambda item, ids=frozenset(there.ids): item.record_id not in ids
                )
            gone |= items
        return gone

    # --- house rules ----------------------------------------------------------------
    def _prepare_create(self, vals):
        vals.pop("citizen_id", None)
        self._check_ground(vals.get("withheld"), vals.get("ground"))
        return super()._prepare_create(vals)

    def _standard_of(self, vals):
        # Superuser: the bound on what may be stored holds for every writer.
        request = self.env["sekp.access.request"].sudo().browse(vals.get("request_id"))
        return request.citizen_id.standard_id

    def write(self, vals):
        if not self.env.su:
            self._refuse_acts(
                vals,
                also=frozenset(
                    {"request_id", "citizen_id", "record_model", "record_id",
                     "field_name"}
                ),
            )  # fmt: skip
            if any(item.request_id.state == "answered" for item in self):
                raise UserError(
                    self.env._("An answered request is not changed. Make a new one.")
                )
        for item in self:
            self._check_ground(
                vals.get("withheld", item.withheld), vals.get("ground", item.ground)
            )
        result = super().write(vals)
        if {"withheld", "ground"} & set(vals):
            for item in self:
                # Superuser: who decided is set with the decision, never by hand.
                super(SekpAccessRequestItem, item.sudo()).write(
                    {
                        "decided_by_id": self.env.uid,
                        "decided_on": item.company_id._sekp_today(),
                    }
                )
        return result

    def action_decide(self):
        """Open the dialog in which it is decided whether this is withheld."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Withhold?"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_save_and_close(self):
        """Show the request anew: the client saved the decision before calling."""
        self.ensure_one()
        self.check_access("read")
        return {**self.request_id._action_open(), "target": "main"}

    def _check_ground(self, withheld, ground):
        """Refuse to withhold without a ground, before SQL.

        :raises ValidationError: naming no content
        """
        if withheld and not ground:
            raise ValidationError(
                self.env._("Choose a ground for what is withheld: the person is told.")
            )
