"""Keeps texts from becoming formulas in a spreadsheet program.

Such a program computes what begins with one of four signs, also in full width and after
characters that nobody sees; a formula may fetch, send and start things. What others
wrote, strangers too, comes out in exports and must stay what it is: words.
"""

import re
import unicodedata

SIGNS = frozenset("=+-@")
# Control and format characters and spaces, which programs drop or nobody sees.
_UNSEEN = frozenset(("Cc", "Cf", "Zl", "Zp", "Zs"))
# What the library that writes the files takes for a formula or a link to a file.
_WRITER = re.compile(r"\{=|(in|ex)ternal:")
# Where a cell could begin for a program that reads a file with another separator: a
# quote that does not close with the cell is then dropped.
_BEGINS = re.compile(r"""((?:^|[;\t\r\n])[\s"]*)""")


def is_formula(text):
    """Tell whether a text might be computed, or lead elsewhere, instead of being shown.

    >>> [text for text in (
    ...     "=1+1", "+45 12 34 56 78", "-5", "@A1", "\\t=1", "\\r\\n=1", "\\x00 =1",
    ...     "\\u200b=1", "\\ufeff=1", "\\uff1d1+1", "\\ufe63 1", "{=1}", "external:a",
    ... ) if not is_formula(text)]
    []
    >>> [text for text in (
    ...     "", " ", "Ida", "a=b", "12-14", "(-5)", "'=1", "http://a.example", "{a: 1}",
    ... ) if is_formula(text)]
    []
    """
    for character in text:
        if unicodedata.category(character) not in _UNSEEN:
            # Full-width and small signs mean the same to some programs.
            sign = unicodedata.normalize("NFKC", character)
            return sign in SIGNS or bool(_WRITER.match(text))
    return False


def as_text(text):
    """Return a text that stands in a cell as it is.

    An apostrophe in front says so to every program; who reads it sees the same words.

    >>> as_text("+45 12 34 56 78"), as_text("Ida = 1"), as_text(as_text("=1"))
    ("'+45 12 34 56 78", 'Ida = 1', "'=1")
    """
    return f"'{text}" if is_formula(text) else str(text)


def as_csv_text(text):
    """Return a text that stays one in a CSV file, whatever its cells are parted by.

    A file with commas is opened with semicolons where the comma is the decimal sign, as
    in Denmark. Quoted cells then fall apart at semicolons and line breaks, so that what
    follows one is guarded as well.

    >>> as_csv_text("=1"), as_csv_text("Ja; nej - måske"), as_csv_text("x;=1;y")
    ("'=1", 'Ja; nej - måske', "x;'=1;y")
    >>> print(as_csv_text('x; "=1'))
    x; "'=1
    >>> as_csv_text("Aftale:\\n- ring")
    "Aftale:\\n'- ring"
    >>> as_csv_text(as_csv_text("-a;\\t=b")) == as_csv_text("-a;\\t=b")
    True
    """
    return "".join(map(as_text, _BEGINS.split(text)))
