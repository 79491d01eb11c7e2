from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import format_date

from ..tools.printed_text import changed_lines, html_lines, numbers_by_hand

NEW, CHANGED, GONE = "new", "changed", "gone"
COUNTING = "/counting"
# Beside the words, so that colour is never needed.
SIGNS = {NEW: "+", CHANGED: "→", GONE: "\N{MINUS SIGN}"}


class Change(NamedTuple):
    """One thing that a version says otherwise than the one before it.

    :param key: of the fact or section, see ``Fact``
    :param kind: ``new``, ``changed`` or ``gone``
    :param label: name of the parameter or section
    :param old: lines as they were
    :param new: lines as they are
    """

    key: str
    kind: str
    label: str
    old: list
    new: list


class SekpStandard(models.Model):
    """What a version changes: the one room for it, in words and signs."""

    _inherit = "sekp.standard"

    changes = fields.Html(
        compute="_compute_changes",
        string="What Changes",
        sanitize=False,
        help="What this version says otherwise than the one before it; for a draft, "
        "than the one in force.",
    )
    number_hint = fields.Text(
        compute="_compute_number_hint",
        help="Sections that state a number themselves, which a parameter may say.",
    )

    @api.depends(lambda self: (*self._parameter_fields(), "state", "valid_from"))
    @api.depends_context("lang", "uid")
    def _compute_changes(self):
        for standard in self:
            # What is being typed is compared when it was saved.
            saved = standard._origin
            before = saved._version_before() if saved else saved
            standard.changes = saved._changes_html(before) if before else False

    @api.depends("section_ids.body", "section_ids.title")
    @api.depends_context("lang")
    def _compute_number_hint(self):
        for standard in self:
            standard.number_hint = standard._number_hint()

    def _version_before(self):
        """Return what this version is compared with; empty where there is nothing.

        That is the version in force before it; for a draft, the one in force now.
        """
        self.ensure_one()
        if self.state == "draft":
            return self._in_force(self.company_id, self.company_id._sekp_today())
        if self.state == "preset":
            return self.browse()
        return self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "adopted"),
                ("valid_from", "<", self.valid_from),
            ],
            order="valid_from desc",
            limit=1,
        )

    def _changes_from(self, before):
        """Return what this version says otherwise than another, as ``Change``.

        Sentences are compared as they would be printed, so that whatever a citizen or
        a colleague would notice is found, and nothing else.
        """
        self.ensure_one()
        form = self.form_of_address
        old, new = before._comparable(form), self._comparable(form)
        changes = []
        for key in [*new, *(key for key in old if key not in new)]:
            label, lines = new.get(key) or old[key]
            old_lines = old[key][1] if key in old else []
            if key not in new:
                changes.append(Change(key, GONE, label, old_lines, []))
            elif key not in old:
                changes.append(Change(key, NEW, label, [], lines))
            elif old_lines != lines:
                gone, come = changed_lines("\n".join(old_lines), "\n".join(lines))
                changes.append(Change(key, CHANGED, label, gone, come))
        whole = {change.key for change in changes if change.kind != CHANGED}
        # How a deadline is counted is told of one that was there and is.
        return [
            change
            for change in changes
            if change.key.removesuffix(COUNTING) not in whole - {change.key}
        ]

    def _comparable(self, form):
        """Return ``{key: (label, lines)}`` of all that the standard says."""
        found = {
            fact.key: (self._label_of_fact(fact), fact.lines())
            for fact in self._facts(form)
            if fact.text
        }
        form_label = self._fields["form_of_address"]._description_string(self.env)
        chosen = self._fields["form_of_address"]._description_selection(self.env)
        found["form_of_address"] = (form_label, [dict(chosen)[self.form_of_address]])
        for section in self.section_ids:
            label = self.env._("Section: %(title)s", title=section.title)
            found[section._fact_key()] = (label, [section.title, *section._lines()])
        return found

    def _label_of_fact(self, fact):
        label = self._fields[fact.homes[0]]._description_string(self.env)
        _home, _colon, entry = fact.key.partition(":")
        if fact.homes == ("deadline_ids",) and entry:
            kinds = self.deadline_ids._fields["kind"]._description_selection(self.env)
            entry = dict(kinds)[entry.partition("/")[0]]
        elif fact.homes != ("route_ids",):
            entry = ""
        return f"{label}: {entry.partition('/')[0]}" if entry else label

    def _change_words(self):
        """Return the words for each kind of change."""
        return {
            NEW: self.env._("New"),
            CHANGED: self.env._("Changed"),
            GONE: self.env._("No longer"),
        }

    def _change_marks(self, changes):
        """Return ``{key: mark}`` for what is printed beside what has changed."""
        words = self._change_words()
        return {
            change.key: f"{SIGNS[change.kind]} {words[change.kind]}"
            for change in changes
            if change.kind != GONE
        }

    def _change_values(self, before):
        """Return what the template of the changes needs."""
        words = self._change_words()
        return {
            "before_from": format_date(self.env, before.valid_from, date_format="long"),
            "changes": [
                {
                    **change._asdict(),
                    "mark": f"{SIGNS[change.kind]} {words[change.kind]}",
                }
                for change in self._changes_from(before)
            ],
        }

    def _changes_html(self, before):
        """Return what changes against another version as HTML."""
        return self.env["ir.qweb"]._render(
            "sekp_outreach.standard_changes", self._change_values(before)
        )

    def _number_hint(self):
        """Return which sections state numbers themselves, as text; or False."""
        found = [
            f"{section.title}: {', '.join(section._numbers_by_hand())}"
            for section in self.section_ids
            if section._numbers_by_hand()
        ]
        return bool(found) and "\n".join(found)


class SekpStandardSection(models.Model):
    """A section as plain lines."""

    _inherit = "sekp.standard.section"

    def _lines(self):
        """Return the text of the section, a line for each paragraph or entry."""
        self.ensure_one()
        return html_lines(self.body or "")

    def _numbers_by_hand(self):
        """Return the numbers of days and the like that the section states itself."""
        return numbers_by_hand(" ".join(self._lines()))
