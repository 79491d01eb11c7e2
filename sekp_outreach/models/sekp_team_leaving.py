from odoo import models
from odoo.exceptions import UserError


class SekpTeam(models.Model):
    """Who carries open courses of a team gives them on before leaving it."""

    _inherit = "sekp.team"

    def write(self, vals):
        before = self._sekp_members() if "member_ids" in vals else {}
        result = super().write(vals)
        if not self.env.su:
            after = self._sekp_members() if before else {}
            for team, members in before.items():
                team._check_given_on(members - after[team])
        return result

    def _sekp_members(self):
        """Return ``{team: its members}``, also those who work no more."""
        return {team: team.with_context(active_test=False).member_ids for team in self}

    def _check_given_on(self, leaving):
        """Refuse to let people leave whose open courses would stay with them.

        :param leaving: users who are no members any more
        :raises UserError: telling where courses are given on
        """
        self.ensure_one()
        # Superuser: whether there is a course, and nothing of it.
        if leaving and self.env["sekp.course"].sudo().search_count(
            [
                ("team_id", "=", self.id),
                ("phase", "!=", "closed"),
                ("contact_person_id", "in", leaving.ids),
            ],
            limit=1,
        ):
            raise UserError(
                self.env._(
                    "Who leaves “%(team)s” still carries open courses. A supervisor "
                    "of the team gives them to colleagues first: choose “Give Courses "
                    "On” in the menu, under “Team”.",
                    team=self.name,
                )
            )
