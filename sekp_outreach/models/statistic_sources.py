"""Where the figures come from: for each measure the query of what happened.

A query gives rows of month, team, referral, course, value and keys. Only what tells of
no person is a key; what describes the person is read where it stands.
"""

from odoo.tools import SQL

from .sekp_standard_parts import DEADLINE_KINDS

SOURCES = {
    "referrals": lambda given: SQL(
        """
        SELECT %(month_of_received)s, r.team_id, r.id, r.course_id, 1,
               jsonb_build_object('source', ARRAY[r.source_id::text],
                                  'outcome', ARRAY[COALESCE(r.outcome, 'open')])
          FROM sekp_referral r
         WHERE r.company_id = %(company)s
           AND r.received_at >= %(begin)s AND r.received_at < %(end)s""",
        **given,
    ),
    "advice": lambda given: SQL(
        """
        SELECT date_trunc('month', a.day)::date, a.team_id, NULL::int, NULL::int, 1,
               jsonb_build_object('source', ARRAY[COALESCE(a.source_id::text, '')],
                                  'outcome', ARRAY[a.outcome])
          FROM sekp_advice a
         WHERE a.company_id = %(company)s
           AND a.day >= %(first)s AND a.day < %(after)s""",
        **given,
    ),
    "contacts": lambda given: SQL(
        """
        SELECT %(month_of_started)s, o.team_id, NULL::int, o.id, count(*)::int,
               %(contact_keys)s
          FROM sekp_contact k JOIN sekp_course o ON o.id = k.course_id
         WHERE %(contacts)s AND k.outcome = 'met'
      GROUP BY 1, o.id, 6""",
        **given,
    ),
    "attempts": lambda given: SQL(
        """
        SELECT %(month_of_started)s, o.team_id, NULL::int, o.id, count(*)::int,
               jsonb_build_object('outcome', ARRAY[k.outcome]) || %(contact_keys)s
          FROM sekp_contact k JOIN sekp_course o ON o.id = k.course_id
         WHERE %(contacts)s AND k.outcome != 'met'
      GROUP BY 1, o.id, 6""",
        **given,
    ),
    "minutes": lambda given: SQL(
        """
        SELECT %(month_of_started)s, o.team_id, NULL::int, o.id, sum(k.minutes)::int,
               %(contact_keys)s
          FROM sekp_contact k JOIN sekp_course o ON o.id = k.course_id
         WHERE %(contacts)s AND k.minutes > 0
      GROUP BY 1, o.id, 6""",
        **given,
    ),
    "courses_opened": lambda given: SQL(
        """
        SELECT date_trunc('month', o.date_start)::date, o.team_id, NULL::int, o.id, 1,
               %(course_keys)s
          FROM sekp_course o LEFT JOIN sekp_referral r ON r.id = o.referral_id
         WHERE o.company_id = %(company)s AND o.previous_course_id IS NULL
           AND o.date_start >= %(first)s AND o.date_start < %(after)s""",
        **given,
    ),
    "courses_reopened": lambda given: SQL(
        """
        SELECT date_trunc('month', o.date_start)::date, o.team_id, NULL::int, o.id, 1,
               %(course_keys)s
          FROM sekp_course o LEFT JOIN sekp_referral r ON r.id = o.referral_id
         WHERE o.company_id = %(company)s AND o.previous_course_id IS NOT NULL
           AND o.date_start >= %(first)s AND o.date_start < %(after)s""",
        **given,
    ),
    "courses_closed": lambda given: SQL(
        """
        SELECT date_trunc('month', o.date_end)::date, o.team_id, NULL::int, o.id, 1,
               jsonb_build_object('outcome', ARRAY[COALESCE(o.closing_outcome, '')])
               || %(course_keys)s
          FROM sekp_course o LEFT JOIN sekp_referral r ON r.id = o.referral_id
         WHERE o.company_id = %(company)s AND o.phase = 'closed'
           AND o.date_end >= %(first)s AND o.date_end < %(after)s""",
        **given,
    ),
    # Kept when no time without outreach in the month was longer than was agreed.
    "rhythm": lambda given: SQL(
        """
        SELECT g.month::date, g.team_id, NULL::int, g.id, 1,
               jsonb_build_object('kept', ARRAY[
                   CASE WHEN bool_and(g.days <= g.rhythm_days)
                        THEN 'kept' ELSE 'late' END])
          FROM (
            SELECT m.month, o.id, o.team_id, o.rhythm_days, d.day,
                   d.day - lag(d.day) OVER (PARTITION BY m.month, o.id ORDER BY d.day)
                       AS days
              FROM generate_series(%(first)s::date, %(after)s::date - 1, '1 month')
                       AS m(month)
              JOIN sekp_course o
                ON o.company_id = %(company)s AND o.rhythm_days > 0
               AND o.date_start < m.month + interval '1 month'
               AND COALESCE(o.date_end, 'infinity'::date) >= m.month
              CROSS JOIN LATERAL (
                SELECT o.date_start AS day
                 UNION SELECT LEAST(
                     o.date_end, (m.month + interval '1 month')::date - 1, %(today)s)
                 UNION SELECT %(day_of_started)s
                  FROM sekp_contact k
                 WHERE k.course_id = o.id AND k.is_current
                   AND k.started_at >= m.month - interval '400 days'
                   AND %(day_of_started)s < m.month + interval '1 month'
              ) d
          ) g
         WHERE g.day >= g.month AND g.days IS NOT NULL
      GROUP BY g.month, g.id, g.team_id""",
        **given,
    ),
    "reviews": lambda given: SQL(
        """
        SELECT date_trunc('month', v.due)::date, o.team_id, NULL::int, o.id, 1,
               jsonb_build_object('kept', ARRAY[
                   CASE WHEN v.held_on <= v.due THEN 'kept' ELSE 'late' END])
          FROM sekp_review v JOIN sekp_course o ON o.id = v.course_id
         WHERE v.company_id = %(company)s AND v.kind = 'review'
           AND v.due >= %(first)s AND v.due < %(after)s
           AND (v.held_on IS NOT NULL
                OR v.due < %(today)s AND COALESCE(o.date_end, 'infinity') >= v.due)""",
        **given,
    ),
    "handovers": lambda given: SQL(
        """
        SELECT date_trunc('month', h.ended_on)::date, o.team_id, NULL::int, o.id, 1,
               jsonb_build_object('outcome', ARRAY[h.state],
                                  'offer', ARRAY[h.offer_id::text])
          FROM sekp_handover h JOIN sekp_course o ON o.id = h.course_id
         WHERE h.company_id = %(company)s
           AND h.state IN ('completed', 'declined', 'returned', 'withdrawn')
           AND h.ended_on >= %(first)s AND h.ended_on < %(after)s""",
        **given,
    ),
}


def count_kept_promises(given):
    """Return the query of the promises of one kind that fell due in some months."""
    return SQL(
        """
        SELECT date_trunc('month', d.due)::date, d.team_id, d.referral_id,
               d.course_id, 1,
               jsonb_build_object('kept', ARRAY[
                   CASE WHEN d.met_on <= d.due THEN 'kept' ELSE 'late' END])
          FROM sekp_deadline d
         WHERE d.company_id = %(company)s AND d.kind = %(kind)s
           AND d.due >= %(first)s AND d.due < %(after)s
           AND (d.met_on IS NOT NULL
                OR d.due < %(today)s AND d.lapsed IS NOT TRUE)""",
        **given,
    )


SOURCES |= {f"deadline_{kind}": count_kept_promises for kind, _label in DEADLINE_KINDS}
