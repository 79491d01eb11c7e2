from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools.ranges import last_whole_month
from .sekp_course import CLOSING_OUTCOMES
from .sekp_referral import OUTCOMES, OUTSIDE

UNITS = [("months", "Months"), ("days", "Days")]
ACCESS_LOG = "access_log"
# What a rule says; settled once it was in force.
TERMS = frozenset(
    {
        "company_id", "record_class", "closing_outcome", "referral_outcome",
        "from_outside", "keep_amount", "keep_unit", "wait_while_open", "note",
    }
)  # fmt: skip
# What acts and the nightly job write, and nobody by hand.
BY_ACTS = ("state", "carried_out_on", "is_something_left")
LONGEST = 1200


class SekpRetentionRule(models.Model):
    """How long a municipality keeps records of one class after they ended.

    No rule comes with the system: public records are destroyed under the rules of the
    Danish National Archives, and which these are the municipality decides. What no
    rule is in force for is never erased.
    """

    _name = "sekp.retention.rule"
    _description = "Retention Rule"
    _inherit = ["mail.thread"]
    _order = "company_id, record_class, closing_outcome, referral_outcome, id desc"

    company_id = fields.Many2one(
        comodel_name="res.company",
        string="Municipality",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    record_class = fields.Selection(
        selection="_record_classes",
        string="What It Is For",
        required=True,
        tracking=True,
    )
    closing_outcome = fields.Selection(
        CLOSING_OUTCOMES,
        string="Closed as",
        tracking=True,
        help="Only courses that were closed so; empty for all that have no rule of "
        "their own.",
    )
    referral_outcome = fields.Selection(
        [outcome for outcome in OUTCOMES if outcome[0] != "accept"],
        string="Closed with",
        tracking=True,
        help="Only referrals that were closed so; empty for all that have no rule of "
        "their own.",
    )
    from_outside = fields.Boolean(
        string="Only from Outside",
        tracking=True,
        help="Only referrals that came by the public page, by e-mail or from another "
        "system. For these such a rule goes before one for all referrals.",
    )
    keep_amount = fields.Integer(
        string="Keep for", tracking=True, help="Counted from the day it ended."
    )
    keep_unit = fields.Selection(
        UNITS, string="Unit", required=True, default="months", tracking=True
    )
    wait_while_open = fields.Boolean(
        string="Wait for Later Courses",
        default=True,
        tracking=True,
        help="A course stays as long as the person has an open one.",
    )
    note = fields.Char(
        string="Legal Basis", tracking=True, help="Where it stands that this may go."
    )
    state = fields.Selection(
        [("draft", "Draft"), ("in_force", "In force"), ("ended", "Ended")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
    )

    _one_in_force = models.UniqueIndex(
        "(company_id, record_class, COALESCE(closing_outcome, ''), "
        "COALESCE(referral_outcome, ''), COALESCE(from_outside, FALSE)) "
        "WHERE state = 'in_force'",
        "Another rule is in force for the same records.",
    )
    _not_backwards = models.Constraint(
        f"CHECK (keep_amount >= 0 AND keep_amount <= {LONGEST})",
        f"A period lies between 0 and {LONGEST}.",
    )

    @api.depends("record_class", "closing_outcome", "referral_outcome", "from_outside")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for rule in self:
            rule.display_name = ", ".join(filter(None, rule._labels())) or (
                self.env._("New")
            )

    # --- classes of records -------------------------------------------------------
    @api.model
    def _record_classes(self):
        """Return the classes for which there are records in this system."""
        known = {ACCESS_LOG, *self._models_by_class()}
        return [item for item in self._class_labels().items() if item[0] in known]

    @api.model
    def _class_labels(self):
        return dict(
            course=self.env._("Courses, with all their parts"),
            referral=self.env._("Referrals without a course"),
            child_notification=self.env._("Notifications about a child"),
            access_request=self.env._("Requests for access"),
            complaint=self.env._("Complaints"),
            access_log=self.env._("Access log"),
        )

    @api.model
    def _models_by_class(self):
        """Return the models that belong to a class of records, by its key.

        A model joins by its ``_sekp_retention_class``.
        """
        kind = self.pool["sekp.retention.mixin"]
        return {
            model._sekp_retention_class: name
            for name, model in self.pool.items()
            if issubclass(model, kind)
            and not model._abstract
            and model._sekp_retention_class
        }

    def _model(self):
        """Return the model of the rule's class; none for the access log."""
        name = self._models_by_class().get(self.record_class)
        return self.env[name] if name else None

    def _labels(self):
        """Return what the rule is for, in the reader's words."""
        labels = [
            dict(self._fields[name]._description_selection(self.env)).get(self[name])
            for name in ("record_class", "closing_outcome", "referral_outcome")
        ]
        if self.from_outside:
            labels.append(self.env._("only from outside"))
        return labels

    def _said(self):
        """Return what the rule says, as a certificate keeps it."""
        self.ensure_one()
        period = self._period_in_words()
        return "; ".join(filter(None, [self.display_name, period, self.note]))

    def _said_of_class(self):
        """Return what the rule says, without the class of records it is for."""
        of_class = ", ".join(filter(None, self._labels()[1:]))
        period = self._period_in_words()
        return "; ".join(filter(None, [of_class, period, self.note]))

    # --- writing ------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not self.env.su:
                # Said, or a client's context would say it.
                vals |= {**dict.fromkeys(BY_ACTS, False), "state": "draft"}
            self._check_terms(vals)
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            if not vals.keys().isdisjoint(BY_ACTS):
                raise UserError(
                    self.env._("This is changed with the buttons of the record only.")
                )
            if TERMS & set(vals) and any(rule.state != "draft" for rule in self):
                raise UserError(
                    self.env._(
                        "A rule that is or was in force is not changed. Duplicate it, "
                        "and look at what would go before the new one is put in force."
                    )
                )
        self._check_terms(vals)
        return super().write(vals)

    def _check_terms(self, vals):
        """Refuse an impossible period and a CPR number before they reach SQL.

        :raises ValidationError: naming the field
        """
        label = self._fields["note"]._description_string(self.env)
        self.env["sekp.confidential.mixin"]._check_text(label, vals.get("note"))
        amount = vals.get("keep_amount") or 0
        if not isinstance(amount, int) or not 0 <= amount <= LONGEST:
            raise ValidationError(
                self.env._("A period lies between 0 and %(longest)s.", longest=LONGEST)
            )

    def unlink(self):
        # Not by @api.ondelete: a client's context can switch that off.
        self._refuse_in_force()
        return super().unlink()

    def _refuse_in_force(self):
        if any(rule.state != "draft" for rule in self):
            raise UserError(
                self.env._("A rule that is or was in force is kept. End it instead.")
            )

    @api.constrains(
        "record_class", "closing_outcome", "referral_outcome", "from_outside"
    )
    def _check_outcome(self):
        for rule in self:
            of_referrals = rule.referral_outcome or rule.from_outside
            if (rule.closing_outcome and rule.record_class != "course") or (
                of_referrals and rule.record_class != "referral"
            ):
                raise ValidationError(
                    self.env._("This outcome belongs to another class of records.")
                )

    @api.constrains("record_class", "keep_amount")
    def _check_period(self):
        for rule in self:
            if rule.record_class == ACCESS_LOG and not rule.keep_amount:
                raise ValidationError(
                    self.env._("The access log is kept for a day at least.")
                )

    # --- acts ---------------------------------------------------------------------
    def action_preview(self):
        """Show what goes under the rules in force, and under this one."""
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What Will Go"),
            "res_model": "sekp.retention.preview",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_rule_id": self[:1].id,
                "dialog_size": "extra-large",
            },
        }

    def _put_in_force(self):
        """Let the rule count from now on; one for the same records ends."""
        self.ensure_one()
        self.check_access("write")
        if self.state != "draft":
            raise UserError(self.env._("Only a draft is put in force."))
        if not self.keep_amount:
            raise UserError(self.env._("Say first for how long the records are kept."))
        # Superuser: the state is set by the act only, which has been checked.
        rule = self.sudo()
        (self._in_force(self.company_id) - rule)._of_same_records(rule).write(
            {"state": "ended"}
        )
        rule.write({"state": "in_force"})
        # What is erased cannot be asked any more: who oversees is told beforehand.
        self.env["sekp.access.log"]._record(
            "rule_in_force", rule, company_id=rule.company_id.id
        )
        rule.company_id._sekp_auditors()._sekp_notice()

    def action_end(self):
        """End the rule: what it was for is kept."""
        self.check_access("write")
        if any(rule.state != "in_force" for rule in self):
            raise UserError(self.env._("The rule is not in force."))
        # Superuser: the state is set by the act only, which has been checked.
        self.sudo().write({"state": "ended"})

    # --- what a rule takes --------------------------------------------------------
    @api.model
    def _in_force(self, companies=None, record_class=None):
        """Return the rules in force, of some municipalities or of all."""
        domain = Domain("state", "=", "in_force")
        if companies is not None:
            domain &= Domain("company_id", "in", companies.ids)
        if record_class:
            domain &= Domain("record_class", "=", record_class)
        # Superuser: the rules hold for everybody's records.
        return self.sudo().search(domain)

    def _of_same_records(self, other):
        """Return those of the rules that are for the same records as another."""
        return self.filtered(
            lambda rule: all(
                rule[name] == other[name]
                for name in (
                    "company_id",
                    "record_class",
                    "closing_outcome",
                    "referral_outcome",
                    "from_outside",
                )
            )
        )

    def _for_all(self):
        """Tell whether the rule is for all records of its class that have no other."""
        return not (self._outcome() or self.from_outside)

    def _outcome(self):
        return self.closing_outcome or self.referral_outcome

    def _latest_end(self, ahead=0, whole_months=False):
        """Return the last day on which what goes today may have ended.

        :param int ahead: days from today on which it is asked
        :param bool whole_months: the last day of the last whole month before
        """
        day = self.company_id._sekp_today() + relativedelta(days=ahead)
        day -= relativedelta(**{self.keep_unit: self.keep_amount})
        return last_whole_month(day) if whole_months else day

    def _scope(self, rules):
        """Return the domain of the ended records for which this rule counts.

        :param rules: all rules that count: one for what came from outside goes before
            one for all, and among these one with an outcome before one without
        """
        self.ensure_one()
        Model = self._model()
        domain = Model._sekp_retention_domain() & Domain(
            "company_id", "=", self.company_id.id
        )
        others = rules.filtered(
            lambda rule: (
                rule.company_id == self.company_id
                and rule.record_class == self.record_class
            )
        )
        if self.from_outside:
            domain &= Domain("channel", "in", OUTSIDE)
        else:
            for rule in others.filtered("from_outside"):
                domain &= ~(Domain("channel", "in", OUTSIDE) & rule._of_outcome())
        if self._outcome():
            return domain & self._of_outcome()
        for rule in others:
            if rule._outcome() and rule.from_outside == self.from_outside:
                domain &= ~rule._of_outcome()
        return domain

    def _of_outcome(self):
        """Return the domain of what ended as the rule says; of all without a word."""
        name = self._model()._sekp_retention_outcome
        outcome = self._outcome()
        return Domain(name, "=", outcome) if outcome else Domain.TRUE

    def _due(self, rules, ahead=0, whole_months=False):
        """Return the domain of what goes by this rule, held back or not.

        :param rules: all rules that count, as in :meth:`_scope`
        :param int ahead: days from today on which it is asked
        :param bool whole_months: only what ended in whole months
        """
        Model = self._model()
        domain = self._scope(rules) & Domain(
            Model._sekp_retention_end, "<=", self._latest_end(ahead, whole_months)
        )
        if self.wait_while_open:
            domain &= Model._sekp_waiting_over()
        return domain
