"""What people change, as the web client saves it, each time on another record."""

from datetime import datetime, timedelta

from .client import Call
from .operations import (
    CRM,
    OURS,
    OWN_COURSE,
    OWN_LEAD,
    OWN_TASK,
    PROJECT,
    SUPERVISOR,
    WORKER,
)

OFFER = (
    "SELECT res_id FROM ir_model_data WHERE module = 'sekp_outreach' "
    "AND name = 'offer_activity_centre'"
)
SOURCE = OFFER.replace("offer_activity_centre", "source_relative")
# A dialog that closes when it is saved asks for nothing back.
CLOSES = {}
HOME_VISIT = OFFER.replace("offer_activity_centre", "contact_form_home_visit")
OWN_TEAM = (
    "SELECT team_id FROM sekp_team_supervisor_rel r JOIN res_users u "
    "ON u.id = r.user_id WHERE login = 'supervisor.0'"
)


def save(model, spec, values, ids=(), context=None):
    """What the client asks when a form is saved."""
    return Call(
        f"/web/dataset/call_kw/{model}/web_save",
        {
            "model": model,
            "method": "web_save",
            "args": [list(ids), values],
            "kwargs": {"context": context or {}, "specification": spec},
        },
    )


def button(model, method, ids, context=None):
    """What the client asks when a button is pressed."""
    return Call(
        f"/web/dataset/call_button/{model}/{method}",
        {
            "model": model,
            "method": method,
            "args": [list(ids)],
            "kwargs": {"context": context or {}},
        },
    )


class Act:
    """One thing somebody does.

    :param str name: of the operation
    :param str whose: ours or a peer
    :param str login: who
    :param steps: gives the calls of one time, for a client, the database and a number
    """

    def __init__(self, name, whose, login, steps):
        self.name, self.whose, self.login, self.steps = name, whose, login, steps

    def calls(self, client, ids, number):
        """The calls of one time, each in the context that the client always sends."""
        found = self.steps(client, ids, number)
        for call in found:
            kwargs = call.params.get("kwargs", call.params)
            kwargs["context"] = {**client.context, **kwargs.get("context", {})}
        return found


def look_up(model, word):
    """The search of a record by some letters of its name or code."""

    def steps(client, ids, number):
        return [
            Call(
                f"/web/dataset/call_kw/{model}/name_search",
                {
                    "model": model,
                    "method": "name_search",
                    "args": [],
                    "kwargs": {
                        "name": word, "domain": [], "operator": "ilike", "limit": 8,
                        "context": client.context,
                    },
                },
            )
        ]  # fmt: skip

    return steps


def log_contact(client, ids, number):
    """The save of the screen on which a contact is logged: one tap, one request."""
    course = ids(OWN_COURSE.replace(WORKER, client.login))
    action = client.call("sekp.course", "action_log_contact", [course])
    view = action["views"][0][0]
    _spec, values = client.fresh("sekp.contact", view, action["context"])
    values |= {
        "course_id": course, "outcome": "met", "form_id": ids(HOME_VISIT),
        "hours_reason": "wish", "note": f"Kaffe på havnen {number}",
    }  # fmt: skip
    return [save("sekp.contact", CLOSES, values, context=action["context"])]


def plan_visit(client, ids, number):
    """The save of the dialog in which a visit is planned."""
    course = ids(OWN_COURSE)
    action = client.call("sekp.course", "action_plan_visit", [course])
    _spec, values = client.fresh(
        "sekp.appointment", action["views"][0][0], action["context"]
    )
    starts = datetime.now().replace(hour=9, minute=0, second=0, microsecond=0)
    starts += timedelta(days=20 + number)
    values |= {"course_id": course, "starts_at": starts.isoformat(" ")}
    return [save("sekp.appointment", CLOSES, values, context=action["context"])]


def refer(client, ids, number):
    """The save of a referral that is taken on the phone."""
    context = {"sekp_phone": True}
    spec, values = client.fresh("sekp.referral", context=context)
    values |= {
        "source_id": ids(SOURCE), "team_id": ids(OWN_TEAM),
        "concern": f"Sover ved broen {number}", "place": "Nord",
    }  # fmt: skip
    return [save("sekp.referral", spec, values, context=context)]


def allocate(client, ids, number):
    """Save the dialog in which a referral gets its contact person, and confirm."""
    team = ids(OWN_TEAM)
    referral = ids(
        "SELECT min(id) FROM sekp_referral WHERE state IN ('received', 'triage', "
        f"'accepted') AND course_id IS NULL AND team_id = {team}"
    )
    client.call("sekp.referral", "write", [referral], {"deviation_reason": "law"})
    worker = ids("SELECT id FROM res_users WHERE login = 'worker9.0'")
    values = {"referral_id": referral, "team_id": team, "user_id": worker}
    return [
        save("sekp.allocate", {}, values),
        button("sekp.allocate", "action_allocate", ["saved"]),
    ]


def hand_over(client, ids, number):
    """Save the form on which a handover to an ordinary offer begins."""
    course = ids(
        "SELECT min(c.id) FROM sekp_course c JOIN res_users u ON u.id = "
        "contact_person_id WHERE login LIKE 'worker%.0' AND phase != 'closed' AND "
        "NOT EXISTS (SELECT FROM sekp_handover h WHERE h.course_id = c.id)"
    )
    context = {"default_course_id": course}
    spec, values = client.fresh("sekp.handover", context=context)
    values |= {"course_id": course, "offer_id": ids(OFFER)}
    return [save("sekp.handover", spec, values, context=context)]


def note_on(model, query):
    """The post of a note in the chatter: what the peers have as a log."""

    def steps(client, ids, number):
        return [
            Call(
                "/mail/message/post",
                {
                    "thread_model": model,
                    "thread_id": ids(query),
                    "post_data": {
                        "body": f"Kaffe på havnen {number}",
                        "message_type": "comment",
                        "subtype_xmlid": "mail.mt_note",
                    },
                    "context": client.context,
                },
            )
        ]

    return steps


def new_one(model, **given):
    """The save of a new record of a peer."""

    def steps(client, ids, number):
        spec, values = client.fresh(model)
        values |= {"name": f"Sover ved broen {number}"}
        values |= {name: ids(query) for name, query in given.items()}
        return [save(model, spec, values)]

    return steps


def give_lead(client, ids, number):
    """The save of a lead that gets another seller."""
    lead = ids(
        "SELECT min(l.id) FROM crm_lead l JOIN res_users u ON u.id = user_id "
        "JOIN crm_stage s ON s.id = stage_id WHERE login LIKE 'worker%.0' "
        "AND login NOT IN ('worker0.0', 'worker9.0') AND NOT COALESCE(is_won, false)"
    )
    spec = client.specification("crm.lead")
    worker = ids("SELECT id FROM res_users WHERE login = 'worker9.0'")
    return [save("crm.lead", spec, {"user_id": worker}, [lead])]


def meeting(client, ids, number):
    """The save of an event in the calendar."""
    spec, values = client.fresh("calendar.event")
    starts = datetime.now().replace(hour=9, minute=0, second=0, microsecond=0)
    starts += timedelta(days=20 + number)
    values |= {
        "name": "Meeting", "start": starts.isoformat(" "),
        "stop": (starts + timedelta(hours=1)).isoformat(" "),
    }  # fmt: skip
    return [save("calendar.event", spec, values)]


ACTS = (
    Act("look up", OURS, WORKER, look_up("sekp.course", "B-2")),
    Act("look up", CRM, WORKER, look_up("crm.lead", "havn")),
    Act("look up", PROJECT, WORKER, look_up("project.task", "havn")),
    Act("log a contact", OURS, WORKER, log_contact),
    Act("log a contact", CRM, WORKER, note_on("crm.lead", OWN_LEAD)),
    Act("log a contact", PROJECT, WORKER, note_on("project.task", OWN_TASK)),
    Act("plan a visit", OURS, WORKER, plan_visit),
    Act("plan a visit", CRM, WORKER, meeting),
    Act("take a referral", OURS, "intake.0", refer),
    Act("take a referral", CRM, WORKER, new_one("crm.lead")),
    Act("allocate", OURS, SUPERVISOR, allocate),
    Act("allocate", CRM, SUPERVISOR, give_lead),
    Act("hand over", OURS, SUPERVISOR, hand_over),
)
