from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.periods import first_gap


class SekpCourse(models.Model):
    """What the absence of its contact person means for a course."""

    _inherit = "sekp.course"

    absence_agreement_ids = fields.One2many(
        comodel_name="sekp.absence.agreement",
        inverse_name="course_id",
        string="Absence Agreements",
    )
    cover_brief = fields.Text(
        compute="_compute_cover_brief",
        help="For the cover: who is away until when, and what was agreed.",
    )
    meanwhile = fields.Text(
        compute="_compute_meanwhile",
        help="What others did on the course while its contact person was away.",
    )
    due_in_absence = fields.Char(compute="_compute_due_in_absence")

    # --- the cover ----------------------------------------------------------------
    @api.depends("absence_agreement_ids.stage")
    @api.depends_context("uid", "lang")
    def _compute_cover_brief(self):
        """Brief the cover, on the days of the cover and nobody else."""
        for course in self:
            agreement = course._running_agreements().filtered(
                lambda one: one.cover_id == self.env.user
            )[:1]
            course.cover_brief = (
                "\n".join(course._brief(agreement)) if agreement else False
            )

    def _brief(self, agreement):
        """Return what the cover needs to know, as sentences."""
        labels = dict(agreement._fields["how"]._description_selection(self.env))
        lines = [
            self.env._(
                "%(who)s is away until %(day)s. Agreed: %(how)s.",
                # Superuser: the name of the colleague.
                who=agreement.sudo().worker_id.name,
                day=format_date(self.env, agreement.date_to),
                how=labels[agreement.how],
            )
        ]
        if agreement.note:
            lines.append(agreement.note)
        if self.last_met_on:
            lines.append(
                self.env._(
                    "Last met on %(day)s.", day=format_date(self.env, self.last_met_on)
                )
            )
        if self.next_contact_due:
            lines.append(
                self.env._(
                    "Next contact by %(day)s.",
                    day=format_date(self.env, self.next_contact_due),
                )
            )
        if self.next_step:
            lines.append(self.env._("Next step: %(step)s", step=self.next_step))
        return lines

    def _running_agreements(self):
        today = self._today() if len(self) == 1 else None
        return self.absence_agreement_ids.filtered(
            lambda one: (
                one.stage in ("coming", "running")
                and one.date_from <= (today or one.course_id._today()) <= one.date_to
            )
        )

    def _obligation_owner(self):
        """While the contact person is away, the cover owns what is due."""
        owner = super()._obligation_owner()
        # Superuser: who covers is asked whoever acts.
        course = self.sudo()
        for agreement in course._running_agreements():
            if agreement.worker_id == owner and self._readable_by(agreement.cover_id):
                return agreement.cover_id
        return owner

    # --- the call for an agreement --------------------------------------------------
    def _is_due_within(self, first, last):
        """Tell whether a contact falls due or a visit is planned in these days."""
        self.ensure_one()
        local = self.company_id._sekp_local
        due = self.next_contact_due
        return bool(
            (due and due <= last)
            or any(
                visit.state == "planned"
                and first <= local(visit.starts_at).date() <= last
                for visit in self.appointment_ids
            )
        )

    @api.depends("next_contact_due", "appointment_ids.state")
    def _compute_due_in_absence(self):
        for course in self:
            visits = course.appointment_ids.filtered(lambda one: one.state == "planned")
            due = course.next_contact_due
            parts = []
            if due:
                parts.append(
                    self.env._("Contact by %(day)s", day=format_date(self.env, due))
                )
            if visits:
                parts.append(self.env._("Planned visits: %(count)s", count=len(visits)))
            course.due_in_absence = ", ".join(parts)

    def _uncovered(self, absence):
        """Return the first days of an absence, still to come, without an agreement.

        :return: first and last of these days, or None
        """
        self.ensure_one()
        agreed = self.absence_agreement_ids.filtered(
            lambda one: one.absence_id == absence and one.stage != "cancelled"
        )
        return first_gap(
            max(absence.date_from, self._today()),
            absence.date_to,
            [(one.date_from, one.date_to) for one in agreed],
        )

    def _lacks_agreement(self, absence):
        """Tell whether the standard, or what falls due, asks for an agreement."""
        self.ensure_one()
        days = self._uncovered(absence)
        return bool(days) and (
            self.standard_id.absence_agreement == "required"
            or self._is_due_within(*days)
        )

    def _absences(self):
        """Return the absences of the contact persons that are not over."""
        # Superuser: who is away is asked for by the system.
        absences = self.env["sekp.absence"].sudo().browse()
        for company in self.company_id:
            absences |= self.env["sekp.absence"]._current(
                company, company._sekp_today()
            )
        return absences

    def _first_without_agreement(self, absences):
        self.ensure_one()
        return next(
            (
                absence
                for absence in absences
                if absence.user_id == self.contact_person_id
                and absence.company_id == self.company_id
                and self._lacks_agreement(absence)
            ),
            absences.browse(),
        )

    def _sync_absence(self):
        """Call for an agreement before the first absence that has none (R120)."""
        absences = self._absences()
        for course in self.filtered(lambda one: one.phase != "closed"):
            absence = course._first_without_agreement(absences)
            if not absence:
                course._meet_obligation("activity_absence_agreement")
                continue
            today = course._today()
            due = max(today, absence.date_from - timedelta(days=1))
            owner = None
            if absence.date_from <= today:
                owner = course.team_id._supervisor()
            course._set_obligation("activity_absence_agreement", due, user=owner)

    @api.model
    def _sekp_to_follow_up(self, today):
        return super()._sekp_to_follow_up(today) | Domain(
            "id", "in", self._out_of_step_with_absence(today, self.env.company)
        )

    @api.model
    def _out_of_step_with_absence(self, today, companies):
        """Return the ids of courses whose call for an agreement does not fit.

        :param date today: the day in the municipalities
        :param companies: the municipalities
        """
        # Superuser: a job of the system.
        everything = self.sudo()
        called = everything.env["mail.activity"].search(
            [
                ("res_model", "=", self._name),
                (
                    "activity_type_id",
                    "=",
                    self.env.ref("sekp_outreach.activity_absence_agreement").id,
                ),
            ]
        )
        by_course = {activity.res_id: activity for activity in called}
        absences = self.env["sekp.absence"]._current(companies, today)
        courses = everything.search(
            Domain("company_id", "in", companies.ids)
            & (
                Domain("id", "in", list(by_course))
                | Domain("contact_person_id", "in", absences.user_id.ids)
                & Domain("phase", "!=", "closed")
            )
        )
        return [
            course.id
            for course in courses
            if course._is_out_of_step(
                course._first_without_agreement(absences), by_course.get(course.id)
            )
        ]

    def _is_out_of_step(self, absence, activity):
        """Tell whether the call for an agreement fits what lacks one.

        :param absence: the first absence without an agreement, or an empty one
        :param activity: the open call, or None
        """
        if not absence or not activity:
            return bool(absence) != bool(activity)
        away = absence.date_from <= self._today()
        return away and activity.user_id == absence.user_id

    def _sekp_follow_up(self, today):
        stale = self._out_of_step_with_absence(today, self.company_id)
        self.browse(id_ for id_ in self.ids if id_ in stale)._sync_absence()
        return super()._sekp_follow_up(today)

    def _assign(self, user, role, reason, date_from=None, date_to=None):
        """A new contact person makes own agreements; those of the former one end."""
        row = super()._assign(user, role, reason, date_from=date_from, date_to=date_to)
        if role == "contact_person":
            # Superuser: what was agreed ends with the act, whoever performs it.
            course = self.sudo()
            course.absence_agreement_ids.filtered(
                lambda one: one.worker_id != user
            )._take_back()
            course._sync_absence()
        return row

    # --- back again -----------------------------------------------------------------
    def _unseen_agreements(self):
        return self.absence_agreement_ids.filtered(
            lambda one: one.stage == "over" and not one.seen_on
        )

    def _done_meanwhile(self, agreement):
        """Return what others logged in the days of an agreement."""
        company = self.company_id
        return self.env["sekp.contact"].search(
            [
                ("course_id", "=", self.id),
                ("is_current", "=", True),
                ("user_id", "!=", agreement.worker_id.id),
                (
                    "started_at",
                    ">=",
                    company._sekp_start_of_day(agreement.date_from),
                ),
                ("started_at", "<", company._sekp_end_of_day(agreement.date_to)),
            ],
            order="started_at, id",
        )

    def _tell_what_happened(self, agreement):
        """Let the contact person look at what happened meanwhile, if anything did."""
        self.ensure_one()
        if agreement.worker_id != self.contact_person_id or not self._done_meanwhile(
            agreement
        ):
            # Superuser: only acts set the day.
            agreement.sudo().seen_on = self._today()
            return
        self._set_obligation("activity_cover_summary", self._today())

    @api.depends("absence_agreement_ids.stage", "absence_agreement_ids.seen_on")
    @api.depends_context("uid", "lang")
    def _compute_meanwhile(self):
        for course in self:
            lines = []
            if course.contact_person_id == self.env.user:
                for agreement in course._unseen_agreements():
                    lines += course._list_meanwhile(agreement)
            course.meanwhile = "\n".join(lines) or False

    def _list_meanwhile(self, agreement):
        outcomes = dict(
            self.env["sekp.contact"]._fields["outcome"]._description_selection(self.env)
        )
        local = self.company_id._sekp_local
        return [
            self.env._(
                "%(day)s, %(who)s: %(outcome)s",
                day=format_date(self.env, local(contact.started_at).date()),
                # Superuser: the name of the colleague.
                who=contact.sudo().user_id.name,
                outcome=outcomes[contact.outcome],
            )
            + (
                " · " + self.env._("Next step: %(step)s", step=contact.next_step)
                if contact.next_step
                else ""
            )
            for contact in self._done_meanwhile(agreement)
        ]

    def action_seen_cover(self):
        """Mark that the contact person has looked at what happened meanwhile."""
        self._take_for_change()
        for course in self:
            # Superuser: only acts set the day; the course was checked.
            course.sudo()._unseen_agreements().write({"seen_on": course._today()})
            course._meet_obligation("activity_cover_summary")

    def action_agree_absence(self):
        """Open the dialog in which the agreement for an absence is recorded.

        The absence is the one the caller looks at, or the first that has none.
        """
        self.ensure_one()
        self.check_access("write")
        absence = self.env["sekp.absence"].browse()
        asked = self.env.context.get("sekp_absence_id")
        if type(asked) is int:
            absence = absence.search([("id", "=", asked)])
        if not absence:
            # Superuser: looks for the absence; what is told of it is searched for.
            first = self.sudo()._first_without_agreement(self._absences())
            absence = absence.search([("id", "in", first.ids)])
        action = self._dialog("sekp.absence.agreement", self.env._("Agree on Absence"))
        action["context"]["default_absence_id"] = absence.id
        return action

    def _bring_to_end(self, outcome):
        result = super()._bring_to_end(outcome)
        # Superuser: closing ends what nobody may write by hand.
        self.sudo().absence_agreement_ids._take_back()
        return result
