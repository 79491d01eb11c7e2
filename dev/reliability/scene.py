"""A municipality with enough citizens that each fault meets one of its own."""

import json

PASSWORD = "holder-hvad-den-lover"  # noqa: S105
KINDS = ("received", "accepted", "course", "named", "contact", "closed", "handover")

SCRIPT = """
import json
from datetime import timedelta
from odoo import Command
from odoo.tests import new_test_user
company = env["res.company"].create({"name": "Fejlby Kommune"})
def user(login, name, group):
    return new_test_user(
        env, login=login, name=name, password=%(password)r, company_id=company.id,
        company_ids=[Command.set(company.ids)], lang="da_DK",
        email=f"{login}@example.com",
        groups=f"base.group_user,sekp_outreach.group_{group}",
    )
one = user("leder_1", "Leder Et", "supervisor")
other = user("leder_2", "Leder To", "supervisor")
worker = user("kontakt_1", "Kontakt Et", "contact_person")
stand_in = user("kontakt_2", "Kontakt To", "contact_person")
managers = user("ordning_1", "Ordning Et", "scheme_manager")
managers |= user("ordning_2", "Ordning To", "scheme_manager")
receiver = user("modtager_1", "Modtager", "receiver")
user("revisor_1", "Revisor", "auditor")
leaders = one | other
team = env["sekp.team"].create({
    "name": "Fejlteamet", "company_id": company.id, "responsible_id": one.id,
    "supervisor_ids": [Command.set(leaders.ids)],
    "member_ids": [Command.set((leaders | worker | stand_in).ids)],
})
today = company._sekp_today()
standard = env["sekp.standard"].create({
    "name": "Kvalitetsstandard", "company_id": company.id, "registration_mode": "full",
    "rhythm_count": 1,
    "route_ids": [Command.create({"name": "Indgang", "team_id": team.id})],
    "deadline_ids": [Command.create({"kind": "response", "amount": 7, "unit": "day"})],
})
standard._put_in_force(today - timedelta(days=30))
company.write({"sekp_public_page": True, "sekp_public_name": "fejlby"})
source = env.ref("sekp_outreach.source_relative")
form = env.ref("sekp_outreach.contact_form_home_visit")
offer = env.ref("sekp_outreach.offer_activity_centre").copy({
    "company_id": company.id, "receiver_ids": [Command.set(receiver.ids)],
}) if "receiver_ids" in env["sekp.offer"]._fields else env.ref(
    "sekp_outreach.offer_activity_centre"
)
def refer():
    return env["sekp.referral"].with_user(one).create({
        "source_id": source.id, "team_id": team.id, "concern": "Sover ude",
    })
def begin():
    return refer()._allocate(worker, team).with_user(worker)
told = {kind: [] for kind in %(kinds)r} | {"shared": begin().id}
for _number in range(%(courses)s):
    told["course"].append(begin().id)
    told["received"].append(refer().id)
for _number in range(%(each)s):
    referral = refer()
    referral.action_accept()
    told["accepted"].append(referral.id)
    course = begin()
    env["sekp.identity.move"].with_user(worker).create({
        "citizen_id": course.citizen_id.id, "to_level": "named", "alias": "Kaptajnen",
        "name": "Mona Havtorn",
    })
    told["named"].append(course.id)
    course = begin()
    told["contact"].append(env["sekp.contact"].with_user(worker).create({
        "course_id": course.id, "outcome": "met", "form_id": form.id, "minutes": 30,
        "note": "Kaffe", "hours_reason": "wish",
    }).id)
    course = begin()
    course.action_opt_out()
    told["closed"].append(course.id)
    handover = env["sekp.handover"].with_user(worker).create({
        "course_id": begin().id, "offer_id": offer.id, "summary": "Vil gerne",
    })
    handover.action_consent_oral()
    told["handover"].append(handover.id)
env.flush_all()
new = standard.copy({"name": "Ny kvalitetsstandard"})
new._put_in_force(today)
env["sekp.access.seal"]._cron_seal()
env.cr.commit()
print("SCENE", json.dumps({
    **told, "team": team.id, "worker": worker.id, "stand_in": stand_in.id,
    "leader": one.id, "form": form.id, "standard": new.id, "today": str(today),
    "company": company.id, "offer": offer.id,
}))
"""


def script(each, courses):
    """The script that builds it.

    :param int each: how many citizens of each kind
    :param int courses: how many that are simply in the care of a contact person
    """
    return SCRIPT % {
        "password": PASSWORD, "kinds": KINDS, "each": each, "courses": courses,
    }  # fmt: skip


def said(output, word):
    """What a script printed after a word."""
    line = next(row for row in output.splitlines() if f"{word} " in row)
    return json.loads(line.split(f"{word} ", 1)[1])
