from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

# Two roles that one person should not have, of which the first looks at the second.
LOOKS_AT = (
    ("auditor", ("contact_person", "supervisor", "intake", "scheme_manager")),
    ("complaint_handler", ("contact_person", "supervisor", "scheme_manager")),
)
MANAGER = "sekp_outreach.group_scheme_manager"
NEEDED = ("contact_person", "supervisor", "intake", "auditor", "complaint_handler")


class SekpSetup(models.AbstractModel):
    """What has to be set up before the first referral, and what is odd about it.

    Read from what is there: nothing is ticked but that the key was copied, which only a
    person can know. It tells of staff, teams and standards, and of no citizen.
    """

    _name = "sekp.setup"
    _description = "Getting Started"

    @api.model
    def get_steps(self):
        """Return the steps to set up the municipality, and what to look at.

        :return: the steps with title, reason, state and the action that leads there;
            how many are done and needed; sentences about what is odd
        :raises AccessError: for all but scheme managers and technical administrators
        """
        self._check_caller()
        company = self.env.company
        steps = [
            self._step_standard(company),
            self._step_teams(company),
            self._step_roles(company),
            self._step_hours(company),
            self._step_mail(company),
            self._step_page(company),
            self._step_key(company),
        ]
        return {
            "company": company.name,
            "steps": steps,
            "done": sum(step["done"] for step in steps if not step["optional"]),
            "needed": sum(not step["optional"] for step in steps),
            "oddities": self._oddities(company),
        }

    @api.model
    def confirm_key_copied(self):
        """Say that the key file was copied to a place apart from the backups.

        A newer key asks again.

        :raises AccessError: for all but technical administrators
        :raises UserError: before there is a key
        """
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("A technical administrator confirms this."))
        key = self.env["sekp.vault"]._fingerprint()
        if not key:
            raise UserError(self.env._("There is no key to copy yet."))
        self.env["res.company"].search([("id", "!=", False)]).write(
            {
                "sekp_key_copied": key,
                "sekp_key_copied_on": fields.Date.context_today(self),
            }
        )

    @api.model
    def _check_caller(self):
        user = self.env.user
        if not (user._sekp_is_manager() or user.has_group("base.group_system")):
            raise AccessError(
                self.env._("Scheme managers and technical administrators set this up.")
            )

    # --- steps --------------------------------------------------------------------
    def _step(self, key, title, why, done, told, action=False, group=MANAGER, **more):
        """Return a step; its action is for those who have the group it needs."""
        may = self.env.user.has_group(group)
        others = self.env._("A technical administrator does this.")
        if group == MANAGER:
            others = self.env._("A scheme manager does this.")
        return {
            "key": key,
            "title": title,
            "why": why,
            "done": bool(done),
            "told": told,
            "action": may and action,
            "others": not may and others,
            "optional": False,
            "confirm": False,
            **more,
        }

    def _step_standard(self, company):
        # Superuser: an administrator reads no standard, only that there is one.
        standard = self.env["sekp.standard"].sudo()
        standard = standard._in_force(company, company._sekp_today())
        return self._step(
            "standard",
            self.env._("Adopt the quality standard"),
            self.env._("Every clock, warning and limit follows from it."),
            standard,
            standard.name or self.env._("None is in force."),
            "sekp_outreach.sekp_standard_action"
            if standard
            else "sekp_outreach.sekp_adopt_standard_action",
        )

    def _teams(self, company):
        # Superuser: as above.
        return self.env["sekp.team"].sudo().search([("company_id", "=", company.id)])

    def _step_teams(self, company):
        teams = self._teams(company)
        ready = teams.filtered(
            lambda team: (
                team.supervisor_ids.filtered("active")
                and (team.member_ids.filtered("active") or not team.is_provider)
            )
        )
        return self._step(
            "teams",
            self.env._("Put people into the teams"),
            self.env._("A referral reaches a team, and a supervisor answers for it."),
            teams and ready == teams,
            self.env._(
                "%(ready)s of %(all)s teams have the people they need.",
                ready=len(ready),
                all=len(teams),
            ),
            "sekp_outreach.sekp_team_action",
        )

    def _step_roles(self, company):
        missing = [role for role in NEEDED if not company._sekp_people(role)]
        names = ", ".join(self._role_name(role) for role in missing)
        return self._step(
            "roles",
            self.env._("Give everybody their role"),
            self.env._("No role follows from being administrator. The auditor first."),
            not missing,
            self.env._("Nobody is: %(roles)s.", roles=names)
            if missing
            else self.env._("Every role has somebody."),
            "base.action_res_users",
            "base.group_erp_manager",
        )

    def _step_hours(self, company):
        today = company._sekp_today()
        closing = company._sekp_closing_days(today)
        calendar = company.resource_calendar_id
        return self._step(
            "hours",
            self.env._("Opening hours and closing days"),
            self.env._(
                "Deadlines in working days count them. Public holidays are known; a "
                "day on which the municipality is closed besides is not."
            ),
            # Superuser: whether there are hours, not whose.
            calendar.sudo().attendance_ids,
            self.env._("%(days)s closing days lie ahead.", days=len(closing)),
            "resource.action_resource_calendar_form",
            "base.group_system",
        )

    def _step_mail(self, company):
        entries = self._teams(company).filtered("is_entry_point")
        ready = entries.filtered("alias_email")
        return self._step(
            "mail",
            self.env._("An e-mail address for each entry point"),
            self.env._("What is written to it becomes a referral, and nothing else."),
            entries and ready == entries,
            self.env._(
                "%(ready)s of %(all)s entry points have one.",
                ready=len(ready),
                all=len(entries),
            ),
            "sekp_outreach.sekp_team_action",
        )

    def _step_page(self, company):
        return self._step(
            "page",
            self.env._("The public page"),
            self.env._(
                "There anybody who is worried can write, without a login. It may stay "
                "closed."
            ),
            company.sekp_public_page,
            self.env._("It is open.")
            if company.sekp_public_page
            else self.env._("It is closed."),
            "base_setup.action_general_configuration",
            "base.group_system",
            optional=not company.sekp_public_page,
        )

    def _step_key(self, company):
        key = self.env["sekp.vault"]._fingerprint()
        # Superuser: the day is not everybody's to read.
        copied = company.sudo()
        done = bool(key) and copied.sekp_key_copied == key
        if done:
            told = self.env._(
                "Confirmed on %(day)s.",
                day=self.env["ir.qweb.field.date"].value_to_html(
                    copied.sekp_key_copied_on, {}
                ),
            )
        elif key:
            told = self.env._("Nobody has confirmed it for the present key.")
        else:
            told = self.env._("The key is made with the first encrypted document.")
        return self._step(
            "key",
            self.env._("Copy the key file"),
            self.env._(
                "Without it nobody opens documents and identities again. It lies in no "
                "backup on purpose: keep the copy apart from them."
            ),
            done,
            told,
            group="base.group_system",
            confirm=bool(key)
            and not done
            and self.env.user.has_group("base.group_system"),
        )

    # --- what is odd ----------------------------------------------------------------
    def _role_name(self, role):
        # Superuser: what a role is called.
        return self.env.ref(f"sekp_outreach.group_{role}").sudo().name

    def _oddities(self, company):
        """Return sentences about roles, teams and standards that want a second look."""
        return [
            *self._odd_roles(company),
            *self._odd_teams(company),
            *self._odd_standard(company),
            *self._odd_clock(),
        ]

    def _odd_roles(self, company):
        people = {
            role: company._sekp_people(role)
            for role in {one for pair in LOOKS_AT for one in (pair[0], *pair[1])}
        }
        for looks, looked_at in LOOKS_AT:
            for user in people[looks]:
                others = user._sekp_named(
                    [role for role in looked_at if user in people[role]]
                )
                if others:
                    yield self.env._(
                        "%(name)s is %(role)s and also %(others)s: nobody looks at "
                        "their own work.",
                        name=user.name,
                        role=self._role_name(looks),
                        others=", ".join(others),
                    )
        # As on the user's form: for those who give the roles.
        if self.env.user.has_group("base.group_erp_manager"):
            readers = company._sekp_people("statistics_reader")
            for user in readers.filtered("sekp_role_notice"):
                yield f"{user.name}: {user.sekp_role_notice}"
        teams = self._teams(company)
        placed = teams.member_ids | teams.supervisor_ids
        for user in company._sekp_people("contact_person") - placed:
            yield self.env._(
                "%(name)s is a contact person and in no team.", name=user.name
            )

    def _odd_teams(self, company):
        for team in self._teams(company):
            if not team.supervisor_ids.filtered("active"):
                yield self.env._("%(team)s has no supervisor.", team=team.name)
            if team.is_provider and not team.member_ids.filtered("active"):
                yield self.env._("%(team)s has no contact persons.", team=team.name)
            if team.is_entry_point and not (
                team.intake_ids | team.supervisor_ids
            ).filtered("active"):
                yield self.env._("Nobody takes referrals at %(team)s.", team=team.name)

    def _odd_standard(self, company):
        today = company._sekp_today()
        # Superuser: as for the steps.
        standard = self.env["sekp.standard"].sudo()._in_force(company, today)
        if standard.revision_due and standard.revision_due < today:
            yield self.env._(
                "%(standard)s should have been revised on %(day)s.",
                standard=standard.name,
                day=self.env["ir.qweb.field.date"].value_to_html(
                    standard.revision_due, {}
                ),
            )

    def _odd_clock(self):
        if since := self.env["sekp.erasure"]._waits_since():
            yield self.env._(
                "The nightly erasure had not run for days and waits since %(day)s. Is "
                "the server's clock right?",
                day=self.env["ir.qweb.field.datetime"].value_to_html(since, {}),
            )


class ResCompany(models.Model):
    """That the key of the server was copied, as far as somebody has said so."""

    _inherit = "res.company"

    sekp_key_copied = fields.Char(
        string="Key That Was Copied",
        readonly=True,
        copy=False,
        groups="base.group_system",
    )
    sekp_key_copied_on = fields.Date(
        string="Key Copied On", readonly=True, copy=False, groups="base.group_system"
    )
