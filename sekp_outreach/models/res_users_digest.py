from datetime import time

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import NO_ACCESS

from .res_users import ACTIVITIES

# From this local time on the morning mail goes out, on working days.
MORNING = time(6, 30)
BATCH = 50


class ResUsers(models.Model):
    """The morning mail: two numbers and a link, for those who wish it."""

    _inherit = "res.users"

    sekp_digest = fields.Boolean(
        string="Morning Mail",
        help="A mail on working days that says how many of your activities are late "
        "and how many are due today, and nothing else.",
    )
    # Marked before the mail leaves: a crash sends none twice.
    sekp_digest_on = fields.Date(readonly=True, copy=False, groups=NO_ACCESS)

    @property
    def SELF_READABLE_FIELDS(self):
        return [*super().SELF_READABLE_FIELDS, "sekp_digest"]

    @property
    def SELF_WRITEABLE_FIELDS(self):
        return [*super().SELF_WRITEABLE_FIELDS, "sekp_digest"]

    @api.model
    def _cron_sekp_digest(self):
        """Send the morning mails of those municipalities whose day has begun.

        Every hour, so that a server that was down catches up; one a day at most.
        """
        # Superuser: a job of the system.
        wanting = self.sudo().search(
            [("sekp_digest", "=", True), ("share", "=", False)], order="id"
        )
        due = wanting.browse()
        for company, users in wanting.grouped("company_id").items():
            if day := company._sekp_digest_day():
                due |= users.filtered(lambda user, day=day: user._sekp_awaits(day))
        progress = self.env["ir.cron"]
        left = progress._commit_progress(remaining=len(due))
        for start in range(0, len(due), BATCH):
            if not left:
                break
            batch = due[start : start + BATCH]
            batch._sekp_send_digest()
            left = progress._commit_progress(len(batch))

    def _sekp_awaits(self, day):
        return not self.sekp_digest_on or self.sekp_digest_on < day

    def _sekp_send_digest(self):
        """Mark users as told today, and then tell them, if there is anything."""
        # What a second server took meanwhile is told by that one.
        users = self.try_lock_for_update()
        users.invalidate_recordset(["sekp_digest_on"])
        told = {}
        for user in users:
            day = user.company_id._sekp_digest_day()
            if day and user._sekp_awaits(day):
                user.sekp_digest_on = day
                told[user] = user._sekp_count_due(day)
        self.env["ir.cron"]._commit_progress(0)
        mails = self.env["mail.mail"]
        for user, (late, today) in told.items():
            if (late or today) and user.email:
                mails |= user._sekp_digest_mail(late, today)
        mails.send()

    def _sekp_count_due(self, day):
        """Return how many of the user's activities on our records are late and today.

        Counted as the user: what may not be opened is not told of.
        """
        Activity = self.env["mail.activity"].with_user(self)
        groups = Activity.with_context(
            allowed_company_ids=self.company_ids.ids
        )._read_group(
            [
                ("user_id", "=", self.id),
                ("res_model", "=like", "sekp.%"),
                ("date_deadline", "<=", day),
            ],
            ["date_deadline:day"],
            ["__count"],
        )
        today = sum(number for due, number in groups if due == day)
        return sum(number for _due, number in groups) - today, today

    def _sekp_digest_mail(self, late, today):
        # The reader's language, and nothing else of what the caller had in hand.
        env = self.env(user=SUPERUSER_ID, context={"lang": self.lang})
        body = env["ir.qweb"]._render(
            "sekp_outreach.digest_mail",
            {
                "lang": self.lang,
                "late": late,
                "today": today,
                "link": self.get_base_url() + ACTIVITIES,
            },
        )
        return env["mail.mail"].create(
            {
                "subject": env._("What is waiting for you today"),
                "body_html": body,
                "email_to": self.email_formatted,
                "author_id": env.ref("base.partner_root").id,
                "auto_delete": True,
            }
        )


class ResCompany(models.Model):
    _inherit = "res.company"

    def _sekp_digest_day(self):
        """Return today when it is a working day whose morning has begun, or False."""
        self.ensure_one()
        now = self._sekp_local(fields.Datetime.now())
        day = now.date()
        begun = now.time() >= MORNING and self._sekp_next_working_day(day) == day
        return begun and day
