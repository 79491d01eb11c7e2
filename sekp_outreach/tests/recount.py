"""Figures counted anew from what is stored, in plain SQL of its own.

Days are Danish days, as a calendar on the wall has them.
"""

from odoo.tools import SQL

from ..models.sekp_standard_parts import DEADLINE_KINDS


def days(first, last, *column):
    """Return the condition that a date lies within some days."""
    return SQL("%s BETWEEN %s AND %s", SQL.identifier(*column), first, last)


def wall(*column):
    """Return an instant as a Danish clock on the wall shows it."""
    return SQL(
        "(%s AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Copenhagen')",
        SQL.identifier(*column),
    )


def danish(first, last, *column):
    """Return the condition that an instant lies within some days on a Danish wall."""
    return SQL("%s::date BETWEEN %s AND %s", wall(*column), first, last)


def in_time(company, alias):
    """Return the condition that a contact was written down before its month closed."""
    return SQL(
        "%s < date_trunc('month', %s) + interval '1 month' + %s * interval '1 day'",
        wall(alias, "create_date"),
        wall("c", "started_at"),
        company.sekp_statistic_days,
    )


def contacts(company, first, last):
    """Return the contacts and attempts that began in some days.

    As they stood when their month closed: what is written down or corrected later is
    not counted.
    """
    return SQL(
        "FROM sekp_contact c JOIN sekp_course o ON o.id = c.course_id "
        "WHERE o.company_id = %s AND %s AND %s AND NOT EXISTS ("
        "SELECT FROM sekp_contact n WHERE n.replaces_id = c.id AND %s)",
        company.id,
        danish(first, last, "c", "started_at"),
        in_time(company, "c"),
        in_time(company, "n"),
    )


def courses(company, first, last, column):
    """Return the courses with a day of theirs within some days."""
    return SQL(
        "FROM sekp_course WHERE company_id = %s AND %s",
        company.id,
        days(first, last, column),
    )


def queries(company, first, last):
    """Return, by measure, the query that counts what happened in some days."""
    met = contacts(company, first, last)
    opened = courses(company, first, last, "date_start")
    return {
        "referrals": SQL(
            "SELECT count(*) FROM sekp_referral WHERE company_id = %s AND %s",
            company.id,
            danish(first, last, "received_at"),
        ),
        "advice": SQL(
            "SELECT count(*) FROM sekp_advice WHERE company_id = %s AND %s",
            company.id,
            days(first, last, "day"),
        ),
        "contacts": SQL("SELECT count(*) %s AND c.outcome = 'met'", met),
        "attempts": SQL(
            "SELECT count(*) %s "
            "AND c.outcome IN ('seen', 'no_answer', 'declined', 'letter')",
            met,
        ),
        "minutes": SQL("SELECT COALESCE(sum(c.minutes), 0) %s", met),
        "courses_opened": SQL(
            "SELECT count(*) %s AND previous_course_id IS NULL", opened
        ),
        "courses_reopened": SQL(
            "SELECT count(*) %s AND previous_course_id IS NOT NULL", opened
        ),
        "courses_closed": SQL(
            "SELECT count(*) %s", courses(company, first, last, "date_end")
        ),
        "handovers": SQL(
            "SELECT count(*) FROM sekp_handover h JOIN sekp_course o "
            "ON o.id = h.course_id WHERE o.company_id = %s AND %s",
            company.id,
            days(first, last, "h", "ended_on"),
        ),
        **{
            f"deadline_{kind}": SQL(
                "SELECT count(*) FROM sekp_deadline d JOIN sekp_referral r "
                "ON r.id = d.referral_id WHERE r.company_id = %s AND d.kind = %s "
                "AND (d.met_on IS NOT NULL OR d.lapsed IS NOT TRUE) AND %s",
                company.id,
                kind,
                days(first, last, "d", "due"),
            )
            for kind, _label in DEADLINE_KINDS
        },
    }


def happened(company, measure, first, last):
    """Return how much happened of a measure, or None when it is not counted here."""
    query = queries(company, first, last).get(measure)
    if query is None:
        return None
    company.env.cr.execute(query)
    return company.env.cr.fetchone()[0]


# What may be counted in several categories at once.
SEVERAL = ("target_group", "support_function")


def differences(env, company):
    """Return where a municipality's figures are not what happened, as sentences."""
    env.flush_all()
    rows = env["sekp.statistic"].search([("company_id", "=", company.id)])
    found = []
    totals = {}
    for row in rows.filtered(lambda row: row.dimension == "total"):
        what = f"{row.measure} {row.period}"
        totals.setdefault(row.measure, []).append(row)
        number = happened(company, row.measure, row.date_from, row.date_to)
        if number not in (None, row.value):
            found.append(f"{what}: told {row.value}, happened {number}")
    blocks = {}
    for row in rows:
        if row.value and row.value < company.sekp_statistic_threshold:
            found.append(f"{row.measure} {row.period}: {row.value} is small")
        if row.dimension not in ("total", *SEVERAL) and not row.at_least:
            key = row.measure, row.dimension, row.date_from, row.date_to
            blocks[key] = blocks.get(key, 0) + row.value
    for (measure, dimension, first, last), value in blocks.items():
        whole = sum(
            row.value
            for row in totals[measure]
            if first <= row.date_from and row.date_to <= last
        )
        if whole != value:
            found.append(f"{measure} by {dimension} {first}: {value} of {whole}")
    return found
