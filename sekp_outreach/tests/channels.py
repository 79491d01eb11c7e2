"""The channels by which a record could tell a stranger something, one function each.

Each function takes a visitor, who tries the channel on the records of the canary test.
``channels.csv`` says which weak spot of the list each one watches.
"""

import itertools
import json

from odoo.fields import Command

from .canaries import NO_ACCESS, TEXTS

ALL = {"active_test": False}
MAIL = b"""From: Ukendt <ukendt@example.com>
To: svar@example.com
Subject: Svar
Message-Id: <svar-%(number)d@example.com>
In-Reply-To: <1234-openerp-%(id)d-%(model)s@example.com>

Svar
"""


def is_channel(function):
    """Tell whether a member of this module is a channel."""
    return callable(function) and getattr(function, "channel", False)


def channel(function):
    """Mark a function as a channel."""
    function.channel = True
    return function


def ours(visitor):
    """The records tried that are of our own models."""
    return [row for row in visitor.targets if row._name.startswith("sekp.")]


def confidential(visitor):
    """The records tried that are about a person, without dialogs."""
    guard = visitor.case.env["sekp.confidential.mixin"]
    return [row for row in visitor.targets if guard._is_confidential(row._name)]


def about_people(visitor):
    """The records tried that are about a person, and their activities."""
    dialogs_ = set(visitor.case.dialogs)
    return [row for row in visitor.targets if row._name not in dialogs_]


def attachments(visitor):
    """The ids of what is stored of documents."""
    attachment = visitor.case.env["ir.attachment"]
    return attachment.search(
        [("res_model", "=like", "sekp.%"), ("res_field", "!=", False)], order="id"
    ).ids


# --- records -------------------------------------------------------------------------
@channel
def records_by_id(visitor):
    """What is read of a record whose number one knows."""
    for record in visitor.targets:
        model, ids = record._name, record.ids
        visitor.call(model, "read", ids, list(visitor.fields(model)))
        visitor.call(model, "read", ids, visitor.stored(model))
        visitor.call(model, "web_read", ids, visitor.spec(model))
        visitor.call(model, "read", ids, ["display_name"])
        visitor.call(model, "get_formview_action", ids)
        for name in visitor.texts(model, stored=False):
            visitor.call(model, "read", ids, [name])
        for name, field in record._fields.items():
            if field.groups == NO_ACCESS:
                visitor.call(model, "read", ids, [name])


@channel
def records_found(visitor):
    """What lists and searches show."""
    for record in visitor.targets:
        model = record._name
        names = visitor.stored(model)
        visitor.call(model, "search_read", [], names, context=ALL)
        visitor.call(model, "web_search_read", [], visitor.spec(model), context=ALL)
        visitor.call(model, "search", [], context=ALL)
        visitor.call(model, "name_search", "", context=ALL)
        visitor.call(model, "web_name_search", "", visitor.behind(model))


@channel
def words_searched_for(visitor):
    """Whether a search for the right words finds something."""
    for (model, name), word in visitor.words.items():
        field = visitor.env[model]._fields[name]
        if not field._description_searchable:
            continue
        visitor.guess(word, model, "search_count", [("id", "any", [(name, "=", word)])])
        visitor.guess(word, model, "search", [(name, "=like", word)], context=ALL)
        visitor.guess(word, model, "name_search", word)
        if field.store:
            domain = [(name, "ilike", word)]
            visitor.guess(word, model, "formatted_read_group", domain, [name])


def paths(visitor):
    """Every field of any model that leads to one of the records tried."""
    targets = {record._name for record in visitor.targets}
    for model in visitor.case.env.values():
        if model._abstract or model._transient:
            continue
        for name, field in model._fields.items():
            if field.relational and field.comodel_name in targets:
                yield model, name, field


@channel
def words_searched_for_along_links(visitor):
    """Whether a search in what is linked finds something."""
    words = {}
    for (model, name), word in visitor.words.items():
        if visitor.env[model]._fields[name]._description_searchable:
            words.setdefault(model, {})[name] = word
    for model, name, field in paths(visitor):
        if not field._description_searchable:
            continue
        # What holds for one text behind a link holds for the next.
        for text, word in itertools.islice(
            words.get(field.comodel_name, {}).items(), 2
        ):
            domain = [(f"{name}.{text}", "ilike", word)]
            visitor.guess(word, model._name, "search_count", domain)


@channel
def names_of_links(visitor):
    """What records of other models say of those they link to."""
    for model, name, field in paths(visitor):
        if not model._name.startswith("sekp."):
            behind = {"fields": visitor.behind(field.comodel_name)}
            spec = {name: behind}
            visitor.call(model._name, "web_search_read", [], spec, limit=80)


@channel
def groups_and_orders(visitor):
    """What grouping, counting and sorting by a text tells."""
    for model, name in visitor.words:
        field = visitor.env[model]._fields[name]
        if not field.store:
            continue
        visitor.call(model, "formatted_read_group", [], [name], ["__count"])
        visitor.call(model, "formatted_read_grouping_sets", [], [[name]], ["__count"])
        visitor.call(model, "web_read_group", [], [name], [f"{name}:array_agg"])
        bar = {"field": name, "colors": {"a": "success"}}
        visitor.call(model, "read_progress_bar", [], name, bar)
        visitor.call(model, "search_read", [], ["display_name", name], order=name)
    for record in confidential(visitor):
        for name in {"course_id", "team_id"} & set(record._fields):
            for method in ("select_range", "select_multi_range"):
                visitor.call(record._name, f"search_panel_{method}", name)


@channel
def exports(visitor):
    """What leaves as a file."""
    for record in visitor.targets:
        names = [name for name in visitor.fields(record._name) if name != "id"]
        visitor.call(record._name, "export_data", record.ids, names)
        visitor.call(record._name, "export_data", record.ids, ["id", ".id"])
        for name in names:
            if visitor.fields(record._name)[name]["type"] in TEXTS:
                visitor.call(record._name, "export_data", record.ids, [name])


@channel
def copies_and_defaults(visitor):
    """What a copy, a default or an import brings along."""
    for record in ours(visitor):
        model, ids = record._name, record.ids
        visitor.call(model, "copy", ids)
        visitor.call(model, "copy_data", ids)
        context = {"default_course_id": visitor.case.course.id}
        visitor.call(model, "default_get", list(visitor.fields(model)), context=context)
        visitor.call(model, "load", [".id", "display_name"], [[str(record.id), "x"]])


@channel
def names_outside(visitor):
    """What external names and metadata tell."""
    for record in ours(visitor):
        visitor.call(record._name, "get_external_id", record.ids)
        visitor.call(record._name, "get_metadata", record.ids)


@channel
def descriptions(visitor):
    """What the descriptions of fields and views tell."""
    for record in ours(visitor):
        visitor.call(record._name, "fields_get")
        visitor.call(record._name, "get_views", [[False, "form"], [False, "list"]])


@channel
def unsaved_records(visitor):
    """What an unsaved record tells of those it links to."""
    for model in visitor.case.env.values():
        if not model._name.startswith("sekp.") or model._abstract:
            continue
        values = {
            name: record.id
            for name, field in model._fields.items()
            for record in ours(visitor)
            if field.type == "many2one" and field.comodel_name == record._name
        }
        if values:
            spec = visitor.spec(model._name)
            visitor.call(model._name, "onchange", [], values, list(values), spec)
            context = {f"default_{name}": id_ for name, id_ in values.items()}
            visitor.call(model._name, "onchange", [], {}, [], spec, context=context)
            for name in visitor.texts(model._name, stored=False):
                visitor.call(
                    model._name, "onchange", [], values, list(values), {name: {}}
                )


@channel
def stored_records_in_a_form(visitor):
    """What the form of a record tells that one cannot open."""
    for record in ours(visitor):
        spec = visitor.spec(record._name)
        visitor.call(record._name, "onchange", record.ids, {}, [], spec)


@channel
def links_by_id(visitor):
    """Whether a record of one's own can be hung on a hidden one."""
    for record in ours(visitor):
        for name, field in record._fields.items():
            target = next(
                (row for row in ours(visitor) if row._name == field.comodel_name), None
            )
            if field.type == "many2one" and target:
                spec = visitor.spec(record._name)
                vals = {name: target.id}
                visitor.call(record._name, "web_save", [], vals, spec)
                visitor.call(record._name, "web_save", record.ids, vals, spec)
                visitor.call(record._name, "load", [f"{name}/.id"], [[str(target.id)]])


@channel
def another_municipality_chosen(visitor):
    """Whether choosing other municipalities opens something."""
    case = visitor.case
    context = {"allowed_company_ids": (case.company | case.foreign_company).ids}
    only = {"allowed_company_ids": case.company.ids}
    for record in ours(visitor):
        for chosen in (context, only):
            names = ["display_name", *visitor.texts(record._name)]
            visitor.call(record._name, "read", record.ids, names, context=chosen)
            visitor.call(record._name, "search_read", [], names, context=chosen)


@channel
def the_scheme(visitor):
    """What everybody reads of standards, teams and lists, with all their fields."""
    names = {record._name for record in visitor.targets}
    for model in visitor.case.env.values():
        if (
            model._name.startswith("sekp.")
            and model._name not in names
            and not model._abstract
        ):
            stored = visitor.stored(model._name)
            visitor.call(model._name, "search_read", [], stored)
            texts = visitor.texts(model._name, stored=False)
            visitor.call(model._name, "search_read", [], texts)


@channel
def the_same_again(visitor):
    """Whether a record with the same words is told to be there already."""
    for (model, name), word in visitor.words.items():
        if not model.startswith("sekp.") or not visitor.env[model]._fields[name].store:
            continue
        answer, given = visitor._ask(
            model, "onchange", [[], {name: word}, [name], visitor.spec(model)], {}
        )
        visitor.hear(repr(answer), but=word)
        visitor.case.assertFalse(
            given and word in repr((answer or {}).get("warning")), (model, name)
        )
        visitor.own_words(model, {name: word})


@channel
def removed_records(visitor):
    """What is left of records that were removed."""
    for record in visitor.case.removed:
        visitor.call(
            record._name, "read", record.ids, list(visitor.fields(record._name))
        )
        visitor.call("mail.activity", "search_read", [("res_id", "=", record.id)])
    visitor.call("sekp.history", "search_read", [("kind", "=", "removed")])


# --- activities -----------------------------------------------------------------------
@channel
def activities(visitor):
    """What activities tell, open or done, whoever has or had them."""
    model, ids = "mail.activity", visitor.case.activities.ids
    names = [name for name in visitor.fields(model) if name != "attachment_ids"]
    for id_ in ids:
        visitor.call(model, "read", [id_], names)
        visitor.call(model, "web_read", [id_], visitor.spec(model))
        visitor.call(model, "activity_format", [id_])
        visitor.call(model, "action_open_document", [id_])
        visitor.call(model, "export_data", [id_], ["summary", "note", "feedback"])
        visitor.call(
            model, "write", [id_], {"summary": "x", "user_id": visitor.user.id}
        )
        visitor.call(model, "action_feedback", [id_], feedback="x")
    visitor.call(model, "search_read", [("id", "in", ids)], names, context=ALL)
    visitor.call(model, "search_read", [], names, context=ALL)
    visitor.call(
        model, "formatted_read_group", [], ["summary"], ["__count"], context=ALL
    )
    for record in confidential(visitor):
        visitor.call(
            model, "get_activity_data", record._name, [], limit=80, fetch_done=True
        )
    visitor.call("res.users", "search_read", [], ["activity_ids"])


@channel
def words_of_activities(visitor):
    """Whether a search for an activity's words finds something."""
    for activity in visitor.case.activities:
        for name in ("summary", "note", "feedback"):
            word = visitor.case.word(activity[name])
            if word:
                domain = [(name, "ilike", word)]
                visitor.guess(
                    word, "mail.activity", "search_count", domain, context=ALL
                )


@channel
def unsaved_activities(visitor):
    """What an unsaved activity tells of the record it would lie on."""
    for record in ours(visitor):
        place = {"res_model": record._name, "res_id": record.id}
        place["res_model_id"] = visitor.case.env["ir.model"]._get_id(record._name)
        spec = {"res_name": {}, "summary": {}, "note": {}}
        visitor.call("mail.activity", "onchange", [], place, list(place), spec)
        context = {f"default_{name}": value for name, value in place.items()}
        visitor.call("mail.activity", "onchange", [], {}, [], spec, context=context)
        visitor.call("mail.activity", "create", {**place, "summary": "x"})


@channel
def activities_planned(visitor):
    """What the dialog for planning activities tells of its records."""
    model = "mail.activity.schedule"
    for record in confidential(visitor):
        values = {"res_model": record._name, "res_ids": str(record.ids)}
        spec = visitor.spec(model, list(visitor.fields(model)))
        visitor.call(
            model,
            "onchange",
            [],
            values,
            list(values),
            spec,
            context={"active_model": record._name, "active_ids": record.ids},
        )
        visitor.call(model, "web_save", [], values, spec)


# --- messages, followers, mail --------------------------------------------------------
@channel
def unsaved_messages(visitor):
    """What a message to oneself tells of the record it would lie on."""
    for record in ours(visitor):
        place = {"model": record._name, "res_id": record.id}
        spec = {"record_name": {}, "preview": {}, "subject": {}}
        visitor.call("mail.message", "onchange", [], place, list(place), spec)
        own = {**place, "message_type": "user_notification"}
        visitor.call("mail.message", "web_save", [], own, spec)


@channel
def notifications_to_oneself(visitor):
    """What a notification to oneself tells of the record it would be about."""
    partner = visitor.user.partner_id.ids
    for record in confidential(visitor):
        visitor.call(
            "mail.thread",
            "message_notify",
            [],
            model=record._name,
            res_id=record.id,
            partner_ids=partner,
            body="x",
        )
        visitor.call_maybe(
            record._name, "message_notify", record.ids, partner_ids=partner
        )


@channel
def messages(visitor):
    """What messages, notifications and their files tell."""
    guard = [("model", "=like", "sekp.%")]
    names = ["body", "subject", "record_name", "preview"]
    visitor.call("mail.message", "search_read", guard, names)
    visitor.call("mail.message", "search_read", [], names, limit=200, order="id desc")
    visitor.call(
        "mail.message", "search_read", [("attachment_ids.index_content", "!=", False)]
    )
    last = visitor.case.env["mail.message"].search([], limit=60, order="id desc").ids
    visitor.call("mail.message", "read", last, names)
    visitor.call("mail.message", "export_data", last, ["body", "subject"])
    told = visitor.case.env["mail.notification"].search([], limit=60).ids
    spec = {"mail_message_id": {"fields": {name: {} for name in names}}}
    visitor.call("mail.notification", "web_search_read", [], spec, limit=200)
    visitor.call("mail.notification", "export_data", told, ["mail_message_id/body"])
    for model in ("mail.tracking.value", "mail.scheduled.message", "mail.mail"):
        visitor.call(model, "search_read", [])


@channel
def followers(visitor):
    """Who follows a record, and whether one can follow it."""
    visitor.call("mail.followers", "search_read", [("res_model", "=like", "sekp.%")])
    for record in confidential(visitor):
        for method in ("message_get_followers", "message_subscribe", "message_post"):
            visitor.call_maybe(record._name, method, record.ids)
        values = {
            "res_model": record._name,
            "res_ids": str(record.ids),
            "operation": "add",
            "partner_ids": [Command.set(visitor.user.partner_id.ids)],
        }
        spec = visitor.spec("mail.followers.edit")
        visitor.call("mail.followers.edit", "onchange", [], values, list(values), spec)
        row = visitor.call("mail.followers.edit", "create", values)
        if row:
            visitor.call("mail.followers.edit", "edit_followers", [row])


@channel
def mails_composed(visitor):
    """What a mail, a text message or a letter about a record would contain."""
    partner = visitor.user.partner_id.id
    for record in confidential(visitor):
        for model, values in (
            (
                "mail.compose.message",
                {"model": record._name, "res_ids": str(record.ids)},
            ),
            (
                "sms.composer",
                {"res_model": record._name, "res_id": record.id, "body": "x"},
            ),
            (
                "snailmail.letter",
                {"model": record._name, "res_id": record.id, "partner_id": partner},
            ),
            (
                "mail.scheduled.message",
                {"model": record._name, "res_id": record.id, "body": "x"},
            ),
        ):
            spec = visitor.spec(model)
            context = {
                "active_model": record._name,
                "active_id": record.id,
                "active_ids": record.ids,
                **{f"default_{name}": value for name, value in values.items()},
            }
            visitor.call(model, "onchange", [], {}, [], spec, context=context)
            visitor.call(model, "web_save", [], values, spec)


@channel
def mail_templates(visitor):
    """What a template that one writes fills in of a hidden record."""
    texts = "<t t-out='object.next_step'/> <t t-out='object.display_name'/>"
    course = visitor.case.course
    template = visitor.call(
        "mail.template",
        "create",
        {
            "name": "x",
            "model_id": visitor.case.env["ir.model"]._get_id("sekp.course"),
            "body_html": texts,
            "subject": "{{ object.next_step }}",
        },
    )
    if template:
        visitor.call("mail.template", "send_mail", [template], course.id)
    preview = {"resource_ref": f"sekp.course,{course.id}"}
    known = visitor.case.env["mail.template"].search([], limit=1).id
    visitor.call(
        "mail.template.preview",
        "onchange",
        [],
        {"mail_template_id": known, **preview},
        ["resource_ref"],
        {"body_html": {}, "subject": {}, "resource_ref": {}},
    )


@channel
def mail_gateway(visitor):
    """What an answer by mail to a guessed message does."""
    for record in confidential(visitor)[:4]:
        mail = MAIL % {
            b"id": record.id,
            b"number": record.id + visitor.user.id,
            b"model": record._name.encode(),
        }
        visitor.call(
            "mail.thread",
            "message_process",
            record._name,
            mail.decode(),
            thread_id=record.id,
        )


# --- files ----------------------------------------------------------------------------
@channel
def files(visitor):
    """What stored files tell to those who know their number."""
    ids = attachments(visitor)
    names = ["name", "raw", "datas", "index_content", "description", "access_token"]
    visitor.call("ir.attachment", "read", ids, names)
    for id_ in ids:
        visitor.call("ir.attachment", "read", [id_], names)
        visitor.call("ir.attachment", "generate_access_token", [id_])
        visitor.call("ir.attachment", "write", [id_], {"public": True})
        visitor.call("ir.attachment", "copy", [id_])
    visitor.call("ir.attachment", "search_read", [("id", "in", ids)], names)
    visitor.call("ir.attachment", "search_read", [("res_field", "!=", False)], names)
    visitor.call("ir.attachment", "export_data", ids, ["name", "datas"])


@channel
def names_of_files_and_subjects(visitor):
    """What links to a file or a message tell of it."""
    for id_ in attachments(visitor):
        spec = {"original_id": {"fields": {"display_name": {}, "name": {}}}}
        values = {"original_id": id_}
        visitor.call("ir.attachment", "onchange", [], values, list(values), spec)
    last = visitor.case.env["mail.message"].search([], limit=30, order="id desc")
    for id_ in last.ids:
        spec = {"parent_id": {"fields": {"display_name": {}, "subject": {}}}}
        visitor.call("mail.message", "onchange", [], {"parent_id": id_}, [], spec)


@channel
def files_through_letters(visitor):
    """What a letter with a stored file attached would contain."""
    model = "snailmail.letter"
    for id_ in attachments(visitor):
        values = {"attachment_id": id_}
        spec = {"attachment_datas": {}, "attachment_fname": {}}
        visitor.call(model, "onchange", [], values, list(values), spec)


@channel
def files_compared(visitor):
    """Whether one who has a file learns that it is kept here."""
    word = visitor.case.title
    data = visitor.case.upload(word)
    values = {"name": "x", "datas": data, "mimetype": "text/plain"}
    before = set(attachments(visitor))
    made, given = visitor._ask("ir.attachment", "create_unique", [[values]], {})
    visitor.case.assertFalse(given and before & set(made))
    if given:
        visitor.case.env["ir.attachment"].browse(made).unlink()


# --- calendar -------------------------------------------------------------------------
@channel
def the_calendar(visitor):
    """What events and those who attend them tell."""
    texts = [
        "name",
        "location",
        "description",
        "res_model",
        "res_id",
        "videocall_location",
    ]
    visitor.call("calendar.event", "search_read", [], texts)
    events = visitor.case.env["calendar.event"].search([])
    visitor.call("calendar.event", "read", events.ids, texts)
    paths_ = [f"event_id.{name}" for name in texts[:3]]
    visitor.call("calendar.attendee", "formatted_read_group", [], paths_)
    visitor.call("calendar.event", "formatted_read_group", [], texts[:2])
    visitor.call(
        "calendar.event", "web_search_read", [], visitor.spec("calendar.event")
    )
    visitor.call("calendar.event", "export_data", events.ids, texts[:3])
    people = visitor.case.people["worker"].partner_id
    values = {
        "partner_ids": [Command.set(people.ids)],
        "start": "2026-09-18 09:00:00",
        "stop": "2026-09-18 12:00:00",
    }
    visitor.call(
        "calendar.event",
        "onchange",
        [],
        values,
        list(values),
        {
            **{name: {} for name in values},
            "unavailable_partner_ids": {"fields": {"display_name": {}}},
        },
    )


@channel
def words_in_the_calendar(visitor):
    """Whether a search for the words of an appointment finds an event."""
    for (model, _name), word in visitor.words.items():
        if model == "sekp.appointment":
            for name in ("name", "location", "description"):
                domain = [(name, "ilike", word)]
                visitor.guess(word, "calendar.event", "search_count", domain)


@channel
def meetings_about_a_record(visitor):
    """What a meeting about a hidden record tells of it."""
    for record in ours(visitor):
        values = {
            "res_model": record._name,
            "res_id": record.id,
            "res_model_id": visitor.case.env["ir.model"]._get_id(record._name),
        }
        context = {f"default_{name}": value for name, value in values.items()}
        spec = {"name": {}, "description": {}, "location": {}}
        visitor.call("calendar.event", "onchange", [], {}, [], spec, context=context)
        visitor.call("calendar.event", "onchange", [], values, list(values), spec)


@channel
def invitations(visitor):
    """What the page, the file and the call of an invitation tell."""
    attendees = visitor.case.env["calendar.attendee"].search([])
    visitor.call(
        "calendar.attendee", "search_read", [], ["access_token", "common_name"]
    )
    for attendee in attendees:
        query = f"token={attendee.access_token}&id={attendee.event_id.id}"
        visitor.open(f"/calendar/meeting/view?{query}")
        visitor.open(f"/calendar/meeting/join?token={attendee.access_token}")
        token = attendee.event_id.access_token
        if token:
            visitor.open(f"/calendar/join_videocall/{token}")


# --- dialogs and tables of Odoo -------------------------------------------------------
@channel
def dialogs(visitor):
    """What others typed or uploaded into dialogs."""
    for model in visitor.case.env.values():
        if model._transient and not model._abstract:
            names = [
                name
                for name, field in visitor.fields(model._name).items()
                if field["type"] in (*TEXTS, "binary") and field["store"]
            ]
            visitor.call(model._name, "search_read", [], names)


@channel
def imports(visitor):
    """What an import that one prepares tells of what is there."""
    for record in confidential(visitor):
        row = visitor.call(
            "base_import.import",
            "create",
            {"res_model": record._name, "file": b"id\n1", "file_type": "text/csv"},
        )
        if row:
            options = {"quoting": '"', "separator": ",", "has_headers": True}
            visitor.call("base_import.import", "parse_preview", [row], options)


@channel
def saved_searches(visitor):
    """What saved searches and defaults keep of words."""
    visitor.call("ir.filters", "search_read", [], ["name", "domain", "context"])
    visitor.call("ir.default", "search_read", [], ["json_value"])
    visitor.call("ir.exports", "search_read", [])
    worker = visitor.case.visitor("worker")
    word = next(iter(visitor.words.values()))
    domain = repr([("next_step", "ilike", word)])
    worker.call("ir.filters", "create", {
        "name": word, "model_id": "sekp.course", "domain": domain, "user_ids": [],
    })  # fmt: skip
    worker.call("ir.default", "set", "sekp.course", "next_step", word, user_id=True)


@channel
def counters(visitor):
    """What counters and logs in tables tell."""
    for model in ("ir.sequence", "ir.logging", "ir.profile", "bus.bus", "mail.push"):
        visitor.call(model, "search_read", [])
    for model in ("ir.model.data", "ir.model.fields"):
        visitor.call(model, "search_read", [("model", "=like", "sekp.%")], limit=400)


@channel
def persons_looked_up(visitor):
    """What a search through all tables for a person finds."""
    for (model, _name), word in list(visitor.words.items()):
        if model in ("sekp.citizen", "sekp.referral"):
            model = "privacy.lookup.wizard"
            values = {"name": word, "email": f"{word}@example.com"}
            answer, given = visitor._ask(model, "create", [values], {})
            if given:
                answer, given = visitor._ask(model, "action_lookup", [[answer]], {})
                lines = visitor.case.env["privacy.lookup.wizard.line"].search([])
                visitor.case.assertFalse(
                    lines.filtered(lambda line: line.res_model.startswith("sekp."))
                )
            visitor.hear(repr(answer), but=word)
            visitor.case.env[model].search([]).unlink()
            visitor.case.env["privacy.log"].search([]).unlink()


# --- over HTTP ------------------------------------------------------------------------
@channel
def the_web_client_s_route(visitor):
    """The web client's own way to records."""
    for record in about_people(visitor):
        model, ids = record._name, record.ids
        spec = visitor.spec(model)
        visitor.web(model, "web_read", ids, specification=spec)
        visitor.web(model, "web_search_read", [], {"display_name": {}})


@channel
def errors_in_developer_mode(visitor):
    """What errors and screens tell in developer mode."""
    with visitor.developer_mode():
        for record in about_people(visitor):
            model, ids = record._name, record.ids
            visitor.web(model, "read", ids, fields=visitor.stored(model))
            visitor.web(model, "unlink", ids)
        visitor.open(f"/odoo/sekp.course/{visitor.case.course.id}?debug=1")
        visitor.ask("/web/action/load", action_id="sekp_outreach.sekp_course_action")


@channel
def the_programming_interfaces(visitor):
    """The ways of programs to records."""
    for record in about_people(visitor):
        model, ids = record._name, record.ids
        names = visitor.stored(model)
        visitor.api(model, "read", ids=ids, fields=names)
        visitor.xml(model, "search_read", [[], names])


@channel
def screens_as_data(visitor):
    """The screens as data."""
    visitor.case.env["ir.config_parameter"].set_param("web.json.enabled", "True")
    visitor.case.env.flush_all()
    headers = {"Authorization": f"Bearer {visitor.key}"}
    for record in about_people(visitor):
        path = f"/json/1/{record._name}"
        visitor.open(f"{path}/{record.id}", headers=headers, allow_redirects=True)
        visitor.open(path, headers=headers, allow_redirects=True)
    for path in ("/doc-bearer/index.json", "/doc-bearer/sekp.course.json"):
        visitor.open(path, headers=headers, json={})


@channel
def files_over_http(visitor):
    """Files, pictures and fields as files."""
    document = visitor.case.document.id
    for path in (
        f"/sekp/document/{document}",
        f"/sekp/document/{document}?download=1",
        f"/web/content/sekp.document/{document}/content",
        f"/web/image/sekp.document/{document}/content",
        f"/web/content/sekp.document/{document}/sealed_facts",
        f"/web/content/sekp.document/{document}/content?access_token=x",
    ):
        visitor.open(path)
    for record in visitor.targets:
        names = (name for model, name in visitor.words if model == record._name)
        for name in itertools.islice(names, 1):
            visitor.open(f"/web/content/{record._name}/{record.id}/{name}")
    for id_ in attachments(visitor):
        visitor.open(f"/web/content/{id_}")
        visitor.open(f"/web/image/{id_}")
    for id_ in attachments(visitor)[-1:]:
        visitor.open(f"/mail/attachment/pdf_first_page/{id_}")
        zipped = {"file_ids": str(id_), "zip_name": "x", "csrf_token": "x"}
        visitor.open("/mail/attachment/zip", data=zipped)


@channel
def prints(visitor):
    """Prints of records."""
    case = visitor.case
    reports = case.env["ir.actions.report"].search([("model", "=like", "sekp.%")])
    for report in reports:
        ids = next(
            (row.id for row in case.targets if row._name == report.model),
            # What is printed of the scheme: any of it.
            case.env[report.model].search([], limit=1).id,
        )
        visitor.open(f"/report/html/{report.report_name}/{ids}")
        visitor.open(f"/report/pdf/{report.report_name}/{ids}")


@channel
def links_of_mails(visitor):
    """Where links in mails lead."""
    partner = visitor.user.partner_id.id
    for record in confidential(visitor):
        place = f"model={record._name}&res_id={record.id}"
        visitor.open(f"/mail/view?{place}&access_token=x")
    visitor.open(f"/mail/unfollow?{place}&pid={partner}&token=x")


@channel
def threads(visitor):
    """The message threads that records do not have."""
    for record in confidential(visitor):
        place = {"thread_model": record._name, "thread_id": record.id}
        visitor.ask("/mail/thread/messages", **place)
        visitor.ask(
            "/mail/data",
            fetch_params=[
                [
                    "mail.thread",
                    {
                        **place,
                        "request_list": ["activities", "attachments", "followers"],
                        "access_params": {"token": "x", "hash": "x", "pid": 1},
                    },
                ]
            ],
        )
    visitor.ask("/mail/thread/recipients", **place)
    visitor.ask("/mail/message/post", **place, post_data={"body": "x"})


@channel
def the_inbox(visitor):
    """One's inbox, the counters of the menu bar and single messages."""
    for box in ("inbox", "history", "starred"):
        visitor.ask(f"/mail/{box}/messages")
    visitor.ask(
        "/mail/data",
        fetch_params=["init_messaging", "failures", "systray_get_activities"],
    )
    last = visitor.case.env["mail.message"].search([], limit=4, order="id desc").ids
    for id_ in last:
        visitor.open(f"/mail/message/{id_}")
        visitor.ask("/mail/message/translate", message_id=id_)
    visitor.ask("/mail/link_preview", message_id=last[0])
    visitor.ask("/calendar/notify")


@channel
def exports_over_http(visitor):
    """Exports as a file from the web client."""
    for record in confidential(visitor):
        names = [
            {"name": name, "label": name, "type": "char"}
            for model, name in visitor.words
            if model == record._name and record._fields[name].exportable
        ]
        data = {
            "model": record._name,
            "fields": names or [{"name": "reference", "label": "x", "type": "char"}],
            "ids": record.ids,
            "domain": [],
            "groupby": [],
            "import_compat": False,
        }
        form = {"data": json.dumps(data), "csrf_token": visitor.csrf()}
        visitor.open("/web/export/csv", data=form)


@channel
def public_pages(visitor):
    """The public pages, and what a code opens that is none."""
    for path in ("", "/self", "/worried", "/professional", "/standard", "/code", "/x"):
        visitor.open(f"/sekp/havnby{path}")
    record = visitor.case.course
    for code in ("4071 8823 1950 6642", record.reference, str(record.id)):
        visitor.open("/sekp/havnby/code", data={"code": code})
    for act in ("look", "say", "stop"):
        visitor.open("/sekp/havnby/dialogue", data={"pass": "x", "act": act})
    visitor.open("/sekp/havnby/worried", data={"concern": "x", "place": "y"})
