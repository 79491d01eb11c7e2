"""The access policy: from the matrix people read to the files Odoo reads.

``security/policy.csv`` says which role may do what with which record, by the relation
the person has to it. What is not in it is forbidden. From it follow the access rows
and the record rules; nobody edits those by hand.

Entitlement is defined here and nowhere else. Everything that asks whether somebody is
entitled asks Odoo's record rules, and so this.
"""

import csv
import io
import re
from xml.sax.saxutils import escape

OPERATIONS = ("read", "write", "create", "unlink")
FORBIDDEN = "(0, '=', 1)"

# An access row is live by the clock: "now" is evaluated in each query.
LIVE = "('starts_at', '<=', 'now'), ('ends_at', '>', 'now')"

# How a record leads to the access rows of its course.
ACCESS = {
    "sekp.course": ("assignment_ids",),
    "sekp.citizen": ("assignment_ids",),
    "sekp.access.request": ("citizen_id.assignment_ids",),
    "sekp.access.request.item": ("citizen_id.assignment_ids",),
    "sekp.identity": ("citizen_id.assignment_ids",),
    "sekp.identity.wish": ("citizen_id.assignment_ids",),
    "sekp.history": (
        "course_id.assignment_ids",
        "citizen_id.assignment_ids",
        "referral_id.course_id.assignment_ids",
    ),
}
# How a record leads to the team that is responsible for it.
TEAM = {
    "sekp.team": ("",),
    "sekp.absence": ("team_ids.",),
    "sekp.access.request": ("citizen_id.team_id.",),
    "sekp.access.request.item": ("citizen_id.team_id.",),
    "sekp.referral": ("team_id.", "course_id.team_id."),
    "sekp.deadline": ("team_id.", "referral_id.team_id."),
    "sekp.identity": ("citizen_id.team_id.",),
    "sekp.identity.wish": ("citizen_id.team_id.",),
    "sekp.history": (
        "course_id.team_id.",
        "citizen_id.team_id.",
        "referral_id.team_id.",
        "referral_id.course_id.team_id.",
    ),
}
ENTRY_POINT = {
    "sekp.dialogue": "referral_id.team_id.",
    "sekp.mail.held": "team_id.",
    "sekp.dialogue.message": "referral_id.team_id.",
    "sekp.referral": "team_id.",
    "sekp.deadline": "referral_id.team_id.",
    "sekp.document": "referral_id.team_id.",
    "sekp.history": "referral_id.team_id.",
}
# How a record leads to the referral it is of.
REGISTERED = {"sekp.document": "referral_id."}
# How a record leads to the complaint it is of.
HANDLED = {"sekp.history": "complaint_id."}
# Parts of a quality standard lie in the standard's municipality.
COMPANY = {
    name: "standard_id."
    for name in (
        "sekp.standard.deadline",
        "sekp.standard.route",
        "sekp.standard.anonymity",
        "sekp.standard.section",
        "sekp.standard.goal",
        "sekp.standard.statement",
    )
}
# A role that brings another one's rights along.
IMPLIES = {"supervisor": "contact_person"}
OWN_ROWS = "own"
NOBODY = "nobody"
# What concerns all municipalities bears none: all auditors are told.
WITHOUT_COMPANY = {"sekp.access.log"}
# Relations that need no municipality beside them.
UNBOUND = {OWN_ROWS, NOBODY, "preset", "common", "sealed"}


class PolicyError(ValueError):
    """The matrix says something that cannot be meant."""


def read(text):
    """Return the matrix as ``{(model, relation, role): operations}``.

    :param str text: content of ``policy.csv``
    :raises PolicyError: for a cell given twice, an unknown relation, an empty row

    >>> read("model,relation,role,read,write,create,unlink\\n"
    ...      "sekp.goal,assigned,contact_person,1,1,,\\n")
    {('sekp.goal', 'assigned', 'contact_person'): ('read', 'write')}
    >>> read("model,relation,role,read,write,create,unlink\\n"
    ...      "sekp.goal,befriended,contact_person,1,,,\\n")
    Traceback (most recent call last):
    ...
    tools.policy.PolicyError: sekp.goal: unknown relation befriended
    """
    matrix = {}
    for row in csv.DictReader(io.StringIO(text)):
        key = (row["model"], row["relation"], row["role"])
        if key in matrix:
            raise PolicyError(f"{row['model']}: {key[1:]} is given twice")
        if row["relation"] not in RELATIONS:
            raise PolicyError(f"{row['model']}: unknown relation {row['relation']}")
        matrix[key] = tuple(name for name in OPERATIONS if row[name] == "1")
        if not matrix[key] and row["relation"] != NOBODY:
            raise PolicyError(f"{row['model']}: {key[1:]} allows nothing")
    return matrix


# --- relations: each gives the alternatives by which it holds -------------------------
def _rows(model, role=""):
    paths = ACCESS.get(model, ("course_id.assignment_ids",))
    return [
        f"({path!r}, 'any', [('user_id', '=', user.id), {role}{LIVE}])"
        for path in paths
    ]


def _assigned(model):
    return _rows(model, "('role', '!=', 'break_glass'), ")


def _emergency(model):
    return _rows(model, "('role', '=', 'break_glass'), ")


def _supervised(model):
    return [
        f"({path + 'supervisor_ids'!r}, 'in', [user.id])"
        for path in TEAM.get(model, ("team_id.",))
    ]


def _entry_point(model):
    return [f"({ENTRY_POINT[model] + 'intake_ids'!r}, 'in', [user.id])"]


def _registered(model):
    path = REGISTERED.get(model, "")
    return [
        f"'&', ({path + 'create_uid'!r}, '=', user.id), "
        f"({path + 'state'!r}, '=', 'received')"
    ]


def _received(model):
    return [
        "'&', ('receiver_id', '=', user.id), "
        "('state', 'in', ('sent', 'accepted', 'completed'))"
    ]


def _accepted(model):
    # What goes along is open from the answer on, for as long as the citizen agreed.
    return [
        "'&', '&', ('handover_id.receiver_id', '=', user.id), "
        "('handover_id.state', 'in', ('accepted', 'completed')), "
        "('handover_id.shared_until', '>', 'now')"
    ]


def _oneself(model):
    return ["('user_id', '=', user.id)"]


def _told(model):
    # Who was told that somebody is missed.
    return ["('told_user_ids', 'in', [user.id])"]


def _municipality(model):
    return [f"({COMPANY.get(model, '') + 'company_id'!r}, 'in', company_ids)"]


def _preset(model):
    return [f"({COMPANY.get(model, '') + 'state'!r}, '=', 'preset')"]


def _common(model):
    return ["('company_id', '=', False)"]


def _handled(model):
    """A complaint's handlers are all of the municipality but those complained of."""
    path = HANDLED.get(model, "")
    handlers = "user.has_group('sekp_outreach.group_complaint_handler')"
    about = f"({path + 'subject_user_ids'!r}, 'not in', [user.id])"
    company = f"({path + 'company_id'!r}, 'in', company_ids if {handlers} else [])"
    return [f"'&', {company}, {about}"]


def _company_ids(model):
    return "company_ids + [False]" if model in WITHOUT_COMPANY else "company_ids"


def _audited(model):
    return [
        f"('company_id', 'in', {_company_ids(model)} if "
        "user.has_group('sekp_outreach.group_auditor') else [])"
    ]


def _nobody(model):
    return []


def _sealed(model):
    return [
        "(1, '=', 1) if user.has_group('sekp_outreach.group_auditor') else (0, '=', 1)"
    ]


def _own(model):
    return ["('create_uid', '=', user.id)"]


RELATIONS = {
    "assigned": _assigned,
    "emergency": _emergency,
    "supervised": _supervised,
    "entry_point": _entry_point,
    "registered": _registered,
    "received": _received,
    "accepted": _accepted,
    "oneself": _oneself,
    "told": _told,
    "municipality": _municipality,
    "preset": _preset,
    "common": _common,
    "audited": _audited,
    "sealed": _sealed,
    "handled": _handled,
    OWN_ROWS: _own,
    NOBODY: _nobody,
}


def either(model, relations):
    """Return the text of a domain that holds when one of the relations does.

    >>> either("sekp.allocate", {"own"})
    "('create_uid', '=', user.id)"
    >>> either("sekp.team", {"municipality", "supervised"})
    "'|', ('supervisor_ids', 'in', [user.id]), ('company_id', 'in', company_ids)"
    >>> either("sekp.team", set())
    "(0, '=', 1)"
    """
    relations = set(relations)
    leaves = []
    if {"assigned", "emergency"} <= relations:
        # Whatever the role of the row: one look at the access rows is enough.
        leaves += _rows(model)
        relations -= {"assigned", "emergency"}
    for name, alternatives in RELATIONS.items():
        if name in relations:
            leaves += alternatives(model)
    if not leaves:
        return FORBIDDEN
    return ", ".join(["'|'"] * (len(leaves) - 1) + leaves)


def _widest(relations):
    """Return the relations that bound all others: who works here has the rest."""
    if "municipality" in relations:
        return set(relations) & (UNBOUND | {"municipality"})
    return set(relations)


def confidential(model, relations):
    """Return the domain of the rule that holds for everyone.

    >>> confidential("sekp.grant", {"supervised"})
    "[('company_id', 'in', company_ids), ('team_id.supervisor_ids', 'in', [user.id])]"
    >>> confidential("sekp.allocate", {"own"})
    "[('create_uid', '=', user.id)]"
    >>> confidential("sekp.team", {"municipality", "supervised"})
    "[('company_id', 'in', company_ids)]"
    """
    relations = _widest(relations)
    if not relations & (UNBOUND | {"municipality"}):
        company = f"('company_id', 'in', {_company_ids(model)})"
        return f"[{company}, {either(model, relations)}]"
    return f"[{either(model, relations)}]"


def paths(domain):
    """Yield the field paths that a rule's domain names.

    >>> list(paths("[('team_id.supervisor_ids', 'in', [user.id]), (0, '=', 1)]"))
    ['team_id.supervisor_ids']
    >>> list(paths("[('subject_user_ids', 'not in', [user.id])]"))
    ['subject_user_ids']
    """
    operators = "|".join(("=", "!=", "<=", ">", "in", "not in", "any"))
    yield from re.findall(rf"\('([\w.]+)', '(?:{operators})',", domain)


# --- what Odoo reads ------------------------------------------------------------------
def by_role(matrix):
    """Return ``{model: {role: {operation: relations}}}``, in the matrix's order."""
    models = {}
    for (model, relation, role), operations in matrix.items():
        granted = models.setdefault(model, {}).setdefault(role, {})
        for operation in operations:
            granted.setdefault(operation, set()).add(relation)
    return models


def operations(matrix):
    """Return ``{model: {role: operations}}`` that need an access row.

    A role needs none where the role it brings along has as much.
    """
    return {
        model: {
            role: set(granted)
            for role, granted in roles.items()
            if not granted or set(granted) - set(roles.get(IMPLIES.get(role), ()))
        }
        for model, roles in by_role(matrix).items()
    }


def access_rows(matrix):
    """Return ``ir.model.access.csv``: a row for each model and role."""
    lines = [
        "id,name,model_id:id,group_id:id,perm_read,perm_write,perm_create,perm_unlink"
    ]
    for model, roles in operations(matrix).items():
        name = model.replace(".", "_")
        for role, granted in roles.items():
            flags = ",".join("1" if op in granted else "0" for op in OPERATIONS)
            lines.append(
                f"access_{name}_{role},{model} {role},model_{name},group_{role},{flags}"
            )
    return "\n".join(lines) + "\n"


def _rule(xmlid, name, model, domain, role=None, operations=OPERATIONS):
    lines = [
        f'    <record id="{xmlid}" model="ir.rule">',
        f'        <field name="name">{escape(name)}</field>',
        f'        <field name="model_id" ref="model_{model.replace(".", "_")}" />',
    ]
    if role:
        command = f"[Command.set([ref('group_{role}')])]"
        lines.append(f'        <field name="groups" eval="{command}" />')
    for operation in OPERATIONS:
        if operation not in operations:
            lines.append(f'        <field name="perm_{operation}" eval="False" />')
    lines += [
        f'        <field name="domain_force">{escape(domain)}</field>',
        "    </record>",
    ]
    return "\n".join(lines)


def _words(relations):
    return " or ".join(name for name in RELATIONS if name in relations)


def _grant(model, role, relations, operations):
    return _rule(
        f"{model.replace('.', '_')}_rule_{role}_{'_'.join(operations)}",
        f"{model}: {role} may {', '.join(operations)}: {_words(relations)}",
        model,
        f"[{either(model, relations)}]",
        role=role,
        operations=operations,
    )


HEADER = """<?xml version="1.0" encoding="UTF-8" ?>
<odoo>
    <!--
    Made from policy.csv by `make policy`; not edited by hand.

    For each model one global rule: the municipality, and one of the relations by which
    anybody at all may have to do with the record. It is AND-ed with everything else, so
    that no other rule, whoever adds it, opens a record. Where roles differ in what they
    may, one rule for each role and set of operations grants it; these are OR-ed.
    -->
"""


def rules(matrix):
    """Return ``rules.xml``: confidentiality for everyone, grants for each role."""
    blocks = []
    for model, roles in by_role(matrix).items():
        name = model.replace(".", "_")
        everyone = set().union(
            *(s for granted in roles.values() for s in granted.values())
        ) or {NOBODY}
        blocks.append(
            _rule(
                f"{name}_rule_confidential",
                f"{model}: {_words(everyone)}",
                model,
                confidential(model, everyone),
            )
        )
        everyone = _widest(everyone)
        differing = {
            operation
            for operation in OPERATIONS
            for granted in roles.values()
            if granted.get(operation, everyone) != everyone
        }
        for role, granted in roles.items():
            same = {}
            for operation in OPERATIONS:
                if operation in differing and operation in granted:
                    relations = frozenset(granted[operation])
                    same.setdefault(relations, []).append(operation)
            for relations, operations in same.items():
                blocks.append(_grant(model, role, relations, operations))
    return HEADER + "\n".join(blocks) + "\n</odoo>\n"
