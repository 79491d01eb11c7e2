from werkzeug.exceptions import TooManyRequests

from odoo import api, models
from odoo.exceptions import AccessError, MissingError, ValidationError

from ..tools.reference_code import is_code

ROLE = "sekp_outreach.group_referring_professional"
# Characters of a key: short ones collide by accident.
KEY_SHORTEST, KEY_LONGEST = 8, 100


class SekpReferral(models.Model):
    """What another system may do here: report, and ask how its own report fares.

    Two methods for the role of a referring professional (R044), who has access to
    nothing else.
    """

    _inherit = "sekp.referral"

    @api.model
    def report(
        self,
        key,
        concern,
        place=None,
        district=None,
        age=None,
        acute=None,
        source=None,
        target_groups=None,
        referrer_name=None,
        referrer_contact=None,
    ):
        """Take the report of a professional's system; the same key is one report.

        :param str key: the system's own key of this report, 8 to 100 characters
        :param str concern: what is the matter, in words the person could read
        :param str place: where the person can be found
        :param int age: roughly, in years
        :param bool acute: whether somebody has to act today
        :param str source: code of a source; ``other`` by default
        :param list target_groups: codes of target groups
        :return: ``{"code": the referral's code, "status": see neutral_status}``
        :raises AccessError: for everybody without the role
        :raises ValidationError: for what cannot be taken, naming the argument
        :raises TooManyRequests: beyond the municipality's limit within an hour
        """
        reporter = self._reporter()
        texts = {
            "concern": concern,
            "place": place,
            "district": district,
            "referrer_name": referrer_name,
            "referrer_contact": referrer_contact,
        }
        reporter._check_arguments(
            {"key": (key, str), "age": (age, int), "acute": (acute, bool)}
            | {"source": (source, str), "target_groups": (target_groups, list)}
            | {name: (text, str) for name, text in texts.items()}
        )
        if not KEY_SHORTEST <= len(key or "") <= KEY_LONGEST:
            raise ValidationError(
                reporter.env._(
                    "“key” has %(shortest)s to %(longest)s characters.",
                    shortest=KEY_SHORTEST,
                    longest=KEY_LONGEST,
                )
            )
        if not (concern or "").strip():
            raise ValidationError(
                reporter.env._("Tell in “concern” what is the matter.")
            )
        values = {
            "channel": "system",
            "source_id": reporter._code_ids(
                "sekp.source", "source", [source or "other"]
            )[0],
            "target_group_ids": reporter._code_ids(
                "sekp.target.group", "target_groups", target_groups or ()
            ),
            "age": age or 0,
            "acute": bool(acute),
            **{name: text for name, text in texts.items() if text},
        }
        company, uid = reporter.env.user.company_id, reporter.env.uid
        if not reporter.env["sekp.intake.trace"]._allow(
            company, "system", f"user/{uid}"
        ):
            raise TooManyRequests(
                reporter.env._("Too many reports within an hour. Call if it is urgent.")
            )
        # What one system calls a report says nothing about another one's.
        referral, _new = reporter._receive(company, values, key=f"user/{uid}/{key}")
        return referral._told_reporter()

    @api.model
    def neutral_status(self, code):
        """Return how a report of one's own fares, in one word.

        :param str code: what ``report`` returned
        :return: ``{"code": the code, "status": "received", "visited" or "closed"}``
        :raises AccessError: for everybody without the role
        :raises MissingError: for a code that is not of a report of one's own
        """
        reporter = self._reporter()
        env = reporter.env
        code = code.strip().lower() if isinstance(code, str) else ""
        # Superuser: the role reads nothing; found is only what the system reported.
        referral = reporter.sudo().search(
            [
                ("reference", "=", code if is_code(code) else False),
                ("create_uid", "=", env.uid),
                ("channel", "=", "system"),
                ("company_id", "=", env.user.company_id.id),
            ],
            limit=1,
        )
        if not code or not referral:
            raise MissingError(env._("No report of yours has this code."))
        return referral._told_reporter()

    @api.model
    def _reporter(self):
        """Return the model without what the caller's context says, for the role.

        :raises AccessError: for everybody without it
        """
        env = self.env(context={})
        if env.su or not env.user.has_group(ROLE):
            raise AccessError(env._("Only a professional's system reports here."))
        return self.with_env(env(context={"lang": env.user.lang}))

    @api.model
    def _check_arguments(self, arguments):
        """Refuse values of another kind than the argument takes; null is none."""
        kinds = {
            str: self.env._("a text"),
            int: self.env._("a whole number"),
            bool: self.env._("true or false"),
            list: self.env._("a list of codes"),
        }
        for name, (value, kind) in arguments.items():
            if value is not None and type(value) is not kind:
                raise ValidationError(
                    self.env._(
                        "“%(argument)s” takes %(kind)s.",
                        argument=name,
                        kind=kinds[kind],
                    )
                )

    @api.model
    def _code_ids(self, model, argument, codes):
        """Return the ids of a catalogue's entries by their codes, an own one first."""
        company = self.env.user.company_id
        # Superuser: the role reads no catalogue; the codes are in the documentation.
        entries = (
            self.env[model].sudo().search([("company_id", "in", [company.id, False])])
        )
        ids = {entry.code: entry.id for entry in entries.sorted("company_id")}
        if not all(isinstance(code, str) and code in ids for code in codes):
            raise ValidationError(
                self.env._(
                    "“%(argument)s” takes these codes: %(codes)s.",
                    argument=argument,
                    codes=", ".join(sorted(ids)),
                )
            )
        return [ids[code] for code in dict.fromkeys(codes)]

    def _told_reporter(self):
        self.ensure_one()
        return {"code": self.reference, "status": self._neutral_status()}

    def _neutral_status(self):
        """Return ``received``, ``visited`` or ``closed``: all that is told outside."""
        self.ensure_one()
        # Superuser: three words for the one who reported; nothing else is told.
        Dialogue = self.env["sekp.dialogue"].sudo()
        return Dialogue.new({"referral_id": self.id})._status()
