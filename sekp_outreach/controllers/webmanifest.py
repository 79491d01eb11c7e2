from odoo.http import request

from odoo.addons.web.controllers.webmanifest import WebManifest


class StreetManifest(WebManifest):
    """The street note among the shortcuts of the app on a home screen."""

    def _get_shortcuts(self):
        shortcuts = super()._get_shortcuts()
        if not request.env.user.has_group("sekp_outreach.group_contact_person"):
            return shortcuts
        icon = "/sekp_outreach/static/description/icon.png"
        return [
            {
                "name": request.env._("Street Note"),
                "url": "/odoo/street-note",
                "icons": [{"sizes": "100x100", "src": icon, "type": "image/png"}],
            },
            *shortcuts,
        ]
