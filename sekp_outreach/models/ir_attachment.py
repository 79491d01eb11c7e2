import base64
import binascii

from odoo import api, models
from odoo.exceptions import UserError

from ..tools import cipher

SEALED_MODEL = "sekp.document"
SEALED_FIELD = "content"
NEUTRAL = {
    "name": "document",
    "description": False,
    "type": "binary",
    "url": False,
    "public": False,
    "access_token": False,
}
# What may be written to stored ciphertext: other ciphertext.
REPLACED = {"raw", "datas", "mimetype"}
# Eight characters of base64 are six bytes: those a ciphertext begins with.
HEAD = 8


class IrAttachment(models.Model):
    """Attachments of records about a person: the ciphertext of documents, no others.

    They are neither public nor have a token, whoever asks. Attachments of other
    records are untouched.
    """

    _inherit = "ir.attachment"

    @api.model_create_multi
    def create(self, vals_list):
        defaults = {
            name: self.env.context.get(f"default_{name}")
            for name in ("res_model", "res_id", "res_field")
        }
        checked = []
        for vals in vals_list:
            given = {**defaults, **vals}
            self._sekp_refuse_activity(given["res_model"], given["res_id"])
            if self._sekp_is_confidential(given["res_model"]):
                self._sekp_require_sealed(given)
                vals = {**vals, **NEUTRAL}
            checked.append(vals)
        return super().create(checked)

    def write(self, vals):
        # Superuser: the guard knows what an attachment belongs to, whoever writes.
        for attachment in self.sudo():
            model = attachment.res_model
            goal = vals.get("res_model", model)
            if self._sekp_is_confidential(model):
                self._sekp_require_sealed(
                    {
                        "res_model": model,
                        "res_field": attachment.res_field,
                        "raw": vals.get("raw"),
                        "datas": vals.get("datas"),
                    },
                    allowed=not set(vals) - REPLACED,
                )
            elif self._sekp_is_confidential(goal):
                self._sekp_refuse()
            elif {"res_model", "res_id"} & set(vals):
                self._sekp_refuse_activity(goal, vals.get("res_id", attachment.res_id))
        return super().write(vals)

    @api.model
    def create_unique(self, values_list):
        for values in values_list:
            if self._sekp_is_confidential(values.get("res_model")):
                self._sekp_refuse()
            self._sekp_refuse_activity(values.get("res_model"), values.get("res_id"))
        return super().create_unique(values_list)

    def _compute_mimetype(self, values):
        if self._sekp_is_sealed(values):
            return "application/octet-stream"
        return super()._compute_mimetype(values)

    @api.model
    def _index(self, bin_data, file_type, checksum=None):
        if cipher.is_sealed(bin_data or b""):
            return None
        return super()._index(bin_data, file_type, checksum=checksum)

    @api.model
    def _sekp_is_confidential(self, model):
        """Tell whether a model holds records, or dialogs, about a person."""
        return bool(
            model
            and model in self.pool
            and issubclass(self.pool[model], self.pool["sekp.link.mixin"])
        )

    @api.model
    def _sekp_is_sealed(self, vals):
        if raw := vals.get("raw"):
            return isinstance(raw, bytes) and cipher.is_sealed(raw)
        head = (vals.get("datas") or b"")[:HEAD]
        try:
            return cipher.is_sealed(base64.b64decode(head))
        except (binascii.Error, ValueError):
            return False

    @api.model
    def _sekp_require_sealed(self, vals, allowed=True):
        """Refuse anything but the ciphertext that a document stores.

        :raises UserError: telling where files belong
        """
        if not (
            allowed
            and self.env.su
            and vals.get("res_model") == SEALED_MODEL
            and vals.get("res_field") == SEALED_FIELD
            and self._sekp_is_sealed(vals)
        ):
            self._sekp_refuse()

    @api.model
    def _sekp_refuse_activity(self, model, res_id):
        """Refuse a file on an activity that lies on a record about a person."""
        if model == "mail.activity" and res_id:
            # Superuser: what the activity lies on decides, whoever owns it.
            activity = self.env["mail.activity"].sudo().browse(res_id).exists()
            if activity._sekp_confidential():
                self._sekp_refuse()

    @api.model
    def _sekp_refuse(self):
        raise UserError(
            self.env._(
                "Files belong under “Documents” of the course, where they are "
                "encrypted. Upload the file there."
            )
        )
