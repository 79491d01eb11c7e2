from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .sekp_course import LASTING, UNTOLD, domain_at

# Several colleagues may ask about one course: one open activity for each of them.
EACH_ASKER = "activity_colleague_asks"
# Who is in such a state has an obligation of such a type, due on such a date if named.
OWED = [
    (
        "sekp.referral",
        Domain("state", "in", ("received", "processing")),
        "activity_triage",
        None,
    ),
    ("sekp.referral", Domain("state", "=", "accepted"), "activity_allocate", None),
    (
        "sekp.course",
        Domain("phase", "!=", "closed") & Domain("next_contact_due", "!=", False),
        "activity_next_contact",
        "next_contact_due",
    ),
    (
        "sekp.course",
        Domain("phase", "!=", "closed") & Domain("inform_state", "in", UNTOLD),
        "activity_inform",
        "inform_due",
    ),
    (
        "sekp.course",
        Domain("phase", "!=", "closed") & Domain("safety_until", "!=", False),
        "activity_safety_review",
        None,
    ),
    (
        "sekp.handover",
        Domain("state", "=", "sent"),
        "activity_handover_waiting",
        None,
    ),
    (
        "sekp.handover",
        Domain("state", "=", "accepted"),
        "activity_handover_follow_up",
        None,
    ),
]
# What has come to its end has no automatic activity but the lasting ones.
ENDED = [
    ("sekp.course", Domain("phase", "=", "closed")),
    ("sekp.referral", Domain("state", "in", ("allocated", "closed"))),
    (
        "sekp.handover",
        Domain("state", "in", ("declined", "completed", "returned", "withdrawn")),
    ),
]


class SekpCheck(models.AbstractModel):
    """What holds at every moment, whatever was done: nobody is forgotten, and nobody
    reads what is not theirs.

    Each invariant is one method ``_check_<name>``, asked in SQL, so that it costs
    little in a large database; it returns sentences that name models and numbers, never
    what is told of a person. Nothing is changed.
    """

    _name = "sekp.check"
    _description = "What Always Holds"

    @api.model
    def _problems(self, now=None, only=None):
        """Return what is wrong, as sentences; nothing when all is well.

        :param datetime now: the UTC moment that is asked about; the present by default
        :param only: names of the invariants that are asked; all by default
        """
        env = self.env(su=True, context={"active_test": False})  # Superuser: sees all.
        env.flush_all()
        check = env["sekp.check"]
        now = now or fields.Datetime.now()
        return [
            problem
            for name in only or check._invariants()
            for problem in getattr(check, name)(now)
        ]

    @api.model
    def _invariants(self):
        return sorted(
            name
            for name in dir(type(self))
            if name.startswith("_check_") and not hasattr(models.BaseModel, name)
        )

    # --- what is asked ------------------------------------------------------------
    def _bearers(self):
        """Return the names of the models that bear obligations."""
        mixin = self.pool["sekp.obligation.mixin"]
        return sorted(
            name
            for name, model in self.pool.items()
            if not (model._abstract or model._transient) and issubclass(model, mixin)
        )

    def _open_to(self, model, user, now):
        """Return the query of the records a user may read at a moment, or None."""
        context = {"allowed_company_ids": user.company_ids.ids, "active_test": False}
        Model = self.env[model].with_user(user).with_context(**context)
        if not user.active or not Model.browse().has_access("read"):
            return None
        rule = Model.env["ir.rule"]._compute_domain(model, "read")
        return self.env[model]._search(domain_at(rule, now))

    def _open_activities(self, *domains):
        return self.env["mail.activity"].search(
            Domain.AND(
                [
                    Domain("active", "=", True),
                    Domain("res_model", "in", self._bearers()),
                    *domains,
                ]
            ),
            order="id",
        )

    def _type(self, name):
        return self.env.ref(f"sekp_outreach.{name}").id

    def _today(self, now):
        # The law is Danish: all municipalities share the day.
        return self.env["res.company"]._sekp_local(now).date()

    def _said(self, record):
        return f"{record._name} {record.id}"

    # --- obligations --------------------------------------------------------------
    def _check_owners(self, now):
        """Every open activity lies with an active user who may open its record."""
        Activity = self.env["mail.activity"]
        problems = []
        groups = Activity._read_group(
            Domain("active", "=", True) & Domain("res_model", "in", self._bearers()),
            ["user_id", "res_model"],
        )
        for user, model in groups:
            own = Domain("user_id", "=", user.id) & Domain("res_model", "=", model)
            query = self._open_to(model, user, now) if user else None
            lost = Domain("res_id", "not in", query) if query is not None else own
            problems += [
                f"activity {activity.id} on {model} {activity.res_id}: "
                + (
                    f"its owner, user {user.id}, may not open it"
                    if user
                    else "it has no owner"
                )
                for activity in self._open_activities(own, lost)
            ]
        return problems

    def _check_doubles(self, now):
        """A record has one open automatic activity of a type at most."""
        query = SQL(
            """
            SELECT res_model, res_id, activity_type_id, count(*) FROM mail_activity
            WHERE active AND automated AND res_model = ANY(%s)
            GROUP BY res_model, res_id, activity_type_id,
                CASE WHEN activity_type_id = %s THEN create_uid END
            HAVING count(*) > 1
            """,
            self._bearers(),
            self._type(EACH_ASKER),
        )
        return [
            f"{model} {id_}: {count} open activities of type {type_}"
            for model, id_, type_, count in self.env.execute_query(query)
        ]

    def _check_ended(self, now):
        """What has ended has no open automatic activity, but the lasting ones."""
        lasting = [self._type(name) for name in LASTING]
        return [
            f"{model} {activity.res_id} has ended: activity {activity.id} of type "
            f"{activity.activity_type_id.id} is open"
            for model, ended in ENDED
            for activity in self._open_activities(
                Domain("automated", "=", True),
                Domain("activity_type_id", "not in", lasting),
                Domain("res_model", "=", model),
                Domain("res_id", "in", self.env[model]._search(ended)),
            )
        ]

    def _check_owed(self, now):
        """Who waits for something has an obligation for it, due when it is due."""
        return [
            f"{self._said(record)}: no open {type_}" + (f" on {due} day" if due else "")
            for model, waiting, type_, due in OWED
            for record in self._without(model, waiting, type_, due)
        ]

    def _without(self, model, waiting, type_, due=None):
        """Return the records that wait without an open obligation of a type."""
        Model = self.env[model]
        table = SQL.identifier(Model._table)
        same_day = SQL()
        if due:
            same_day = SQL(
                "AND act.date_deadline = %s", SQL.identifier(Model._table, due)
            )
        query = Model._search(waiting)
        query.add_where(
            SQL(
                "NOT EXISTS (SELECT 1 FROM mail_activity act WHERE act.active "
                "AND act.automated AND act.res_model = %s AND act.res_id = %s.id "
                "AND act.activity_type_id = %s %s)",
                model,
                table,
                self._type(type_),
                same_day,
            )
        )
        return Model.browse(query)

    def _check_clocks(self, now):
        """Every open clock with a date has its obligation on that date."""
        Deadline = self.env["sekp.deadline"]
        query = SQL(
            """
            SELECT clock.id FROM sekp_deadline clock
            WHERE clock.met_on IS NULL AND clock.lapsed IS NOT TRUE
                AND clock.%(due)s IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM mail_activity act JOIN ir_model_data type
                ON type.model = 'mail.activity.type' AND type.module = 'sekp_outreach'
                    AND type.res_id = act.activity_type_id
                WHERE act.active AND act.automated
                    AND act.date_deadline = clock.%(due)s
                    AND CASE WHEN clock.course_id IS NULL THEN
                        act.res_model = 'sekp.referral'
                        AND act.res_id = clock.referral_id
                        AND type.name = 'activity_referral_' || clock.kind
                    ELSE
                        act.res_model = 'sekp.course' AND act.res_id = clock.course_id
                        AND type.name = 'activity_course_' || clock.kind
                    END
            ) ORDER BY clock.id
            """,
            due=SQL.identifier(
                "falls_due" if "falls_due" in Deadline._fields else "due"
            ),
        )
        return [
            f"sekp.deadline {id_}: no obligation on its date"
            for (id_,) in self.env.execute_query(query)
        ]

    def _check_courses(self, now):
        """Every open course has a contact person with access, or a supervisor."""
        query = SQL(
            """
            SELECT course.id FROM sekp_course course
            WHERE course.phase <> 'closed' AND NOT EXISTS (
                SELECT 1 FROM sekp_assignment entry
                JOIN res_users person ON person.id = entry.user_id AND person.active
                WHERE entry.course_id = course.id AND entry.role = 'contact_person'
                    AND entry.user_id = course.contact_person_id
                    AND entry.starts_at <= %(now)s
                    AND (entry.ends_at IS NULL OR entry.ends_at > %(now)s)
            ) ORDER BY course.id
            """,
            now=now,
        )
        left = [id_ for (id_,) in self.env.execute_query(query)]
        return [
            f"{self._said(course)}: neither a contact person nor a supervisor"
            for course in self._unseen(self.env["sekp.course"].browse(left), now)
        ]

    def _check_missed_seen(self, now):
        """What was missed is seen by a supervisor of the team that answers for it.

        Complaints and standards have no team; they have their owner alone.
        """
        by_model = {}
        for activity in self._open_activities(
            Domain("automated", "=", True),
            Domain("date_deadline", "<", self._today(now)),
        ):
            by_model.setdefault(activity.res_model, set()).add(activity.res_id)
        confidential = self.env["sekp.confidential.mixin"]._is_confidential
        return [
            f"{self._said(record)}: something was missed, and no supervisor sees it"
            for model, ids in sorted(by_model.items())
            if confidential(model)
            for record in self._unseen(self.env[model].browse(sorted(ids)), now)
        ]

    def _unseen(self, records, now):
        """Return those of the records whose team has no supervisor who may open them.

        Not those that have no team.
        """
        by_team = {}
        for record in records.exists():
            if teams := record._teams():
                by_team[record] = teams.supervisor_ids.filtered("active")
        open_to = {}
        for user in records.env["res.users"].union(*by_team.values()):
            query = self._open_to(records._name, user, now)
            if query is None:
                open_to[user] = set()
            else:
                query.add_where(
                    SQL(
                        "%s IN %s",
                        SQL.identifier(records._table, "id"),
                        tuple(records.ids),
                    )
                )
                open_to[user] = set(query)
        return records.browse(
            record.id
            for record, users in by_team.items()
            if not any(record.id in open_to[user] for user in users)
        )

    # --- access -------------------------------------------------------------------
    def _check_entitlement(self, now):
        """Nobody reads a course but by the days of an access row or as supervisor.

        Told by the dates that people see, not by the moments the rules compare.
        """
        problems = []
        users = self.env["res.users"].search(
            [("active", "=", True), ("share", "=", False)], order="id"
        )
        for user in users:
            query = self._open_to("sekp.course", user, now)
            if query is None:
                continue
            query.add_where(
                SQL(
                    """
                    (sekp_course.company_id <> ALL(%(companies)s) OR NOT (
                    sekp_course.team_id IN (
                        SELECT team_id FROM sekp_team_supervisor_rel
                        WHERE user_id = %(user)s
                    ) OR EXISTS (
                        SELECT 1 FROM sekp_assignment entry
                        WHERE entry.course_id = sekp_course.id
                            AND entry.user_id = %(user)s
                            AND CASE WHEN entry.role = 'break_glass' THEN
                                entry.opened_at <= %(now)s AND entry.closes_at > %(now)s
                            ELSE
                                entry.date_from <= %(today)s AND (
                                    entry.date_to IS NULL OR entry.date_to >= %(today)s
                                )
                            END
                    )))
                    """,
                    companies=user.company_ids.ids,
                    user=user.id,
                    now=now,
                    today=self._today(now),
                )
            )
            problems += [
                f"sekp.course {id_}: user {user.id} reads it without being entitled"
                for id_ in query
            ]
        return problems

    def _check_grace(self, now):
        """Access that was there when a course was closed ends within the grace.

        Not what was given afterwards, to read the course that is closed.
        """
        query = SQL(
            """
            SELECT entry.id, course.id FROM sekp_assignment entry
            JOIN sekp_course course ON course.id = entry.course_id
            JOIN sekp_standard standard ON standard.id = course.standard_id
            WHERE course.phase = 'closed' AND entry.role <> 'break_glass'
                AND entry.date_from <= course.date_end
                AND COALESCE(entry.date_to, 'infinity')
                    > course.date_end + COALESCE(standard.closing_grace_days, 0)
                AND entry.create_date < (course.date_end + 1)::timestamp
                    AT TIME ZONE %s AT TIME ZONE 'UTC'
            ORDER BY entry.id
            """,
            self.env["res.company"]._sekp_timezone(),
        )
        return [
            f"sekp.assignment {entry} outlasts the grace of sekp.course {course}"
            for entry, course in self.env.execute_query(query)
        ]

    # --- appointments ---------------------------------------------------------------
    def _check_appointments(self, now):
        """Every coming visit has an active worker who is entitled at that time."""
        query = SQL(
            """
            SELECT visit.id FROM sekp_appointment visit
            WHERE visit.state = 'planned' AND visit.starts_at > %s AND NOT EXISTS (
                SELECT 1 FROM sekp_appointment_worker_rel rel
                JOIN res_users worker ON worker.id = rel.user_id AND worker.active
                WHERE rel.appointment_id = visit.id AND (EXISTS (
                    SELECT 1 FROM sekp_assignment entry
                    WHERE entry.course_id = visit.course_id
                        AND entry.user_id = worker.id AND entry.role <> 'break_glass'
                        AND entry.starts_at <= visit.starts_at
                        AND (entry.ends_at IS NULL OR entry.ends_at > visit.starts_at)
                ) OR EXISTS (
                    SELECT 1 FROM sekp_team_supervisor_rel leader
                    WHERE leader.team_id = visit.team_id
                        AND leader.user_id = worker.id
                ))
            ) ORDER BY visit.id
            """,
            now,
        )
        return [
            f"sekp.appointment {id_}: no worker may go"
            for (id_,) in self.env.execute_query(query)
        ]

    def _check_blocks(self, now):
        """A coming visit blocks the calendar of each active worker, at its time."""
        lacking = SQL(
            """
            SELECT visit.id, worker.id FROM sekp_appointment visit
            JOIN sekp_appointment_worker_rel rel ON rel.appointment_id = visit.id
            JOIN res_users worker ON worker.id = rel.user_id AND worker.active
            WHERE visit.state = 'planned' AND visit.starts_at > %s AND 1 <> (
                SELECT count(*) FROM sekp_appointment_block block
                JOIN calendar_event event ON event.id = block.event_id AND event.active
                WHERE block.appointment_id = visit.id AND block.user_id = worker.id
                    AND event.user_id = worker.id AND event.start = visit.starts_at
                    AND event.stop = visit.ends_at
            ) ORDER BY visit.id, worker.id
            """,
            now,
        )
        astray = SQL(
            """
            SELECT block.id FROM sekp_appointment_block block
            JOIN sekp_appointment visit ON visit.id = block.appointment_id
            LEFT JOIN sekp_appointment_worker_rel rel
                ON rel.appointment_id = visit.id AND rel.user_id = block.user_id
            WHERE visit.state = 'cancelled'
                OR (visit.state = 'planned' AND rel.user_id IS NULL)
            ORDER BY block.id
            """
        )
        return [
            f"sekp.appointment {visit}: the calendar of user {worker} is not in step"
            for visit, worker in self.env.execute_query(lacking)
        ] + [
            f"sekp.appointment.block {id_} belongs to nobody"
            for (id_,) in self.env.execute_query(astray)
        ]

    # --- absence ----------------------------------------------------------------------
    def _check_absences(self, now):
        """Where the standard asks for an agreement and nobody stands in today, one is
        called for; a cover who is away in turn stands in for nobody."""
        today, Course = self._today(now), self.env["sekp.course"]
        absences = self.env["sekp.absence"].search(
            [
                ("cancelled", "=", False),
                ("date_from", "<=", today),
                ("date_to", ">=", today),
            ]
        )
        courses = Course.search(
            Domain("contact_person_id", "in", absences.user_id.ids)
            & Domain("phase", "!=", "closed")
            & Domain("standard_id.absence_agreement", "=", "required"),
            order="id",
        )
        called = courses.filtered_domain(Course._owing("activity_absence_agreement"))
        return [
            f"{self._said(course)}: nobody stands in today, and nobody is called for"
            for course in courses - called
            if any(
                (days := course._gap(absence, absences, today)) and days[0] <= today
                for absence in absences
                if absence.user_id == course.contact_person_id
                and absence.company_id == course.company_id
            )
        ]

    # --- grants and reviews -----------------------------------------------------------
    def _check_grants(self, now):
        """Two grants of a course do not overlap."""
        query = SQL(
            """
            SELECT one.id, other.id FROM sekp_grant one JOIN sekp_grant other
            ON other.course_id = one.course_id AND other.id > one.id
                AND daterange(one.date_from, one.date_to, '[]')
                    && daterange(other.date_from, other.date_to, '[]')
            WHERE one.decision = 'granted' AND other.decision = 'granted'
            ORDER BY one.id, other.id
            """
        )
        return [
            f"sekp.grant {one} and {other} overlap"
            for one, other in self.env.execute_query(query)
        ]

    def _check_reviews(self, now):
        """An open course has one planned review of a kind at most, a closed none."""
        query = SQL(
            """
            SELECT review.course_id, review.kind, count(*) FROM sekp_review review
            JOIN sekp_course course ON course.id = review.course_id
            WHERE review.held_on IS NULL
            GROUP BY review.course_id, review.kind, course.phase
            HAVING count(*) > 1 OR course.phase = 'closed'
            ORDER BY review.course_id, review.kind
            """
        )
        return [
            f"sekp.course {course}: {count} planned reviews of kind {kind}"
            for course, kind, count in self.env.execute_query(query)
        ]
