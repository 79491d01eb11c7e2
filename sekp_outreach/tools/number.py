"""Writes CPR and phone numbers in one way, so that the same number looks the same.

The CPR number below cannot exist: no month has 31 February.
"""

import re

from .cpr import find_cpr, plain

DENMARK = "+45"
_DANISH = re.compile(r"(?:(?:\+|00)?45)?([2-9]\d{7})")
_ABROAD = re.compile(r"(?:\+|00)([1-9]\d{6,14})")


def cpr_digits(text):
    """Return the ten digits of a CPR number, or nothing when the text is none.

    >>> for written in ("310290-1234", "3102901234", " 31 02 90 1234", "31021990-1234"):
    ...     assert cpr_digits(written) == "3102901234", written
    >>> for other in ("31 02 90 12", "310290-1234 310290-4321", "310290", "", None):
    ...     assert cpr_digits(other) == "", other
    """
    found = find_cpr(text)
    return found[0].replace("-", "") if len(found) == 1 else ""


def phone_number(text):
    """Return a phone number with its country's number, or nothing.

    >>> for written in (
    ...     "20112233", "20 11 22 33", "2011-2233", "+45 20112233", "0045 20 11 22 33",
    ...     "45 20112233", "(+45) 20.11.22.33", "Mobil: 20 11 22 33",
    ...     "20\u00a011\u200b2233",
    ... ):
    ...     assert phone_number(written) == "+4520112233", written
    >>> phone_number("+46 (0)8 123 456 78"), phone_number("0046 812345678")
    ('+46812345678', '+46812345678')
    >>> for other in ("2011223", "201122334", "10112233", "+45 10112233", "", None):
    ...     assert phone_number(other) == "", other
    """
    digits = re.sub(r"[^\d+]", "", plain(text or "").replace("(0)", ""))
    if danish := _DANISH.fullmatch(digits):
        return DENMARK + danish[1]
    abroad = _ABROAD.fullmatch(digits)
    # A Danish number has eight digits: no other has Denmark's number in front.
    if not abroad or f"+{abroad[1]}".startswith(DENMARK):
        return ""
    return f"+{abroad[1]}"


def kind_of(text):
    """Return what kind of number a text is, or nothing.

    >>> kind_of("310290-1234"), kind_of("20 11 22 33"), kind_of("45 20112233")
    ('cpr', 'phone', 'phone')
    >>> kind_of("canary")
    ''
    """
    return next((kind for kind in ("cpr", "phone") if tidy(kind, text)), "")


def tidy(kind, text):
    """Return a number of a kind in its one writing, or nothing when it is none.

    >>> tidy("cpr", "310290-1234"), tidy("phone", "310290-1234")
    ('3102901234', '')
    """
    return {"cpr": cpr_digits, "phone": phone_number}[kind](text)
