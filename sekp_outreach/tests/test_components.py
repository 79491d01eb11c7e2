from odoo.tests import HttpCase, no_retry, tagged


def _goes_on(message):
    """Tell whether a line of the browser ends the run: only Hoot's own verdict does."""
    return "[HOOT]" not in message


@tagged("post_install", "-at_install", "sekp_outreach", "is_tour")
class TestComponents(HttpCase):
    """Our components by themselves, in Odoo's own runner for them."""

    @no_retry
    def test_the_morning_board(self):
        self.browser_js(
            "/web/tests?headless&loglevel=2&preset=desktop&timeout=15000"
            "&filter=%40sekp_outreach",
            "",
            "",
            login="admin",
            timeout=600,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=_goes_on,
        )
