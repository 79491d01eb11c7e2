from odoo import api, fields, models
from odoo.tools import SQL

AGE_BANDS = [
    ("under_18", "Under 18"),
    ("18_29", "18–29"),
    ("30_49", "30–49"),
    ("50_64", "50–64"),
    ("65_plus", "65 or older"),
]


class SekpCitizen(models.Model):
    """The person as the team may know them.

    Only what the quality standard lets be stored: under *none* a code and nothing
    else, under *alias* what the person wants to be called and coarse facts.
    """

    _name = "sekp.citizen"
    _inherit = ["sekp.confidential.mixin"]
    _description = "Citizen"
    _order = "id desc"
    _rec_names_search = ["reference", "alias"]

    _sekp_person_fields = {
        "alias": "alias",
        "target_group_ids": "alias",
        "district": "alias",
        "age_band": "alias",
    }

    _sekp_act_fields = frozenset({"standard_id", "identity_level", "team_id"})

    standard_id = fields.Many2one(
        comodel_name="sekp.standard",
        string="Quality Standard",
        required=True,
        readonly=True,
        ondelete="restrict",
        help="The standard that bounds what may be stored of the person.",
    )
    registration_mode = fields.Selection(
        related="standard_id.registration_mode", related_sudo=False
    )
    identity_level = fields.Selection(
        [("unknown", "Unknown"), ("alias", "Known by an alias")],
        compute="_compute_identity_level",
        store=True,
    )
    # A supervisor of an earlier course has no more to do with the person (C2).
    team_id = fields.Many2one(
        comodel_name="sekp.team",
        compute="_compute_team_id",
        store=True,
        index=True,
        help="The team of the latest course.",
    )
    alias = fields.Char(
        help="What the person wants to be called. Never a real name or a CPR number.",
    )
    target_group_ids = fields.Many2many(
        comodel_name="sekp.target.group", string="Target Groups"
    )
    district = fields.Char(help="District or named place; never an address.")
    age_band = fields.Selection(AGE_BANDS)
    course_ids = fields.One2many(
        comodel_name="sekp.course", inverse_name="citizen_id", string="Courses"
    )
    assignment_ids = fields.One2many(
        comodel_name="sekp.assignment", inverse_name="citizen_id", string="Access"
    )

    _reference_unique = models.UniqueIndex("(reference)", "This code is taken.")

    @api.depends("alias")
    def _compute_identity_level(self):
        for citizen in self:
            citizen.identity_level = "alias" if citizen.alias else "unknown"

    @api.depends("course_ids.team_id")
    def _compute_team_id(self):
        for citizen in self:
            citizen.team_id = citizen.course_ids.sorted("id")[-1:].team_id

    def _history_parent(self):
        return {"citizen_id": self.id}

    def _registration_standard(self):
        return self.standard_id

    def _follow_standard(self, standard):
        """Come under another standard; what it does not allow to be stored goes.

        :param standard: the standard of the course that begins now
        """
        self.ensure_one()
        stored = {name: self[name] for name in self._sekp_person_fields}
        above = dict.fromkeys(self._facts_above(stored, standard), False)
        self.write({**above, "standard_id": standard.id})

    def _obligation_owner(self):
        course = self.course_ids[:1]
        return course._obligation_owner() if course else self.env["res.users"]

    def _own_courses(self):
        return self.course_ids

    def _log_team(self):
        return SQL(
            "(SELECT course.team_id FROM sekp_course course "
            "WHERE course.citizen_id = t.id ORDER BY course.id DESC LIMIT 1)"
        )
