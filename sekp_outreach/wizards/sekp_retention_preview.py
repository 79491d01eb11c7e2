from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..models.sekp_retention_rule import ACCESS_LOG
from ..tools.ranges import range_of

# The codes that one line names: what a person reads through.
SHOWN = 80
# How many days from today each column looks.
AHEAD = {"now_told": 0, "month_told": 30, "quarter_told": 90}
TOLD = (*AHEAD, "held_told")


class SekpRetentionPreview(models.TransientModel):
    """Shows what goes by the rules, today and soon, before anything does.

    Supervisors see the numbers of their teams, and codes where they may open the
    records. A scheme manager reads figures too, in which small numbers are left out:
    ranges, by whole months, or a draft tried day by day would bring those numbers back.
    """

    _name = "sekp.retention.preview"
    _description = "What Will Go"

    company_id = fields.Many2one(
        comodel_name="res.company",
        string="Municipality",
        readonly=True,
        default=lambda self: self.env.company,
    )
    rule_id = fields.Many2one(
        comodel_name="sekp.retention.rule",
        readonly=True,
        help="A draft is counted as if it were in force.",
    )
    rule_state = fields.Selection(related="rule_id.state", related_sudo=False)
    line_ids = fields.One2many(
        comodel_name="sekp.retention.preview.line",
        inverse_name="preview_id",
        readonly=True,
        default=lambda self: self._default_lines(),
    )
    is_manager = fields.Boolean(string="Scheme Manager", compute="_compute_is_manager")

    @api.depends("company_id")
    def _compute_is_manager(self):
        self.is_manager = self.env.user._sekp_is_manager()

    @api.model
    def _default_lines(self):
        rule = self.env["sekp.retention.rule"].browse(
            self.env.context.get("default_rule_id")
        )
        return [Command.create(vals) for vals in self._lines(rule)]

    @api.model_create_multi
    def create(self, vals_list):
        Rule = self.env["sekp.retention.rule"]
        for vals in vals_list:
            # What a client sends along is not what goes.
            rule_id = vals.get("rule_id", self.env.context.get("default_rule_id"))
            vals["company_id"] = self.env.company.id
            vals["line_ids"] = [
                Command.create(line) for line in self._lines(Rule.browse(rule_id))
            ]
        return super().create(vals_list)

    # --- counting -----------------------------------------------------------------
    @api.model
    def _rules(self, rule):
        """Return the rules that count: those in force, and a draft in its place."""
        Rule = self.env["sekp.retention.rule"]
        rules = Rule._in_force(self.env.company)
        if not rule:
            return rules
        rule.check_access("read")
        rule = rule.sudo()  # Superuser: it is counted beside those in force.
        if rule.company_id != self.env.company:
            raise UserError(self.env._("Choose the municipality of the rule first."))
        if rule.state != "draft":
            return rules
        return rules - rules._of_same_records(rule) | rule

    @api.model
    def _lines(self, rule):
        """Return the values of the lines: one for each rule, and what has none."""
        self.browse().check_access("create")
        rules = self._rules(rule)
        lines = []
        for key, _label in self.env["sekp.retention.rule"]._record_classes():
            own = rules.filtered(lambda rule, key=key: rule.record_class == key)
            count = self._count_days if key == ACCESS_LOG else self._count
            lines += [
                {"record_class": key, "rule_id": rule.id, "told": count(rule, rules)}
                for rule in own
            ]
            if not own.filtered(lambda rule: rule._for_all()):
                lines.append(
                    # Said, or the rule of the context would stand here.
                    {
                        "record_class": key,
                        "rule_id": False,
                        "without_rule": True,
                        "told": {"alone": not own},
                    }
                )
        return lines

    @api.model
    def _is_rough(self):
        """Tell whether numbers are told roughly: to who knows figures, and no code."""
        return self.env.user._sekp_is_manager()

    @api.model
    def _own(self, Model):
        """Return the domain of the records whose number a user is told."""
        if Model._sekp_retention_class == "child_notification":
            # Counted by nobody: numbers by day would tell when one was sent.
            return Domain.FALSE
        if self._is_rough() or self.env.su:
            return Domain.TRUE
        if "team_id" not in Model._fields or not Model.sudo(False).has_access("read"):
            # Of complaints and the like not even the number is a supervisor's.
            return Domain.FALSE
        return Domain("team_id.supervisor_ids", "in", self.env.uid)

    def _count(self, rule, rules):
        # Superuser: numbers only, of the municipality or of one's own teams.
        Model = rule._model().sudo()
        own, held = self._own(Model), Model._sekp_hold_domain()
        if own.is_false():
            return dict.fromkeys(TOLD, self.env._("not counted"))
        rough = self._is_rough()

        def told(domain):
            number = Model.search_count(own & domain)
            return self._roughly(number) if rough else str(number)

        return {
            **{
                name: told(rule._due(rules, ahead, whole_months=rough) & ~held)
                for name, ahead in AHEAD.items()
            },
            "held_told": told(rule._scope(rules) & held),
        }

    @api.model
    def _roughly(self, number):
        """Return a range instead of a number, in words."""
        least, most = range_of(number, self.env.company.sekp_statistic_threshold)
        if not least:
            return self.env._("fewer than %(number)s", number=most + 1)
        return self.env._("%(least)s to %(most)s", least=least, most=most)

    def _count_days(self, rule, rules):
        """Count the sealed days of the access log that are older than the period.

        These are days on which somebody worked, of all municipalities, and no persons.
        """
        # Superuser: days are counted, nothing of them is told.
        seals = self.env["sekp.access.seal"].sudo()
        erased = self.env["sekp.access.erasure"].sudo()._kept_days()

        def told(ahead):
            number = seals.search_count(
                [
                    ("day", "<=", rule._latest_end(ahead)),
                    ("day", "not in", list(erased)),
                    ("count", ">", 0),
                ]
            )
            return str(number)

        return {name: told(ahead) for name, ahead in AHEAD.items()}

    # --- acts ---------------------------------------------------------------------
    def _check_manager(self):
        self.ensure_one()
        self.check_access("write")
        if (
            not self.env.user._sekp_is_manager()
            or self.company_id not in self.env.companies
        ):
            raise AccessError(self.env._("A scheme manager does this."))

    def action_put_in_force(self):
        """Put the draft in force that was looked at."""
        self._check_manager()
        if not self.rule_id:
            raise UserError(self.env._("Open this from a rule."))
        self.rule_id._put_in_force()
        return {"type": "ir.actions.act_window_close"}

    def action_erase(self):
        """Erase what is due by the rules in force; the nightly job takes the rest."""
        self._check_manager()
        self.env["sekp.erasure"]._erase_now(self.company_id)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                # How many went is not told: it would be a number by the day.
                "message": self.env._(
                    "What is due is being erased: all of it, and the files, within "
                    "minutes. The rule says when it was carried out."
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }


class SekpRetentionPreviewLine(models.TransientModel):
    """What goes by one rule, or that there is none."""

    _name = "sekp.retention.preview.line"
    _inherit = ["sekp.dialog.mixin"]
    _description = "What Will Go by a Rule"

    preview_id = fields.Many2one(
        comodel_name="sekp.retention.preview", required=True, ondelete="cascade"
    )
    record_class = fields.Selection(
        selection=lambda self: self.env["sekp.retention.rule"]._record_classes(),
        string="What Goes",
        readonly=True,
    )
    rule_id = fields.Many2one(comodel_name="sekp.retention.rule", readonly=True)
    said = fields.Char(string="What Is Said", compute="_compute_said")
    without_rule = fields.Boolean(string="No Rule", readonly=True)
    told = fields.Json(readonly=True, exportable=False)
    now_told = fields.Char(string="Today", compute="_compute_told")
    month_told = fields.Char(string="Within 30 Days", compute="_compute_told")
    quarter_told = fields.Char(string="Within 90 Days", compute="_compute_told")
    held_told = fields.Char(string="Held Back", compute="_compute_told")
    codes = fields.Char(
        string="Codes of Today", compute="_compute_codes", exportable=False
    )

    @api.depends("rule_id", "without_rule", "told")
    def _compute_said(self):
        for line in self:
            line.said = (
                line.rule_id._said_of_class()
                if line.rule_id
                else self.env._("No rule: everything is kept.")
                if (line.told or {}).get("alone")
                else self.env._("No rule: all others are kept.")
            )

    @api.depends("told")
    def _compute_told(self):
        for line in self:
            told = line.told or {}
            line.update({name: told.get(name, False) for name in TOLD})

    @api.depends("rule_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_codes(self):
        """Name what goes today to those who may open it; to others the numbers."""
        Preview = self.env["sekp.retention.preview"]
        for line in self:
            line.codes = False
            rule = line.rule_id
            Model = rule._model() if rule else None
            if Model is None or not Model.has_access("read"):
                continue
            rules = Preview._rules(line.preview_id.rule_id)
            # Superuser: which are due is the rule's; which are told, the reader's.
            due = Model.sudo().search(
                Preview._own(Model) & rule._due(rules) & ~Model._sekp_hold_domain(),
                limit=SHOWN,
            )
            readable = Model.browse(due.ids)._filtered_access("read")
            line.codes = " ".join(readable.mapped("reference"))
