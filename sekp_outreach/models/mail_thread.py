from xmlrpc.client import Binary

from odoo import api, models


class MailThread(models.AbstractModel):
    """Odoo's mail gateway: what is sent to an entry point does not pass through it.

    It would keep a message, look for partners, name addresses and subjects in the log,
    and answer errors with a quotation.
    """

    _inherit = "mail.thread"

    @api.model
    def message_process(
        self,
        model,
        message,
        custom_values=None,
        save_original=False,
        strip_attachments=False,
        thread_id=None,
    ):
        """Take a mail; one to an entry point becomes a referral and nothing else.

        :return: as in Odoo; False for a mail to an entry point
        """
        # Whom Odoo lets hand in mail, and nobody else, may do it here.
        self.env["mail.alias"].check_access("read")
        raw = message.data if isinstance(message, Binary) else message
        raw = raw.encode() if isinstance(raw, str) else bytes(raw)
        if teams := self.env["sekp.team"]._mail_teams(raw):
            teams._take_mail(raw)
            return False
        return super().message_process(
            model,
            message,
            custom_values=custom_values,
            save_original=save_original,
            strip_attachments=strip_attachments,
            thread_id=thread_id,
        )
