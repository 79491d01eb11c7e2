from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, Query

from .mail_activity import conjuncts


def _names_ids(domain):
    return any(
        name == "id" and operator in ("=", "in") and not isinstance(value, Query)
        for name, operator, value in conjuncts(domain)
    )


class SekpCourse(models.Model):
    """Courses: looked up among the few that may come into question.

    The rule is an alternative, which no index answers: PostgreSQL would read every
    course of the municipality. Told beside it which ones it can be about, it reads
    those of the user and of the user's teams, unless they are named by their ids. What
    may be opened the rule decides.
    """

    _inherit = "sekp.course"

    @api.model
    def _search(self, domain, *args, bypass_access=False, **kwargs):
        if not (self.env.su or bypass_access):
            domain = Domain(domain)
            if not _names_ids(domain):
                domain &= self._sekp_in_question()
        return super()._search(domain, *args, bypass_access=bypass_access, **kwargs)

    @api.model
    def _sekp_in_question(self):
        """Return the domain of the courses that the user may have to do with.

        An array, because PostgreSQL looks one up by an index whatever else is asked.
        """
        teams = self.env["sekp.team"]._supervised_ids()
        in_question = SQL(
            "SELECT course_id FROM sekp_assignment WHERE user_id = %s", self.env.uid
        )
        if teams:
            in_question = SQL(
                "%s UNION ALL SELECT id FROM sekp_course WHERE team_id IN %s",
                in_question,
                teams,
            )
        return Domain.custom(
            to_sql=lambda _model, alias, _query: SQL(
                "%s = ANY(ARRAY(%s))", SQL.identifier(alias, "id"), in_question
            )
        )
