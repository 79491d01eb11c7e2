from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .sekp_access_log import GROUNDS
from .sekp_standard import REGISTRATION_MODES

STATES = [
    ("proposed", "Proposed"),
    ("consented", "Consented"),
    ("sent", "Sent"),
    ("accepted", "Accepted"),
    ("declined", "Declined"),
    ("completed", "Completed"),
    ("returned", "Returned"),
    ("withdrawn", "Withdrawn"),
]
ANSWER_REASONS = [
    ("full", "No room"),
    ("not_group", "Not the right offer"),
    ("not_met", "Did not turn up"),
    ("citizen", "The person does not want it"),
    ("other", "Other reason"),
]
LIVE_STATES = ("proposed", "consented", "sent", "accepted")
SENT_STATES = ("sent", "accepted", "completed")
FOLLOW_UP_DAYS = 14


class SekpHandover(models.Model):
    """Bridging to an ordinary offer, with both ends.

    Proposed, consented to by the citizen, sent, accepted or declined, met as often as
    the offer asks, then completed; or returned, and the course goes on. This is the
    envelope; what lies in it is the letter.
    """

    _name = "sekp.handover"
    _inherit = ["sekp.course.child.mixin"]
    _description = "Handover"
    _order = "id desc"

    _sekp_person_fields = {"summary": "alias"}

    _sekp_act_fields = frozenset(
        {
            "state", "consent_id", "consent_given", "consent_on", "sent_on",
            "answered_on", "ended_on", "met_count", "met_on", "answer_reason",
            "shared_until",
        }
    )  # fmt: skip

    _sekp_print_fields = (
        "offer_id", "state", "consent_given", "consent_on", "sent_on",
        "answered_on", "met_count", "answer_reason", "ended_on",
    )  # fmt: skip

    offer_id = fields.Many2one(
        comodel_name="sekp.offer", required=True, ondelete="restrict"
    )
    state = fields.Selection(
        STATES, required=True, readonly=True, default="proposed", copy=False, index=True
    )
    receiver_id = fields.Many2one(
        comodel_name="res.users",
        index="btree_not_null",
        help="A colleague at the offer who works in this system; empty for others.",
    )
    letter_ids = fields.One2many(
        comodel_name="sekp.handover.letter", inverse_name="handover_id"
    )
    summary = fields.Text(
        string="What the Receiver Gets to Know",
        compute="_compute_summary",
        inverse="_inverse_summary",
        help="Agreed with the citizen, word for word.",
    )
    information_ids = fields.Many2many(
        comodel_name="sekp.information.type",
        string="What Goes Along",
        compute="_compute_information_ids",
        inverse="_inverse_information_ids",
    )
    disclosed = fields.Html(
        string="What You Get",
        compute="_compute_disclosed",
        sanitize=False,
        exportable=False,
    )
    consent_id = fields.Many2one(
        comodel_name="sekp.consent",
        string="Recorded Consent",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    consent_given = fields.Selection(
        related="consent_id.given_how",
        related_sudo=False,
        store=True,
        copy=False,
    )
    consent_on = fields.Date(
        related="consent_id.given_on", related_sudo=False, store=True, copy=False
    )
    consent_state = fields.Selection(
        [("live", "Live"), ("expired", "Expired"), ("withdrawn", "Withdrawn")],
        string="Consent",
        compute="_compute_consent_state",
    )
    has_recorded_consent = fields.Boolean(compute="_compute_consent_state")
    override_ground = fields.Selection(
        GROUNDS, string="Sent without Consent", compute="_compute_override_ground"
    )
    may_override = fields.Boolean(compute="_compute_may_override")
    shared_until = fields.Datetime(
        readonly=True,
        copy=False,
        help="Until when the receiver may read the letter.",
    )
    sent_on = fields.Date(readonly=True, copy=False)
    answered_on = fields.Date(readonly=True, copy=False)
    ended_on = fields.Date(readonly=True, copy=False)
    answer_reason = fields.Selection(
        ANSWER_REASONS,
        string="Reason",
        readonly=True,
        copy=False,
        help="Why it was declined or returned.",
    )
    met_count = fields.Integer(
        string="Meetings",
        readonly=True,
        copy=False,
        help="How often receiver and citizen have met.",
    )
    met_on = fields.Date(string="Last Meeting", readonly=True, copy=False)
    met_today = fields.Boolean(compute="_compute_met_today")
    required_meetings = fields.Integer(
        related="offer_id.required_meetings", related_sudo=False
    )
    is_receiver = fields.Boolean(compute="_compute_is_receiver")
    possible_receiver_ids = fields.Many2many(
        comodel_name="res.users", compute="_compute_possible_receiver_ids"
    )
    only_reads = fields.Boolean(compute="_compute_only_reads")
    contact_phone = fields.Char(
        string="Phone", compute="_compute_contact_person", help="Where to call."
    )
    contact_person = fields.Char(
        compute="_compute_contact_person",
        help="Whom the receiver can call.",
    )
    registration_mode = fields.Selection(
        REGISTRATION_MODES, compute="_compute_registration_mode"
    )

    _one_live = models.UniqueIndex(
        "(course_id, offer_id) WHERE state IN "
        "('proposed', 'consented', 'sent', 'accepted')",
        "A handover to this offer is already under way.",
    )

    @api.depends("course_id")
    def _compute_registration_mode(self):
        for handover in self:
            handover.registration_mode = handover._course_behind().registration_mode

    # --- the letter ---------------------------------------------------------------
    def _open_letters(self):
        """Return the letters that the user may read now, by handover."""
        Letter = self.env["sekp.handover.letter"]
        if not self._origin or not Letter.has_access("read"):
            return {}
        letters = Letter.search([("handover_id", "in", self._origin.ids)])
        return {letter.handover_id.id: letter for letter in letters}

    def _letter(self):
        """Return the letter of a stored handover, made when there is none yet."""
        self.ensure_one()
        Letter = self.env["sekp.handover.letter"]
        return Letter.search([("handover_id", "=", self.id)]) or Letter.create(
            {"handover_id": self.id}
        )

    def _default_information(self):
        """Return what goes along unless something else is chosen: the least."""
        mode = self._course_behind().registration_mode
        code = "told" if mode == "none" else "summary"
        return self.env.ref(f"sekp_outreach.information_type_{code}")

    @api.depends("letter_ids.summary", "state", "shared_until")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_summary(self):
        letters = self._open_letters()
        for handover in self:
            letter = letters.get(handover._origin.id)
            handover.summary = letter and letter.summary

    def _inverse_summary(self):
        for handover in self:
            handover._letter().summary = handover.summary

    @api.depends("letter_ids.information_ids", "state", "shared_until", "course_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_information_ids(self):
        letters = self._open_letters()
        for handover in self:
            if handover._origin:
                letter = letters.get(handover._origin.id)
                handover.information_ids = letter and letter.information_ids
            else:
                handover.information_ids = handover._default_information()

    def _inverse_information_ids(self):
        for handover in self:
            handover._letter().information_ids = handover.information_ids

    @api.depends(
        "letter_ids.summary", "letter_ids.information_ids", "state", "shared_until",
        "receiver_id",
    )  # fmt: skip
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_disclosed(self):
        """Show the receiver what was agreed; the worker asks for it with a button."""
        letters = self._open_letters()
        for handover in self:
            letter = handover.is_receiver and letters.get(handover._origin.id)
            handover.disclosed = letter and letter.disclosed

    def _is_sent(self):
        return self.state in SENT_STATES

    def _is_shared(self):
        """Tell whether the receiver may still read the letter of what was sent."""
        return bool(self.shared_until and self.shared_until > fields.Datetime.now())

    # --- what is known of the consent -----------------------------------------------
    @api.depends(
        "consent_id", "course_id", "offer_id", "state", "letter_ids.information_ids"
    )
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_consent_state(self):
        may_read = self.env["sekp.consent"].has_access("read")
        for handover in self:
            stored = may_read and handover._origin._filtered_access("read")
            # Superuser: whether it holds is told to those who may open it, just below.
            consent = stored and stored.sudo().consent_id.sudo(False)
            readable = consent and consent._filtered_access("read")
            handover.consent_state = readable and readable.state
            handover.has_recorded_consent = bool(
                stored
                and stored.state in ("proposed", "sent", "accepted")
                and stored._recorded_consent()
            )

    def _recorded_consent(self):
        """Return the latest live consent that covers what goes along."""
        consents = self.env["sekp.consent"].search(
            [
                ("course_id", "=", self.course_id.id),
                ("offer_id", "=", self.offer_id.id),
                ("direction", "=", "disclose"),
                ("purpose", "=", "handover"),
                ("state", "=", "live"),
            ]
        )
        letter = self._open_letters().get(self.id)
        if not letter or not letter.information_ids:
            return consents.browse()
        return consents.filtered(
            lambda consent: letter.information_ids <= consent.information_ids
        )[:1]

    @api.depends("state")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_override_ground(self):
        Override = self.env["sekp.override.consent"]
        rows = Override
        if self._origin and Override.has_access("read"):
            rows = Override.search([("handover_id", "in", self._origin.ids)])
        grounds = {row.handover_id.id: row.ground for row in rows}
        for handover in self:
            handover.override_ground = grounds.get(handover._origin.id)

    @api.depends("state", "team_id")
    @api.depends_context("uid")
    def _compute_may_override(self):
        for handover in self:
            stored = handover._origin._filtered_access("write")
            handover.may_override = (
                stored.state in ("proposed", "consented")
                and self.env.user in stored.team_id.supervisor_ids
            )

    @api.depends("met_on")
    def _compute_met_today(self):
        for handover in self:
            handover.met_today = bool(
                handover.met_on and handover.met_on == handover._today()
            )

    def _course_behind(self):
        """Return the course, also for a receiver, who may not open it.

        For what both ends may know of it: the municipality, its published registration
        mode, whom to call.
        """
        self.ensure_one()
        if self._origin and self._origin.has_access("read"):
            # Superuser: the handover may be read, the course behind it not.
            return self._origin.sudo().course_id
        return self.course_id

    @api.depends("course_id")
    def _compute_possible_receiver_ids(self):
        """Offer the receivers of the municipality and nobody else."""
        for handover in self:
            handover.possible_receiver_ids = self._receivers(
                handover._course_behind().company_id
            )

    def _receivers(self, company):
        group = self.env.ref("sekp_outreach.group_receiver")
        # Superuser: the names of colleagues with this role, nothing else of them.
        return (
            self.env["res.users"]
            .sudo()
            .search(
                [
                    ("all_group_ids", "in", group.ids),
                    ("company_ids", "in", company.ids),
                ]
            )
        )

    @api.depends("course_id")
    def _compute_contact_person(self):
        for handover in self:
            course = handover._course_behind()
            person = course.contact_person_id
            handover.contact_person = person.name
            # A colleague's number at work, or the team's.
            handover.contact_phone = person.phone or course.team_id.phone

    @api.depends("receiver_id")
    @api.depends_context("uid")
    def _compute_is_receiver(self):
        for handover in self:
            handover.is_receiver = handover.receiver_id == self.env.user

    @api.depends("course_id", "receiver_id")
    @api.depends_context("uid")
    def _compute_only_reads(self):
        """Tell who opens the handover in an emergency: nothing is done with it then."""
        emergency = self._origin._filtered_access("read")._in_emergency()
        for handover in self:
            handover.only_reads = handover._origin in emergency

    def _check_receiver(self, user_id, company):
        """Refuse a receiver who could not open the handover.

        :raises UserError: for one without the role in the municipality
        """
        if user_id and user_id not in self._receivers(company).ids:
            raise UserError(
                self.env._(
                    "Choose a receiver of the municipality, or leave the field empty "
                    "and tell the offer yourself."
                )
            )

    def _prepare_create(self, vals):
        given = {**self._given_defaults(), **vals}
        self._refuse_second(given)
        # Superuser: reads the municipality; the link is checked beside this.
        course = self.env["sekp.course"].sudo().browse(given.get("course_id"))
        self._check_receiver(given.get("receiver_id"), course.company_id)
        if given.get("state", "proposed") != "proposed":
            raise UserError(self.env._("A handover begins as a proposal."))
        return super()._prepare_create(vals)

    @api.model_create_multi
    def create(self, vals_list):
        handovers = super().create(vals_list)
        for handover in handovers:
            handover._letter()
        return handovers

    def _refuse_second(self, vals):
        """Refuse a second handover to the same offer before it reaches SQL."""
        # Superuser: whether the course may be read is checked with every link.
        if (
            self.sudo().search(
                [
                    ("course_id", "=", vals.get("course_id")),
                    ("offer_id", "=", vals.get("offer_id")),
                    ("state", "in", LIVE_STATES),
                ],
                limit=1,
            )
            - self
        ):
            raise UserError(
                self.env._("A handover to this offer is already under way.")
            )

    def write(self, vals):
        if not self.env.su:
            self._check_worker()
            if {"offer_id", "receiver_id", "summary", "information_ids"} & set(vals):
                self._check_state("proposed")
        if vals.get("state") == "sent":
            # Whatever leads here, also an act of ours: nothing leaves unless agreed.
            self._check_disclosable()
        for handover in self:
            handover._check_receiver(vals.get("receiver_id"), handover.company_id)
        if "offer_id" in vals:
            for handover in self:
                handover._refuse_second(
                    {"course_id": handover.course_id.id, "offer_id": vals["offer_id"]}
                )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        if any(handover.state != "proposed" for handover in self):
            raise UserError(self.env._("A handover that the citizen knows of is kept."))

    # --- who may do what ----------------------------------------------------------
    def _check_worker(self):
        """Check that the user carries the course; being the receiver is not enough."""
        self.check_access("write")
        self.course_id.check_access("write")

    def _check_other_end(self):
        """Check that the user is the receiver, or carries the course and was told.

        :raises AccessError: for everyone else
        """
        for handover in self:
            handover.check_access("read")
            if not handover.is_receiver and not (
                handover.course_id.has_access("write")
            ):
                raise AccessError(
                    self.env._("Only the receiver or the contact person can do this.")
                )

    def _check_state(self, *states):
        for handover in self:
            if handover.state not in states:
                raise UserError(
                    self.env._(
                        "This cannot be done now: the handover is “%(state)s”.",
                        state=dict(
                            self._fields["state"]._description_selection(self.env)
                        )[handover.state],
                    )
                )

    def _advance(self, vals):
        # Superuser: the receiver may not write; every act has been checked before.
        self.sudo().write(vals)
        if "state" in vals:
            # Who declined or returned it has done with it.
            self._hand_on_own()

    def _today(self):
        return self.company_id._sekp_today()

    def _check_disclosable(self):
        """Refuse to send what no live consent covers, or the law, as decided (§ 11 a).

        :raises UserError: telling what to do
        """
        for handover in self:
            # Superuser: the bound holds for every writer.
            stored = handover.sudo()
            letter = stored._letter()
            letter._check_whole()
            if stored._override():
                continue
            if not stored.consent_id:
                raise UserError(
                    self.env._(
                        "The citizen has not consented yet. Record the consent first."
                    )
                )
            if stored.consent_id.course_id != stored.course_id or (
                not stored.consent_id._covers(
                    "disclose", stored.offer_id, letter.information_ids, stored._today()
                )
            ):
                raise UserError(
                    self.env._(
                        "The consent has ended, or does not cover all that goes along. "
                        "Ask the citizen again, and record the new consent."
                    )
                )

    def _override(self):
        """Return the decision to send without consent, if there is one."""
        # Superuser: asked for every writer; nothing of it is told.
        return (
            self.env["sekp.override.consent"]
            .sudo()
            .search([("handover_id", "in", self.ids)])
        )

    # --- the acts -----------------------------------------------------------------
    def _check_may_consent(self):
        """Check that a consent is asked for now: before sending, or when one ended."""
        self._check_worker()
        for handover in self:
            if handover.state not in ("sent", "accepted") or handover._is_shared():
                handover._check_state("proposed")

    def _consent(self, how):
        self._check_may_consent()
        for handover in self:
            letter = handover._letter()
            letter._check_whole()
            handover._take_consent(
                self.env["sekp.consent"].create(
                    {
                        "course_id": handover.course_id.id,
                        "direction": "disclose",
                        "offer_id": handover.offer_id.id,
                        "information_ids": [(6, 0, letter.information_ids.ids)],
                        "purpose": "handover",
                        "given_how": how,
                    }
                )
            )

    def _take_consent(self, consent):
        """Go on under a consent: ready to send, or open again to the receiver."""
        vals = {"consent_id": consent.id}
        if self.state == "proposed":
            vals["state"] = "consented"
            self._advance(vals)
        else:
            self._advance({**vals, "shared_until": consent.ends_at})
            self._keep_what_left()

    def _keep_what_left(self):
        """Keep with the consent what was sent under it."""
        for handover in self.sudo():
            # Superuser: a consent is not written by hand.
            handover.consent_id.write({"left_ids": [(4, handover.id)]})

    def action_consent_oral(self):
        """Record that the citizen consented orally to this handover."""
        self._consent("oral")

    def action_consent_written(self):
        """Record that the citizen consented in writing to this handover."""
        self._consent("written")

    def action_use_consent(self):
        """Go on under a consent that was recorded before and covers all of it."""
        self._check_may_consent()
        for handover in self:
            handover._letter()._check_whole()
            consent = handover._recorded_consent()
            if not consent:
                raise UserError(
                    self.env._("No live consent covers all that goes along.")
                )
            handover._take_consent(consent)

    def action_change_letter(self):
        """Go back to the proposal, to change what goes along; then consent anew."""
        self._check_worker()
        self._check_state("consented")
        for handover in self:
            handover._advance({"state": "proposed", "consent_id": False})

    def action_preview(self):
        """Show exactly what the receiver gets."""
        self.ensure_one()
        self.check_access("read")
        letter = self._open_letters().get(self.id)
        if not letter:
            raise AccessError(
                self.env._("What goes along can be read when it is accepted.")
            )
        return {
            **letter._action_open(),
            "name": self.env._("What They Get"),
            "target": "new",
        }

    def action_send(self):
        """Send the handover to the offer; only what the citizen consented to."""
        self._check_worker()
        if any(handover.state == "proposed" for handover in self):
            raise UserError(
                self.env._(
                    "The citizen has not consented yet. Record the consent first."
                )
            )
        self._check_state("consented")
        self._send()

    def _send(self):
        for handover in self:
            today = handover._today()
            # Superuser: reads until when the consent or the decision holds.
            stored = handover.sudo()
            until = stored.consent_id.ends_at
            if not until:
                days = stored.course_id.standard_id.consent_days
                until = stored.company_id._sekp_end_of_day(today + timedelta(days=days))
            handover._advance(
                {"state": "sent", "sent_on": today, "shared_until": until}
            )
            handover._keep_what_left()
            if handover.course_id.phase != "bridging":
                handover.course_id.phase = "bridging"
            handover._set_obligation(
                "activity_handover_waiting",
                today + timedelta(days=handover.offer_id.answer_days),
            )

    def _check_may_override(self):
        """Check that the user may decide to send without consent.

        :raises AccessError: for all but a supervisor of the team
        """
        self._check_worker()
        is_supervisor = self.env.user.has_group("sekp_outreach.group_supervisor")
        for handover in self:
            if not self.env.su and not (
                is_supervisor and self.env.user in handover.team_id.supervisor_ids
            ):
                raise AccessError(
                    self.env._(
                        "Only a supervisor of the team sends without the citizen's "
                        "consent."
                    )
                )
        self._check_state("proposed", "consented")

    def action_send_without_consent(self):
        """Open the dialog in which a supervisor sends without the citizen's consent."""
        self.ensure_one()
        self._check_may_override()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send without Consent"),
            "res_model": "sekp.override.consent",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_handover_id": self.id,
                "default_course_id": self.course_id.id,
            },
        }

    def _send_without_consent(self, ground):
        """Send by law what a supervisor decided, and leave traces of it.

        :param str ground: a key of ``GROUNDS``
        """
        self.ensure_one()
        self._check_may_override()
        self._advance({"consent_id": False})
        self._send()
        self.env["sekp.access.log"]._record("override", self, ground)
        self.course_id.contact_person_id._sekp_notice()

    def action_accept(self):
        """The offer accepts: from now on the meetings are counted."""
        self._check_other_end()
        self._check_state("sent")
        for handover in self:
            today = handover._today()
            handover._advance({"state": "accepted", "answered_on": today})
            handover._meet_obligation("activity_handover_waiting")
            handover._set_obligation(
                "activity_handover_follow_up", today + timedelta(days=FOLLOW_UP_DAYS)
            )

    def _answer(self, act, reason):
        """Decline or return the handover, with a reason; the course goes on.

        :param str act: ``decline`` before, ``return`` after it was accepted
        :param str reason: a key of ``answer_reason``
        """
        self._check_other_end()
        if not reason:
            raise UserError(self.env._("Choose a reason first."))
        if act == "decline":
            self._check_state("sent")
        else:
            self._check_state("accepted")
        for handover in self:
            today = handover._today()
            vals = {"answer_reason": reason, "ended_on": today}
            if act == "decline":
                vals.update(state="declined", answered_on=today)
            else:
                vals.update(state="returned")
            handover._advance(vals)
            handover._meet_obligation(
                "activity_handover_waiting", "activity_handover_follow_up"
            )
            handover._resume_course()

    def _resume_course(self):
        """Bring the course back from bridging when no bridge is left."""
        # Superuser: the receiver may not open the course that goes on.
        course = self.sudo().course_id
        if course.phase == "bridging" and not course.handover_ids.filtered(
            lambda other: other.state in ("sent", "accepted")
        ):
            course.phase = "relation"
            course._sync_rhythm()

    def _end_sharing(self):
        """Let the receivers read the letters no longer from this moment on."""
        now = fields.Datetime.now()
        self.filtered(lambda handover: handover.shared_until > now)._advance(
            {"shared_until": now}
        )

    def _answer_with_reason(self, act):
        self.ensure_one()
        self._check_other_end()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reason"),
            "res_model": "sekp.handover.answer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_handover_id": self.id, "default_act": act},
        }

    def action_ask_decline(self):
        """Open the dialog that asks why the offer declines."""
        return self._answer_with_reason("decline")

    def action_ask_return(self):
        """Open the dialog that asks why the handover is returned."""
        return self._answer_with_reason("return")

    def action_met(self):
        """Count a meeting of receiver and citizen; complete when there were enough.

        One a day: a second tap counts nothing. A second meeting has its own button.
        """
        self._check_other_end()
        # The tap that completed it may come twice, too.
        again = self.filtered(
            lambda handover: handover.met_today and handover.state == "completed"
        )
        (self - again)._check_state("accepted")
        (self - again).filtered(lambda handover: not handover.met_today)._count_met()

    def action_met_again(self):
        """Count one more meeting on a day on which one was counted already."""
        self._check_other_end()
        self._check_state("accepted")
        self._count_met()

    def _count_met(self):
        for handover in self:
            handover._advance(
                {"met_count": handover.met_count + 1, "met_on": handover._today()}
            )
            # Superuser: the receiver reads the offer's rule, nothing else of it.
            if handover.met_count >= handover.sudo().offer_id.required_meetings:
                handover._complete()

    def _complete(self):
        self._advance({"state": "completed", "ended_on": self._today()})
        self._meet_obligation("activity_handover_follow_up")

    def action_withdraw(self):
        """Withdraw a handover: the citizen no longer wants it, or it was a mistake."""
        self._check_worker()
        self._withdraw()

    def _withdraw(self):
        self._check_state(*LIVE_STATES)
        for handover in self:
            handover._advance({"state": "withdrawn", "ended_on": handover._today()})
            handover._drop_obligations()
            handover._resume_course()

    def _open_besides(self, user):
        return user == self.receiver_id

    def _citizen_print_name(self):
        return self.offer_id.display_name
