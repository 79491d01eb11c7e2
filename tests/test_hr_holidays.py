"""Time off that is approved in Odoo's own app makes an absence, and nothing more."""

import json

from dev import databases, places
from dev.server import free_port

DATABASE = "sekp_holidays"

SCENE = """
import json
from datetime import timedelta
from odoo import Command

company = env.ref("base.main_company")
company.resource_calendar_id.tz = "Europe/Copenhagen"
def person(login, role):
    return env["res.users"].with_context(no_reset_password=True).create({
        "name": login, "login": login, "tz": "Europe/Copenhagen",
        "company_id": company.id, "company_ids": [Command.set(company.ids)],
        "group_ids": [Command.set([
            env.ref("base.group_user").id, env.ref("sekp_outreach.group_" + role).id,
        ])],
    })
leader, worker = person("ferie_leder", "supervisor"), person("ferie", "contact_person")
env["sekp.team"].create({
    "name": "Ferieteamet", "company_id": company.id, "responsible_id": leader.id,
    "supervisor_ids": [Command.set(leader.ids)],
    "member_ids": [Command.set(worker.ids)],
})
employee = env["hr.employee"].create({
    "name": "ferie", "user_id": worker.id, "company_id": company.id,
    "resource_calendar_id": company.resource_calendar_id.id,
})
kind = env["hr.leave.type"].create({
    "name": "Kanariefugl", "requires_allocation": False, "company_id": company.id,
    "leave_validation_type": "hr",
})
monday = company._sekp_today() + timedelta(days=7)
monday += timedelta(days=-monday.weekday())
leave = env["hr.leave"].with_context(leave_fast_create=True).create({
    "employee_id": employee.id, "holiday_status_id": kind.id,
    "request_date_from": monday, "request_date_to": monday + timedelta(days=4),
})
def absences():
    env.flush_all()
    return [
        [str(one.date_from), str(one.date_to), one.user_id.login, one.kind]
        for one in env["sekp.absence"].search([("cancelled", "=", False)])
    ]
told = {"asked": absences()}
leave.action_approve()
told["approved"] = absences()
ids = env["sekp.absence"].search([("cancelled", "=", False)]).ids
env["resource.calendar.leaves"].create({
    "name": "Lukkedag", "calendar_id": company.resource_calendar_id.id,
    "date_from": monday + timedelta(days=2),
    "date_to": monday + timedelta(days=2, hours=23),
})
told["rebuilt"] = absences()
told["same"] = ids == env["sekp.absence"].search([("cancelled", "=", False)]).ids
told["days"] = [str(monday), str(monday + timedelta(days=4))]
leave.action_refuse()
told["refused"] = absences()
env.cr.execute("SELECT string_agg(a::text, ' ') FROM sekp_absence a")
told["row"] = env.cr.fetchone()[0]
env.cr.rollback()
print("TOLD", json.dumps(told))
"""


def test_approved_time_off_is_an_absence(runtime):
    source = databases.ready(runtime, browsing=False)
    databases.copy(runtime.postgres, source, DATABASE)
    try:
        runtime.prepare(
            "Time off beside the addon",
            places.LOGS / "holidays.log",
            *("-d", DATABASE, "-i", "hr_holidays", "--http-port", str(free_port())),
        )
        output = runtime.shell(DATABASE, SCENE, places.LOGS / "holidays.shell.log")
    finally:
        databases.drop(runtime.postgres, DATABASE)
    row = next(line for line in output.splitlines() if line.startswith("TOLD "))
    told = json.loads(row.removeprefix("TOLD "))
    assert told["asked"] == []
    assert told["approved"] == [[*told["days"], "ferie", "planned"]]
    # A public holiday makes the time off anew: what was agreed hangs on the absence.
    assert told["rebuilt"] == told["approved"]
    assert told["same"]
    assert told["refused"] == []
    assert "Kanariefugl" not in told["row"]
