"""What is printed of a quality standard, looked at as lines of text."""

import difflib
import re

import lxml.html

_BLOCKS = frozenset(
    {
        "address", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4",
        "h5", "h6", "hr", "li", "ol", "p", "table", "td", "th", "tr", "ul",
    }
)  # fmt: skip
_WORDS = (
    "én ét to tre fire fem seks syv otte ni ti elleve tolv fjorten tyve tredive "
    "two three four five six seven eight nine ten eleven twelve fourteen twenty "
    "thirty"
)
_NUMBER = rf"(?:\d+|{'|'.join(_WORDS.split())})"
_UNIT = (
    r"(?:kalender|arbejds|hver)?dag(?:e|es)?|uge(?:r|rs)?|måned(?:er|ers)?|år|"
    r"(?:calendar |working )?days?|weeks?|months?|years?"
)
# A number of days, weeks and so on: "7 dage", "hver 6. måned", "én gang om ugen".
_TIMES = re.compile(
    rf"\b(?:{_NUMBER}\.?|en(?= gang))(?:\s+(?:gange?\s+om|times?\s+a))?\s+"
    rf"(?:{_UNIT}|ugen|måneden|dagen)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\b(?:kl\.?|klokken)\s*\d{1,2}(?:[.:]\d{2})?", re.IGNORECASE)


def numbers_by_hand(text):
    """Return the spans of time, ages and times of day that a text states itself.

    >>> numbers_by_hand("Vi svarer inden for 7 dage og følger op hver 6. måned.")
    ['7 dage', '6. måned']
    >>> numbers_by_hand("Senest fem arbejdsdage. Højst 8 uger, én gang om måneden")
    ['fem arbejdsdage', '8 uger', 'én gang om måneden']
    >>> numbers_by_hand("Er du fyldt 30 år, kan du komme kl. 9.30.")
    ['30 år', 'kl. 9.30']
    >>> numbers_by_hand("Vejledning nr. 10284 af 11. december 2017, § 99")
    []
    >>> numbers_by_hand("i kortere eller længere perioder, flere gange om ugen, en dag")
    []
    >>> numbers_by_hand("Vi kommer mindst en gang om ugen.")
    ['en gang om ugen']
    """
    found = [*_TIMES.finditer(text), *_CLOCK.finditer(text)]
    return [
        " ".join(match.group().split())
        for match in sorted(found, key=lambda match: match.start())
    ]


def html_lines(html):
    """Return the text of HTML, a line for each paragraph or entry of a list.

    >>> html_lines("<p>Det kan\\n være <b>hjælp</b></p><ul><li>a</li><li>b</li></ul>")
    ['Det kan være hjælp', 'a', 'b']
    >>> html_lines("a<br/>b"), html_lines("")
    (['a', 'b'], [])
    """
    root = lxml.html.fragment_fromstring(html or "", create_parent=True)
    text = []

    def walk(element):
        if element.tag in _BLOCKS:
            text.append("\n")
        if isinstance(element.tag, str):
            text.append(" ".join(re.split(r"\s", element.text or "")))
            for child in element:
                walk(child)
        if element.tag in _BLOCKS:
            text.append("\n")
        text.append(" ".join(re.split(r"\s", element.tail or "")))

    walk(root)
    return _lines("".join(text))


def changed_lines(old, new):
    """Return the lines that are gone and those that are new, each in its order.

    >>> changed_lines("a\\nb\\nc", "a\\nB\\nc\\nd")
    (['b'], ['B', 'd'])
    >>> changed_lines("a", "a")
    ([], [])
    >>> changed_lines("", "a\\n\\n  b ")
    ([], ['a', 'b'])
    """
    old, new = _lines(old), _lines(new)
    gone, come = [], []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for what, first, last, new_first, new_last in matcher.get_opcodes():
        if what != "equal":
            gone += old[first:last]
            come += new[new_first:new_last]
    return gone, come


def _lines(text):
    return [
        line for line in (" ".join(one.split()) for one in text.splitlines()) if line
    ]
