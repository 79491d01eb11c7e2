"""What goes out as a file for a spreadsheet program holds texts, never formulas."""

import json
from contextvars import ContextVar
from itertools import chain

from werkzeug.datastructures import FileStorage

from odoo import http
from odoo.http import request

from odoo.addons.web.controllers.export import (
    CSVExport,
    ExcelExport,
    ExportXlsxWriter,
    GroupExportXlsxWriter,
)
from odoo.addons.web.controllers.pivot import TableExporter

from ..tools import spreadsheet

_of_ours = ContextVar("sekp_export_of_ours", default=False)


def is_ours(model):
    """Tell whether rows of a model hold texts of ours; activities lie on our records.

    :param str model: name of a model, as a client says it
    """
    return str(model).startswith("sekp.") or model == "mail.activity"


def leads_to_ours(env, model, paths):
    """Tell whether an export takes out anything of ours.

    :param str model: whose records are exported
    :param paths: of fields, such as ``course_id/team_id/name``
    """
    if is_ours(model):
        return True
    for path in paths:
        step = model
        for name in path.split("/"):
            if name.startswith("sekp_"):
                return True
            field = env[step]._fields.get(name)
            if not field or not field.relational:
                break
            step = field.comodel_name
            if is_ours(step):
                return True
    return False


class OwnExport:
    """Knows whether an export takes out anything of ours; others stay as they are."""

    def base(self, data):
        asked = json.loads(data)
        paths = [field["name"] for field in asked["fields"]]
        if not leads_to_ours(request.env, asked["model"], paths):
            return super().base(data)
        if not asked["ids"]:
            # Odoo logs what was asked for, with the words somebody searched for.
            records = request.env[asked["model"]].with_context(
                **asked.get("context", {})
            )
            asked["ids"] = records.search(asked["domain"]).ids
            asked["domain"] = [("id", "in", asked["ids"])]
        token = _of_ours.set(True)
        try:
            return super().base(json.dumps(asked))
        finally:
            _of_ours.reset(token)


class SekpCSVExport(OwnExport, CSVExport):
    """Texts are guarded in a CSV file; numbers and days are not texts."""

    def from_data(self, fields, columns_headers, rows):
        if _of_ours.get():
            columns_headers = map(spreadsheet.as_csv_text, columns_headers)
            rows = [[self._guarded(value) for value in row] for row in rows]
        return super().from_data(fields, columns_headers, rows)

    def _guarded(self, value):
        if isinstance(value, bytes):
            value = value.decode()
        elif isinstance(value, (list, tuple, dict)):
            value = str(value)
        return spreadsheet.as_csv_text(value) if isinstance(value, str) else value


class TextWriter(ExportXlsxWriter):
    """Writes every text as a text; what looks like a formula stays one when edited."""

    def __init__(self, fields, columns_headers, row_count):
        super().__init__(fields, columns_headers, row_count)
        bold = {"bold": True, "quote_prefix": True}
        wrapped = {"text_wrap": True, "quote_prefix": True}
        self.quoted = {
            self.base_style: self.workbook.add_format(wrapped),
            self.header_style: self.workbook.add_format(bold),
            self.header_bold_style: self.workbook.add_format(
                {**wrapped, **bold, "bg_color": "#e9ecef"}
            ),
        }

    def write(self, row, column, cell_value, style=None):
        if not cell_value or not isinstance(cell_value, str):
            return super().write(row, column, cell_value, style)
        if spreadsheet.is_formula(cell_value):
            style = self.quoted.get(style, style)
        return self.worksheet.write_string(row, column, str(cell_value), style)


class GroupTextWriter(TextWriter, GroupExportXlsxWriter):
    """The same, in groups."""


class SekpExcelExport(OwnExport, ExcelExport):
    """Texts are of the type text in a spreadsheet file."""

    def from_group_data(self, fields, columns_headers, groups):
        if not _of_ours.get():
            return super().from_group_data(fields, columns_headers, groups)
        with GroupTextWriter(fields, columns_headers, groups.count) as writer:
            row, column = 1, 0
            for name, group in groups.children.items():
                row, column = writer.write_group(row, column, name, group)
        return writer.value

    def from_data(self, fields, columns_headers, rows):
        if not _of_ours.get():
            return super().from_data(fields, columns_headers, rows)
        with TextWriter(fields, columns_headers, len(rows)) as writer:
            for number, row in enumerate(rows, 1):
                for column, value in enumerate(row):
                    writer.write_cell(number, column, value)
        return writer.value


class SekpTableExporter(TableExporter):
    """The names of groups in a pivot table are texts as well."""

    @http.route()
    def export_xlsx(self, data, **kw):
        table = json.load(data) if isinstance(data, FileStorage) else json.loads(data)
        if table and is_ours(table.get("model")):
            for named in chain(
                *table["col_group_headers"], table["measure_headers"], table["rows"]
            ):
                named["title"] = self._guarded(named["title"])
            for row in table["rows"]:
                for cell in row["values"]:
                    cell["value"] = self._guarded(cell["value"])
        return super().export_xlsx(json.dumps(table), **kw)

    def _guarded(self, value):
        return spreadsheet.as_text(value) if isinstance(value, str) else value
