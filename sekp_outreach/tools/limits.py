"""How much of anything is taken from outside, in one place.

The public pages, the mail and the interface for other systems use these numbers, the
database's columns refuse more, and what a municipality may want otherwise is a setting
beside them (see ``sekp.intake.trace``).
"""

# Characters of one text, by the field of a referral it becomes.
TEXTS = {
    "concern": 8_000,
    "place": 500,
    "district": 100,
    "referrer_name": 200,
    "referrer_contact": 200,
    "referrer_confidential_reason": 500,
    "deviation_note": 500,
    "outcome_note": 500,
}
# Characters of one message of a dialogue, and of a sender's idempotency key.
MESSAGE = 4_000
KEY = 200
# Files of one submission and of one referral: how many; bytes of each and of all
# that come together.
FILES = 5
FILES_OF_REFERRAL = 20
FILE_SIZE = 10 * 1024 * 1024
FILES_SIZE = 20 * 1024 * 1024
# Bytes of a request without files and with files.
REQUEST_SIZE = 128 * 1024
REQUEST_SIZE_WITH_FILES = FILES_SIZE + REQUEST_SIZE


def too_long(values, limits=None):
    """Return the names of texts that are longer than they may be, in order.

    A character counts as one, whatever its bytes.

    :param dict values: texts by the name of their field; what is no text is left out
    :param dict limits: characters by name; ``TEXTS`` by default

    >>> too_long({"place": "æ" * 500, "concern": None, "age": 44})
    []
    >>> too_long({"place": "x" * 501, "district": "x" * 101, "note": "x" * 9999})
    ['district', 'place']
    """
    limits = TEXTS if limits is None else limits
    return sorted(
        name
        for name, limit in limits.items()
        if isinstance(values.get(name), str) and len(values[name]) > limit
    )
