"""Figures counted anew from what is stored, in plain SQL of its own.

Days are Danish days, as a calendar on the wall has them.
"""

DAY = "(%s AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Copenhagen')::date"
CONTACT = (
    "FROM sekp_contact c JOIN sekp_course o ON o.id = c.course_id "
    "WHERE c.is_current AND o.company_id = %(company)s AND "
    + DAY % "c.started_at"
    + " BETWEEN %(first)s AND %(last)s"
)
COURSE = "SELECT count(*) FROM sekp_course WHERE company_id = %(company)s AND "
BETWEEN = "BETWEEN %(first)s AND %(last)s"
RECOUNT = {
    "referrals": "SELECT count(*) FROM sekp_referral WHERE company_id = %(company)s "
    f"AND {DAY % 'received_at'} {BETWEEN}",
    "advice": "SELECT count(*) FROM sekp_advice WHERE company_id = %(company)s "
    f"AND day {BETWEEN}",
    "contacts": f"SELECT count(*) {CONTACT} AND c.outcome = 'met'",
    "attempts": f"SELECT count(*) {CONTACT} AND c.outcome IN "
    "('seen', 'no_answer', 'declined', 'letter')",
    "minutes": f"SELECT COALESCE(sum(c.minutes), 0) {CONTACT}",
    "courses_opened": f"{COURSE} date_start {BETWEEN} AND previous_course_id IS NULL",
    "courses_reopened": f"{COURSE} date_start {BETWEEN} "
    "AND previous_course_id IS NOT NULL",
    "courses_closed": f"{COURSE} date_end {BETWEEN}",
    "handovers": "SELECT count(*) FROM sekp_handover h JOIN sekp_course o "
    "ON o.id = h.course_id WHERE o.company_id = %(company)s "
    f"AND h.ended_on {BETWEEN}",
    **{
        f"deadline_{kind}": "SELECT count(*) FROM sekp_deadline d JOIN sekp_referral r "
        "ON r.id = d.referral_id WHERE r.company_id = %(company)s "
        f"AND d.kind = '{kind}' AND d.due IS NOT NULL AND d.met_on {BETWEEN}"
        for kind in ("response", "processing", "first_visit", "decision", "start")
    },
}
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
        if row.measure in RECOUNT:
            env.cr.execute(
                RECOUNT[row.measure],
                {"company": company.id, "first": row.date_from, "last": row.date_to},
            )
            (happened,) = env.cr.fetchone()
            if happened != row.value:
                found.append(f"{what}: told {row.value}, happened {happened}")
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
