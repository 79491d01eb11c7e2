from odoo import Command, api, fields, models, tools
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from .sekp_read_at_once_mixin import forget

# What a supervisor changes in the own team; the rest is the scheme manager's.
SEATS = ("supervisor_ids", "intake_ids")
SUPERVISOR_FIELDS = {"member_ids", "phone", "mailbox", "opening_hours", "duty_ids"}


class SekpTeam(models.Model):
    """An entry point, a provider team, or both."""

    _name = "sekp.team"
    _description = "Outreach Team"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        string="Municipality",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    is_entry_point = fields.Boolean(
        string="Entry Point", default=True, help="Receives referrals."
    )
    is_provider = fields.Boolean(
        string="Provider", default=True, help="Its contact persons carry courses."
    )
    member_ids = fields.Many2many(
        comodel_name="res.users",
        relation="sekp_team_member_rel",
        column1="team_id",
        column2="user_id",
        string="Contact Persons",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    intake_ids = fields.Many2many(
        comodel_name="res.users",
        relation="sekp_team_intake_rel",
        column1="team_id",
        column2="user_id",
        string="Intake Staff",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    supervisor_ids = fields.Many2many(
        comodel_name="res.users",
        relation="sekp_team_supervisor_rel",
        column1="team_id",
        column2="user_id",
        string="Supervisors",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
    )
    responsible_id = fields.Many2one(
        comodel_name="res.users",
        required=True,
        default=lambda self: self.env.user,
        help="Owns what nobody else owns, so that no obligation is without an owner.",
    )
    age_from = fields.Integer(help="Youngest age the team works with; 0 for no limit.")
    age_to = fields.Integer(help="Oldest age the team works with; 0 for no limit.")
    phone = fields.Char()
    mailbox = fields.Char(string="E-mail")
    opening_hours = fields.Char()
    journal_duty = fields.Boolean(
        help="The unit belongs to the central administration and must journalise "
        "(offentlighedsloven § 15). A trait of the unit, not of § 99.",
    )
    course_count = fields.Integer(
        string="Open Courses", compute="_compute_course_count"
    )

    _ages_in_order = models.Constraint(
        "CHECK (age_from >= 0 AND (age_to = 0 OR age_to >= age_from))",
        "The oldest age of a team cannot be lower than the youngest.",
    )

    def _compute_course_count(self):
        counts = dict(
            self.env["sekp.course"]._read_group(
                [("team_id", "in", self.ids), ("phase", "!=", "closed")],
                ["team_id"],
                ["__count"],
            )
            if self.env["sekp.course"].has_access("read")
            else []
        )
        for team in self:
            team.course_count = counts.get(team, 0)

    @api.constrains("member_ids", "intake_ids", "supervisor_ids", "responsible_id")
    def _check_people(self):
        """Refuse people of other municipalities, outside users and wrong roles."""
        for team in self:
            people = (
                team.member_ids
                | team.intake_ids
                | team.supervisor_ids
                | team.responsible_id
            ).sudo()  # Superuser: reads the companies of the users only.
            if any(
                user.share or team.company_id not in user.company_ids for user in people
            ):
                raise ValidationError(
                    self.env._(
                        "Everyone in the team must be an internal user of the "
                        "municipality."
                    )
                )
            for people, group in (
                (team.supervisor_ids, "sekp_outreach.group_supervisor"),
                (team.intake_ids, "sekp_outreach.group_intake"),
            ):
                # Superuser: reads the roles of the users only.
                if any(not user.has_group(group) for user in people.sudo()):
                    raise ValidationError(
                        self.env._(
                            "Supervisors and intake staff need their role first: an "
                            "administrator gives it."
                        )
                    )

    @api.model_create_multi
    def create(self, vals_list):
        teams = super().create(vals_list)
        self.env.registry.clear_cache()
        teams._check_not_oneself()
        for team in teams:
            for seat in SEATS:
                team._log_seats(seat, team[seat], team[seat].browse())
        return teams

    def write(self, vals):
        if not self.env.su:
            self._check_change(vals)
        leading = {"supervisor_ids", "intake_ids"} & set(vals)
        before = self.supervisor_ids | self.intake_ids if leading else None
        seated = {(team, seat): team[seat] for team in self for seat in leading}
        result = super().write(vals)
        forget()
        if "supervisor_ids" in vals:
            self.env.registry.clear_cache()
        for (team, seat), people in seated.items():
            team._log_seats(seat, team[seat] - people, people - team[seat])
        if leading:
            self._check_not_oneself()
            if "supervisor_ids" in vals:
                self._check_led()
                self.env["sekp.appointment"]._settle([("team_id", "in", self.ids)])
            self.env["mail.activity"]._sekp_hand_on_of(before)
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    @api.model
    @tools.ormcache("self.env.uid")
    def _supervised_ids(self):
        """Return the ids of the teams that the user supervises.

        To look things up by; what may be opened the rules decide.
        """
        # Superuser: no more than which teams name the user.
        teams = self.sudo().with_context(active_test=False)
        return tuple(teams.search([("supervisor_ids", "in", self.env.uid)]).ids)

    def _log_seats(self, seat, given, taken):
        """Log who was let in or left by a seat in the team: it opens courses (C8)."""
        for kind, users in (("role_given", given), ("role_taken", taken)):
            for user in users:
                user._sekp_log_role(kind, user, seat, self)

    def _check_change(self, vals):
        """Refuse changes that would open courses to the one who makes them.

        :raises AccessError: for a supervisor beyond the own team and its daily matters
        :raises UserError: for another municipality
        """
        self.check_access("write")
        if "company_id" in vals:
            raise UserError(self.env._("A team stays in its municipality."))
        if self.env.user.has_group("sekp_outreach.group_scheme_manager"):
            return
        if set(vals) - SUPERVISOR_FIELDS or any(
            self.env.user not in team.supervisor_ids for team in self
        ):
            raise AccessError(
                self.env._(
                    "A supervisor changes members, duty list, phone, e-mail and "
                    "opening hours of the own team; the rest is the scheme manager's."
                )
            )

    def _check_not_oneself(self):
        """Refuse to let oneself in: another scheme manager does it (C10)."""
        if self.env.su:
            return
        for team in self:
            if self.env.user in team.supervisor_ids | team.intake_ids:
                raise AccessError(
                    self.env._(
                        "You cannot make yourself supervisor or intake staff, nor "
                        "change these people of a team you belong to. Ask another "
                        "scheme manager."
                    )
                )

    # --- when somebody goes ---------------------------------------------------------
    def _check_led(self):
        """Refuse to leave a team with open matters without a supervisor.

        :raises UserError: naming the team
        """
        for team in self:
            if not team.supervisor_ids.filtered("active") and team._has_open_matters():
                raise team._unled_error()

    def _unled_error(self):
        return UserError(
            self.env._(
                "“%(team)s” would have nobody who supervises it. Give it another "
                "supervisor first; a scheme manager does that.",
                team=self.name,
            )
        )

    def _has_open_matters(self):
        """Tell whether the team has an open course or a referral to be handled."""
        # Superuser: whether there is anything, and nothing of it.
        env = self.sudo().env
        return bool(
            env["sekp.course"].search_count(
                [("team_id", "in", self.ids), ("phase", "!=", "closed")], limit=1
            )
            or env["sekp.referral"].search_count(
                [
                    ("team_id", "in", self.ids),
                    ("state", "in", ("received", "processing", "accepted")),
                ],
                limit=1,
            )
        )

    @api.model
    def _part_with(self, users):
        """Let teams go on without users who lost what their seat needs.

        Their responsibility goes to another supervisor, and the scheme managers are
        told. A seat that may not be kept is given up; an archived user keeps it.

        :raises UserError: when a team would have nobody
        """
        seats = ("member_ids", "intake_ids", "supervisor_ids", "responsible_id")
        teams = self.with_context(active_test=False).search(
            Domain("active", "=", True)
            & Domain.OR(Domain(seat, "in", users.ids) for seat in seats)
        )
        moved = teams.browse()
        for team in teams:
            vals, gone = team._seats_lost(users)
            leaders = team.supervisor_ids.filtered("active") - gone
            lost = team.supervisor_ids & users - leaders
            responsible = team.responsible_id & users
            if responsible and (
                not responsible.active
                or responsible in gone
                or team.company_id not in responsible.company_ids
            ):
                if not leaders:
                    raise team._unled_error()
                vals["responsible_id"] = leaders[0].id
                moved |= team
            elif lost and not leaders and team._has_open_matters():
                raise team._unled_error()
            if vals:
                team.with_context(active_test=True).write(vals)
        moved.company_id._sekp_managers()._sekp_notice()

    def _seats_lost(self, users):
        """Return what to write on a team to free seats, and who leaves a seat."""
        vals, everybody = {}, users.browse()
        for seat, role in (
            ("member_ids", None),
            ("intake_ids", "sekp_outreach.group_intake"),
            ("supervisor_ids", "sekp_outreach.group_supervisor"),
        ):
            gone = (self[seat] & users).filtered(
                lambda user, role=role: (
                    user.active
                    and (
                        self.company_id not in user.company_ids
                        or (role and not user.has_group(role))
                    )
                )
            )
            if gone:
                vals[seat] = [Command.unlink(user.id) for user in gone]
                everybody |= gone
        return vals, everybody

    @api.model
    def _led_with(self, user_id):
        """Return the teams that the user supervises and somebody is a member of.

        :param user_id: whom a caller names; anything but a number finds none
        """
        role = "sekp_outreach.group_supervisor"
        if type(user_id) is not int or not self.env.user.has_group(role):
            return self.browse()
        return self.search(
            [
                ("supervisor_ids", "in", [self.env.uid]),
                ("member_ids", "in", [user_id]),
            ]
        )

    @api.model
    def _own_entry_points(self, company):
        """Return the entry points the user answers the phone of.

        One who belongs to none may answer that of any in the municipality.
        """
        entries = self.search(
            [("is_entry_point", "=", True), ("company_id", "=", company.id)]
        )
        user = self.env.user
        own = entries.filtered(
            lambda team: user in team.intake_ids | team.supervisor_ids | team.member_ids
        )
        return own or entries

    @api.model
    def _own_entry_point(self):
        """Return the entry point the user answers the phone of, or the first one."""
        return self._own_entry_points(self.env.company)[:1]

    def _referral_owner(self):
        """Return who owns a new referral here: intake staff first."""
        self.ensure_one()
        if self.responsible_id in self.intake_ids | self.supervisor_ids:
            return self.responsible_id
        return (self.intake_ids or self.supervisor_ids or self.responsible_id)[:1]

    def _supervisor(self):
        """Return the supervisor who owns what no contact person owns."""
        self.ensure_one()
        if self.responsible_id in self.supervisor_ids:
            return self.responsible_id
        return (self.supervisor_ids or self.responsible_id)[:1]
