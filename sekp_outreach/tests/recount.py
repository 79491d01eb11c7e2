"""Figures counted anew from what is stored, beside what the check command asks.

In a test nothing is late without the test's doing, so that more can be counted.
"""

from odoo.tools import SQL

from ..models.recount import by_month, sources, within
from ..models.sekp_standard_parts import DEADLINE_KINDS


def queries(company):
    """Return, by measure, the query of the days on which something happened."""
    return {
        **sources(company, company.sekp_statistic_days),
        "handovers": SQL(
            "SELECT h.ended_on AS day, 1 AS amount FROM sekp_handover h "
            "JOIN sekp_course o ON o.id = h.course_id "
            "WHERE o.company_id = %s AND h.ended_on IS NOT NULL",
            company.id,
        ),
        **{
            f"deadline_{kind}": SQL(
                "SELECT d.due AS day, 1 AS amount FROM sekp_deadline d "
                "JOIN sekp_referral r ON r.id = d.referral_id "
                "WHERE r.company_id = %s AND d.kind = %s AND d.due IS NOT NULL "
                "AND (d.met_on IS NOT NULL OR d.lapsed IS NOT TRUE)",
                company.id,
                kind,
            )
            for kind, _label in DEADLINE_KINDS
        },
    }


def happened(company, measure, first, last):
    """Return how much happened of a measure in some months, or None if uncounted."""
    query = queries(company).get(measure)
    return query and within(by_month(company.env, query), first, last)


def differences(env, company):
    """Return where a municipality's figures are not what happened, as sentences."""
    env.flush_all()
    rows = env["sekp.statistic"].search([("company_id", "=", company.id)])
    months = {
        measure: by_month(env, query) for measure, query in queries(company).items()
    }
    found = []
    for row in rows:
        what = f"{row.measure} {row.period}"
        if row.value and row.value < company.sekp_statistic_threshold:
            found.append(f"{what}: {row.value} is small")
        if row.dimension != "total" or row.measure not in months:
            continue
        number = within(months[row.measure], row.date_from, row.date_to)
        if number != row.value:
            found.append(f"{what}: told {row.value}, happened {number}")
    return found + env["sekp.check"]._problems(only=["_check_breakdowns"])
