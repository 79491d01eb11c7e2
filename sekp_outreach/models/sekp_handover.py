from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

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
FOLLOW_UP_DAYS = 14


class SekpHandover(models.Model):
    """Bridging to an ordinary offer, with both ends.

    Proposed, consented to by the citizen, sent, accepted or declined, met as often as
    the offer asks, then completed; or returned, and the course goes on.
    """

    _name = "sekp.handover"
    _inherit = ["sekp.course.child.mixin"]
    _description = "Handover"
    _order = "id desc"

    _sekp_person_fields = {"summary": "alias"}

    _sekp_act_fields = frozenset(
        {
            "state", "consent_given", "consent_on", "sent_on", "answered_on",
            "ended_on", "met_count", "answer_reason",
        }
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
    summary = fields.Text(
        string="What the Receiver Gets to Know",
        help="Agreed with the citizen, word for word.",
    )
    consent_given = fields.Selection(
        [("oral", "Orally"), ("written", "In writing"), ("screen", "On the screen")],
        readonly=True,
        copy=False,
    )
    consent_on = fields.Date(readonly=True, copy=False)
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
    required_meetings = fields.Integer(
        related="offer_id.required_meetings", related_sudo=False
    )
    is_receiver = fields.Boolean(compute="_compute_is_receiver")
    possible_receiver_ids = fields.Many2many(
        comodel_name="res.users", compute="_compute_possible_receiver_ids"
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
            handover.contact_person = handover._course_behind().contact_person_id.name

    @api.depends("receiver_id")
    @api.depends_context("uid")
    def _compute_is_receiver(self):
        for handover in self:
            handover.is_receiver = handover.receiver_id == self.env.user

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
        return super()._prepare_create(vals)

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
            if {"offer_id", "receiver_id", "summary"} & set(vals):
                self._check_state("proposed")
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

    # --- the acts -----------------------------------------------------------------
    def _consent(self, how):
        self._check_worker()
        self._check_state("proposed")
        for handover in self:
            handover._advance(
                {
                    "state": "consented",
                    "consent_given": how,
                    "consent_on": handover._today(),
                }
            )

    def action_consent_oral(self):
        """Record that the citizen consented orally to this handover."""
        self._consent("oral")

    def action_consent_written(self):
        """Record that the citizen consented in writing to this handover."""
        self._consent("written")

    def action_send(self):
        """Send the handover to the offer; only what the citizen consented to."""
        self._check_worker()
        for handover in self:
            if handover.state == "proposed":
                raise UserError(
                    self.env._(
                        "The citizen has not consented yet. Record the consent first."
                    )
                )
        self._check_state("consented")
        for handover in self:
            today = handover._today()
            handover._advance({"state": "sent", "sent_on": today})
            if handover.course_id.phase != "bridging":
                handover.course_id.phase = "bridging"
            handover._set_obligation(
                "activity_handover_waiting",
                today + timedelta(days=handover.offer_id.answer_days),
            )

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
        """Count a meeting of receiver and citizen; complete when there were enough."""
        self._check_other_end()
        self._check_state("accepted")
        for handover in self:
            handover._advance({"met_count": handover.met_count + 1})
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
