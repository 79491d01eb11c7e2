from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..tools import limits
from ..tools.plain_text import plain
from .sekp_print_mixin import PRINT_LANGUAGE

# What a sender may say; everything else is refused.
TEXTS = (
    "concern", "place", "district", "referrer_name", "referrer_contact",
    "referrer_confidential_reason",
)  # fmt: skip
FLAGS = ("acute", "referrer_anonymous", "referrer_confidential")
OTHERS = ("channel", "source_id", "age", "target_group_ids", "team_id", "received_at")
ALLOWED = frozenset({*TEXTS, *FLAGS, *OTHERS})
# What is told about the person, in the order in which it is read.
ABOUT = ("concern", "place", "district", "age", "target_group_ids")


class SekpReferral(models.Model):
    """The one way in from outside: a page, a mail, another system (R040-R053)."""

    _inherit = "sekp.referral"

    @api.model
    def _receive(self, company, values, key=None, files=()):
        """Take a referral from a sender who has no rights here.

        Where nothing may be stored about the person, what is told of the person
        becomes a message that is erased when it was read.

        :param company: the municipality it is sent to
        :param dict values: see ``ALLOWED``; links as ids
        :param str key: the sender's own key: what is sent twice is one referral
        :param files: pairs of a name and bytes
        :return: the referral as superuser, and whether it is new
        :raises UserError: for what is not allowed, with a sentence for the sender;
            nothing is stored then
        """
        # Superuser: the sender has no rights; what may be said is listed above. What
        # the caller's context says of records counts for nothing.
        context = {"lang": self.env.lang, "allowed_company_ids": company.ids}
        Referral = self.with_env(self.env(su=True, context=context))
        vals = Referral._tidy_received(company, values)
        received = vals.get("received_at") or fields.Datetime.now()
        standard = self.env["sekp.standard"].with_env(Referral.env)
        standard = standard._require_in_force(
            company, company._sekp_local(received).date()
        )
        vals["team_id"] = Referral._team_for(company, standard, vals).id
        told = ""
        if not standard._allows_registration("alias"):
            # As a whole: a message is a part of it, and so might be a number.
            Referral._check_texts(vals)
            told = Referral._told_of_person(vals, files)
            vals = {name: value for name, value in vals.items() if name not in ABOUT}
            files = ()
        # Before anything is stored: somebody may send the same at this moment.
        claim = Referral.env["sekp.intake.key"]
        if key:
            claim = claim._claim(company, key)
            if claim.referral_id:
                return claim.referral_id.with_env(Referral.env), False
        with self.env.cr.savepoint():
            referral = Referral.create({**vals, "company_id": company.id})
            claim.referral_id = referral
            referral._keep_files(files)
            for start in range(0, len(told), limits.MESSAGE):
                dialogue = Referral.env["sekp.dialogue"]._of(referral)
                dialogue._say(told[start : start + limits.MESSAGE])
        return referral, True

    def _keep_files(self, files):
        """Keep the files that were sent along with the referral.

        :param files: pairs of a name and bytes
        :raises UserError: for a file that cannot be taken
        """
        for _name, _data in files:
            raise UserError(self.env._("Files cannot be taken here."))

    # --- what was sent --------------------------------------------------------------
    @api.model
    def _received_error(self):
        return UserError(
            self.env._("Something in the form is not as expected. Send it again.")
        )

    @api.model
    def _tidy_received(self, company, values):
        """Return what was sent as values of a referral, checked.

        :raises UserError: for a value that is not allowed
        """
        if set(values) - ALLOWED:
            raise self._received_error()
        vals = {name: bool(values[name]) for name in FLAGS if name in values}
        for name in TEXTS:
            if text := self._tidy_text(name, values.get(name)):
                vals[name] = text
        age = values.get("age") or 0
        if type(age) is not int:
            raise self._received_error()
        self._require_age({"age": age})
        channels = dict(self._fields["channel"].selection)
        channel = values.get("channel", "web")
        if not isinstance(channel, str) or channel not in channels:
            raise self._received_error()
        vals |= {"age": age, "channel": channel}
        if values.get("received_at"):
            vals["received_at"] = self._tidy_moment(values["received_at"])
        for name, extra in (
            ("source_id", Domain.TRUE),
            ("target_group_ids", Domain.TRUE),
            ("team_id", Domain("is_entry_point", "=", True)),
        ):
            if values.get(name):
                vals[name] = self._tidy_link(company, name, values[name], extra)
        return vals

    @api.model
    def _tidy_text(self, name, text):
        """Return a text without what no reader needs; empty when there is none."""
        if not text:
            return ""
        if not isinstance(text, str):
            raise self._received_error()
        text = text.replace("\r\n", "\n").strip()
        longest = limits.TEXTS[name]
        if len(text) > longest:
            raise ValidationError(
                self.env._(
                    "“%(field)s” has %(longest)s characters at most. Shorten it.",
                    field=self._fields[name]._description_string(self.env),
                    longest=longest,
                )
            )
        lines = self._fields[name].type == "text"
        return plain(text, instead=" ", lines=lines)

    @api.model
    def _tidy_moment(self, moment):
        try:
            moment = fields.Datetime.to_datetime(moment)
        except (TypeError, ValueError):
            raise self._received_error() from None
        if not moment or moment > fields.Datetime.now() + timedelta(minutes=5):
            raise self._received_error()
        return moment

    @api.model
    def _tidy_link(self, company, name, given, extra):
        """Return the value of a link to what the municipality itself offers."""
        field = self._fields[name]
        several = field.type == "many2many"
        ids = list(given) if several and isinstance(given, (list, tuple)) else [given]
        if any(type(id_) is not int for id_ in ids):
            raise self._received_error()
        domain = Domain("id", "in", ids) & Domain(
            "company_id", "in", [company.id, False]
        )
        found = self.env[field.comodel_name].search(domain & extra)
        if set(found.ids) != set(ids):
            raise self._received_error()
        return [Command.set(found.ids)] if several else found.id

    # --- where it goes --------------------------------------------------------------
    @api.model
    def _team_for(self, company, standard, vals):
        """Return the entry point: the one chosen, by the standard, or the first.

        :raises UserError: when the municipality has none
        """
        Team = self.env["sekp.team"]
        if vals.get("team_id"):
            return Team.browse(vals["team_id"])
        probe = self.new(
            {
                name: vals.get(name)
                for name in ("age", "district", "target_group_ids", "source_id")
            }
        )
        team = standard._route(
            probe.age, probe.district, probe.target_group_ids._origin, probe.source_id
        ).team_id or Team.search(
            [("company_id", "=", company.id), ("is_entry_point", "=", True)], limit=1
        )
        if not team:
            raise UserError(
                self.env._("The municipality takes no referrals here. Call instead.")
            )
        return team

    # --- where nothing may be stored ------------------------------------------------
    @api.model
    def _told_of_person(self, vals, files=()):
        """Return what was told of the person as a text for those who will read it."""
        installed = dict(self.env["res.lang"].get_installed())
        lang = PRINT_LANGUAGE if PRINT_LANGUAGE in installed else self.env.lang
        model = self.with_context(lang=lang)
        lines = []
        for name in ABOUT:
            value = vals.get(name)
            if not value:
                continue
            if name == "target_group_ids":
                groups = model.env["sekp.target.group"].browse(value[0][2])
                value = ", ".join(groups.mapped("name"))
            label = model._fields[name]._description_string(model.env)
            lines.append(f"{label}: {value}")
        if count := len(list(files)):
            lines.append(
                model.env._("Files that came along and were not kept: %s", count)
            )
        return "\n".join(lines)
