"""What people do in several steps, each time with another citizen.

Each act is prepared, and gives the one request that decides.
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import date, timedelta

LEADERS, BOTH = ("leder_1", "leder_2"), ("kontakt_1", "leder_1")
MANAGERS = ("ordning_1", "ordning_2")
FILE = base64.b64encode(b"Et brev, " * 500).decode()
# One and the same citizen for all of these.
SHARED = "shared"
KEYS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Act:
    """Something two may do at the same moment.

    :param str name: of it
    :param str kind: of the citizens it is done to, as the scene names them
    :param logins: who may do it
    :param steps: prepares it for a client and gives model, method and arguments
    :param int wins: how many may do it to one citizen; 0 where it depends on the order
    """

    name: str
    kind: str
    logins: tuple
    steps: object
    wins: int = 1


def accept(client, scene, target, number):
    return "sekp.referral", "action_accept", [target]


def allocate(client, scene, target, number):
    dialog = client.create(
        "sekp.allocate",
        referral_id=target,
        team_id=scene["team"],
        user_id=scene["worker"],
    )
    return "sekp.allocate", "action_allocate", [dialog]


def close(client, scene, target, number):
    dialog = client.create("sekp.close.course", course_id=target, outcome="achieved")
    return "sekp.close.course", "action_close", [dialog]


def correct(client, scene, target, number):
    (contact,) = client.told("sekp.contact", "read", [target], ["course_id", "form_id"])
    values = {
        "course_id": contact["course_id"][0], "form_id": contact["form_id"][0],
        "replaces_id": target, "outcome": "met", "minutes": 45, "hours_reason": "wish",
    }  # fmt: skip
    return "sekp.contact", "create", [values]


def citizen(client, course):
    (told,) = client.told("sekp.course", "read", [course], ["citizen_id"])
    return told["citizen_id"][0]


def name(client, scene, target, number):
    values = {
        "citizen_id": citizen(client, target),
        "to_level": "alias",
        "alias": f"Kaptajn {'AB'[number % 2]}",
    }
    return "sekp.identity.move", "create", [values]


def forget(client, scene, target, number):
    dialog = client.create(
        "sekp.identity.erase",
        citizen_id=citizen(client, target),
        to_level="alias",
        given="oral",
    )
    return "sekp.identity.erase", "action_erase", [dialog]


def move(client, scene, target, number):
    dialog = client.told(
        "sekp.move.chosen", "create", [{}],
        active_model="sekp.course", active_ids=[target],
    )[0]  # fmt: skip
    return "sekp.move.chosen", "action_move", [dialog]


def cover(client, scene, target, number):
    day = date.fromisoformat(scene["today"]) + timedelta(days=number // 2 + 1)
    dialog = client.create(
        "sekp.assign",
        course_id=target,
        user_id=scene["stand_in"],
        role="cover",
        date_from=str(day),
        date_to=str(day),
    )
    return "sekp.assign", "action_assign", [dialog]


def erase(client, scene, target, number):
    return "sekp.course", "action_erase_now", [target]


def hand_over(client, scene, target, number):
    return "sekp.handover", "action_send", [target]


def upload(client, scene, target, number):
    values = {"course_id": target, "title": f"Brev {number}.txt", "upload": FILE}
    return "sekp.document", "create", [values]


def plan(client, scene, target, number):
    day = date.fromisoformat(scene["today"]) + timedelta(days=3 + number % 300)
    values = {
        "course_id": target,
        "form_id": scene["form"],
        "starts_at": f"{day} 09:00:00",
    }
    return "sekp.appointment", "create", [values]


def note(client, scene, target, number):
    key = "".join(secrets.choice(KEYS) for _letter in range(28))
    values = {
        "user_id": scene["worker"], "course_id": target, "outcome": "met",
        "form_id": scene["form"], "minutes": 30, "note": f"Kaffe {KEYS[number % 26]}",
        "hours_reason": "wish",
    }  # fmt: skip
    return "sekp.quick.log", "log", values, key


ACTS = (
    Act("accept a referral", "received", LEADERS, accept),
    Act("allocate", "accepted", LEADERS, allocate),
    Act("close a course", "course", BOTH, close),
    Act("correct a contact", "contact", BOTH[:1] * 2, correct),
    Act("record an alias", "course", BOTH, name, 0),
    Act("go down a step", "named", BOTH, forget),
    Act("move to a standard", "course", LEADERS, move, 0),
    Act("give cover", SHARED, LEADERS, cover),
    Act("erase", "closed", LEADERS, erase),
    Act("send a handover", "handover", BOTH, hand_over),
    Act("upload a document", SHARED, BOTH, upload, 2),
    Act("plan a visit", SHARED, BOTH, plan, 0),
    Act("log a contact", SHARED, BOTH[:1] * 2, note, 0),
)
# Different acts on one citizen: whichever comes first, both or one of them is done.
PAIRS = (
    (("kontakt_1", close), ("kontakt_1", note)),
    (("leder_1", close), ("kontakt_1", plan)),
    (("leder_1", close), ("leder_2", cover)),
    (("leder_1", close), ("kontakt_1", upload)),
    (("leder_1", move), ("kontakt_1", close)),
    (("leder_1", cover), ("kontakt_1", note)),
    (("kontakt_1", name), ("leder_1", close)),
)
