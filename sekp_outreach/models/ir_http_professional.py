from werkzeug.exceptions import Forbidden

from odoo import models
from odoo.http import request

from .sekp_referral_professional import ROLE

DOORS = frozenset(
    {"/json/2/sekp.referral/report", "/json/2/sekp.referral/neutral_status"}
)


class IrHttp(models.AbstractModel):
    """A professional's system has two doors; every other one is shut."""

    _inherit = "ir.http"

    @classmethod
    def _auth_method_user(cls):
        result = super()._auth_method_user()
        if request.httprequest.path not in DOORS:
            cls._sekp_refuse_professional()
        return result

    @classmethod
    def _auth_method_public(cls):
        result = super()._auth_method_public()
        # Who has no session is the public user; the role has none unless it was given
        # to somebody who had one already.
        if request.session.uid is not None:
            cls._sekp_refuse_professional()
        return result

    @classmethod
    def _sekp_refuse_professional(cls):
        if request.env.user.has_group(ROLE):
            raise Forbidden(
                request.env._("A professional's system reports here, and that is all.")
            )
