"""Whether two descriptions may be of the same place: a hint, never a decision."""

import re

_WORD = re.compile(r"[^\W_]+")
# What stands in the description of any place.
_SMALL = frozenset(
    [
        "ved", "på", "af", "og", "til", "med", "for", "bag", "foran", "under", "over",
        "fra", "hos", "nær", "mod", "den", "det", "der", "som", "ude", "inde", "nede",
        "oppe", "tæt", "lige", "omkring", "the", "and", "near", "behind",
    ]
)  # fmt: skip
# From so many letters on a word with an ending counts as the same: bænk, bænken.
STEM = 4


def words(text):
    """Return the telling words of a description.

    >>> sorted(words("På bænken ved Stationen"))
    ['bænken', 'stationen']
    >>> words(False)
    set()
    """
    return {
        word
        for word in _WORD.findall((text or "").casefold())
        if len(word) > 2 and word not in _SMALL
    }


def _same(one, other):
    short, long = sorted((one, other), key=len)
    return short == long or (len(short) >= STEM and long.startswith(short))


def alike(one, other):
    """Tell whether two descriptions share at least half of the shorter one's words.

    >>> alike("Bænken ved stationen", "station, spor 2")
    True
    >>> alike("Stationen", "Havnen")
    False
    >>> alike("", "")
    False
    """
    short, long = sorted((words(one), words(other)), key=len)
    shared = sum(any(_same(word, another) for another in long) for word in short)
    return bool(shared) and 2 * shared >= len(short)


def perhaps_the_same(one, other):
    """Tell whether two pairs of a place and a district may be of the same place.

    A district alone counts only where one of the two has no place.

    >>> perhaps_the_same(("Bænken ved kirken", ""), ("kirken", "Nord"))
    True
    >>> perhaps_the_same(("Bænken", "Nord"), ("Broen", "Nord"))
    False
    >>> perhaps_the_same(("", "nord "), ("Broen", "Nord"))
    True
    >>> perhaps_the_same(("", ""), ("", ""))
    False
    """
    (place, district), (other_place, other_district) = one, other
    if place and other_place:
        return alike(place, other_place)
    same = (district or "").strip().casefold()
    return bool(same) and same == (other_district or "").strip().casefold()
