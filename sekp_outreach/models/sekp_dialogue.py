import json
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS

from ..tools.receipt_code import new_receipt, slow_hash, tidy_receipt

KINDS = [("referrer", "One who referred"), ("citizen", "The citizen")]
PARENTS = {"sekp.referral": "referrer", "sekp.course": "citizen"}
PURPOSE = "receipt"
PASS_MINUTES = 30
# Who waits for an answer to so many messages does not write more.
MOST_WAITING = 20
# So many lines of who has looked stand on the page.
MOST_LOOKS = 50
TYPE = "activity_dialogue_answer"


class SekpDialogue(models.Model):
    """A conversation with somebody nobody needs to be able to name.

    Whoever has the receipt code takes part in it: the one who referred, or the citizen
    of a course. The code is not kept, only a slow, keyed hash of it. What is written
    is read by those who may open the referral or the course, and goes with it.
    """

    _name = "sekp.dialogue"
    _inherit = ["sekp.case.part.mixin"]
    _description = "Conversation"
    _order = "id desc"

    _sekp_act_fields = frozenset(
        {
            "referral_id", "course_id", "kind", "code_digest", "confirmed",
            "must_exchange", "closed", "team_id", "last_said_at",
        }
    )  # fmt: skip
    # A code is never read; that it was changed is told by the rest.
    _sekp_unhistoric = frozenset({"code_digest", "confirmed", "last_said_at"})

    kind = fields.Selection(KINDS, string="With", required=True, readonly=True)
    # No access: a code is looked up by the methods below and by nobody else.
    code_digest = fields.Char(string="Receipt Code", copy=False, groups=NO_ACCESS)
    confirmed = fields.Boolean(
        string="Has the Code", readonly=True, help="The code was noted or used."
    )
    must_exchange = fields.Boolean(
        string="To Be Exchanged",
        readonly=True,
        help="Staff knew the code: at first use it is exchanged for a new one.",
    )
    closed = fields.Boolean(
        readonly=True, help="The code opens nothing any more; give a new one to go on."
    )
    # Two who write at the same moment change it both: the later is tried again.
    last_said_at = fields.Datetime(string="Last Message", readonly=True)
    line_ids = fields.One2many(
        comodel_name="sekp.dialogue.message", inverse_name="dialogue_id"
    )

    _one_parent = models.Constraint(
        "CHECK ((referral_id IS NULL) <> (course_id IS NULL))",
        "A conversation belongs to a referral or to a course.",
    )
    _one_of_referral = models.UniqueIndex(
        "(referral_id) WHERE referral_id IS NOT NULL",
        "The referral has a conversation already.",
    )
    _one_of_course = models.UniqueIndex(
        "(course_id) WHERE course_id IS NOT NULL",
        "The course has a conversation already.",
    )
    _code_unique = models.UniqueIndex(
        "(code_digest) WHERE code_digest IS NOT NULL", "No free code was found."
    )

    def _standard_of(self, vals):
        # Superuser: the bound on what may be stored holds for every writer.
        model = self.sudo()
        course = model.env["sekp.course"].browse(vals.get("course_id"))
        referral = model.env["sekp.referral"].browse(vals.get("referral_id"))
        return (course or referral).standard_id

    # --- codes ----------------------------------------------------------------------
    @api.model
    def _of(self, record):
        """Return the conversation about a referral or a course; made where none is.

        :param record: a referral or a course, checked by the caller
        """
        record.ensure_one()
        link = "referral_id" if record._name == "sekp.referral" else "course_id"
        # Superuser: conversations are made with the act that needs them.
        Dialogue = self.sudo()
        found = Dialogue.search([(link, "=", record.id)])
        return found or Dialogue.create(
            {link: record.id, "kind": PARENTS[record._name]}
        )

    @api.model
    def _open_for(self, record, kind, by_staff=False):
        """Give the conversation about a record a new code; an earlier one ends.

        This is the only moment at which the code exists in clear.

        :param record: a referral or a course, checked by the caller
        :param str kind: ``referrer`` of a referral, ``citizen`` of a course
        :param bool by_staff: whether staff gets to know the code: it is then
            exchanged at first use
        :return: the conversation as superuser, and the code; no code when the sender
            has one and said so, or staff has ended the conversation
        """
        if PARENTS.get(record._name) != kind:
            raise ValueError(kind)
        dialogue = self._of(record)
        if (dialogue.confirmed or dialogue.closed) and not by_staff:
            return dialogue, ""
        return dialogue, dialogue._new_code(
            confirmed=False, must_exchange=by_staff, closed=False
        )

    def _new_code(self, **vals):
        self.ensure_one()
        code = new_receipt()
        digest = self.env["sekp.vault"]._hash(
            PURPOSE, self._code_bytes(self.company_id, slow_hash(tidy_receipt(code)))
        )
        # Superuser: codes are set by acts only, which have been checked.
        self.sudo().write({"code_digest": digest, **vals})
        return code

    @staticmethod
    def _code_bytes(company, hashed):
        return b"code/%d/%s" % (company.id, hashed)

    @api.model
    def _enter(self, company, code):
        """Return the conversation that a code opens, or an empty set.

        Slow on purpose; whether a code is wrong, ended or out of date is not told.
        The caller counts the tries beforehand.

        :param company: the municipality on whose page it was entered
        :param str code: as it was typed
        """
        # Superuser: who has the code has no user.
        Dialogue = self.sudo()
        digits = tidy_receipt(code)
        if not digits:
            return Dialogue.browse()
        digests = self.env["sekp.vault"]._hashes(
            PURPOSE, self._code_bytes(company, slow_hash(digits))
        )
        dialogue = Dialogue.search(
            [
                ("code_digest", "in", digests),
                ("company_id", "=", company.id),
                ("closed", "=", False),
            ]
        )
        if not dialogue or dialogue._is_expired():
            return Dialogue.browse()
        if not dialogue.must_exchange:
            dialogue._confirm()
        return dialogue

    def _confirm(self):
        """Keep that the person has the code: it is shown no more."""
        self.ensure_one()
        if not self.confirmed:
            # Superuser: as in _new_code.
            self.sudo().write({"confirmed": True})

    def _exchange(self):
        """Return a new code in place of one that somebody else knew."""
        self.ensure_one()
        return self._new_code(confirmed=False, must_exchange=False)

    # --- the pages behind the code ----------------------------------------------------
    def _pass(self, code=""):
        """Return what a page sends along, instead of the code, to the next page.

        It says nothing to whoever reads it, holds for a short while and ends with the
        code it was made for.

        :param str code: the new code, for as long as the person has not confirmed it
        """
        self.ensure_one()
        until = fields.Datetime.now() + timedelta(minutes=PASS_MINUTES)
        said = {
            "dialogue": self.id,
            "digest": self.sudo().code_digest,  # Superuser: nobody's to read.
            "until": fields.Datetime.to_string(until),
            "code": code,
        }
        sealed = self.env["sekp.vault"]._encrypt(
            json.dumps(said).encode(), PURPOSE, self._pass_binding(self.company_id)
        )
        return sealed.hex()

    @staticmethod
    def _pass_binding(company):
        return f"sekp.dialogue/pass/{company.id}"

    @api.model
    def _by_pass(self, company, text):
        """Return the conversation of a pass, and the code if it is yet to be confirmed.

        :param company: the municipality whose page sent it
        :param str text: what :meth:`_pass` gave
        :return: an empty set and no code for what is no pass, or is out of date
        """
        # Superuser: who has a pass has no user.
        Dialogue = self.sudo()
        nothing = Dialogue.browse(), ""
        try:
            said = json.loads(
                self.env["sekp.vault"]._decrypt(
                    bytes.fromhex(text or ""), PURPOSE, self._pass_binding(company)
                )
            )
        except (UserError, ValueError, TypeError):
            return nothing
        dialogue = Dialogue.search(
            [
                ("id", "=", said["dialogue"]),
                ("company_id", "=", company.id),
                ("closed", "=", False),
            ]
        )
        if (
            not dialogue
            or dialogue.code_digest != said["digest"]
            or fields.Datetime.to_datetime(said["until"]) < fields.Datetime.now()
            or dialogue._is_expired()
        ):
            return nothing
        return dialogue, "" if dialogue.confirmed else said["code"]

    # --- how long -------------------------------------------------------------------
    def _ended(self):
        """Return the record by whose end the code ends.

        Of a referral that led to a course, the course decides.
        """
        # Superuser: asked for one who has the code, or none at all.
        dialogue = self.sudo()
        return (
            dialogue.course_id or dialogue.referral_id.course_id or dialogue.referral_id
        )

    def _expires_on(self):
        """Return the last day on which the code works; False while nothing ended.

        The municipality's rule on erasure tells, whether or not erasure has come.
        """
        self.ensure_one()
        record = self._ended()
        end = record[record._sekp_retention_end]
        if not end:
            return False
        rules = self.env["sekp.retention.rule"]._in_force(
            record.company_id, record._sekp_retention_class
        )
        for rule in rules:
            if record.filtered_domain(rule._scope(rules)):
                return end + relativedelta(**{rule.keep_unit: rule.keep_amount})
        return False

    def _is_expired(self):
        last = self._expires_on()
        return bool(last) and last < self.company_id._sekp_today()

    # --- what is said ---------------------------------------------------------------
    def _status(self):
        """Return ``received``, ``visited`` or ``closed``: all that is told of it."""
        self.ensure_one()
        # Superuser: three words for one who has the code; nothing else is told.
        dialogue = self.sudo()
        referral = dialogue.referral_id
        course = dialogue.course_id or referral.course_id
        if course:
            if course.phase == "closed":
                return "closed"
            return "visited" if course.contact_ids else "received"
        if referral.state == "closed":
            return "closed"
        return "visited" if referral.acute_handled == "handled" else "received"

    def _say(self, text, user=None):
        """Add a message to the conversation; what is sent twice is one message.

        :param str text: what was written
        :param user: who of the staff wrote it; nobody when it comes from outside
        :return: the message as superuser
        :raises ValidationError: for a CPR number in it, or too long a text
        :raises UserError: when there is nothing in it, or the conversation has ended
        """
        self.ensure_one()
        # Superuser: who has the code has no user; of staff the act was checked.
        dialogue = self.sudo()
        if dialogue.closed:
            raise UserError(self.env._("The conversation has ended."))
        waiting = dialogue.line_ids._waiting()
        if not user and (same := waiting._saying(text)):
            return same
        if not user and len(waiting) >= MOST_WAITING:
            raise UserError(
                self.env._(
                    "Your messages have not been read yet. Wait until somebody "
                    "answers, or call."
                )
            )
        return dialogue.line_ids.create(
            {
                "dialogue_id": dialogue.id,
                "text": text,
                "direction": "out" if user else "in",
                "user_id": user.id if user else False,
            }
        )

    def _messages(self):
        """Return the messages, oldest first, as one reads them who has the code.

        :return: dicts of ``at`` (UTC), ``ours`` and ``text``; who of the staff wrote
            is not told
        """
        self.ensure_one()
        # Superuser: who has the code has no user.
        return [
            {
                "at": message.at,
                "ours": message.direction == "out",
                "text": message._open_text(),
            }
            for message in self.sudo().line_ids.sorted(lambda one: (one.at, one.id))
        ]

    def _told_outside(self):
        """Return what stands on the page behind the code, as text in this language.

        The one who referred is told nothing of the course but three words.
        """
        self.ensure_one()
        # Superuser: who has the code has no user.
        dialogue = self.sudo()
        course = dialogue.course_id
        told = {
            "citizen": bool(course),
            "status": dialogue._status(),
            "transient": not dialogue._registration_standard()._allows_registration(
                "alias"
            ),
            "messages": [
                {**message, "at": dialogue._citizen_print_moment(message["at"])}
                for message in dialogue._messages()
            ],
        }
        if not course:
            return told
        meeting, looks = course._next_meeting(), course._looks()
        lines = [self._look_line(line) for line in reversed(looks["lines"])]
        return {
            **told,
            "meeting": meeting and dialogue._citizen_print_moment(meeting),
            "looks": lines[:MOST_LOOKS],
            "more_looks": looks["cut"] or len(lines) > MOST_LOOKS,
            "stopped": course.stop_wished_on
            and self._citizen_print_date(course.stop_wished_on),
        }

    @api.model
    def _look_line(self, line):
        """Return one look as a sentence."""
        who = ", ".join(filter(None, (line["role"], line["unit"])))
        what = ": ".join(filter(None, (line["what"], line["purpose"])))
        return f"{line['date']}, {line['time']}: {who} – {what}"

    # --- obligations ------------------------------------------------------------------
    def _sync_waiting(self):
        """Let somebody owe an answer exactly while a message from outside waits."""
        # Superuser: the obligation follows from the act, whoever performs it.
        for dialogue in self.sudo():
            parent = dialogue._parent()
            waiting = dialogue.line_ids._waiting()
            if not waiting:
                parent._meet_obligation(TYPE)
                continue
            company = dialogue.company_id
            first = company._sekp_local(min(waiting.mapped("at"))).date()
            parent._set_obligation(
                TYPE, company._sekp_next_working_day(first + timedelta(days=1))
            )

    # --- buttons ----------------------------------------------------------------------
    def action_answer(self):
        """Open the screen on which an answer is written."""
        self.ensure_one()
        self.check_access("write")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Answer"),
            "res_model": "sekp.dialogue.message",
            "view_mode": "form",
            "target": "new",
            "context": {"default_dialogue_id": self.id},
        }

    def action_read(self):
        """Keep that what waits was read; what may not be kept is erased now."""
        self.check_access("write")
        # Superuser: reading is kept by the act only, which has been checked.
        self.sudo().line_ids._waiting()._take_read()

    def action_close(self):
        """End the conversation: the code opens nothing any more."""
        self.check_access("write")
        # Superuser: codes are set by acts only, which have been checked.
        self.sudo().write({"closed": True, "code_digest": False, "confirmed": False})

    def _show_code(self, code):
        """Return the action that shows a code once, and keeps it nowhere."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "sticky": True,
                "title": self.env._("Receipt code: %(code)s", code=code),
                "message": self.env._(
                    "Read it aloud or write it down for the person now: it is not "
                    "shown again. At first use it is exchanged for a new one that "
                    "only the person knows."
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
