"""Speaking codes: what a citizen, a course or a referral is called everywhere.

A code is random, so that it tells neither order nor number, and it can be said aloud
in Danish over a bad line: consonant and vowel take turns, letters that sound alike are
left out, and two digits close it.
"""

import re
import secrets

CONSONANTS = "bdfgklmnrstv"
VOWELS = "aeiou"
SYLLABLES = 4
DIGITS = "23456789"

# A citizen may hear or read the code: what could hurt is drawn again.
_HURTFUL = re.compile(
    r"dum|luder|tosse|tabe|gal|sut|fed|bums|kusse|rov|lort|doed|dod|fuk|dope|nar|naz|taber"
)
_SHAPE = re.compile(
    rf"(?:[{CONSONANTS}][{VOWELS}]){{2}}-(?:[{CONSONANTS}][{VOWELS}]){{2}}-[{DIGITS}]{{2}}"
)


def new_code(choose=secrets.choice):
    """Return a new random code such as ``rumo-lita-47``.

    :param choose: picks one element of a sequence; by default from a secure source

    There are some 830 million codes; the caller checks that a code is free.

    >>> new_code(choose=lambda letters: letters[0])
    'baba-baba-22'
    >>> is_code(new_code())
    True
    """
    while True:
        letters = "".join(
            choose(CONSONANTS) + choose(VOWELS) for _syllable in range(SYLLABLES)
        )
        if not _HURTFUL.search(letters):
            break
    return f"{letters[:4]}-{letters[4:]}-{choose(DIGITS)}{choose(DIGITS)}"


def tidy_code(text):
    """Return a code as it is stored from one that was said or typed.

    >>> tidy_code(" Rumo lita 47"), tidy_code("RUMOLITA47"), tidy_code("rumo-lita-47")
    ('rumo-lita-47', 'rumo-lita-47', 'rumo-lita-47')
    >>> tidy_code("anything else"), tidy_code(None)
    ('', '')
    """
    letters = re.sub(r"[\s–-]+", "", text or "").lower()
    code = f"{letters[:4]}-{letters[4:8]}-{letters[8:]}"
    return code if is_code(code) else ""


def holds_code(text):
    """Tell whether a code stands anywhere in a text.

    >>> holds_code("Vedr. Rumo-lita-47"), holds_code("Kvittering 2026-118")
    (True, False)
    """
    return bool(_SHAPE.search((text or "").lower()))


def is_code(text):
    """Tell whether ``text`` has the shape of a code.

    >>> is_code("rumo-lita-47")
    True
    >>> is_code("SKP-0001")
    False
    """
    return bool(_SHAPE.fullmatch(text))
