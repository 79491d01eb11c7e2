"""Finds CPR numbers, phone numbers and e-mail addresses in free text.

Every number below is invented and cannot exist: no month has 31 February and no
replacement number is given for that day.
"""

import html
import re
import unicodedata

from stdnum.dk import cpr

# Day, month and year, two digits each, parted alike or not at all, then four digits.
# A replacement number has 60 added to its day. The check digit says nothing: numbers
# given since 2007 need none.
_DAY = r"(?:0[1-9]|[12]\d|3[01]|6[1-9]|[78]\d|9[01])"
_MONTH = r"(?:0[1-9]|1[0-2])"
_PARTED = r"[ ./_-]{0,3}"
_CPR = re.compile(
    rf"(?<!\d)(?P<day>{_DAY})(?P<parted>{_PARTED})(?P<month>{_MONTH})(?P=parted)"
    rf"(?P<year>\d\d){_PARTED}(?P<serial>\d{{4}})(?!\d)"
)
# The same with all four digits of the year, as it stands on some papers.
_LONG_CPR = re.compile(
    rf"(?<!\d)(?P<day>{_DAY})(?P<month>{_MONTH})(?:18|19|20)(?P<year>\d\d)"
    r"[ -]{0,3}(?P<serial>\d{4})(?!\d)"
)
_CODE_AND_NUMBER = r"(?:(?:\+|00)45[ -]?)?"
_PHONE = re.compile(
    # Eight Danish digits in pairs, in fours, or in a row that is no date.
    rf"(?<![\d.,+-]){_CODE_AND_NUMBER}(?:[2-9]\d(?P<parted>[ -]?)\d\d(?P=parted)\d\d"
    r"(?P=parted)\d\d|[2-9]\d{3} \d{4})(?![\d-]|[.,]\d)"
    # Abroad, with a country's number in front.
    r"|(?<![\d+])(?:\+|00)[1-9]\d{0,2}(?:[ -]?\d{1,4}){3,5}(?!\d)"
)
_DATE = re.compile(r"(?:19|20)\d\d(?P<parted>[ -]?)(?:0[1-9]|1[0-2])(?P=parted)[0-3]\d")
_EMAIL = re.compile(r"[^\s@<>()\[\],;:]+@[^\s@<>()\[\],;:]+\.[^\W\d_]{2,}")
_TAG = re.compile(r"<[^<>]*>")


def plain(text):
    """Write text with ASCII digits, spaces and dashes, without what cannot be seen.

    >>> wide = str.maketrans({str(digit): chr(0xFF10 + digit) for digit in range(10)})
    >>> plain("310290–1234".translate(wide)), plain("31\\u200b02\\u00a090")
    ('310290-1234', '3102 90')
    """
    plain = []
    for sign in unicodedata.normalize("NFKC", text):
        category = unicodedata.category(sign)
        if category == "Nd":
            plain.append(str(unicodedata.digit(sign)))
        elif category == "Zs" or sign in "\t\r\n":
            plain.append(" ")
        elif category == "Pd" or sign in "\u2212\u2043\u00af\u02d7":
            plain.append("-")
        elif sign in "\u00b7\u2022\u2219\u22c5\u30fb":
            plain.append(".")
        elif category not in ("Cf", "Cc", "Mn", "Me"):
            plain.append(sign)
    return "".join(plain)


def _readings(text):
    """Return the ways a text can be read: as it is, and without its markup.

    A tag may stand for nothing or for a space.

    >>> _readings("a &amp; b")
    ['a &amp; b', 'a & b']
    >>> _readings("<b>310290</b>-1234")
    ['<b>310290</b>-1234', '310290-1234', ' 310290 -1234']
    """
    readings = [text]
    for instead in ("", " "):
        reading = html.unescape(_TAG.sub(instead, text))
        if reading not in readings:
            readings.append(reading)
    return [plain(reading) for reading in readings]


def find_cpr(text):
    """Return what looks like CPR numbers in ``text``, in their usual writing.

    The shape decides, not whether such a person can exist: an invented number in a
    note is as wrong as a real one.

    >>> find_cpr("Født 310290-1234, siger naboen")
    ['310290-1234']
    >>> for written in (
    ...     "3102901234", "310290 1234", "310290 - 1234", "31 02 90 1234",
    ...     "31.02.90-1234", "31/02/90 1234", "31-02-90-1234", "310290–1234",
    ...     "310290\\u22121234", "310290\\u00a01234",
    ...     "310290\\u20101\uff12\uff13\uff14",
    ...     "3\\u200b10290-1\\u200d234", "310290\\u00ad1234", "31021990-1234",
    ...     "<p>310290<br>1234</p>", "310290&#8209;1234", "cpr:310290-1234.",
    ... ):
    ...     assert find_cpr(written) == ["310290-1234"], written

    A replacement number has 60 added to the day:

    >>> find_cpr("910290-1234"), find_cpr("920290-1234")
    (['910290-1234'], [])

    Phone numbers, dates, amounts, codes and longer numbers are none:

    >>> for other in (
    ...     "+45 31 02 90 12", "31 02 90 12", "31029012", "0045 31029012",
    ...     "31.02.2026", "31-02-2026 kl. 14.30", "2026-02-31", "31.02.26 14:30",
    ...     "1.310.290,12", "3.102.901 kr.", "rumo-lita-47", "kl. 10-12 13-1500",
    ...     "0310290123456", "310290-12345", "31029-1234", "311390-1234", "", None,
    ... ):
    ...     assert not find_cpr(other), other
    """
    found = []
    for reading in _readings(text or ""):
        for shape in (_CPR, _LONG_CPR):
            for match in shape.finditer(reading):
                number = cpr.format(
                    "".join(match.group("day", "month", "year", "serial"))
                )
                if number not in found:
                    found.append(number)
    return found


def _mask_seen(text, mark):
    """Return text with a mark for each number in it that needs no other reading."""
    signs, places = [], []
    for place, sign in enumerate(text):
        for seen in plain(sign):
            signs.append(seen)
            places.append(place)
    seen = "".join(signs)
    spans = sorted(
        (places[match.start()], places[match.end() - 1] + 1)
        for shape in (_CPR, _LONG_CPR)
        for match in shape.finditer(seen)
    )
    kept, end = [], 0
    for start, stop in spans:
        if start >= end:
            kept += [text[end:start], mark]
        end = max(end, stop)
    return "".join(kept) + text[end:]


def mask_cpr(text, mark):
    """Return text in which :func:`find_cpr` finds nothing: a mark is there instead.

    The rest stays as it was written, unless only another reading shows the number.

    >>> mask_cpr("Født 310290-1234.\\nRing 20 11 22 33", "[CPR]")
    'Født [CPR].\\nRing 20 11 22 33'
    >>> mask_cpr("310290–1234 og 3102901235", "[CPR]"), mask_cpr("", "[CPR]")
    ('[CPR] og [CPR]', '')
    >>> mask_cpr("<b>310290</b>-1234 & mere", "[CPR]")
    ' [CPR] & mere'
    >>> find_cpr(mask_cpr("310290&amp;#45;1234 31029&#48;-1234", "[CPR]"))
    []
    """
    if not find_cpr(text):
        return text
    text = _mask_seen(text, mark)
    for instead in (" ", ""):
        if not find_cpr(text):
            return text
        text = _mask_seen(html.unescape(_TAG.sub(instead, text)), mark)
    if find_cpr(text):
        # Whoever hides a number so well has meant no other digit to be read.
        text = re.sub(r"[\d&]", "•", plain(text))
    return text


def find_phone(text):
    """Return what looks like phone numbers in ``text``.

    >>> find_phone("Ring 20 11 22 33 eller +45 20112233")
    ['20 11 22 33', '+45 20112233']
    >>> find_phone("2011 2233"), find_phone("+46 8 123 456 78")
    (['2011 2233'], ['+46 8 123 456 78'])
    >>> for other in (
    ...     "2026-09-16", "20260916", "31.02.2026", "12.345.678", "20.112.233,00",
    ...     "rumo-lita-47", "2025-2026", "kl. 10-12", "", None,
    ... ):
    ...     assert not find_phone(other), other
    """
    return [
        match[0]
        for match in _PHONE.finditer(plain(text or ""))
        if not _DATE.fullmatch(match[0])
    ]


def find_email(text):
    """Return what looks like e-mail addresses in ``text``.

    >>> find_email("Skriv til <anna@example.com> i dag.")
    ['anna@example.com']
    >>> find_email("3 kr. @ 4"), find_email(None)
    ([], [])
    """
    return _EMAIL.findall(plain(text or ""))
