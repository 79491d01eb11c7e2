from odoo import http

from odoo.addons.web.controllers.json import WebJsonController


class SekpJsonController(WebJsonController):
    """What is read of a person is logged, also by this door: it is able to write."""

    def _sekp_readonly(self, rule, args):
        # Which records an action is about is known only after it was looked up.
        return False

    @http.route(readonly=_sekp_readonly)
    def web_json_1(self, subpath, **kwargs):
        return super().web_json_1(subpath, **kwargs)
