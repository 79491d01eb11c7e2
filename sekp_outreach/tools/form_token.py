"""What a public form carries in place of a session: signed, dated, good for one report.

It says when the form was given out and nothing about whom it was given to. What it
holds at random becomes the key by which a form that is sent twice is one report.

>>> secret = b"of this installation"
>>> token = give(secret, "company 1 worried", now=1000, nonce="a" * 32)
>>> read(secret, "company 1 worried", token, now=1010)
'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
"""

import hashlib
import hmac
import re
import secrets

# Seconds: nobody fills a form in faster, and nobody leaves it open longer.
SOONEST = 3
LATEST = 12 * 60 * 60
_SHAPE = re.compile(r"([0-9a-f]{32})\.([0-9]{1,12})\.([0-9a-f]{64})", re.ASCII)


class FormTokenError(Exception):
    """A form was not given out by us, or not at a time that counts.

    :param str reason: ``forged``, ``soon`` or ``late``
    """

    def __init__(self, reason):
        self.reason = reason
        super().__init__(reason)


def _sign(secret, purpose, nonce, given):
    text = f"{purpose}\0{nonce}\0{given}".encode()
    return hmac.new(secret, text, hashlib.sha256).hexdigest()


def give(secret, purpose, now, nonce=None):
    """Return a token for one form.

    :param bytes secret: of the installation
    :param str purpose: which form, of which municipality
    :param now: seconds since the epoch
    :param str nonce: 32 hexadecimal digits; random by default

    >>> give(b"s", "p", 1.9).split(".")[1]
    '1'
    >>> give(b"s", "p", 1) == give(b"s", "p", 1)
    False
    """
    nonce = nonce or secrets.token_hex(16)
    return f"{nonce}.{int(now)}.{_sign(secret, purpose, nonce, int(now))}"


def read(secret, purpose, token, now, soonest=SOONEST, latest=LATEST):
    """Return the key of a form that comes back.

    :param token: what the form carried, whatever it is
    :param now: seconds since the epoch
    :param soonest: least number of seconds between giving out and coming back
    :param latest: greatest number of seconds
    :raises FormTokenError: saying why it does not count

    >>> def reason(token, purpose="p", now=60):
    ...     try:
    ...         return read(b"s", purpose, token, now) and "fine"
    ...     except FormTokenError as error:
    ...         return error.reason
    >>> token = give(b"s", "p", 50)
    >>> reason(token), reason(token, now=52), reason(token, now=50 + LATEST + 1)
    ('fine', 'soon', 'late')
    >>> reason(token, "another"), reason(give(b"t", "p", 50)), reason(token[:-1])
    ('forged', 'forged', 'forged')
    >>> [reason(one) for one in (None, "", "x.y.z", b"bytes", token + "0", "é" * 99)]
    ['forged', 'forged', 'forged', 'forged', 'forged', 'forged']

    One from the future is forged, or the clock was set:

    >>> reason(token, now=20)
    'soon'
    """
    found = _SHAPE.fullmatch(token) if isinstance(token, str) else None
    if not found:
        raise FormTokenError("forged")
    nonce, given, signature = found.groups()
    expected = _sign(secret, purpose, nonce, int(given))
    if not hmac.compare_digest(expected, signature):
        raise FormTokenError("forged")
    age = now - int(given)
    if age < soonest:
        raise FormTokenError("soon")
    if age > latest:
        raise FormTokenError("late")
    return nonce
