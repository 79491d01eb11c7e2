from odoo import models

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG


class SekpKeptMixin(models.AbstractModel):
    """A record whose guards against deletion no caller's context switches off.

    Odoo passes over them while an addon is removed, and takes the context's word for
    it: a client writes into that what it likes.
    """

    _name = "sekp.kept.mixin"
    _description = "Record That Is Kept"

    def unlink(self):
        if self.env.su or not self.env.context.get(MODULE_UNINSTALL_FLAG):
            return super().unlink()
        kept = self.with_context(**{MODULE_UNINSTALL_FLAG: False})
        return super(SekpKeptMixin, kept).unlink()
