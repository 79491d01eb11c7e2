import textwrap

from odoo import api, models

CELL_WIDTH = 80
SILENT = "\N{EN DASH}"

INTRODUCTION = """\
# Where the quality standards live

For each requirement found in the papers of the shipped quality standards, this table
tells which parameter, list or section of the preset carries it; a dash means that the
paper is silent. It is generated from the presets by `make standards-table`, so change
those and not this file. Below it stands what was read in one way and could be read in
another, in Danish like the papers themselves.
"""


class SekpStandard(models.Model):
    _inherit = "sekp.standard"

    @api.model
    def _requirement_table(self):
        """Return the text of ``docs/standards.md``: what the presets say, and where.

        Written in English whoever asks, so that the file can be compared with it.
        """
        # A name that was cached in another language must not end up in the text.
        self.env.invalidate_all()
        presets = self.with_context(lang="en_US").search(
            [("state", "=", "preset")], order="code"
        )
        columns = [preset._table_column() for preset in presets]
        rows = [
            ["Requirement", *presets.mapped("municipality")],
            ["---"] * (len(presets) + 1),
            *(
                [requirement, *(column.get(requirement, SILENT) for column in columns)]
                for requirement in sorted(set().union(*columns))
            ),
        ]
        blocks = [
            INTRODUCTION,
            "".join(f"| {' | '.join(row)} |\n" for row in rows),
            "## How the papers were read\n",
            *(preset._table_readings() for preset in presets),
        ]
        return "\n".join(blocks)

    def _table_column(self):
        """Return the cells of one preset by requirement."""
        self.ensure_one()
        homes = {}
        for statement in self.statement_ids.filtered("requirement"):
            found = homes.setdefault(statement.requirement, [])
            home = self._table_home(statement)
            if home not in found:
                found.append(home)
        return {requirement: "; ".join(found) for requirement, found in homes.items()}

    def _table_readings(self):
        """Return the statements of one preset that can be read in more than one way."""
        self.ensure_one()
        lines = [f"### {self.municipality}\n\n"]
        for statement in self.statement_ids.filtered("interpretation"):
            number = statement.requirement or "No number"
            lines.append(
                f"- {number} »{statement.sentence}« ({self._table_home(statement)}): "
                f"{statement.interpretation}\n"
            )
        return "".join(lines)

    def _table_home(self, statement):
        found = self._find_home(statement.home, statement.entry) or "not found"
        return textwrap.shorten(found, CELL_WIDTH, placeholder=" …").replace("|", "\\|")
