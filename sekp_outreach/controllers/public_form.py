from markupsafe import Markup

from odoo.http import request

from ..tools import limits
from ..tools.cpr import find_cpr

DOORS = ("self", "worried", "professional")
# Bytes of one file that are read: one more than may be is enough to refuse it.
ENOUGH = limits.FILE_SIZE + 1


class PublicForm:
    """A form of the public page: what it asks, what was written, what is wrong.

    It lives as long as one request and keeps nothing.

    :param standard: the quality standard in force, as superuser
    :param str door: one of ``DOORS``
    :param text: function that gives what was written in a field, by its name; none
        for an empty form
    """

    def __init__(self, standard, door, text=None):
        self.env = request.env
        self.standard = standard.with_context(lang=self.env.lang)
        self.door = door
        self.errors = {}
        self.too_much = False
        self.by_machine = False
        names = ("acute", "called", "source", "age", "anonymous", "confidential")
        self.written = {
            name: text(name) if text else "" for name in (*names, *self.texts())
        }
        self.files = list(self._read_files()) if text and self.takes_files else []

    # --- what it asks -----------------------------------------------------------------
    def texts(self):
        """Return the names of the text fields, in order."""
        names = ["concern", "place", "district"]
        if self.door == "self":
            names += ["referrer_contact"]
            if self.standard._allows_registration("full"):
                names += ["referrer_name"]
            return names
        return [
            *names,
            "referrer_name",
            "referrer_contact",
            "referrer_confidential_reason",
        ]

    @property
    def sources(self):
        """Who one may be, where there is a choice."""
        sources = self.standard._public_sources(self.door)
        return sources if len(sources) > 1 else sources.browse()

    @property
    def ages(self):
        """The rough ages that decide something, as ``(key, age, label)``."""
        return self.standard._public_ages()

    @property
    def transient(self):
        """Whether nothing may be stored about the person."""
        return not self.standard._allows_registration("alias")

    @property
    def takes_anonymous(self):
        """Whether one who writes about others may stay unknown."""
        anonymity = self.standard._anonymity("referrer", "entry_point")
        return anonymity != "not_offered"

    @property
    def takes_files(self):
        """Whether files may come along."""
        return self.door != "self" and not self.transient

    @property
    def redirects(self):
        """Whether the standard sends acute matters elsewhere (R053)."""
        return self.standard.acute_policy == "redirect"

    @property
    def must_call(self):
        """Whether to ask that somebody is called before this is sent."""
        return "acute" in self.errors and self.redirects

    @property
    def limit(self):
        """How many characters a text may have, by its name.

        What is put below it is a part of it.
        """
        added = len(self._told_below())
        return {**limits.TEXTS, "concern": limits.TEXTS["concern"] - added}

    def unfolds(self, *names):
        """Tell whether something was written, or is wrong, in folded fields."""
        return any(self.written.get(name) or name in self.errors for name in names)

    def labels(self):
        """Return what the fields are called where an error names them."""
        return {
            "acute": self.env._("Is it acute?"),
            "concern": self.env._("What is the matter?"),
            "place": self.env._("Where?"),
            "district": self.env._("District or town"),
            "age": self.env._("About how old?"),
            "source": self.env._("Who are you?"),
            "anonymous": self.env._("May we know who you are?"),
            "referrer_name": self.env._("Your name"),
            "referrer_contact": self.env._("How to reach you"),
            "referrer_confidential_reason": self.env._("Reason for confidentiality"),
            "files": self.env._("Files"),
            "website": self.env._("Leave this empty"),
        }

    # --- what is wrong ----------------------------------------------------------------
    def refuse_token(self, reason):
        """Say why the form does not count: ``forged``, ``soon`` or ``late``."""
        self.by_machine |= reason == "forged"
        self.errors[""] = (
            self.env._("That was very fast. Wait a few seconds and press Send again.")
            if reason == "soon"
            else self.env._(
                "The form had been open for long. Read it again and press Send."
            )
        )

    def refuse_more(self, told):
        """Say that too much has come from here."""
        self.too_much = True
        self.errors[""] = told

    def check(self, trap=""):
        """Find what is wrong.

        :param trap: what stands in the field that is to be left empty
        """
        written, errors = self.written, self.errors
        if trap:
            self.by_machine = True
            errors["website"] = self.env._(
                "Empty this field: only machines fill it in."
            )
        if not written["concern"]:
            errors["concern"] = self.env._(
                "Write what is the matter; a few words are enough."
            )
        longest = self.limit
        for name in self.texts():
            if len(written[name]) > longest[name]:
                errors[name] = self.env._(
                    "Write at most %(longest)s characters.", longest=longest[name]
                )
            elif find_cpr(written[name]):
                errors[name] = self.env._(
                    "This looks like a CPR number. Take it out: we do not want it here."
                )
        if written["acute"] not in ("", "no", "yes"):
            errors["acute"] = self.env._("Choose one of the answers.")
        elif written["acute"] == "yes" and self.redirects and not written["called"]:
            errors["acute"] = Markup(" ").join(self.standard._public_emergency())
        if written["age"] and not self._age():
            errors["age"] = self.env._("Choose one of the answers.")
        if self.sources and not self._source():
            errors["source"] = self.env._("Choose who you are.")
        if self.door != "self":
            self._check_anonymity()
        if len(self.files) > limits.FILES:
            errors["files"] = self.env._(
                "Send at most %(most)s files.", most=limits.FILES
            )

    def _check_anonymity(self):
        written = self.written
        allowed = ("yes", "no") if self.takes_anonymous else ("", "no")
        if written["anonymous"] not in allowed:
            self.errors["anonymous"] = self.env._("Choose one of the answers.")
        elif written["anonymous"] == "yes":
            for name in ("referrer_name", "referrer_contact"):
                if written[name]:
                    self.errors[name] = self.env._(
                        "You want to be unknown: empty this field, or choose that we "
                        "may know who you are."
                    )

    # --- what comes of it -------------------------------------------------------------
    def _age(self):
        return {key: age for key, age, _label in self.ages}.get(self.written["age"], 0)

    def _source(self):
        sources = self.standard._public_sources(self.door)
        if len(sources) == 1:
            return sources
        return sources.filtered(lambda one: str(one.id) == self.written["source"])

    def _read_files(self):
        for file in request.httprequest.files.getlist("files"):
            # Odoo that tries a request again rewinds one file of a name only.
            file.stream.seek(0)
            data = file.stream.read(ENOUGH)
            if file.filename or data:
                yield file.filename or "", data

    def values(self):
        """Return what the referral is made of; of one who is unknown only that."""
        written = self.written
        values = {
            "channel": "web",
            "source_id": self._source().id,
            "acute": written["acute"] == "yes",
            "concern": written["concern"],
            "place": written["place"],
            "district": written["district"],
            "age": self._age(),
        }
        if self.door == "self":
            return values | self._values_of_oneself()
        if written["anonymous"] == "yes":
            return values | {"referrer_anonymous": True}
        reason = written["referrer_confidential_reason"]
        return values | {
            "referrer_name": written["referrer_name"],
            "referrer_contact": written["referrer_contact"],
            "referrer_confidential": bool(written["confidential"] or reason),
            "referrer_confidential_reason": reason,
        }

    def _values_of_oneself(self):
        """Return how to reach the person; not kept where nothing may be stored."""
        if not self.transient:
            return {
                "referrer_contact": self.written["referrer_contact"],
                "referrer_name": self.written.get("referrer_name", ""),
            }
        return {"concern": f"{self.written['concern']}{self._told_below()}"}

    def _told_below(self):
        """Return how to reach the person, below the concern where it is not kept."""
        contact = self.written["referrer_contact"]
        # Too long by itself: that is said, and nothing is put together.
        room = limits.TEXTS["referrer_contact"]
        if self.door != "self" or not self.transient or not 0 < len(contact) <= room:
            return ""
        told = self.env._("How to reach me: %(contact)s", contact=contact)
        return f"\n{told}"
