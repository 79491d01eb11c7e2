from markupsafe import Markup

from odoo import models

from ..tools.age_bands import age_bands

DANISH = "da_DK"


def in_danish(env, text):
    """Return what a standard says itself, marked on a page in another language."""
    if env.lang == DANISH:
        return text
    return Markup('<span lang="da">%s</span>') % text


class SekpStandard(models.Model):
    """What a quality standard says to everybody on the public page (R040-R053)."""

    _inherit = "sekp.standard"

    # --- in an emergency --------------------------------------------------------------
    def _public_emergency(self, on_paper=False):
        """Return what to do when it cannot wait, as lines, most urgent first (R053).

        :param bool on_paper: whether one can only read it, and write nothing there
        """
        self.ensure_one()
        lines = [self.env._("Is anybody's life in danger? Call 112.")]
        danish = self.env.lang == DANISH
        if self.acute_text and (danish or on_paper or not self.acute_phone):
            lines.append(in_danish(self.env, self.acute_text))
        elif self.acute_policy == "redirect" and self.acute_phone:
            lines.append(
                self.env._("Is it acute? Call %(phone)s.", phone=self.acute_phone)
            )
        elif self.acute_policy == "handle" and on_paper:
            lines.append(self.env._("Is it acute? Call us."))
        elif self.acute_policy == "handle":
            lines.append(
                self.env._("Is it acute? Call us, or write here that it is acute.")
            )
        return lines

    # --- how soon ---------------------------------------------------------------------
    def _public_promises(self):
        """Return how soon one hears back, as sentences (R070-R078)."""
        self.ensure_one()
        promises = []
        for line in self.deadline_ids:
            promises.append(line._public_sentence())
            if line.kind == "decision":
                promises.append(self._public_first_answer())
        return promises or [
            self.env._("The quality standard sets no deadline for an answer.")
        ]

    def _public_first_answer(self):
        """Return that nobody hears nothing for as long as a decision may take."""
        if "response" in self.deadline_ids.mapped("kind"):
            return self.env._(
                "Only the decision may take so long: somebody answers you before."
            )
        return self.env._(
            "Only the decision may take so long. The quality standard sets no "
            "deadline for the first answer: call if you do not hear from us."
        )

    # --- who says so ------------------------------------------------------------------
    def _public_sources(self, door):
        """Return the sources that a door offers, those that the standard names first.

        The law lets anyone draw attention to a person: whoever is not named finds a
        place at the end (R040-R046).

        :param str door: ``self``, ``worried`` or ``professional``
        """
        self.ensure_one()
        everything = self.env["sekp.source"].search(
            [("company_id", "in", [False, self.company_id.id])]
        )
        fitting = everything.filtered(lambda source: source._fits_door(door))
        named = self.source_ids & fitting if self.source_ids else fitting
        return named | fitting.filtered(lambda source: source.door == "both")[-1:]

    # --- where it goes ----------------------------------------------------------------
    def _public_ages(self):
        """Return the rough ages that decide something here, as ``(key, age, label)``.

        Empty where no age decides anything: then none is asked for (R030-R032).
        """
        self.ensure_one()
        limits = [(self.age_min, self.age_max)]
        limits += [(route.age_from, route.age_to) for route in self.route_ids]
        return [
            (band.key, band.age, self._public_age_label(band.first, band.last))
            for band in age_bands(limits)
        ]

    def _public_age_label(self, first, last):
        if not first and not last:
            return ""
        if not first:
            return self.env._("under %(age)s", age=last + 1)
        if not last:
            return self.env._("%(age)s or older", age=first)
        return self.env._("%(first)s to %(last)s", first=first, last=last)

    def _public_entry_points(self):
        """Return where to call or write, as dicts of text (R048, R049)."""
        self.ensure_one()
        return [
            {
                "name": route.name,
                "ages": self._public_age_label(route.age_from, route.age_to),
                "phone": route.phone or route.team_id.phone or "",
                "mailbox": route.mailbox or route.team_id.mailbox or "",
                "address": route.address or "",
                "hours": route.team_id.opening_hours or "",
            }
            for route in self.route_ids.sorted(lambda one: (one.sequence, one.id))
        ]


class SekpStandardDeadline(models.Model):
    """A promise in words that anybody understands."""

    _inherit = "sekp.standard.deadline"

    def _public_sentence(self):
        """Return the promise as a sentence."""
        return self._public_what(self._public_when())

    def _public_when(self):
        """Return by when it is promised, such as ``within 7 days``."""
        self.ensure_one()
        if self.timing == "immediate":
            return self.env._("the same day")
        if self.timing == "worded":
            return in_danish(self.env, self.wording)
        words = {
            "day": (self.env._("within 1 day"), self.env._("within %(n)s days")),
            "working_day": (
                self.env._("within 1 working day"),
                self.env._("within %(n)s working days"),
            ),
            "week": (self.env._("within 1 week"), self.env._("within %(n)s weeks")),
            "month": (
                self.env._("within 1 month"),
                self.env._("within %(n)s months"),
            ),
        }
        one, many = words[self.unit]
        when = one if self.amount == 1 else many % {"n": self.amount}
        if self.clock_start == "complete":
            when = self.env._("%(when)s after we know what we need", when=when)
        elif self.clock_start == "decided":
            when = self.env._("%(when)s after the decision", when=when)
        return when

    def _public_what(self, when):
        return {
            "response": self.env._("We answer: %(when)s.", when=when),
            "processing": self.env._("We begin to work on it: %(when)s.", when=when),
            "first_visit": self.env._("We come out: %(when)s.", when=when),
            "decision": self.env._("There is a decision: %(when)s.", when=when),
            "start": self.env._("The support begins: %(when)s.", when=when),
        }[self.kind]
