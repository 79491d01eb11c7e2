from odoo import api, fields, models
from odoo.exceptions import UserError

# A person reads it with the citizen: Danish, wherever it is installed.
LETTER_LANG = "da_DK"
LAST_CONTACTS = 5
# Kinds of information whose values lie in the vault.
FROM_VAULT = ("name", "cpr", "address", "next_of_kin")


class SekpHandoverLetter(models.Model):
    """What the receiver of a handover gets, apart from the envelope.

    It lies in a record of its own so that the receiver of what is only sent cannot
    read it by any way. What it names besides the text is never copied: it is looked up
    when it is read, as far as the consent goes at that moment.
    """

    _name = "sekp.handover.letter"
    _inherit = ["sekp.course.child.mixin"]
    _description = "What the Receiver Gets"
    _order = "id desc"

    _sekp_person_fields = {"summary": "alias"}
    _sekp_print_fields = ("summary", "information_ids")

    handover_id = fields.Many2one(
        comodel_name="sekp.handover", required=True, index=True, ondelete="cascade"
    )
    summary = fields.Text(
        string="What the Receiver Gets to Know",
        help="Agreed with the citizen, word for word.",
    )
    information_ids = fields.Many2many(
        comodel_name="sekp.information.type", string="What Goes Along"
    )
    disclosed = fields.Html(
        string="What They Get",
        compute="_compute_disclosed",
        sanitize=False,
        exportable=False,
    )

    _one_each = models.UniqueIndex(
        "(handover_id)", "This handover already has its letter."
    )

    # --- writing ------------------------------------------------------------------
    def _prepare_create(self, vals):
        handover = self.env["sekp.handover"].browse(
            {**self._given_defaults(), **vals}.get("handover_id")
        )
        # Superuser: the course of a handover that the link check let pass.
        vals["course_id"] = handover.sudo().course_id.id
        if handover:
            if not self.env.su:
                handover._check_worker()
                handover._check_state("proposed")
            if self.sudo().search_count([("handover_id", "=", handover.id)], limit=1):
                raise UserError(self.env._("This handover already has its letter."))
            vals.setdefault(
                "information_ids", [(6, 0, handover._default_information().ids)]
            )
        return super()._prepare_create(vals)

    def write(self, vals):
        if "handover_id" in vals:
            raise UserError(self.env._("A letter stays with its handover."))
        if not self.env.su:
            self.check_access("write")
            self.handover_id._check_state("proposed")
        return super().write(vals)

    def _check_whole(self):
        """Refuse a letter whose text is not among what goes along, or an empty one.

        :raises UserError: telling what to change
        """
        for letter in self:
            codes = letter.information_ids._codes()
            if letter.summary and "summary" not in codes:
                raise UserError(
                    self.env._(
                        "The text for the receiver is not among what goes along. "
                        "Choose it, or take the text away."
                    )
                )
            if not letter.information_ids:
                raise UserError(self.env._("Choose what goes along."))

    # --- reading ------------------------------------------------------------------
    @api.depends("summary", "information_ids", "handover_id.state")
    @api.depends_context("uid")
    def _compute_disclosed(self):
        """Show those who may open the letter what it gives now."""
        readable = self._origin.exists()._filtered_access("read")
        for letter in self:
            letter.disclosed = letter._origin in readable and letter._origin._content()

    def _open_information(self):
        """Return the kinds of information that the receiver gets at this moment."""
        # Superuser: asks consent and ground, which the receiver does not see.
        handover = self.handover_id.sudo()
        if handover.state == "proposed":
            return self.information_ids
        if handover.state not in ("consented", "sent", "accepted", "completed"):
            return self.information_ids.browse()
        if handover._is_sent() and not handover._is_shared():
            return self.information_ids.browse()
        if handover.consent_id:
            consent = handover.consent_id._live(handover._today())
            return self.information_ids & consent.information_ids
        return self.information_ids

    def _content(self):
        """Return the letter as it is read on screen, on paper and by the receiver.

        The same for all of them, to the last character. Values from the vault are
        logged as revealed.
        """
        self.ensure_one()
        self.check_access("read")
        danish = self.env["res.lang"]._get_data(code=LETTER_LANG)
        lang = danish.code or self.env.lang
        letter = self.with_context(lang=lang)
        # Superuser: reads of the course what the citizen agreed to, and nothing else.
        letter = letter.sudo()
        information = letter._open_information().sorted(
            lambda kind: (kind.sequence, kind.id)
        )
        from_vault = information.filtered(lambda kind: kind._codes() & set(FROM_VAULT))
        if not self._open_besides(self.env.user):
            # Who supervises an earlier course may still open that, not the person; an
            # emergency opens the vault by itself, with a purpose.
            citizen = self.env["sekp.citizen"].browse(letter.course_id.citizen_id.id)
            if self._in_emergency() or not citizen.has_access("read"):
                of_person = information.filtered(
                    lambda kind: kind._codes() & {"alias", *FROM_VAULT}
                )
                information -= of_person
                from_vault -= of_person
        identity, closed = {}, False
        if from_vault:
            try:
                identity = letter.course_id.citizen_id._identity_values()
            except UserError as error:
                closed = [str(error)]
        lines = {kind: letter._lines(kind, identity) for kind in information}
        if closed:
            lines |= dict.fromkeys(from_vault, closed)
        elif any(lines[kind] for kind in from_vault):
            self._log_read("reveal", "handover")
        rows = [(kind.name, lines[kind] or ["–"]) for kind in information]
        return letter.env["ir.qweb"]._render(
            "sekp_outreach.handover_letter_content",
            {"letter": letter, "rows": rows},
            lang=lang,
        )

    def _lines(self, kind, identity):
        """Return what one kind of information says now, line by line.

        :param dict identity: what the vault gave
        """
        course = self.course_id
        (code,) = kind._codes() or {""}
        if code == "summary":
            return (self.summary or "").splitlines()
        if code == "alias":
            return [course.citizen_id.alias] if course.citizen_id.alias else []
        if code == "goals":
            goals = course.goal_ids.filtered(lambda goal: goal.attainment != "dropped")
            return goals.mapped("goal")
        if code == "contact_dates":
            local = course.company_id._sekp_local
            met = course.contact_ids.filtered(lambda contact: contact.outcome == "met")
            latest = met.sorted("started_at", reverse=True)[:LAST_CONTACTS]
            return [f"{local(contact.started_at):%d.%m.%Y}" for contact in latest]
        if code == "address" and identity.get("protected_address"):
            return []
        if code in FROM_VAULT:
            keys = ("name", "phones") if code == "name" else (code,)
            texts = [identity[key] for key in keys if identity.get(key)]
            return [line for text in texts for line in str(text).splitlines()]
        return [self.env._("The contact person tells or brings it.")]

    def _open_besides(self, user):
        handover = self.handover_id
        return (
            user == handover.receiver_id
            and handover.state in ("accepted", "completed")
            and handover._is_shared()
        )

    def _paper_values(self):
        """Return what is printed: the same as on screen."""
        self.ensure_one()
        return {"code": self.reference, "disclosed": self.disclosed}

    def action_print(self):
        """Open the letter on paper."""
        self.ensure_one()
        self.check_access("read")
        return self.env.ref("sekp_outreach.report_handover_letter").report_action(
            self, config=False
        )
