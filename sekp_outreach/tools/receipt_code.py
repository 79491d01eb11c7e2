"""Receipt codes: by which a conversation is found again by one whom nobody can name.

Sixteen random digits in four groups: easy to copy, to read aloud and to type on any
keyboard. What is kept is a slow hash; guessing one of them costs the guesser more than
the code is worth.
"""

import secrets

from passlib.crypto.digest import pbkdf2_hmac

GROUPS = 4
GROUP_SIZE = 4
DIGITS = GROUPS * GROUP_SIZE
# What typing or copying puts between the groups.
BETWEEN = " \t\r\n\u00a0\u202f.-–—_/"
# OWASP's number for this hash; about a fifth of a second.
ROUNDS = 210_000
SALT = b"sekp_outreach/receipt/1/"


def new_receipt(choose=secrets.randbelow):
    """Return a new random code such as ``4071 8823 1950 6642``.

    :param choose: gives a random number below its argument; by default a secure one

    >>> new_receipt(choose=lambda below: 0)
    '0000 0000 0000 0000'
    >>> tidy_receipt(new_receipt()) != tidy_receipt(new_receipt())
    True
    """
    return spoken(f"{choose(10**DIGITS):0{DIGITS}d}")


def spoken(digits):
    """Return the digits of a code in groups, as they are read aloud.

    >>> spoken("4071882319506642")
    '4071 8823 1950 6642'
    """
    return " ".join(
        digits[start : start + GROUP_SIZE] for start in range(0, DIGITS, GROUP_SIZE)
    )


def tidy_receipt(text):
    """Return the sixteen digits of a code that was typed; empty when it is none.

    >>> tidy_receipt(" 4071-8823 1950.6642"), tidy_receipt("4071882319506642")
    ('4071882319506642', '4071882319506642')
    >>> tidy_receipt("4071 8823 1950"), tidy_receipt("rumo-lita-47"), tidy_receipt(None)
    ('', '', '')
    >>> tidy_receipt("\uff14071 8823 1950 6642")
    ''
    """
    if not isinstance(text, str):
        return ""
    digits = "".join(char for char in text[:100] if char not in BETWEEN)
    whole = len(digits) == DIGITS and digits.isascii() and digits.isdecimal()
    return digits if whole else ""


def slow_hash(digits, rounds=ROUNDS):
    """Return 32 bytes that follow from a code, slow on purpose.

    What is stored is a keyed hash of them: the key, which is not in the database, is
    what differs from one installation to the next.

    >>> one = slow_hash("4071882319506642", rounds=1)
    >>> len(one), one == slow_hash("4071882319506643", rounds=1)
    (32, False)
    """
    return pbkdf2_hmac("sha512", digits.encode(), SALT, rounds, 32)
