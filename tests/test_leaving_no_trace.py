"""The addon is installed, worked with, and removed: nothing of it is left.

The ordinary run removes it from an Odoo with the addon's own dependencies. With
``APPS="crm project hr_holidays website sms privacy_lookup base_automation"`` in the
environment it is installed beside those, and leaves them as they were.
"""

import json
import os

from dev import databases, places
from dev.server import free_port

BEFORE, AFTER = "sekp_before", "sekp_after"
APPS = os.environ.get("APPS", "").replace(",", " ").split()

SCENE = """
import base64
import json
from odoo import Command

company = env["res.company"].create({"name": "Farvelby Kommune"})
def person(login, role):
    return env["res.users"].with_context(no_reset_password=True).create({
        "name": login, "login": login, "company_id": company.id,
        "company_ids": [Command.set(company.ids)],
        "group_ids": [Command.set([
            env.ref("base.group_user").id, env.ref("sekp_outreach.group_" + role).id,
        ])],
    })
leader = person("farvel_leder", "supervisor")
worker = person("farvel", "contact_person")
preset = env.ref("sekp_outreach.preset_lejre")
wizard = env["sekp.adopt.standard"].create({
    "standard_id": preset.id, "company_id": company.id,
})
standard = preset.browse(wizard.action_adopt()["res_id"])
team = standard.route_ids.team_id[:1]
team.write({
    "responsible_id": leader.id, "supervisor_ids": [Command.set(leader.ids)],
    "member_ids": [Command.set(worker.ids)],
})
standard._put_in_force(company._sekp_today())
referral = env["sekp.referral"].with_user(leader).create({
    "source_id": env.ref("sekp_outreach.source_self").id, "team_id": team.id,
    "deviation_reason": "law", "concern": "Kanariefugl",
})
course = referral._allocate(worker, team).with_user(worker)
env["sekp.contact"].with_user(worker).create({
    "course_id": course.id, "outcome": "met",
    "form_id": env.ref("sekp_outreach.contact_form_home_visit").id,
})
env["sekp.appointment"].with_user(worker).with_context(
    default_course_id=course.id
).create({"place": "Kanariefugl"})
env["sekp.document"].with_user(worker).create({
    "course_id": course.id, "title": "Kanariefugl.txt",
    "upload": base64.b64encode(b"Kanariefugl").decode(),
})
env.cr.commit()
told = {"events": env["calendar.event"].search_count([]),
        "activities": env["mail.activity"].search_count([]),
        "courses": env["sekp.course"].search_count([])}
module = env.ref("base.module_sekp_outreach")
wizard = env["base.module.uninstall"].create({"module_ids": [Command.set(module.ids)]})
told["warned"] = {one.model: one.count for one in wizard.model_ids}
print("TOLD", json.dumps(told))
wizard.action_uninstall()
"""
# The people and the municipality of the scene are Odoo's own, and stay.
SHAPE = {
    "columns": "SELECT table_name || '.' || column_name || ' ' || data_type "
    "FROM information_schema.columns WHERE table_schema = 'public'",
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "constraints": "SELECT conrelid::regclass || ' ' || conname || ' ' || "
    "pg_get_constraintdef(oid) FROM pg_constraint",
    "functions": "SELECT proname FROM pg_proc p JOIN pg_namespace n "
    "ON n.oid = p.pronamespace WHERE nspname = 'public'",
    "triggers": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    "names": "SELECT module || '.' || name FROM ir_model_data "
    "WHERE module != '__export__'",
    "settings": "SELECT key FROM ir_config_parameter",
    "jobs": "SELECT cron_name FROM ir_cron",
    "menus": "SELECT name::text FROM ir_ui_menu",
    "groups": "SELECT name::text FROM res_groups",
    "views": "SELECT coalesce(key, name) FROM ir_ui_view",
}
ROWS = {
    "activities": "SELECT count(*) FROM mail_activity",
    "meetings": "SELECT count(*) FROM calendar_event",
    "files": "SELECT count(*) FROM ir_attachment WHERE res_model LIKE 'sekp%'",
    "messages": "SELECT count(*) FROM mail_message WHERE model LIKE 'sekp%'",
    "followers": "SELECT count(*) FROM mail_followers WHERE res_model LIKE 'sekp%'",
    "filters": "SELECT count(*) FROM ir_filters",
}
OURS = "SELECT relname FROM pg_class WHERE relname LIKE '%sekp%'"


def told_of(postgres, database):
    return {
        what: sorted(value for (value,) in postgres.rows(query, database=database))
        for what, query in SHAPE.items()
    }


def test_nothing_stays_behind(runtime):
    postgres = runtime.postgres
    base = databases.base(runtime, "test")
    try:
        databases.copy(postgres, base, BEFORE)
        if APPS:
            _install(runtime, BEFORE, APPS, "The other apps")
            databases.copy(postgres, BEFORE, AFTER)
            _install(runtime, AFTER, [places.MODULE], "The addon beside them")
        else:
            source = databases.ready(runtime, browsing=False)
            databases.copy(postgres, source, AFTER)
        output = runtime.shell(AFTER, SCENE, places.LOGS / "leaving.shell.log")
        row = next(line for line in output.splitlines() if line.startswith("TOLD "))
        told = json.loads(row.removeprefix("TOLD "))
        before, after = (told_of(postgres, name) for name in (BEFORE, AFTER))
        for what, names in before.items():
            assert after[what] == names, what
        assert postgres.rows(OURS, database=AFTER) == []
        for what, query in ROWS.items():
            left = postgres.rows(query, database=AFTER)
            assert left == postgres.rows(query, database=BEFORE), what
        # Before anything went, Odoo's own dialog told how much would go.
        assert told["warned"]["sekp.course"] == told["courses"] == 1
        assert told["warned"]["sekp.contact"] == 1
        assert told["events"]
        assert told["activities"]
    finally:
        for name in (BEFORE, AFTER):
            databases.drop(postgres, name)


def _install(runtime, database, apps, words):
    runtime.prepare(
        words,
        places.LOGS / "leaving.log",
        *("-d", database, "-i", ",".join(apps), "--http-port", str(free_port())),
    )
