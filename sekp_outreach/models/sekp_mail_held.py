import base64
import logging
import secrets
from datetime import date

from dateutil.relativedelta import relativedelta
from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS

from ..tools import mail_reader

_logger = logging.getLogger(__name__)

PURPOSE = "intake"
# Bytes of a mail that is held, and mails of one municipality: what comes beyond is
# refused, and the mail server that brings it tells its sender so.
SIZE = 4 * 1024 * 1024
MOST = 500
# Of a sender: enough to see which mails come from the same one.
SENDER_SIZE = 6


class SekpMailHeld(models.Model):
    """A mail that could not become a referral yet: sealed, and not lost.

    Too many came in this hour, or something was missing, such as a quality standard in
    force. Who sent it and what it says nobody sees before it is taken in.
    """

    _name = "sekp.mail.held"
    _description = "Held E-mail"
    _order = "received_at, id"

    company_id = fields.Many2one(
        comodel_name="res.company",
        string="Municipality",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    team_id = fields.Many2one(
        comodel_name="sekp.team",
        string="Entry Point",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    received_at = fields.Datetime(
        string="Received", required=True, readonly=True, default=fields.Datetime.now
    )
    reason = fields.Selection(
        [("flood", "Too many in this hour"), ("failed", "It could not be taken in")],
        string="Why",
        required=True,
        readonly=True,
    )
    sender = fields.Char(
        readonly=True,
        help="A mark that changes every day: mails with the same mark come from the "
        "same sender.",
    )
    cut = fields.Boolean(readonly=True)
    sealed = fields.Text(copy=False, groups=NO_ACCESS)
    token = fields.Char(copy=False, groups=NO_ACCESS)

    @api.depends("received_at")
    def _compute_display_name(self):
        for held in self:
            held.display_name = str(held.id)

    # --- holding ----------------------------------------------------------------------
    @api.model
    def _hold(self, team, mail, raw, reason):
        """Keep a mail sealed until somebody takes it in, and tell the supervisors.

        :param team: the entry point, as superuser
        :param mail: what was read of it
        :param bytes raw: the mail
        :param str reason: a value of ``reason``
        :raises UserError: when too many are held, or the vault has no key
        """
        company = team.company_id
        if self.search_count([("company_id", "=", company.id)], limit=MOST) >= MOST:
            raise UserError(
                self.env._("No more mail can be taken at the moment. Call instead.")
            )
        now = fields.Datetime.now()
        digest = self.env["sekp.intake.trace"]._digest(company, now, mail.sender)
        held = self.create(
            {
                "company_id": company.id,
                "team_id": team.id,
                "reason": reason,
                "received_at": now,
                "sender": digest[:SENDER_SIZE],
                "cut": len(raw) > SIZE,
                "token": secrets.token_hex(16),
            }
        )
        held._seal(raw[:SIZE])
        (team.supervisor_ids or team.responsible_id)._sekp_notice()

    def _binding(self):
        return f"sekp.mail.held/{self.company_id.id}/{self.token}"

    def _seal(self, raw):
        sealed = self.env["sekp.vault"]._encrypt(raw, PURPOSE, self._binding())
        self.sealed = base64.b64encode(sealed).decode()

    def _open(self):
        """Return the mail.

        :raises UserError: when the key is missing or it is damaged
        """
        return self.env["sekp.vault"]._decrypt(
            base64.b64decode(self.sealed), PURPOSE, self._binding()
        )

    def _reseal(self):
        """Encrypt the mails anew with the newest key.

        :raises UserError: when a key is missing or something is damaged
        """
        for held in self:
            held._seal(held._open())

    # --- what becomes of it -----------------------------------------------------------
    def _take_in(self):
        """Make a referral of each of these mails.

        :raises UserError: when one cannot be taken in
        """
        for held in self:
            mail = mail_reader.read(held._open())
            if held.cut:
                mail = mail._replace(unread=True, files=mail.files[:-1])
            team = held.team_id
            answer = team._refer_mail(mail)
            held.unlink()
            if answer:
                team._answer_mail(mail.sender)

    def action_take_in(self):
        """Make referrals of the mails: somebody has seen that they are no flood."""
        self.check_access("read")
        # Superuser: a held mail is opened by this act only, which has been checked.
        self.sudo()._take_in()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_throw_away(self):
        """Delete the mails unread: they are a flood."""
        self.check_access("read")
        self.sudo().unlink()  # Superuser: as above.
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    @api.model
    def _cron_take_in(self):
        """Try again what could not be taken in; a flood waits for a person."""
        progress = self.env["ir.cron"]
        # Superuser: a job of the system.
        waiting = self.sudo().search([("reason", "=", "failed")])
        left = progress._commit_progress(remaining=len(waiting))
        for held in waiting:
            if not left:
                break
            if held.try_lock_for_update():
                try:
                    with self.env.cr.savepoint():
                        held._take_in()
                except OperationalError:
                    # Somebody changed something at this moment: the job comes again.
                    raise
                except Exception as error:  # pylint: disable=broad-except
                    # Still not possible, for instance without a standard in force.
                    # What the error says may quote the mail.
                    _logger.info("A mail stays held: %s.", type(error).__name__)
                    self.env.invalidate_all()
            left = progress._commit_progress(1)

    # --- what nobody decides about ----------------------------------------------------
    @api.autovacuum
    def _gc_held(self):
        """Delete unread what has waited for longer than such a mail may be kept."""
        # Superuser: a job of the system; of every municipality.
        waiting = self.sudo().search([("received_at", "<", fields.Datetime.now())])
        latest = {
            company: self._latest_kept(company) or date.min
            for company in waiting.company_id
        }
        waiting.filtered(
            lambda held: (
                held.company_id._sekp_local(held.received_at).date()
                <= latest[held.company_id]
            )
        ).unlink()

    @api.model
    def _latest_kept(self, company):
        """Return the last day whose held mails go today; nothing when none go.

        Where nothing may be stored about a person a mail waits as long as a message
        that nobody reads; elsewhere as long as the municipality's rule keeps a referral
        from outside that is not accepted, and without such a rule until somebody
        decides.
        """
        today = company._sekp_today()
        standard = self.env["sekp.standard"]._in_force(company, today)
        if standard and not standard._allows_registration("alias"):
            return today - relativedelta(days=standard.transient_days)
        rules = (
            self.env["sekp.retention.rule"]
            ._in_force(company, "referral")
            .filtered(lambda rule: not rule._outcome())
        )
        rule = rules.filtered("from_outside") or rules
        return rule._latest_end() if rule else None
