import os

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from . import recount
from .sekp_citizen import LEVEL_ORDER
from .sekp_identity import COLUMNS
from .sekp_statistic import TOTAL

# What a part has stored of the record it belongs to: the rules are built on it.
COPIED = ("company_id", "team_id", "citizen_id", "reference")
# Days: so much later than it should a month closes when the server stood still.
LATE = 7
# Breakdowns that may count one and the same in several categories.
SEVERAL = ("target_group", "support_function")


class SekpCheck(models.AbstractModel):
    """What is stored fits together, is no more than allowed, and can be opened."""

    _inherit = "sekp.check"

    # --- parts --------------------------------------------------------------------
    def _check_parts(self, now):
        """Every part bears the municipality, team and code of what it belongs to."""
        problems = []
        for name in self.env["sekp.confidential.mixin"]._confidential_models():
            Model = self.env[name]
            for copied in COPIED:
                field = Model._fields.get(copied)
                if not (field and field.store and field.related):
                    continue
                link = field.related.split(".")[0]
                parent = self.env[Model._fields[link].comodel_name]
                query = SQL(
                    "SELECT part.id FROM %s part JOIN %s parent ON parent.id = part.%s "
                    "WHERE part.%s IS DISTINCT FROM parent.%s ORDER BY part.id",
                    SQL.identifier(Model._table),
                    SQL.identifier(parent._table),
                    SQL.identifier(link),
                    SQL.identifier(copied),
                    SQL.identifier(field.related.split(".")[1]),
                )
                problems += [
                    f"{name} {id_}: its {copied} is not that of its {parent._name}"
                    for (id_,) in self.env.execute_query(query)
                ]
        return problems

    def _check_assignments(self, now):
        """Every access row holds at the moments that its days say."""
        query = SQL(
            """
            SELECT entry.id FROM sekp_assignment entry
            WHERE entry.role <> 'break_glass' AND (
                entry.starts_at IS DISTINCT FROM
                    (entry.date_from::timestamp AT TIME ZONE %(zone)s
                        AT TIME ZONE 'UTC')
                OR entry.ends_at > ((entry.date_to + 1)::timestamp
                    AT TIME ZONE %(zone)s AT TIME ZONE 'UTC')
                OR (entry.ends_at IS NULL AND entry.date_to IS NOT NULL)
            ) ORDER BY entry.id
            """,
            zone=self.env["res.company"]._sekp_timezone(),
        )
        return [
            f"sekp.assignment {id_}: its moments are not its days"
            for (id_,) in self.env.execute_query(query)
        ]

    # --- no more than allowed -------------------------------------------------------
    def _check_steps(self, now):
        """Nothing is stored of a person above their step or above the standard."""
        problems = []
        standards = self.env["sekp.standard"].search([("id", "!=", False)])
        for mode, bound in standards.grouped("registration_mode").items():
            for name in self.env["sekp.confidential.mixin"]._confidential_models():
                Model = self.env[name]
                above = Model._sekp_stored_above(bound[0])
                if above.is_false():
                    continue
                problems += [
                    f"{self._said(record)}: more than the standard ({mode}) allows"
                    for record in Model.search(
                        above & self._bound_by(Model, bound), order="id"
                    )
                ]
        for step, column in COLUMNS.items():
            lower = LEVEL_ORDER[: LEVEL_ORDER.index(step)]
            over = Domain(column, "!=", False)
            over &= Domain("citizen_id.identity_level", "in", lower)
            problems += [
                f"{self._said(row)}: sealed above the step of its citizen"
                for row in self.env["sekp.identity"].search(over, order="id")
            ]
        return problems

    def _bound_by(self, model, standards):
        """Return the domain of the records that some standards bound."""
        if "standard_id" in model._fields and model._fields["standard_id"].store:
            return Domain("standard_id", "in", standards.ids)
        links = [
            link
            for link in ("course_id", "citizen_id", "referral_id")
            if link in model._fields
        ]
        # The course bounds what it holds, whatever else leads there.
        links = links[:1] if links[:1] == ["course_id"] else links
        return Domain.OR(
            Domain(f"{link}.standard_id", "in", standards.ids) for link in links
        )

    # --- the log, the key, the files --------------------------------------------------
    def _check_seals(self, now):
        """The seals of the access log fit, from the first day to the last."""
        try:
            broken = self.env["sekp.access.seal"]._verify()
        except UserError as error:
            return [f"the seals cannot be checked: {error}"]
        return [f"the access log of {broken[0]}: {broken[1]}"] if broken else []

    def _check_keys(self, now):
        """The keys are at hand by which something is sealed."""
        vault = self.env["sekp.vault"]
        try:
            in_use = vault._keys_in_use()
            at_hand = {key for key in in_use if vault._has_key(key)}
        except UserError as error:
            return [str(error)]
        return [
            f"{model}: {count} sealed "
            + (f"with the key {key}, which is missing" if key else "and damaged")
            for key, held in in_use.items()
            if key not in at_hand
            for model, count in held.items()
        ]

    def _check_files(self, now):
        """Every document has its file, and every file its document."""
        Attachment = self.env["ir.attachment"]
        ours = [
            ("res_model", "=", "sekp.document"),
            ("res_field", "=", "content"),
        ]
        files = Attachment.search_fetch(ours, ["res_id", "store_fname"], order="id")
        documents = self.env["sekp.document"].search([("size", ">", 0)], order="id")
        held = set(files.mapped("res_id"))
        return [
            f"ir.attachment {file.id}: its file is missing"
            for file in files
            if file.store_fname
            and not os.path.isfile(Attachment._full_path(file.store_fname))
        ] + [
            f"{self._said(document)}: it has no content"
            for document in documents
            if document.id not in held
        ]

    def _check_orphans(self, now):
        """Nothing lies on a record that is gone."""
        erasure = self.env["sekp.erasure"]
        confidential = self.env["sekp.confidential.mixin"]._confidential_models()
        problems = []
        for table, model_column, id_column in erasure._places():
            if id_column in (None, "res_ids"):
                continue
            query = SQL(
                "SELECT %(model)s, %(id)s, array_agg(id ORDER BY id) FROM %(table)s "
                "WHERE %(model)s = ANY(%(models)s) AND %(id)s > 0 GROUP BY 1, 2",
                model=SQL.identifier(model_column),
                id=SQL.identifier(id_column),
                table=SQL.identifier(table),
                models=confidential,
            )
            rows = {}
            for model, id_, ids in self.env.execute_query(query):
                rows.setdefault(model, {})[id_] = ids
            for model, named in rows.items():
                there = self.env[model].browse(sorted(named)).exists()
                problems += [
                    f"{table} {ids}: on {model} {id_}, which is gone"
                    for id_, ids in sorted(named.items())
                    if id_ not in set(there.ids)
                ]
        return problems

    def _check_attached(self, now):
        """No message, follower or file of Odoo's own lies on a record about a person.

        But the ciphertext of a document.
        """
        confidential = self.env["sekp.confidential.mixin"]._confidential_models()
        tables = (
            ("mail_message", "model", SQL("TRUE")),
            ("mail_followers", "res_model", SQL("TRUE")),
            (
                "ir_attachment",
                "res_model",
                SQL(
                    "(res_model, res_field) IS DISTINCT FROM "
                    "('sekp.document'::varchar, 'content'::varchar)"
                ),
            ),
        )
        problems = []
        for table, column, also in tables:
            query = SQL(
                "SELECT id, %(column)s FROM %(table)s "
                "WHERE %(column)s = ANY(%(models)s) AND %(also)s ORDER BY id",
                column=SQL.identifier(column),
                table=SQL.identifier(table),
                models=confidential,
                also=also,
            )
            problems += [
                f"{table} {id_} lies on a record of {model}"
                for id_, model in self.env.execute_query(query)
            ]
        return problems

    # --- figures ----------------------------------------------------------------------
    def _totals(self, company):
        rows = self.env["sekp.statistic"].search(
            [("company_id", "=", company.id), ("dimension", "=", TOTAL)], order="id"
        )
        return rows.grouped("measure")

    def _check_figures(self, now):
        """Every figure told is what a recount gives of the time when it was told.

        Where records have been erased since, a recount gives less.
        """
        problems = []
        for company in self.env["res.company"].search([("id", "!=", False)]):
            totals = self._totals(company)
            if not totals:
                continue
            erased = self.env["sekp.erasure.certificate"].search_count(
                [("company_id", "=", company.id)], limit=1
            )
            days = company.sekp_statistic_days
            then, later = (
                {
                    measure: recount.by_month(self.env, query)
                    for measure, query in recount.sources(company, some).items()
                    if measure in totals
                }
                for some in (days, days + LATE)
            )
            for measure, months in then.items():
                for row in totals[measure]:
                    period = row.date_from, row.date_to
                    one = recount.within(months, *period)
                    other = recount.within(later[measure], *period)
                    least, most = sorted((one, other))
                    if row.value < least or (row.value > most and not erased):
                        problems.append(
                            f"sekp.statistic {row.id}: told {row.value}, counted {one}"
                        )
        return problems

    def _check_breakdowns(self, now):
        """Every breakdown of a figure counts everything once."""
        problems = []
        for company in self.env["res.company"].search([("id", "!=", False)]):
            totals = self._totals(company)
            blocks = self.env["sekp.statistic"]._read_group(
                Domain("company_id", "=", company.id)
                & Domain("dimension", "not in", [TOTAL, *SEVERAL])
                & Domain("at_least", "=", False),
                ["measure", "dimension", "date_from:day", "date_to:day"],
                ["value:sum"],
            )
            for measure, dimension, first, last, value in blocks:
                whole = sum(
                    row.value
                    for row in totals.get(measure, ())
                    if first <= row.date_from and row.date_to <= last
                )
                if whole != value:
                    problems.append(
                        f"{company.id}: {measure} by {dimension} from {first}: "
                        f"{value} of {whole}"
                    )
        return problems
