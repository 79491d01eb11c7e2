from odoo import api, fields, models
from odoo.fields import Domain

STAFF = "sekp_outreach.group_contact_person,sekp_outreach.group_intake"
KINDS = [
    ("clock", "Referrals and Clocks"),
    ("contact", "Contacts"),
    ("review", "Reviews and Grants"),
    ("handover", "Handovers"),
    ("absence", "Absence"),
    ("other", "Other"),
]
# By the names of the activity types in this addon's data; the rest is "other".
TYPES = {
    "clock": (
        "triage", "acute", "allocate", "information_awaited", "inform",
        "referral_response", "referral_processing", "referral_first_visit",
        "referral_decision", "referral_start", "referral_escalation",
        "course_response", "course_processing", "course_first_visit",
        "course_decision", "course_start", "course_escalation",
    ),
    "contact": (
        "next_contact", "rhythm_gap", "ask_shelter", "ask_caretaker", "welfare_check",
        "visit_unlogged", "lone_work", "dialogue_answer", "wants_to_stop",
    ),
    "review": (
        "review", "written_status", "ordinary_offer", "grant_expiry",
        "consent_expiring", "safety_review",
    ),
    "handover": ("handover_waiting", "handover_follow_up"),
    "absence": ("absence_agreement", "cover_summary"),
}  # fmt: skip


class MailActivity(models.Model):
    """What the supervisor's lists sort the activities on our records by."""

    _inherit = "mail.activity"

    sekp_team_id = fields.Many2one(
        comodel_name="sekp.team",
        string="Team",
        compute="_compute_sekp_team_id",
        store=True,
        index="btree_not_null",
        groups=STAFF,
        help="The team that answers for the record.",
    )
    sekp_kind = fields.Selection(
        KINDS,
        string="Kind of Obligation",
        compute="_compute_sekp_kind",
        search="_search_sekp_kind",
        groups=STAFF,
    )

    sekp_for_me = fields.Boolean(
        string="Mine or My Teams'",
        compute="_compute_sekp_for_me",
        search="_search_sekp_for_me",
        groups=STAFF,
    )

    # As Odoo asks for a flag: "active IS TRUE" does not follow from "active".
    _sekp_team_board = models.Index(
        "(sekp_team_id, date_deadline, id) "
        "WHERE active IS TRUE AND sekp_team_id IS NOT NULL"
    )

    @api.depends("res_model", "res_id")
    def _compute_sekp_team_id(self):
        # Of what is not there as little is told as of what is hidden.
        teams = (self - self._sekp_withheld())._sekp_teams()
        for activity in self:
            activity.sekp_team_id = teams.get(activity)

    def _sekp_teams(self):
        """Return the first team that answers for the record, by activity."""
        teams = {}
        for model, activities in self._sekp_confidential().grouped("res_model").items():
            # Superuser: the team of the record, whoever plans the activity.
            records = self.env[model].sudo().browse(activities.mapped("res_id"))
            by_id = {record.id: record._teams()[:1] for record in records.exists()}
            for activity in activities:
                teams[activity] = by_id.get(activity.res_id)
        return teams

    def _sekp_follow_team(self):
        """Let open activities follow records that another team answers for now."""
        for activity, team in self.sudo()._sekp_teams().items():
            # Superuser: the list a supervisor works from, whoever moves the record.
            if team and activity.sekp_team_id != team:
                activity.sekp_team_id = team

    @api.model
    def _sekp_types(self, *names):
        """Return the ids of our activity types, by their names without the prefix."""
        find = self.env["ir.model.data"]._xmlid_to_res_id
        types = (find(f"sekp_outreach.activity_{name}") for name in names)
        return [type_id for type_id in types if type_id]

    @api.model
    def _sekp_kinds(self):
        """Return the kind of obligation by the id of its activity type."""
        return {
            type_id: kind
            for kind, names in TYPES.items()
            for type_id in self._sekp_types(*names)
        }

    @api.depends("activity_type_id")
    def _compute_sekp_kind(self):
        kinds = self._sekp_kinds()
        for activity in self:
            activity.sekp_kind = kinds.get(activity.activity_type_id.id, "other")

    @api.depends("user_id", "sekp_team_id")
    @api.depends_context("uid")
    def _compute_sekp_for_me(self):
        mine = self.filtered_domain(self._search_sekp_for_me("in", [True]))
        mine.sekp_for_me = True
        (self - mine).sekp_for_me = False

    @api.model
    def _search_sekp_for_me(self, operator, value):
        """Find those of the user and of the teams that the user supervises.

        By the teams' ids, which an index finds beside the user's own.
        """
        if operator != "in" or list(value) != [True]:
            return NotImplemented
        teams = self.env["sekp.team"]._supervised_ids()
        return Domain("user_id", "=", self.env.uid) | Domain(
            "sekp_team_id", "in", teams
        )

    @api.model
    def _search_sekp_kind(self, operator, value):
        if operator != "in":
            return NotImplemented
        kinds = self._sekp_kinds()
        domain = Domain(
            "activity_type_id", "in", [key for key in kinds if kinds[key] in value]
        )
        if "other" in value:
            domain |= Domain("activity_type_id", "not in", list(kinds))
        return domain
