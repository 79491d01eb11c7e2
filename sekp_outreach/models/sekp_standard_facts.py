from typing import NamedTuple

from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_date

from .sekp_standard_public import in_danish

# Where a fact is printed: among the text of its topic; there only while no section
# speaks of that topic, in the municipality's own words; or behind the text only.
TOPIC, WITHOUT_SECTION, BEHIND = "topic", "without_section", "behind"
# What is said above the text, and what stands behind it.
APPROVAL, EMERGENCY, SETTINGS, STAFF = "approval", "emergency", "settings", "staff"
# What a citizen looks for first.
ON_LEAFLET = frozenset(
    {"purpose", "intake", "anonymity", "deadline", "cost", "complaint"}
)
LEAFLET, PUBLIC, COMMITTEE = "leaflet", "public", "committee"
ACTS = ("required", "offered")


class Fact(NamedTuple):
    """One thing a standard says, as a sentence made from the fields that decide it.

    :param key: what the fact is known by in every version of a standard
    :param homes: names of the fields it is made from
    :param topic: kind of section it belongs to
    :param text: the sentence; empty where the fields decide nothing
    :param items: the entries of a list that the sentence leads to
    :param place: ``TOPIC``, ``WITHOUT_SECTION`` or ``BEHIND``
    """

    key: str
    homes: tuple
    topic: str
    text: str
    items: tuple = ()
    place: str = TOPIC

    def lines(self):
        """Return the sentence and its entries as plain lines."""
        return [
            line.striptags() if isinstance(line, Markup) else line
            for line in (self.text, *self.items)
            if line
        ]


class SekpStandard(models.Model):
    """A quality standard as sentences: the one room for all that is published.

    A sentence is made from the fields that drive clocks and warnings, so what is
    printed cannot differ from what is done. Sections hold what is no field.
    """

    _inherit = "sekp.standard"

    # --- what is published ------------------------------------------------------------
    def _published_facts(self, part, marks=None):
        """Return what the standard says as topics, in the order of print.

        A topic is a dict: ``kind``; ``title`` and ``body`` of its section, the latter
        empty without one; ``own``, whether the title is the municipality's; ``facts``,
        dicts of ``text``, ``items`` and ``mark``; and ``mark`` of the section.

        :param str part: ``leaflet``: what a citizen needs first; ``public``: all but
            what the staff work by; ``committee``: everything
        :param dict marks: words by key of a fact or section that is marked
        """
        self.ensure_one()
        marks = marks or {}
        facts = [fact for fact in self._facts() if fact.text]
        topics = [
            topic
            for topic in self._section_topics(facts, marks)
            if part != LEAFLET or topic["leaflet"]
        ]
        if part == COMMITTEE:
            topics = [
                self._plain_topic(EMERGENCY, facts, marks),
                *topics,
                self._plain_topic(SETTINGS, facts, marks),
                self._plain_topic(STAFF, facts, marks),
            ]
        return [topic for topic in topics if topic["facts"] or topic["body"]]

    def _section_topics(self, facts, marks):
        """Return a topic for each section, and for each kind that facts speak of."""
        topics, places, before = [], {}, 0
        kinds = self.section_ids._fields["kind"]._description_selection(self.env)
        titles = dict(kinds) | self._titles_by_form()
        for kind, _label in kinds:
            sections = self.section_ids.filtered(lambda one, k=kind: one.kind == k)
            for section in sections:
                first = section == sections[0]
                topics.append(
                    {
                        "kind": kind,
                        "title": section.title,
                        "own": True,
                        "body": section.body,
                        "leaflet": section.on_leaflet,
                        "mark": marks.get(section._fact_key()),
                        "facts": self._printed(facts, kind, (TOPIC,), marks)
                        if first and kind != APPROVAL
                        else [],
                    }
                )
                places[id(topics[-1])] = before = section.sequence
            if not sections and kind != APPROVAL:
                topics.append(
                    {
                        "kind": kind,
                        "title": titles[kind],
                        "own": False,
                        "body": "",
                        "leaflet": kind in ON_LEAFLET,
                        "mark": None,
                        "facts": self._printed(
                            facts, kind, (TOPIC, WITHOUT_SECTION), marks
                        ),
                    }
                )
                # After the one that comes before it in the usual order.
                places[id(topics[-1])] = before + 0.5
        return sorted(topics, key=lambda topic: places[id(topic)])

    def _titles_by_form(self):
        """Return the titles that speak to the citizen, or of the citizen."""
        if self.form_of_address == "you":
            return {"duties": self.env._("Your duties")}
        return {"intake": self.env._("How the citizen gets help")}

    def _plain_topic(self, kind, facts, marks):
        """Return a topic that has no section of its own."""
        if kind == SETTINGS:
            spoken_of = set(self.section_ids.mapped("kind"))
            chosen = [
                fact
                for fact in facts
                if fact.place == BEHIND
                or (fact.place == WITHOUT_SECTION and fact.topic in spoken_of)
            ]
            chosen = [fact for fact in chosen if fact.topic != STAFF]
        else:
            chosen = [fact for fact in facts if fact.topic == kind]
        return {
            "kind": kind,
            "title": {
                EMERGENCY: self.env._("In an emergency"),
                SETTINGS: self.env._("What else the standard lays down"),
                STAFF: self.env._("What the staff work by"),
            }[kind],
            "own": False,
            "body": "",
            "leaflet": False,
            "mark": None,
            "facts": [self._with_mark(fact, marks) for fact in chosen],
        }

    def _printed(self, facts, kind, places, marks):
        return [
            self._with_mark(fact, marks)
            for fact in facts
            if fact.topic == kind and fact.place in places
        ]

    def _with_mark(self, fact, marks):
        return {
            "text": fact.text,
            "items": fact.items,
            "mark": marks.get(fact.key),
        }

    def _approval_lines(self, part, marks=None):
        """Return who approved the standard and from when it holds, with marks."""
        self.ensure_one()
        marks = marks or {}
        stated = self.approved_by or self.approved_on
        lines = [
            self._with_mark(fact, marks)
            for fact in self._facts()
            if fact.topic == APPROVAL
            and fact.text
            and (part == COMMITTEE or (stated and fact.key == "approved_by"))
        ]
        return [
            *lines,
            *({"text": line, "items": (), "mark": None} for line in self._validity()),
        ]

    def _validity(self):
        """Return from when to when the standard holds, as sentences."""
        if self.state == "preset":
            return [self.env._("An example: no municipality works by it.")]
        if not self.valid_from:
            return [self.env._("Draft: not in force.")]
        lines = [
            self.env._(
                "In force from %(day)s.",
                day=format_date(self.env, self.valid_from, date_format="long"),
            )
        ]
        if self.valid_to:
            lines.append(
                self.env._(
                    "In force until %(day)s.",
                    day=format_date(self.env, self.valid_to, date_format="long"),
                )
            )
        return lines

    # --- facts ------------------------------------------------------------------------
    def _facts(self, form=None):
        """Return every fact of the standard but its sections, in the order of print.

        A parameter that no sentence is written for is a fact with its name and value.

        :param str form: form of address, in place of the standard's own
        """
        self.ensure_one()
        addressed = (form or self.form_of_address) == "you"

        def say(you, citizen):
            return you if addressed else citizen

        facts = [
            *self._facts_of_approval(say),
            *self._facts_of_emergency(say),
            *self._facts_of_target_group(say),
            *self._facts_of_intake(say),
            *self._facts_of_anonymity(say),
            *self._facts_of_content(say),
            *self._facts_of_scope(say),
            *self._facts_of_deadlines(say),
            *self._facts_of_provider(say),
            *self._facts_of_follow_up(say),
            *self._facts_of_staff(say),
        ]
        spoken_of = {name for fact in facts for name in fact.homes}
        return [
            *facts,
            *(
                self._fact_of_field(name)
                for name in self._parameter_fields()
                if name not in spoken_of and name != "section_ids"
            ),
        ]

    def _fact_of_field(self, name):
        label = self._fields[name]._description_string(self.env)
        value = self._find_home(name, False)
        if value and self._fields[name].type == "many2one":
            value = f"{label}: {self[name].display_name}"
        return Fact(name, (name,), STAFF, value or "", place=BEHIND)

    def _facts_of_approval(self, say):
        def day(value):
            return format_date(self.env, value, date_format="long")

        if self.approved_by and self.approved_on:
            approval = self.env._(
                "Approved by %(body)s on %(day)s.",
                body=in_danish(self.env, self.approved_by),
                day=day(self.approved_on),
            )
        elif self.approved_by:
            approval = self.env._(
                "Approved by %(body)s.", body=in_danish(self.env, self.approved_by)
            )
        elif self.approved_on:
            approval = self.env._("Approved on %(day)s.", day=day(self.approved_on))
        else:
            approval = self.env._("It does not say who approved it, or when.")
        form = self._fields["form_of_address"]._description_selection(self.env)
        return [
            self._fact(
                "municipality",
                APPROVAL,
                self.env._("Municipality: %(name)s.", name=self.municipality),
            ),
            self._fact(
                "name",
                APPROVAL,
                self.env._("Name of the standard: %(name)s.", name=self.name),
            ),
            self._fact(
                "scheme_name",
                APPROVAL,
                self.env._(
                    "Towards citizens the scheme is called: %(name)s.",
                    name=self.scheme_name,
                ),
            ),
            self._fact("approved_by approved_on", APPROVAL, approval),
            self._fact(
                "revision_due",
                APPROVAL,
                self.env._("To be revised by %(day)s.", day=day(self.revision_due))
                if self.revision_due
                else "",
            ),
            self._fact(
                "form_of_address",
                APPROVAL,
                self.env._(
                    "Form of address: %(form)s.",
                    form=dict(form)[self.form_of_address],
                ),
            ),
        ]

    def _facts_of_emergency(self, say):
        policy = {
            "unstated": self.env._("The standard says nothing of acute referrals."),
            "handle": self.env._("The contact persons go out on acute referrals."),
            "redirect": self.env._(
                "Acute referrals are not for the scheme: they are led elsewhere."
            ),
        }[self.acute_policy]
        return [
            self._fact(
                "acute_policy acute_phone acute_text",
                EMERGENCY,
                policy,
                items=tuple(self._public_emergency(on_paper=True)),
            )
        ]

    def _facts_of_target_group(self, say):
        groups = self.target_group_ids.filtered(lambda one: one.kind == "group")
        circumstances = self.target_group_ids - groups
        if groups:
            text = self.env._(
                "The scheme is for people to whom one or more of these apply:"
            )
        else:
            text = self.env._("The scheme is not limited to certain groups.")
        return [
            self._fact(
                "target_group_ids",
                "target_group",
                text,
                items=tuple(groups.mapped("name")),
                place=WITHOUT_SECTION,
            ),
            self._fact(
                "target_group_ids",
                "target_group",
                self.env._("This may also be so; none of it is a condition:")
                if circumstances
                else "",
                items=tuple(circumstances.mapped("name")),
                place=WITHOUT_SECTION,
                entry="circumstance",
            ),
            self._fact("age_min age_max", "target_group", self._age_sentence(say)),
            self._fact(
                "diagnosis_required",
                "target_group",
                self.env._("A psychiatric diagnosis is required.")
                if self.diagnosis_required
                else self.env._("No psychiatric diagnosis is required."),
                place=WITHOUT_SECTION,
            ),
        ]

    def _age_sentence(self, say):
        youngest, oldest = self.age_min, self.age_max
        if youngest and oldest:
            return say(
                self.env._(
                    "The scheme is for you when you are from %(youngest)s to "
                    "%(oldest)s years old.",
                    youngest=youngest,
                    oldest=oldest,
                ),
                self.env._(
                    "The scheme is for citizens from %(youngest)s to %(oldest)s years "
                    "old.",
                    youngest=youngest,
                    oldest=oldest,
                ),
            )
        if youngest:
            return say(
                self.env._(
                    "The scheme is for you when you are %(age)s years or older.",
                    age=youngest,
                ),
                self.env._(
                    "The scheme is for citizens of %(age)s years or older.",
                    age=youngest,
                ),
            )
        if oldest:
            return say(
                self.env._(
                    "The scheme is for you until and with the age of %(age)s.",
                    age=oldest,
                ),
                self.env._(
                    "The scheme is for citizens until and with the age of %(age)s.",
                    age=oldest,
                ),
            )
        return self.env._("There is no age limit.")

    def _facts_of_intake(self, say):
        itself = say(self.env._("You yourself"), self.env._("The citizen"))
        sources = tuple(
            itself if source.code == "self" else source.name
            for source in self.source_ids
        )
        if self.anyone_may_refer or not sources:
            who = self.env._("Anyone may say that someone needs help.")
            if sources:
                who = self.env._("Anyone may say that someone needs help, for example:")
        else:
            who = self.env._("These are named as those who may contact us:")
        return [
            self._fact(
                "source_ids anyone_may_refer",
                "intake",
                who,
                items=sources,
                place=WITHOUT_SECTION,
            ),
            self._fact(
                "outreach_without_request",
                "intake",
                {
                    "required": say(
                        self.env._(
                            "A contact person comes to you also when you did not ask."
                        ),
                        self.env._(
                            "A contact person comes to the citizen also when the "
                            "citizen did not ask."
                        ),
                    ),
                    "offered": say(
                        self.env._(
                            "A contact person may come to you although you did not ask."
                        ),
                        self.env._(
                            "A contact person may come to the citizen although the "
                            "citizen did not ask."
                        ),
                    ),
                    "off": say(
                        self.env._("We come when you have asked for it."),
                        self.env._("We come when the citizen has asked for it."),
                    ),
                    "forbidden": say(
                        self.env._("We come only when you have asked for it."),
                        self.env._("We come only when the citizen has asked for it."),
                    ),
                }[self.outreach_without_request],
                place=WITHOUT_SECTION,
            ),
            self._fact(
                "visitation",
                "intake",
                {
                    "required": self.env._(
                        "The need is assessed (visitation) before support is given."
                    ),
                    "offered": say(
                        self.env._(
                            "You can contact us without an assessment (visitation). A "
                            "caseworker may propose one."
                        ),
                        self.env._(
                            "The citizen can contact us without an assessment "
                            "(visitation). A caseworker may propose one."
                        ),
                    ),
                    "off": self.env._("No assessment (visitation) is needed."),
                    "forbidden": self.env._("No assessment (visitation) is made."),
                }[self.visitation],
            ),
            self._fact(
                "grant",
                "intake",
                {
                    "required": self.env._(
                        "The support is given when there is a grant (bevilling)."
                    ),
                    "offered": self.env._(
                        "The support can be given with a grant (bevilling), and "
                        "without."
                    ),
                    "off": say(
                        self.env._("You need no grant (bevilling)."),
                        self.env._("The citizen needs no grant (bevilling)."),
                    ),
                    "forbidden": self.env._("No grant (bevilling) is made."),
                }[self.grant],
            ),
            *self._facts_of_routes(),
        ]

    def _facts_of_routes(self):
        facts = []
        for route in self.route_ids.sorted(lambda one: (one.sequence, one.id)):
            facts.append(
                self._fact(
                    "route_ids", "intake", route._published_sentence(), entry=route.name
                )
            )
            if route.team_id:
                facts.append(
                    self._fact(
                        "route_ids",
                        STAFF,
                        self.env._(
                            "What comes to “%(entry_point)s” is received by the team "
                            "“%(team)s”.",
                            entry_point=route.name,
                            team=route.team_id.name,
                        ),
                        entry=f"{route.name}/team",
                        place=BEHIND,
                    )
                )
        return facts or [self._fact("route_ids", "intake", "")]

    def _facts_of_anonymity(self, say):
        labels = {
            name: dict(
                self.anonymity_ids._fields[name]._description_selection(self.env)
            )
            for name in ("subject", "towards", "anonymity")
        }
        return [
            self._fact(
                "registration_mode",
                "anonymity",
                {
                    "none": say(
                        self.env._("Nothing is registered about you as a person."),
                        self.env._(
                            "Nothing is registered about the citizen as a person."
                        ),
                    ),
                    "alias": say(
                        self.env._(
                            "Of who you are, we note at most a name you choose "
                            "yourself."
                        ),
                        self.env._(
                            "Of who the citizen is, we note at most a name the citizen "
                            "chooses."
                        ),
                    ),
                    "full": say(
                        self.env._("The support is registered in your name."),
                        self.env._("The support is registered in the citizen's name."),
                    ),
                }[self.registration_mode],
            ),
            self._fact(
                "anonymity_citizen",
                "anonymity",
                {
                    "right": say(
                        self.env._("You have a right to be anonymous."),
                        self.env._("The citizen has a right to be anonymous."),
                    ),
                    "allowed": say(
                        self.env._("You may be anonymous."),
                        self.env._("The citizen may be anonymous."),
                    ),
                    "not_offered": say(
                        self.env._("The support is not offered to you anonymously."),
                        self.env._("The support is not offered anonymously."),
                    ),
                }[self.anonymity_citizen],
            ),
            self._fact(
                "anonymity_referrer",
                "anonymity",
                {
                    "right": self.env._(
                        "Whoever contacts us about someone has a right to be anonymous."
                    ),
                    "allowed": self.env._(
                        "Whoever contacts us about someone may be anonymous."
                    ),
                    "not_offered": self.env._(
                        "Whoever contacts us about someone cannot be anonymous."
                    ),
                }[self.anonymity_referrer],
            ),
            *(
                self._fact(
                    "anonymity_ids",
                    "anonymity",
                    self.env._(
                        "To be anonymous: %(subject)s towards “%(towards)s”: "
                        "%(anonymity)s.",
                        subject=labels["subject"][line.subject],
                        towards=labels["towards"][line.towards],
                        anonymity=labels["anonymity"][line.anonymity],
                    ),
                    entry=f"{line.subject}/{line.towards}",
                )
                for line in self.anonymity_ids
            ),
            self._fact("anonymity_ids", "anonymity", ""),
        ]

    def _facts_of_content(self, say):
        return [
            self._fact(
                "contact_form_ids",
                "content",
                say(
                    self.env._("We can meet you in these ways:"),
                    self.env._("We can meet the citizen in these ways:"),
                )
                if self.contact_form_ids
                else self.env._("Every form of contact can be used."),
                items=tuple(self.contact_form_ids.mapped("name")),
                place=WITHOUT_SECTION,
            ),
            self._fact(
                "support_function_ids",
                "content",
                say(
                    self.env._("We can help you with:"),
                    self.env._("We can help the citizen with:"),
                )
                if self.support_function_ids
                else self.env._("The support is not limited to certain functions."),
                items=tuple(self.support_function_ids.mapped("name")),
                place=WITHOUT_SECTION,
            ),
            self._fact_of_feature(
                "action_plan",
                "content",
                required=say(
                    self.env._("We make an action plan together with you."),
                    self.env._("We make an action plan together with the citizen."),
                ),
                offered=say(
                    self.env._("If you want, we make an action plan together."),
                    self.env._(
                        "If the citizen wants, we make an action plan together."
                    ),
                ),
                off=self.env._("The standard asks for no action plan."),
                forbidden=self.env._("No action plan is made."),
            ),
            self._fact_of_feature(
                "sub_goals",
                "content",
                required=self.env._("The goals have sub-goals."),
                offered=self.env._("The goals may have sub-goals."),
                off=self.env._("The standard asks for no sub-goals."),
                forbidden=self.env._("No sub-goals are set."),
            ),
            self._fact(
                "exclusions",
                "exclusions",
                self.env._("As a rule the scheme does not give:")
                if self.exclusions
                else "",
                items=tuple(
                    in_danish(self.env, line.strip())
                    for line in (self.exclusions or "").splitlines()
                    if line.strip()
                ),
            ),
        ]

    def _facts_of_scope(self, say):
        return [
            self._fact("rhythm_count rhythm_unit", "scope", self._rhythm_sentence(say)),
            self._fact(
                "hours_rule hour_from hour_to hours_weekends hours_exception",
                "scope",
                self._hours_sentence(say),
                items=(in_danish(self.env, self.hours_exception),)
                if self.hours_rule == "window" and self.hours_exception
                else (),
            ),
            self._fact_of_feature(
                "reopening",
                "scope",
                required=say(
                    self.env._("The support begins again when you need it."),
                    self.env._("The support begins again when the citizen needs it."),
                ),
                offered=say(
                    self.env._("The support can begin again when you need it."),
                    self.env._(
                        "The support can begin again when the citizen needs it."
                    ),
                ),
                off=self.env._("The standard does not speak of beginning again."),
                forbidden=self.env._("The support does not begin again."),
            ),
        ]

    def _rhythm_sentence(self, say):
        count = self.rhythm_count
        if not count:
            return ""
        once, often = {
            "week": (
                self.env._("once a week"),
                self.env._("%(n)s times a week", n=count),
            ),
            "month": (
                self.env._("once a month"),
                self.env._("%(n)s times a month", n=count),
            ),
        }[self.rhythm_unit or "month"]
        times = once if count == 1 else often
        return say(
            self.env._("We seek you out at least %(times)s.", times=times),
            self.env._("We seek the citizen out at least %(times)s.", times=times),
        )

    def _hours_sentence(self, say):
        if self.hours_rule == "agreement":
            return say(
                self.env._("When the support is given is agreed with you."),
                self.env._("When the support is given is agreed with the citizen."),
            )
        if self.hours_rule != "window":
            return ""
        begin, end = (
            f"{minutes // 60}.{minutes % 60:02}"
            for minutes in (round(self.hour_from * 60), round(self.hour_to * 60))
        )
        if self.hours_weekends:
            return self.env._(
                "The support is mainly given from %(begin)s to %(end)s, also at "
                "weekends.",
                begin=begin,
                end=end,
            )
        return self.env._(
            "The support is mainly given on weekdays from %(begin)s to %(end)s.",
            begin=begin,
            end=end,
        )

    def _facts_of_deadlines(self, say):
        if not self.deadline_ids:
            return [self._fact("deadline_ids", "deadline", self._public_promises()[0])]
        facts = []
        for line in self.deadline_ids:
            facts += [
                self._fact(
                    "deadline_ids",
                    "deadline",
                    line._published_sentence(say),
                    entry=line.kind,
                ),
                self._fact(
                    "deadline_ids",
                    STAFF,
                    line._counting_sentence(),
                    entry=f"{line.kind}/counting",
                    place=BEHIND,
                ),
            ]
        return facts

    def _facts_of_provider(self, say):
        return [
            self._fact(
                "provider",
                "provider",
                self.env._(
                    "The support is given by: %(provider)s.",
                    provider=in_danish(self.env, self.provider.strip().rstrip(".")),
                )
                if self.provider
                else "",
            ),
            self._fact_of_feature(
                "worker_matching",
                "provider",
                required=say(
                    self.env._("Your contact person is chosen to suit you."),
                    self.env._("The contact person is chosen to suit the citizen."),
                ),
                offered=say(
                    self.env._("Your contact person can be chosen to suit you."),
                    self.env._("The contact person can be chosen to suit the citizen."),
                ),
                off=self.env._(
                    "The standard does not lay down how a contact person is chosen."
                ),
                forbidden=self.env._(
                    "A contact person is not chosen by how well they suit."
                ),
            ),
            self._fact_of_feature(
                "choice_of_provider",
                "provider",
                required=self.env._("There is a free choice of provider."),
                offered=self.env._("It is possible to choose the provider."),
                off=self.env._("There is no free choice of provider."),
                forbidden=self.env._("The provider cannot be chosen."),
            ),
            self._fact(
                "competence",
                "competence",
                self.env._(
                    "Competence of the staff: %(competence)s.",
                    competence=in_danish(self.env, self.competence.strip().rstrip(".")),
                )
                if self.competence
                else "",
            ),
        ]

    def _facts_of_follow_up(self, say):
        months = self.review_interval_months
        parties = []
        if self.review_with_citizen:
            parties.append(say(self.env._("you"), self.env._("the citizen")))
        if self.review_with_authority:
            parties.append(self.env._("the authority that decides"))
        if self.review_with_provider:
            parties.append(self.env._("the provider"))
        return [
            self._fact(
                "review_rule review_interval_months",
                "follow_up",
                {
                    "none": self.env._(
                        "There are no fixed intervals for following up."
                    ),
                    "interval": self.env._("We follow up every month.")
                    if months == 1
                    else self.env._("We follow up every %(n)s months.", n=months),
                    "before_grant_expiry": self.env._(
                        "We follow up before the grant ends."
                    ),
                    "continuous": self.env._("We follow up as we go along."),
                }[self.review_rule],
            ),
            self._fact(
                "review_with_citizen review_with_authority review_with_provider",
                "follow_up",
                self.env._("Those who take part in following up:") if parties else "",
                items=tuple(parties),
                place=WITHOUT_SECTION,
            ),
            self._fact_of_feature(
                "status_report",
                "follow_up",
                required=say(
                    self.env._(
                        "Together with you we write a status to the authority that "
                        "decides."
                    ),
                    self.env._(
                        "Together with the citizen we write a status to the authority "
                        "that decides."
                    ),
                ),
                offered=self.env._(
                    "A written status can be made to the authority that decides."
                ),
                off=self.env._("The standard asks for no written status."),
                forbidden=self.env._("No written status is made."),
            ),
            self._fact_of_feature(
                "ordinary_offer_assessment",
                "follow_up",
                required=say(
                    self.env._(
                        "As we go along we assess whether an ordinary offer suits you."
                    ),
                    self.env._(
                        "As we go along we assess whether an ordinary offer suits the "
                        "citizen."
                    ),
                ),
                offered=self.env._(
                    "It can be assessed whether an ordinary offer suits."
                ),
                off=self.env._(
                    "The standard asks for no running assessment of ordinary offers."
                ),
                forbidden=self.env._(
                    "It is not assessed whether an ordinary offer suits."
                ),
            ),
            self._fact_of_feature(
                "absence_agreement",
                "absence",
                required=say(
                    self.env._(
                        "When your contact person is away, we always agree with you on "
                        "what happens meanwhile."
                    ),
                    self.env._(
                        "When the contact person is away, we always agree with the "
                        "citizen on what happens meanwhile."
                    ),
                ),
                offered=self.env._(
                    "It can be agreed what happens when a contact person is away."
                ),
                off=self.env._("The standard asks for no agreement on absence."),
                forbidden=self.env._("No agreement is made on absence."),
            ),
            self._fact_of_feature(
                "duty_to_inform",
                "duties",
                required=say(
                    self.env._(
                        "You have to tell the authority of changes that matter to the "
                        "support."
                    ),
                    self.env._(
                        "The citizen has to tell the authority of changes that matter "
                        "to the support."
                    ),
                ),
                offered=say(
                    self.env._("You may tell the authority of changes."),
                    self.env._("The citizen may tell the authority of changes."),
                ),
                off=say(
                    self.env._("You have no duty to tell of changes."),
                    self.env._("The citizen has no duty to tell of changes."),
                ),
                forbidden=say(
                    self.env._("You are not asked to tell of changes."),
                    self.env._("The citizen is not asked to tell of changes."),
                ),
            ),
            self._fact(
                "complaint_block",
                "complaint",
                say(
                    self.env._("You can complain to us, in speech or in writing."),
                    self.env._(
                        "The citizen can complain to us, in speech or in writing."
                    ),
                )
                if self.complaint_block
                else self.env._("The leaflet does not tell how to complain."),
                place=WITHOUT_SECTION if self.complaint_block else BEHIND,
            ),
        ]

    def _facts_of_staff(self, say):
        """Return what the municipality's own work goes by: clocks, access, warnings."""
        wants_grant = self.grant in ACTS
        plan = self.not_seen_plan_id.name

        def staff(name, text):
            return self._fact(name, STAFF, text, place=BEHIND)

        return [
            staff(
                "inform_days",
                self.env._(
                    "Someone whom others contact us about is told of it within %(n)s "
                    "days.",
                    n=self.inform_days,
                ),
            ),
            staff(
                "complaint_days",
                self.env._(
                    "A complaint is answered within %(n)s days.", n=self.complaint_days
                ),
            ),
            staff(
                "transient_days",
                self.env._(
                    "A message from outside is erased when it was read, and after "
                    "%(n)s days at the latest.",
                    n=self.transient_days,
                )
                if self.registration_mode == "none"
                else "",
            ),
            staff(
                "assessment_interval_days",
                self.env._(
                    "Whether an ordinary offer suits is asked every %(n)s days.",
                    n=self.assessment_interval_days,
                )
                if self.ordinary_offer_assessment == "required"
                else "",
            ),
            staff(
                "review_lead_days",
                self.env._(
                    "Following up is due %(n)s days before the grant ends.",
                    n=self.review_lead_days,
                )
                if self.review_rule == "before_grant_expiry"
                else "",
            ),
            staff(
                "grant_warning_days",
                self.env._(
                    "The contact person is warned %(n)s days before a grant ends.",
                    n=self.grant_warning_days,
                )
                if wants_grant
                else "",
            ),
            staff(
                "gap_percent",
                self.env._(
                    "Not having met is called a gap after %(n)s %% of the interval "
                    "agreed or usual.",
                    n=self.gap_percent,
                ),
            ),
            staff(
                "gap_days",
                self.env._(
                    "Without an interval it is called a gap after %(n)s days.",
                    n=self.gap_days,
                )
                if self.gap_days
                else self.env._("Without an interval nothing is called a gap."),
            ),
            staff(
                "not_seen_plan_id",
                self.env._(
                    "When someone is not seen, these steps follow: %(plan)s.", plan=plan
                )
                if plan
                else self.env._(
                    "When someone is not seen, the steps common to all follow."
                ),
            ),
            staff(
                "closing_grace_days",
                self.env._(
                    "Contact persons can open a course for %(n)s days after it was "
                    "closed.",
                    n=self.closing_grace_days,
                ),
            ),
            staff(
                "break_glass_hours",
                self.env._(
                    "An emergency access lasts %(n)s hours.", n=self.break_glass_hours
                ),
            ),
            staff(
                "identity_minutes",
                self.env._(
                    "A person's identity stays open for %(n)s minutes.",
                    n=self.identity_minutes,
                ),
            ),
            staff(
                "consent_days",
                self.env._(
                    "A consent holds for %(n)s days when nothing else is agreed.",
                    n=self.consent_days,
                ),
            ),
            staff(
                "consent_warning_days",
                self.env._(
                    "A consent is to be renewed %(n)s days before it ends.",
                    n=self.consent_warning_days,
                ),
            ),
            staff(
                "warning_days",
                self.env._(
                    "The supervisor is told %(n)s days before a deadline.",
                    n=self.warning_days,
                ),
            ),
            staff(
                "lone_work_minutes",
                self.env._(
                    "A colleague who is out alone is missed %(n)s minutes after the "
                    "planned end of a visit.",
                    n=self.lone_work_minutes,
                ),
            ),
            staff(
                "lone_work_answer_minutes",
                self.env._(
                    "When nobody answers, the next on duty is told after %(n)s "
                    "minutes.",
                    n=self.lone_work_answer_minutes,
                ),
            ),
        ]

    def _fact(self, names, topic, text, items=(), place=TOPIC, entry=""):
        homes = tuple(names.split())
        key = f"{homes[0]}:{entry}" if entry else homes[0]
        return Fact(key, homes, topic, text, items, place)

    def _fact_of_feature(self, name, topic, **sentences):
        """Return the fact of a field with the choices of ``FEATURE``.

        What a standard does not ask for stands behind the text.
        """
        value = self[name]
        place = WITHOUT_SECTION if value in ACTS else BEHIND
        return self._fact(name, topic, sentences[value], place=place)


class SekpStandardDeadline(models.Model):
    """A promise to the citizen, and how it is counted."""

    _inherit = "sekp.standard.deadline"

    def _published_sentence(self, say):
        """Return the promise as a sentence in a form of address (R070-R076)."""
        self.ensure_one()
        when = self._public_when()
        if self.timing == "counted" and self.clock_start == "received":
            when = self.env._("%(when)s after we were contacted", when=when)
        return {
            "response": say(
                self.env._("You get an answer %(when)s.", when=when),
                self.env._("The citizen gets an answer %(when)s.", when=when),
            ),
            "processing": self.env._("The case work begins %(when)s.", when=when),
            "first_visit": say(
                self.env._("We come out to you %(when)s.", when=when),
                self.env._("We come out to the citizen %(when)s.", when=when),
            ),
            "decision": say(
                self.env._("You get a decision %(when)s.", when=when),
                self.env._("The citizen gets a decision %(when)s.", when=when),
            ),
            "start": say(
                self.env._("Your support begins %(when)s.", when=when),
                self.env._("The support begins %(when)s.", when=when),
            ),
        }[self.kind]

    def _counting_sentence(self):
        """Return how the deadline is counted; empty where nothing is."""
        self.ensure_one()
        if self.timing == "worded":
            return ""

        def name(field_name):
            return self._fields[field_name]._description_string(self.env)

        def rule(field_name):
            yes, no = self.env._("yes"), self.env._("no")
            return f"{name(field_name)}: {yes if self[field_name] else no}"

        counted = self.timing == "counted"
        rules = [
            self.display_name,
            f"{name('clock_start')}: {self._label('clock_start')}",
            f"{name('when_incomplete')}: {self._label('when_incomplete')}",
        ]
        if counted and (self.unit == "working_day" or self.shift_to_working_day):
            rules += [
                self._label("weekdays"),
                rule("skip_public_holidays"),
                rule("skip_closing_days"),
            ]
        if counted and self.unit != "working_day":
            rules.append(rule("shift_to_working_day"))
        return "; ".join(rules) + "."


class SekpStandardRoute(models.Model):
    """Whom to contact, and how."""

    _inherit = "sekp.standard.route"

    def _published_sentence(self):
        """Return the entry point as one line: for whom, phone, e-mail, place."""
        self.ensure_one()
        standard = self.standard_id
        whom = [
            standard._public_age_label(self.age_from, self.age_to),
            self.district or "",
            self.target_group_id.name or "",
            self.source_id.name or "",
        ]
        name = in_danish(self.env, self.name)
        limits = ", ".join(one for one in whom if one)
        if limits:
            name = Markup("%s (%s)") % (name, limits)
        # A number that is broken over two lines is dialled wrongly.
        phone = (self.phone or self.team_id.phone or "").replace(
            " ", "\N{NO-BREAK SPACE}"
        )
        mailbox = self.mailbox or self.team_id.mailbox
        ways = [
            self.env._("phone %(phone)s", phone=phone) if phone else "",
            mailbox or "",
            in_danish(self.env, self.address) if self.address else "",
            in_danish(self.env, self.team_id.opening_hours)
            if self.team_id.opening_hours
            else "",
        ]
        ways = [way for way in ways if way]
        if not ways:
            return self.env._("Contact: %(entry_point)s.", entry_point=name)
        return self.env._(
            "Contact: %(entry_point)s: %(ways)s.",
            entry_point=name,
            ways=Markup(", ").join(ways),
        )


class SekpStandardSection(models.Model):
    """What is printed of a section, and where."""

    _inherit = "sekp.standard.section"

    on_leaflet = fields.Boolean(
        compute="_compute_on_leaflet",
        store=True,
        readonly=False,
        precompute=True,
        help="Also printed on the leaflet for citizens, which is short.",
    )

    @api.depends("kind")
    def _compute_on_leaflet(self):
        for section in self:
            section.on_leaflet = section.kind in ON_LEAFLET

    def _fact_key(self):
        """Return what the section is known by in every version of a standard."""
        self.ensure_one()
        same = self.standard_id.section_ids.filtered(lambda one: one.kind == self.kind)
        place = list(same).index(self)
        return f"section_ids:{self.kind}" + (f"/{place}" if place else "")
