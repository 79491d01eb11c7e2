import base64
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import NO_ACCESS, Domain

from ..tools.limits import MESSAGE
from ..tools.plain_text import plain

PURPOSE = "dialogue"
SEALED = frozenset({"sealed_text", "token"})


class SekpDialogueMessage(models.Model):
    """What was written in a conversation; sealed, and never changed.

    Where nothing may be stored about the person, a message lives only until it was
    read, and a few days at most (R068).
    """

    _name = "sekp.dialogue.message"
    _inherit = ["sekp.case.part.mixin"]
    _description = "Message"
    _order = "at desc, id desc"

    _sekp_act_fields = frozenset(
        {
            "referral_id", "course_id", "team_id", "direction", "user_id", "at",
            "read_at", "transient", "forget_at",
        }
    ) | SEALED  # fmt: skip
    _sekp_unhistoric = SEALED
    _sekp_print_fields = ("at", "direction", "text")
    _sekp_print_when = "at"
    _sekp_print_sequence = 45

    dialogue_id = fields.Many2one(
        comodel_name="sekp.dialogue",
        string="Conversation",
        required=True,
        index=True,
        ondelete="cascade",
    )
    direction = fields.Selection(
        [("in", "From outside"), ("out", "From us")],
        required=True,
        readonly=True,
        default="out",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Written by",
        readonly=True,
        default=lambda self: self.env.user,
    )
    at = fields.Datetime(
        string="When", required=True, readonly=True, default=fields.Datetime.now
    )
    read_at = fields.Datetime(string="Read", readonly=True)
    transient = fields.Boolean(
        string="Not Kept",
        readonly=True,
        help="Nothing about the person may be stored: the message is erased when it "
        "was read, and after a few days at the latest.",
    )
    forget_at = fields.Datetime(string="Erased at the Latest", readonly=True)
    # No access: what is sealed is read by the methods that open it and by nobody else.
    sealed_text = fields.Char(copy=False, groups=NO_ACCESS)
    token = fields.Char(copy=False, groups=NO_ACCESS)
    text = fields.Text(
        string="Message",
        compute="_compute_text",
        readonly=False,
        exportable=False,
        copy=False,
    )

    # --- text -----------------------------------------------------------------------
    def _compute_text(self):
        """Open the text for those who may read the message.

        Without the right key it is the sentence that says so.
        """
        readable = self._origin.exists()._filtered_access("read")
        for message in self:
            message.text = False
            if message._origin in readable:
                try:
                    message.text = message._origin._open_text()
                except UserError as error:
                    message.text = str(error)

    def _binding(self):
        """Return what the sealed text belongs to: this row of this conversation."""
        # Superuser: the token is nobody's to read.
        return f"sekp.dialogue.message/{self.dialogue_id.id}/{self.sudo().token}"

    def _open_text(self):
        """Return the text, for those who have checked that it may be opened.

        :raises UserError: when the key is missing or the text is damaged
        """
        self.ensure_one()
        # Superuser: sealed fields are read by the methods that open them only.
        sealed = self.sudo().sealed_text
        if not sealed or self._is_over():
            return ""
        return (
            self.env["sekp.vault"]
            ._decrypt(base64.b64decode(sealed), PURPOSE, self._binding())
            .decode()
        )

    def _seal(self, text):
        # Superuser: what is sealed is nobody's to write.
        message = self.sudo()
        if not message.token:
            message.write({"token": secrets.token_hex(16)})
        sealed = self.env["sekp.vault"]._encrypt(
            text.encode(), PURPOSE, message._binding()
        )
        message.write({"sealed_text": base64.b64encode(sealed).decode()})
        message.invalidate_recordset(["text"])

    def _reseal(self):
        """Encrypt the text anew with the newest key.

        :raises UserError: when a key is missing or something is damaged
        """
        for message in self:
            # Superuser: as above.
            sealed = base64.b64decode(message.sudo().sealed_text)
            text = self.env["sekp.vault"]._decrypt(sealed, PURPOSE, message._binding())
            message._seal(text.decode())

    def _forget_texts(self, forget):
        """Blank words by which the person was known.

        :param forget: a ``tools.forget.Forget``
        """
        for message in self.filtered("sealed_text"):
            try:
                old = message._open_text()
            except UserError:
                continue
            if (new := forget.text(old)) != old:
                message._seal(new)

    # --- new messages ---------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [dict(vals) for vals in vals_list]
        texts = [self._take_text(vals) for vals in vals_list]
        messages = super().create(vals_list)
        for message, text in zip(messages, texts, strict=True):
            message._seal(text)
        messages.filtered(lambda one: one.direction == "out")._answer_waiting()
        # Superuser: what follows from a message, whoever wrote it.
        dialogues = messages.sudo().dialogue_id
        dialogues.write({"last_said_at": fields.Datetime.now()})
        dialogues._sync_waiting()
        return messages

    def _take_text(self, vals):
        """Take the text out of what is to be created, checked.

        :param dict vals: changed in place
        :raises ValidationError: for a CPR number in it, none, or too long a text
        """
        self._check_texts({**self._given_defaults(), **vals})
        text = self._tidy_message(vals.pop("text", ""))
        if not text:
            raise ValidationError(self.env._("Write a message first."))
        if len(text) > MESSAGE:
            raise ValidationError(
                self.env._(
                    "A message has %(longest)s characters at most. Shorten it, or send "
                    "it in parts.",
                    longest=MESSAGE,
                )
            )
        return text

    @api.model
    def _tidy_message(self, text):
        """Return a text without control characters, but for ends of lines."""
        return plain(text) if isinstance(text, str) else ""

    def _prepare_create(self, vals):
        dialogue = self._dialogue_of(vals)
        vals |= {
            "referral_id": dialogue.referral_id.id,
            "course_id": dialogue.course_id.id,
        }
        standard = dialogue._registration_standard()
        if standard and not standard._allows_registration("alias"):
            vals["transient"] = True
            vals["forget_at"] = fields.Datetime.now() + timedelta(
                days=standard.transient_days
            )
        return super()._prepare_create(vals)

    def _dialogue_of(self, vals):
        dialogue_id = {**self._given_defaults(), **vals}.get("dialogue_id")
        # Superuser: what it belongs to holds for every writer; the link was checked.
        return self.env["sekp.dialogue"].sudo().browse(dialogue_id)

    def _standard_of(self, vals):
        return self._dialogue_of(vals)._registration_standard()

    def write(self, vals):
        if not self.env.su:
            raise UserError(
                self.env._("A message is never changed. Write another one.")
            )
        return super().write(vals)

    # --- reading --------------------------------------------------------------------
    def _waiting(self):
        """Return the messages from outside that nobody has read."""
        return self.filtered(lambda one: one.direction == "in" and not one.read_at)

    def _saying(self, text):
        """Return the first of these messages that says just this."""
        said = self._tidy_message(text)
        return self.filtered(lambda one: one._open_text() == said)[:1]

    def _is_over(self):
        """Tell whether a message that may not be kept has had its time."""
        return bool(self.forget_at) and self.forget_at <= fields.Datetime.now()

    def _answer_waiting(self):
        """Keep that what waited was read by the one who answered."""
        # Superuser: reading is kept by the act only.
        self.sudo().dialogue_id.line_ids._waiting().write(
            {"read_at": fields.Datetime.now()}
        )

    def _take_read(self):
        """Keep that these were read, and erase those of them that may not be kept."""
        dialogues = self.dialogue_id
        self.filtered("transient").unlink()
        self.exists()._waiting().write({"read_at": fields.Datetime.now()})
        dialogues._sync_waiting()

    def action_read(self):
        """Keep that the message was read; one that may not be kept is erased now."""
        self.dialogue_id.check_access("write")
        self.check_access("read")
        # Superuser: reading is kept by the act only, which has been checked.
        self.sudo()._take_read()

    def action_save_and_close(self):
        """Close the dialog: the client saved the record before calling."""
        self.check_access("read")
        return {
            "type": "ir.actions.client",
            "tag": "soft_reload",
        }

    # --- what only time brings about ------------------------------------------------
    @api.model
    def _sekp_to_follow_up(self, today):
        return Domain("forget_at", "<=", fields.Datetime.now())

    def _sekp_follow_up(self, today):
        """Erase what may not be kept any longer, read or not."""
        dialogues = self.dialogue_id
        self.unlink()
        dialogues._sync_waiting()

    # --- the citizen's own print ----------------------------------------------------
    @api.model
    def _citizen_print_domain(self, citizen, courses):
        return super()._citizen_print_domain(citizen, courses) | Domain(
            "referral_id", "in", courses.referral_id.ids
        )

    def _citizen_print_proposal(self, key):
        # Superuser: whether the one who referred wished it is asked, not told.
        if self.sudo().referral_id._citizen_print_proposal("referrer"):
            return "referrer"
        return super()._citizen_print_proposal(key)
