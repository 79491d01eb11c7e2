import json
from datetime import date, timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.figures import KEPT, LATE, Event, next_month
from ..tools.periods import age_band
from .statistic_sources import SOURCES

ABSENCE = "absence_days"
COLUMNS = SQL("month, team_id, referral_id, course_id, value, keys")


class SekpStatisticEntry(models.Model):
    """What is counted of a month before its figures are told; nobody has access to it.

    A row says that something happened on a course or a referral in a month, and names
    the record only to tell persons apart: an erasure takes the name and leaves the
    count. What describes the person is no part of it. Rows go when they have been told.
    """

    _name = "sekp.statistic.entry"
    _description = "Entry of the Statistics"
    _log_access = False

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, ondelete="cascade"
    )
    measure = fields.Char(required=True)
    month = fields.Date(required=True)
    team_id = fields.Many2one(
        comodel_name="sekp.team", index="btree_not_null", ondelete="set null"
    )
    referral_id = fields.Many2one(
        comodel_name="sekp.referral", index="btree_not_null", ondelete="set null"
    )
    course_id = fields.Many2one(
        comodel_name="sekp.course", index="btree_not_null", ondelete="set null"
    )
    value = fields.Integer(required=True)
    keys = fields.Json()

    _by_month = models.Index("(company_id, measure, month)")

    @api.depends("month")
    def _compute_display_name(self):
        for entry in self:
            entry.display_name = str(entry.id)

    # --- taking in ------------------------------------------------------------------
    @api.model
    def _take_in(self, company, first, last, records=None):
        """Write down what happened in some months, as often as one likes.

        What was erased meanwhile stays counted.

        :param date first: first day of the first month
        :param date last: a day of the last month
        :param records: only what happened on these courses or referrals
        """
        self.env.flush_all()
        # Two at once would count twice: PostgreSQL refuses the second, who tries again.
        self.env.cr.execute(
            "UPDATE res_company SET sekp_statistic_from = sekp_statistic_from "
            "WHERE id = %s",
            [company.id],
            log_exceptions=False,
        )
        after = next_month(last)
        for measure, rows in self._rows(company, first, after):
            self._replace(company, measure, first, after, rows, self._only(records))
        self.invalidate_model()

    def _replace(self, company, measure, first, after, rows, only):
        """Let entries be what a query gives; those that are the same stay."""
        self.env.cr.execute(
            SQL(
                """
                WITH fresh AS (
                    SELECT %(columns)s, concat_ws(
                               '|', month, COALESCE(team_id, 0),
                               COALESCE(referral_id, 0), COALESCE(course_id, 0),
                               value, keys,
                               row_number() OVER (PARTITION BY %(columns)s)) AS mark
                      FROM (%(rows)s) AS t(%(columns)s)
                     WHERE %(only)s
                ), known AS (
                    SELECT id, concat_ws(
                               '|', month, COALESCE(team_id, 0),
                               COALESCE(referral_id, 0), COALESCE(course_id, 0),
                               value, keys,
                               row_number() OVER (PARTITION BY %(columns)s)) AS mark
                      FROM sekp_statistic_entry AS t
                     WHERE company_id = %(company)s AND measure = %(measure)s
                       AND month >= %(first)s AND month < %(after)s AND %(only)s
                       AND (num_nonnulls(referral_id, course_id) > 0
                            OR measure = 'advice')
                ), gone AS (
                    DELETE FROM sekp_statistic_entry e USING known k
                     WHERE e.id = k.id
                       AND NOT EXISTS (SELECT FROM fresh f WHERE f.mark = k.mark)
                )
                INSERT INTO sekp_statistic_entry (company_id, measure, %(columns)s)
                SELECT %(company)s, %(measure)s, %(columns)s
                  FROM fresh f
                 WHERE NOT EXISTS (SELECT FROM known k WHERE k.mark = f.mark)
                """,
                columns=COLUMNS,
                rows=rows,
                only=only,
                company=company.id,
                measure=measure,
                first=first,
                after=after,
            )
        )

    @api.model
    def _only(self, records):
        if records is None:
            return SQL("TRUE")
        column = "course_id" if records._name == "sekp.course" else "referral_id"
        return SQL("t.%s = ANY(%s)", SQL.identifier(column), records.ids)

    def _rows(self, company, first, after):
        """Yield each measure with the query that gives its rows."""
        zone = company._sekp_timezone()

        def local(*column):
            return SQL(
                "(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)",
                SQL.identifier(*column),
                zone,
            )

        begin = company._sekp_start_of_day(first)
        end = company._sekp_start_of_day(after)
        given = {
            "company": company.id,
            "first": first,
            "after": after,
            "begin": begin,
            "end": end,
            "today": company._sekp_today(),
            "month_of_received": SQL(
                "date_trunc('month', %s)::date", local("r", "received_at")
            ),
            "month_of_started": SQL(
                "date_trunc('month', %s)::date", local("k", "started_at")
            ),
            "day_of_started": SQL("%s::date", local("k", "started_at")),
            "contacts": SQL(
                "k.company_id = %s AND k.is_current "
                "AND k.started_at >= %s AND k.started_at < %s",
                company.id,
                begin,
                end,
            ),
            "contact_keys": SQL(
                "jsonb_build_object('contact_form', ARRAY[k.form_id::text], "
                "'phase', ARRAY[o.phase], 'support_function', ARRAY("
                "SELECT f.sekp_support_function_id::text "
                "FROM sekp_contact_sekp_support_function_rel f "
                "WHERE f.sekp_contact_id = k.id ORDER BY 1))"
            ),
            "course_keys": SQL(
                "jsonb_build_object('source', ARRAY[COALESCE(r.source_id::text, '')])"
            ),
        }
        for measure, query in SOURCES.items():
            kind = measure.removeprefix("deadline_")
            yield measure, query({**given, "kind": kind})
        if rows := self._absence_rows(company, first, after):
            yield (
                ABSENCE,
                SQL(
                    "SELECT * FROM jsonb_to_recordset(%s::jsonb) AS a(month date, "
                    "team_id int, referral_id int, course_id int, value int, "
                    "keys jsonb)",
                    json.dumps(rows),
                ),
            )

    def _absence_rows(self, company, first, after):
        """Return the working days on which contact persons were away, by course."""
        # Superuser: see _cron_count.
        Dialog = self.env["sekp.left.without"].sudo()
        rows, today = [], company._sekp_today()
        month = first
        while month < after:
            last = min(next_month(month) - timedelta(days=1), today)
            period = Dialog.new({"date_from": month, "date_to": last})
            courses = period._courses(Domain("company_id", "=", company.id))
            for row in period._rows_of(courses):
                away, without = row["days_away"], row["days_without"]
                rows += [
                    {
                        "month": month.isoformat(),
                        "team_id": row["course"].team_id.id,
                        "course_id": row["course"].id,
                        "value": days,
                        "keys": {"kept": [kept]},
                    }
                    for kept, days in ((KEPT, away - without), (LATE, without))
                    if days
                ]
            month = next_month(month)
        return rows

    # --- telling --------------------------------------------------------------------
    @api.model
    def _events(self, company, measure, through):
        """Return what is written down of a measure, with what describes the person.

        :param date through: first day of the last month
        """
        self.env.cr.execute(
            """
            SELECT e.month, e.team_id, e.value, e.keys,
                   CASE WHEN e.measure = 'advice' THEN -e.id
                        ELSE COALESCE(o.citizen_id, 1000000000 + r.id) END,
                   COALESCE(c.district, d.district),
                   c.age_band, d.age,
                   ARRAY(SELECT g.sekp_target_group_id::text
                           FROM sekp_citizen_sekp_target_group_rel g
                          WHERE g.sekp_citizen_id = c.id
                          UNION
                         SELECT g.sekp_target_group_id::text
                           FROM sekp_referral_sekp_target_group_rel g
                          WHERE g.sekp_referral_id = d.id
                          ORDER BY 1)
              FROM sekp_statistic_entry e
         LEFT JOIN sekp_referral d ON d.id = e.referral_id
         LEFT JOIN sekp_referral r ON r.id = COALESCE(d.duplicate_of_id, d.id)
         LEFT JOIN sekp_course o ON o.id = COALESCE(e.course_id, r.course_id)
         LEFT JOIN sekp_citizen c ON c.id = o.citizen_id
             WHERE e.company_id = %s AND e.measure = %s AND e.month <= %s
          ORDER BY e.id
            """,
            [company.id, measure, through],
        )
        events = []
        for row in self.env.cr.fetchall():
            month, team, value, keys, person, district, band, age, groups = row
            described = {
                "district": ((district or "").strip().casefold(),),
                "age_band": (band or age_band(age or 0) or "",),
                "target_group": tuple(groups),
            }
            acts = {name: tuple(entry) for name, entry in (keys or {}).items()}
            events.append(Event(month, team, person, value, acts | described))
        return events

    @api.model
    def _first_month(self, company):
        """Return the month in which the first thing happened here, or None."""
        self.env.cr.execute(
            """
            SELECT LEAST(
                (SELECT min(received_at)::date
                   FROM sekp_referral WHERE company_id = %(id)s),
                (SELECT min(date_start) FROM sekp_course WHERE company_id = %(id)s),
                (SELECT min(day) FROM sekp_advice WHERE company_id = %(id)s))
            """,
            {"id": company.id},
        )
        (day,) = self.env.cr.fetchone()
        return day and date(day.year, day.month, 1)

    @api.model
    def _forget_told(self, company, measure, before):
        """Remove what has been told in every breakdown."""
        self.env.cr.execute(
            "DELETE FROM sekp_statistic_entry "
            "WHERE company_id = %s AND measure = %s AND month < %s",
            [company.id, measure, before],
        )
