"""CPR and phone numbers as a person gives them: checked, and in one writing.

Every number below cannot be a living person's: in 1858 nobody alive was born, and no
month has 31 February.
"""

import re

from stdnum.dk import cpr
from stdnum.exceptions import ValidationError

from .number import phone_number

# A replacement number has 60 added to its day.
_REPLACEMENT = 60


class NotValidError(ValueError):
    """What was typed is no such number; never says what it was."""


def read_cpr(text):
    """Return the ten digits of a CPR number and the birth date it tells.

    The check digit says nothing: numbers given since 2007 need none.

    :raises NotValidError: when it is none, or of a day that never was

    >>> read_cpr(" 010258-5678 ")
    ('0102585678', datetime.date(1858, 2, 1))
    >>> read_cpr("610258 5678")
    ('6102585678', datetime.date(1858, 2, 1))
    >>> for wrong in ("310290-1234", "010258-567", "0102585678x", ""):
    ...     try:
    ...         read_cpr(wrong)
    ...     except NotValidError as error:
    ...         assert wrong not in str(error) or not wrong
    ...     else:
    ...         raise AssertionError(wrong)
    """
    digits = cpr.compact(text or "")
    dated = digits
    if re.fullmatch(r"[6-9]\d{9}", digits, re.ASCII):
        dated = f"{int(digits[:2]) - _REPLACEMENT:02}{digits[2:]}"
    try:
        return digits, cpr.get_birth_date(cpr.validate(dated))
    except ValidationError:
        raise NotValidError("no CPR number") from None


def mask_cpr(digits):
    """Return what may stand on a screen: the birth date, not the last four digits.

    >>> mask_cpr("0102585678"), mask_cpr("")
    ('010258-••••', '')
    """
    return f"{digits[:6]}-••••" if digits else ""


def write_cpr(digits):
    """Return a CPR number as people write it.

    >>> write_cpr("0102585678"), write_cpr("")
    ('010258-5678', '')
    """
    return cpr.format(digits) if digits else ""


def read_phones(text):
    """Return the phone numbers of a text, one a line, each once.

    :raises NotValidError: when a line holds none

    >>> read_phones("20 11 22 33\\n\\n+4520112233\\n+46 8 123 456 78")
    ['+4520112233', '+46812345678']
    >>> read_phones("112")
    Traceback (most recent call last):
    ...
    tools.personal_numbers.NotValidError: no phone number
    >>> read_phones(None)
    []
    """
    lines = [line for line in (text or "").splitlines() if line.strip()]
    numbers = [phone_number(line) for line in lines]
    if not all(numbers):
        raise NotValidError("no phone number")
    return list(dict.fromkeys(numbers))
