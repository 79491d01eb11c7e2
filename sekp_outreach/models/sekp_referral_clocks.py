from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.danish_calendar import add_working_days

# After so many working days the one who knows is asked again.
ASK_AGAIN = 5
ACUTE = "activity_acute"
OPEN_STATES = ("received", "processing", "accepted")


class SekpReferral(models.Model):
    """The clocks of a referral, what lets them stand still, and what cannot wait.

    An acute matter is somebody's today until it was said what was done (R047, R053).
    """

    _inherit = "sekp.referral"

    information_awaited_since = fields.Date(
        readonly=True,
        copy=False,
        help="Information is missing since this day; the clocks pause, wait or run on "
        "as the standard says.",
    )

    @api.model
    def _escalation_type(self):
        return "activity_referral_escalation"

    def _carried_clocks(self):
        return self.deadline_ids.filtered(lambda clock: not clock.course_id)

    @api.model
    def _carried_clocks_domain(self):
        return Domain("course_id", "=", False)

    @api.model_create_multi
    def create(self, vals_list):
        referrals = super().create(vals_list)
        for referral in referrals:
            referral._start_clocks()
        referrals.filtered("acute")._sync_acute()
        return referrals

    def write(self, vals):
        result = super().write(vals)
        if "received_at" in vals:
            for referral in self:
                referral._restart_clocks()
        if vals.get("information_complete_on"):
            for referral in self:
                referral._take_completed()
        if "acute" in vals:
            self._sync_acute()
        return result

    def _move_obligations(self):
        result = super()._move_obligations()
        # Others are told of the same clocks, and asked for the same acute matter.
        self._sync_escalation()
        self._sync_acute()
        return result

    def _clocks(self):
        # Superuser: clocks are run by the system; nobody may edit them by hand.
        return self.sudo().deadline_ids

    # --- starting -------------------------------------------------------------------
    def _received_on(self):
        """Return the day of receipt in the municipality."""
        return self.company_id._sekp_local(self.received_at).date()

    def _clock_start(self, promise):
        """Return the day a promise's clock starts, or False while it waits."""
        return {
            "received": self._received_on(),
            "complete": self.information_complete_on,
            "decided": False,
        }[promise.clock_start]

    def _start_clocks(self):
        """Start every clock the standard gives and ask someone to look at it (F1)."""
        self.ensure_one()
        # Superuser: clocks are run by the system; nobody may edit them by hand.
        Deadline = self.env["sekp.deadline"].sudo()
        for promise in self.standard_id.deadline_ids:
            deadline = Deadline.create(
                {
                    "referral_id": self.id,
                    "promise_id": promise.id,
                    "kind": promise.kind,
                }
            )
            start = self._clock_start(promise)
            if start:
                deadline._start(start)
        due = self.company_id._sekp_next_working_day(self._received_on())
        self._set_obligation(
            "activity_triage", self._received_on() if self.acute else due
        )

    def _restart_clocks(self):
        """Let the clocks that run from the receipt follow a corrected one."""
        for deadline in self._clocks()._open():
            if deadline.promise_id.clock_start != "received" or deadline.by_completion:
                continue
            start = self._received_on()
            if start != deadline.started_on:
                deadline._start(start)

    # --- while information is missing -------------------------------------------------
    def action_await_information(self):
        """Record that information is missing: the clocks do what the standard says.

        It also holds for the clocks that went along into the course.

        :raises UserError: when the matter is over
        """
        self._take_for_change()
        self._check_state(*OPEN_STATES, "allocated")
        # Superuser: whether it is over counts, also for intake, who may not open it.
        if any(referral.sudo().course_id.phase == "closed" for referral in self):
            raise UserError(self.env._("The course is closed: nothing is awaited."))
        for referral in self.filtered(lambda one: not one.information_awaited_since):
            today = referral._today()
            referral._advance(
                {"information_complete_on": False, "information_awaited_since": today}
            )
            referral._clocks()._await_information(today)
            referral._sync_awaited()

    def action_information_complete(self):
        """Record that the information is complete today; what waited for it starts."""
        self._take_for_change()
        self._check_state(*OPEN_STATES, "allocated")
        for referral in self.filtered(lambda one: not one.information_complete_on):
            referral._advance({"information_complete_on": referral._today()})

    def _take_completed(self):
        """Let the clocks go on or start from the day the information was complete."""
        self.ensure_one()
        awaited = bool(self.information_awaited_since)
        if awaited:
            self._advance({"information_awaited_since": False})
        self._clocks()._complete_information(self.information_complete_on, awaited)
        if awaited:
            self._meet_obligation("activity_information_awaited")

    def _sync_awaited(self):
        """Let intake be reminded, some working days ahead, to ask again."""
        for referral in self.filtered("information_awaited_since"):
            since = referral.information_awaited_since
            company = referral.company_id
            due = add_working_days(
                since, ASK_AGAIN, closing_days=company._sekp_closing_days(since)
            )
            referral._set_obligation("activity_information_awaited", due)

    def _drop_awaited(self):
        """Nothing is awaited any more: the matter is over."""
        for referral in self:
            referral._set_obligation("activity_information_awaited", False)

    def action_reopen(self):
        result = super().action_reopen()
        self._sync_awaited()
        self._sync_acute()
        return result

    # --- acute ------------------------------------------------------------------------
    def _acute_is_open(self):
        """Tell whether nobody has said yet what was done about an acute matter."""
        return self.acute and not self.acute_handled and self.state in OPEN_STATES

    def _sync_acute(self):
        """Let an open acute matter have its obligation for the day it became acute."""
        for referral in self:
            if not referral._acute_is_open():
                referral._set_obligation(ACUTE, False)
                continue
            # Superuser: moved to another owner it keeps its day.
            known = referral.sudo().activity_search([f"sekp_outreach.{ACUTE}"])[:1]
            referral._set_obligation(
                ACUTE,
                known.date_deadline or referral._today(),
                user=referral._acute_owner(),
            )

    def _acute_owner(self):
        """Return who is to act: of those on duty the first who may open the referral,
        where the scheme goes out itself; else who owns the referral."""
        self.ensure_one()
        owner = self._obligation_owner()
        if self.standard_id.acute_policy != "handle":
            return owner
        on_duty = self.team_id._on_duty(self._today())
        return next((user for user in on_duty if self._readable_by(user)), owner)

    def _take_acute(self):
        """Let the entry point, or who is on duty there, say what was done.

        :raises AccessError: for everyone else
        """
        for referral in self:
            if self.env.user in referral.team_id._on_duty(referral._today()):
                referral.check_access("read")
                # Superuser: being on duty is enough for this act, and no other.
                referral.sudo()._take_for_change()
            else:
                referral._take_for_change()

    def _check_acute_handled(self):
        """Refuse to go on with an acute matter of which nobody said what was done.

        :raises UserError: telling what to do
        """
        if any(referral.acute and not referral.acute_handled for referral in self):
            raise UserError(
                self.env._(
                    "The referral is acute. Say first whether you went out or "
                    "redirected it."
                )
            )

    def action_redirect_acute(self):
        """Record that an acute matter was redirected as the standard says (R053)."""
        self._handle_acute("redirected")

    def action_go_out(self):
        """Record that the scheme goes out on an acute matter itself (R047)."""
        self._handle_acute("handled")

    def _handle_acute(self, how):
        self._take_acute()
        self._advance({"acute_handled": how})
        self._meet_obligation(ACUTE)
