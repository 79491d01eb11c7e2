from odoo import api, models

HISTORY = "sekp.history"


class SekpCitizenPrint(models.AbstractModel):
    """Puts together, from the live records, what a citizen gets to read.

    Everything is read as the user who prints: what the user may not open is not in it.
    """

    _name = "sekp.citizen.print"
    _description = "Print for the Citizen"

    @api.model
    def _readable_courses(self, citizen):
        """Return the citizen's courses that the user may open, and if there are more.

        :param citizen: need not itself be open to the user
        """
        courses = self.env["sekp.course"].search([("citizen_id", "in", citizen.ids)])
        # Superuser: counts the citizen's courses; nothing of the others is told.
        every = self.env["sekp.course"].sudo()
        count = every.search_count([("citizen_id", "in", citizen.ids)])
        return courses, count > len(courses)

    @api.model
    def _records(self, citizen, courses):
        """Yield the records to be printed, model by model."""
        names = self.env["sekp.print.mixin"]._citizen_print_models()
        for name in names:
            yield self.env[name]._citizen_print_records(citizen, courses)

    @api.model
    def _contents(self, citizen, courses, decisions, marking=False):
        """Return sections of plain text, how much is withheld, and what as a whole.

        :param dict decisions: item by ``(model, id, key)``; where there is none, what
            the model proposes counts
        :param bool marking: show what is withheld, marked as such: for the staff
        """
        grounds = dict(
            self.env["sekp.access.request.item"]
            ._fields["ground"]
            ._description_selection(self.env)
        )

        def ground(record, key):
            item = decisions.get((record._name, record.id, key))
            if item:
                found = item.withheld and item.ground
            else:
                found = record._citizen_print_proposal(key)
            return grounds.get(found, "")

        sections, whole, told_less = [], [], {}
        for records in self._records(citizen, courses):
            # Set here whatever a client's context says: only the own print opens it.
            records = records.with_context(sekp_print_vault=not marking)
            entries = []
            for record in records:
                hidden = ground(record, "")
                if hidden:
                    told_less[record._name, record.id] = "whole"
                    if not marking:
                        whole.append(hidden)
                        continue
                entry = {
                    "title": record._citizen_print_title(),
                    "mark": hidden,
                    "lines": [],
                }
                if record._name == HISTORY:
                    kept_back = not marking and told_less.get(
                        (record.record_model, record.record_id)
                    )
                    if kept_back == "whole":
                        continue
                    record = record.with_context(sekp_print_bare=bool(kept_back))
                for key, label, value in record._citizen_print_lines():
                    why = ground(record, key)
                    if why:
                        told_less.setdefault((record._name, record.id), "part")
                    entry["lines"].append(
                        {
                            "label": label,
                            "value": "" if why and not marking else value,
                            "withheld": "" if marking else why,
                            "mark": why if marking else "",
                        }
                    )
                if entry["lines"]:
                    entries.append(entry)
            if entries:
                sections.append(
                    {
                        "heading": records._citizen_print_heading(),
                        "compact": records._name == HISTORY,
                        "entries": entries,
                    }
                )
        count = len(whole) + sum(
            bool(line["withheld"])
            for section in sections
            for entry in section["entries"]
            for line in entry["lines"]
        )
        return {"sections": sections, "whole": whole, "withheld_count": count}

    @api.model
    def _frame(self, citizen, company):
        """Return what every print bears: the code, the municipality, the day."""
        return {
            "code": citizen.reference,
            "municipality": company.name,
            "date": self.env["sekp.print.mixin"]._citizen_print_date(
                company._sekp_today()
            ),
            "large": True,
            "preview": False,
            "contents": None,
            "looks": None,
        }
