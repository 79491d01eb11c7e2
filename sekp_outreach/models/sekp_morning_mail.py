from odoo import models


class SekpMorning(models.AbstractModel):
    """Held mails are a number on the board until somebody decides about them."""

    _inherit = "sekp.morning"

    def _words(self):
        return {
            **super()._words(),
            "held": (self.env._("Held E-mails"), self.env._("No mail is held.")),
        }

    def _held_mail(self, teams):
        """Return the section of the mails that are held; nothing without one."""
        ((count,),) = self.env["sekp.mail.held"]._read_group(
            [("team_id", "in", teams.ids)], aggregates=["__count"]
        )
        if not count:
            return {}
        action = self._action(
            "sekp.mail.held", [("team_id", "in", teams.ids)], views=("list",)
        )
        section = self._section(count, 0, None, [], action, None)
        return {"held": {**section, "urgent": True}}
