"""Figures counted anew from what is stored, in plain SQL of its own.

It shares nothing with what counts the figures: the two are compared. Days are Danish
days, as a calendar on the wall has them.
"""

from odoo.tools import SQL


def wall(*column):
    """Return an instant as a Danish clock on the wall shows it."""
    return SQL(
        "(%s AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Copenhagen')",
        SQL.identifier(*column),
    )


def in_time(days, alias, day):
    """Return the condition that a row was written down before its month closed.

    :param int days: so long after its end a month closes
    """
    return SQL(
        "%s < date_trunc('month', %s::timestamp) + interval '1 month' "
        "+ %s * interval '1 day'",
        wall(alias, "create_date"),
        day,
        days,
    )


def contacts(company, days, value, condition):
    """Return contacts and attempts by day, as they stood when their month closed."""
    day = SQL("%s::date", wall("c", "started_at"))
    return SQL(
        "SELECT %s AS day, %s AS amount FROM sekp_contact c "
        "JOIN sekp_course o ON o.id = c.course_id "
        "WHERE o.company_id = %s AND %s AND %s AND NOT EXISTS ("
        "SELECT FROM sekp_contact n WHERE n.replaces_id = c.id AND %s)",
        day,
        value,
        company.id,
        condition,
        in_time(days, "c", day),
        in_time(days, "n", day),
    )


def courses(company, days, column, condition):
    """Return courses by a day of theirs."""
    day = SQL.identifier("o", column)
    return SQL(
        "SELECT %s AS day, 1 AS amount FROM sekp_course o "
        "WHERE o.company_id = %s AND %s IS NOT NULL AND %s AND %s",
        day,
        company.id,
        day,
        condition,
        in_time(days, "o", day),
    )


def sources(company, days):
    """Return, by measure, the query of the days on which something happened.

    What can change without a trace after its month has closed is not among them.

    :param int days: so long after its end a month closes; what comes later is late
    """
    every, one = SQL("TRUE"), SQL("1")
    met = SQL("c.outcome = 'met'")
    tried = SQL("c.outcome IN ('seen', 'no_answer', 'declined', 'letter')")
    received = SQL("%s::date", wall("r", "received_at"))
    return {
        "referrals": SQL(
            "SELECT %s AS day, 1 AS amount FROM sekp_referral r "
            "WHERE r.company_id = %s AND %s",
            received,
            company.id,
            in_time(days, "r", received),
        ),
        "advice": SQL(
            "SELECT a.day, 1 AS amount FROM sekp_advice a WHERE a.company_id = %s",
            company.id,
        ),
        "contacts": contacts(company, days, one, met),
        "attempts": contacts(company, days, one, tried),
        "minutes": contacts(company, days, SQL("c.minutes"), every),
        "courses_opened": courses(
            company, days, "date_start", SQL("o.previous_course_id IS NULL")
        ),
        "courses_reopened": courses(
            company, days, "date_start", SQL("o.previous_course_id IS NOT NULL")
        ),
        "courses_closed": courses(company, days, "date_end", every),
    }


def by_month(env, query):
    """Return the amounts of a query of days, by the first day of each month."""
    return dict(
        env.execute_query(
            SQL(
                "SELECT date_trunc('month', day)::date, sum(amount) FROM (%s) t "
                "GROUP BY 1",
                query,
            )
        )
    )


def within(months, first, last):
    """Return the sum of the months that begin from one day to another."""
    return int(sum(value for day, value in months.items() if first <= day <= last))
