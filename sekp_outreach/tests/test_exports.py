import csv
import io
import itertools
import json
import unicodedata
import zipfile

from openpyxl import load_workbook

from odoo import http
from odoo.tests import HttpCase, tagged

from ..controllers.export import leads_to_ours
from .canaries import listening
from .common import OutreachCase

UNSEEN = ("", *" \t\r\n\x0b\x1b\xa0\u200b\u2060\ufeff")
SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20\ufe63"
FORMULA = [
    *(f"{before}{sign}1+1" for before, sign in itertools.product(UNSEEN, SIGNS)),
    "=cmd|' /C calc'!A0", "+45 12 34 56 78", "-5", "{=1+1}", "external:c:\\a",
]  # fmt: skip
# What is one only for who reads a file with another separator.
APART = ["Ida; =1+1", 'Ida;"=1+1', "Ida\n- ringer\n- skriver", "Ida;\t@A1", 'Ida\r"-1']
PLAIN = ["Ida", "a = b", "12-14", "'=1", "https://example.com/a", "Æblet; gult"]
HEADER = "=2+3"


def computed(cell):
    """Tell whether a program would compute what stands in a cell of a text file."""
    seen = unicodedata.normalize("NFKC", cell).lstrip("".join(UNSEEN))
    try:
        float(seen)
    except ValueError:
        return seen.startswith(("=", "+", "-", "@"))
    return False


@tagged("post_install", "-at_install", "sekp_outreach")
class TestExports(OutreachCase, HttpCase):
    """What somebody wrote comes out of an export as words, by each of Odoo's routes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.worker.group_ids |= cls.env.ref("base.group_allow_export")
        cls.names = [*FORMULA, *APART, *PLAIN]
        cls.offers = cls.env["sekp.offer"].create(
            [
                {"name": name, "code": f"x{number}", "sequence": -number,
                 "company_id": cls.company.id}
                for number, name in enumerate(cls.names)
            ]
        )  # fmt: skip
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self.authenticate(self.worker.login, self.worker.login)

    def send(self, path, data):
        """Send what the web client sends; return the file."""
        response = self.url_open(
            path,
            data={
                "data": json.dumps(data),
                "csrf_token": http.Request.csrf_token(self),
            },
        )
        self.assertEqual(response.status_code, 200)
        return response.content

    def export(self, kind, records, *names, **asked):
        """Export fields of records as a file of a kind."""
        types = {name: records._fields[name].type for name in names}
        data = {
            "model": records._name,
            "fields": [
                {"name": name, "label": f"{HEADER} {name}", "type": types[name]}
                for name in names
            ],
            "ids": records.ids,
            "domain": [],
            "groupby": [],
            "import_compat": False,
            **asked,
        }
        return self.send(f"/web/export/{kind}", data)

    def sheet(self, content):
        """Return the cells of a file, none of which is a formula or leads elsewhere."""
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            for name in file.namelist():
                self.assertNotIn(b"<f>", file.read(name), name)
                self.assertNotIn(b"file:", file.read(name), name)
        rows = list(load_workbook(io.BytesIO(content)).active.iter_rows())
        self.assertFalse([row for row in rows for cell in row if cell.data_type == "f"])
        return rows

    def test_a_text_file_however_it_is_read(self):
        text = self.export("csv", self.offers, "name", "sequence").decode()
        for separator in ",;\t":
            cells = list(
                itertools.chain(
                    *csv.reader(io.StringIO(text, newline=""), delimiter=separator)
                )
            )
            self.assertEqual([cell for cell in cells if computed(cell)], [], separator)
        _header, *rows = csv.reader(io.StringIO(text, newline=""))
        for name, offer, row in zip(self.names, self.offers, rows, strict=True):
            self.assertEqual(row[0].replace("'", ""), name.replace("'", ""))
            self.assertEqual(row[1], str(offer.sequence))
        plain = [row[0] for row in rows[-len(PLAIN) :]]
        self.assertEqual(plain, PLAIN)
        self.assertIn("'+45 12 34 56 78", [row[0] for row in rows])

    def test_a_spreadsheet_file(self):
        content = self.export("xlsx", self.offers, "name", "sequence")
        header, *rows = self.sheet(content)
        self.assertEqual([cell.value for cell in header],
                         [f"{HEADER} name", f"{HEADER} sequence"])  # fmt: skip
        for name, offer, row in zip(self.names, self.offers, rows, strict=True):
            text, number = row
            self.assertEqual(text.data_type, "s")
            # Editing the cell makes no formula of it either.
            self.assertEqual(bool(text.quotePrefix), name in FORMULA, name)
            if name.isprintable():
                self.assertEqual(text.value, name)
            self.assertEqual((number.data_type, number.value), ("n", offer.sequence))

    def test_a_spreadsheet_file_in_groups(self):
        content = self.export(
            "xlsx", self.offers, "name", "sequence", groupby=["name", "kind"]
        )
        texts = [row[0].value for row in self.sheet(content)]
        self.assertIn("=cmd|' /C calc'!A0 (1)", texts)
        self.assertIn("=cmd|' /C calc'!A0", texts)

    def test_a_pivot_table(self):
        table = {
            "model": "sekp.offer",
            "title": "Tilbud",
            "measure_count": 1,
            "col_group_headers": [[{"title": "=1+1", "width": 1, "height": 1}]],
            "measure_headers": [{"title": "@A1", "is_bold": False}],
            "rows": [
                {"title": name, "indent": 0, "values": [{"value": -5}, {"value": name}]}
                for name in FORMULA
            ],
        }
        top, measures, *rows = self.sheet(self.send("/web/pivot/export_xlsx", table))
        self.assertEqual((top[1].value, measures[1].value), ("'=1+1", "'@A1"))
        for name, row in zip(FORMULA, rows, strict=True):
            self.assertEqual((row[1].data_type, row[1].value), ("n", -5))
            if name.isprintable():
                self.assertEqual((row[0].value, row[2].value), (f"'{name}",) * 2)

    def test_words_of_strangers_and_no_word_in_the_log(self):
        self.make_standard()
        self.refer(self.worker, concern="=HYPERLINK(A1;B1) kanariefugl")
        self.env.flush_all()
        referrals = self.env["sekp.referral"]
        with listening() as listener:
            content = self.export(
                "csv", referrals, "concern", domain=[("concern", "ilike", "kanarie")]
            )
        self.assertIn('"\'=HYPERLINK(A1;B1) kanariefugl"', content.decode())
        logged = [text for text in listener.heard if "exported 1" in text]
        self.assertEqual(len(logged), 1)
        self.assertNotIn("kanarie", logged[0])

    def test_what_is_not_ours_stays_as_odoo_makes_it(self):
        partner = self.worker.partner_id
        partner.name = "Ida; =1"
        self.env.flush_all()
        content = self.export("csv", partner, "name").decode()
        self.assertIn('"Ida; =1"', content)
        for model, path, ours in (
            ("res.partner", "name", False),
            ("res.partner", "parent_id/child_ids/properties.x", False),
            ("res.company", "sekp_public_name", True),
            ("res.partner", "activity_ids/summary", True),
            ("mail.activity", "summary", True),
            ("sekp.course", "reference", True),
        ):
            self.assertEqual(leads_to_ours(self.env, model, [path]), ours, path)
