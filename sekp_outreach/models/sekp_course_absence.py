from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_date

from ..tools.periods import without

CALL = "activity_absence_agreement"


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
    away_text = fields.Char(
        string="Away",
        compute="_compute_away_text",
        help="For others: until when the contact person is away, and who covers.",
    )
    meanwhile = fields.Text(
        compute="_compute_meanwhile",
        help="Who covered while the contact person was away, and what was agreed.",
    )
    meanwhile_contact_ids = fields.Many2many(
        comodel_name="sekp.contact",
        string="Contacts and Attempts Meanwhile",
        compute="_compute_meanwhile",
    )
    meanwhile_visit_ids = fields.Many2many(
        comodel_name="sekp.appointment",
        string="Appointments Meanwhile",
        compute="_compute_meanwhile",
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
        if agreement.how == "unasked":
            sentence = self.env._("%(who)s is away until %(day)s. %(how)s.")
        else:
            sentence = self.env._("%(who)s is away until %(day)s. Agreed: %(how)s.")
        lines = [
            sentence
            % dict(
                # Superuser: the name of the colleague.
                who=agreement.sudo().worker_id.name,
                day=format_date(self.env, agreement.date_to),
                how=labels[agreement.how],
            )
        ]
        if agreement.note:
            lines.append(agreement.note)
        if self.rhythm_days:
            lines.append(
                self.env._(
                    "Agreed rhythm: a contact every %(days)s days.",
                    days=self.rhythm_days,
                )
            )
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

    @api.depends("contact_person_id", "phase", "absence_agreement_ids.stage")
    @api.depends_context("uid", "lang")
    def _compute_away_text(self):
        """Tell others who may open the course that its contact person is away."""
        # Searching writes what is pending, which empties fields assigned before.
        told = [(course, course._tell_away()) for course in self]
        for course, text in told:
            course.away_text = text

    def _tell_away(self):
        """Return until when the contact person is away, or False."""
        person = self.contact_person_id
        if self.phase == "closed" or not person or person == self.env.user:
            return False
        today = self._today()
        absence = self.env["sekp.absence"]._in_days(
            self.company_id, person, today, today
        )[:1]
        if not absence:
            return False
        # Superuser: the names of colleagues.
        course = self.sudo()
        covers = course._running_agreements().filtered(lambda one: one._is_kept(today))
        return course._say_away(
            course.contact_person_id.name,
            absence.date_to,
            covers.cover_id.mapped("name"),
        )

    def _say_away(self, person, until, covers):
        day = format_date(self.env, until)
        if not covers:
            return self.env._(
                "%(who)s is away until %(day)s. Nobody covers.", who=person, day=day
            )
        return self.env._(
            "%(who)s is away until %(day)s. Covered by %(cover)s.",
            who=person,
            day=day,
            cover=", ".join(covers),
        )

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
            if (
                agreement.worker_id == owner
                and agreement._is_kept(course._today())
                and self._readable_by(agreement.cover_id)
            ):
                return agreement.cover_id
        return owner

    def _move_obligations(self):
        result = super()._move_obligations()
        # What a cover cannot do does not go to the cover.
        called = self.sudo().search(Domain("id", "in", self.ids) & self._owing(CALL))
        called._sync_absence()
        return result

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

    def _gap(self, absence, absences=None, today=None):
        """Return the days of an absence without an agreement that can be kept.

        The first such days of which one is still to come.

        :param absences: live absences to look in for those of covers
        :param date today: the day asked about; the present by default
        :return: first and last of these days, or None; the first may have passed
        """
        self.ensure_one()
        kept = [
            days
            for one in self.absence_agreement_ids
            if one.absence_id == absence and one.stage != "cancelled"
            for days in one._days_kept(absences)
        ]
        today = today or self._today()
        return next(
            (
                days
                for days in without(absence.date_from, absence.date_to, kept)
                if days[1] >= today
            ),
            None,
        )

    def _uncovered(self, absence, absences=None):
        """Return the first days still to come without an agreement that can be kept.

        :param absences: live absences to look in for those of covers
        :return: first and last of these days, or None
        """
        days = self._gap(absence, absences)
        return days and (max(days[0], self._today()), days[1])

    def _lacks_agreement(self, absence, absences=None):
        """Tell whether the standard, or what falls due, asks for an agreement."""
        self.ensure_one()
        days = self._uncovered(absence, absences)
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
                and self._lacks_agreement(absence, absences)
            ),
            absences.browse(),
        )

    def _sync_absence(self):
        """Call for an agreement before the first absence that has none (R120)."""
        absences = self._absences()
        for course in self.filtered(lambda one: one.phase != "closed"):
            absence = course._first_without_agreement(absences)
            if not absence:
                course._meet_obligation(CALL)
                continue
            due = course._agreement_due(absence, absences)
            away = course._is_person_away(absences)
            owner = course.team_id._supervisor() if away else None
            course._set_obligation(CALL, due, user=owner)

    def _is_person_away(self, absences):
        """Tell whether the contact person is away today."""
        today = self._today()
        return any(
            one.user_id == self.contact_person_id
            and one.company_id == self.company_id
            and one.date_from <= today <= one.date_to
            for one in absences
        )

    def _agreement_due(self, absence, absences):
        """Return the working day by which an agreement is to be made.

        The last one before the absence, or, once that has begun, before the days on
        which nobody stands in. Too late for that, it is due at once, and stays so.
        """
        today = self._today()
        first = absence.date_from
        if first <= today:
            first = self._gap(absence, absences)[0]
        company = self.company_id
        due = company._sekp_previous_working_day(first - timedelta(days=1))
        if due >= today:
            return due
        at_once = company._sekp_next_working_day(today)
        called = self._with_obligations().activity_search([f"sekp_outreach.{CALL}"])
        return min(called[:1].date_deadline or at_once, at_once)

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
                ("activity_type_id", "=", self.env.ref(f"sekp_outreach.{CALL}").id),
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
            if course._is_out_of_step(absences, by_course.get(course.id))
        ]

    def _is_out_of_step(self, absences, activity):
        """Tell whether the call for an agreement does not fit what lacks one.

        :param absences: the live absences that are not over
        :param activity: the open call, or None
        """
        absence = self._first_without_agreement(absences)
        if not absence or not activity:
            return bool(absence) != bool(activity)
        return activity.user_id == absence.user_id and self._is_person_away(absences)

    def _sekp_follow_up(self, today):
        # Those that may be out of step: to be in step already changes nothing.
        persons = self._absences().user_id
        away = self.filtered(lambda course: course.contact_person_id in persons)
        called = self.search(Domain("id", "in", self.ids) & self._owing(CALL))
        (away | called)._sync_absence()
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

    def _visits_meanwhile(self, agreement):
        """Return what was planned for others in the days of an agreement."""
        local = self.company_id._sekp_local
        return self.appointment_ids.filtered(
            lambda visit: (
                agreement.worker_id not in visit.worker_ids
                and agreement.date_from
                <= local(visit.starts_at).date()
                <= agreement.date_to
            )
        ).sorted("starts_at")

    def _tell_what_happened(self, agreement):
        """Let the contact person look at what happened meanwhile, if anything did."""
        self.ensure_one()
        if agreement.worker_id != self.contact_person_id or not (
            self._done_meanwhile(agreement) or self._visits_meanwhile(agreement)
        ):
            # Superuser: only acts set the day.
            agreement.sudo().seen_on = self._today()
            return
        self._set_obligation("activity_cover_summary", self._today())

    @api.depends("absence_agreement_ids.stage", "absence_agreement_ids.seen_on")
    @api.depends_context("uid", "lang")
    def _compute_meanwhile(self):
        """Sum up for the contact person, on return and until it was seen."""
        # Searching writes what is pending, which empties fields assigned before.
        happened = [(course, *course._sum_up_meanwhile()) for course in self]
        for course, lines, contacts, visits in happened:
            course.meanwhile = "\n".join(lines) or False
            course.meanwhile_contact_ids = contacts
            course.meanwhile_visit_ids = visits

    def _sum_up_meanwhile(self):
        """Return what was agreed, done and planned in an absence, for who was away."""
        lines, contacts = [], self.env["sekp.contact"]
        visits = self.env["sekp.appointment"]
        if self.contact_person_id == self.env.user:
            for agreement in self._unseen_agreements().sorted("date_from"):
                contacts |= self._done_meanwhile(agreement)
                visits |= self._visits_meanwhile(agreement)
                lines.append(self._say_meanwhile(agreement))
        return lines, contacts, visits

    def _say_meanwhile(self, agreement):
        labels = dict(agreement._fields["how"]._description_selection(self.env))
        # Superuser: the name of the colleague.
        cover = agreement.sudo().cover_id.name
        parts = filter(None, (cover, labels[agreement.how], agreement.note))
        return self.env._(
            "%(first)s to %(last)s: %(agreed)s",
            first=format_date(self.env, agreement.date_from),
            last=format_date(self.env, agreement.date_to),
            agreed=" · ".join(parts),
        )

    def action_seen_cover(self):
        """Mark that the contact person has looked at what happened meanwhile.

        :raises AccessError: for one who is neither that nor a supervisor
        """
        self._take_for_change()
        for course in self:
            # Superuser: who supervises, whoever asks.
            lookers = course.contact_person_id | course.sudo().team_id.supervisor_ids
            if self.env.user not in lookers:
                raise AccessError(
                    self.env._("The contact person looks at what happened meanwhile.")
                )
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
