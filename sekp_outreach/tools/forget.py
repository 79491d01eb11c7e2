"""Finds the words by which a person was known in what others wrote, and blanks them.

What is to be forgotten is given by kind, since each kind is written in ways of its own:

>>> forget = Forget({"name": ["Ida Marie Holm"], "phone": ["+4520112233"]})
>>> forget.text("Ida ringede: IDA  MARIE holm, tlf. 20 11 22 33.")
'[…] ringede: […], tlf. […].'
>>> forget.text("Holmen og en idé.")
'Holmen og en idé.'
"""

import html
import re
import unicodedata

BLANK = "[…]"
KINDS = ("name", "alias", "phone", "cpr", "address", "kin")
_SPACE = r"[\s_.-]+"
# In markup, a tag or an entity may stand where a space does, and within a word.
_MARKED_SPACE = r"(?:[\s_.-]|&nbsp;|&#160;|<[^<>]*>)+"
_TAGS = r"(?:<[^<>]*>)*"
_TAG = re.compile(r"<[^<>]*>")
_APART = r"[\s./()\u2010-\u2015-]{0,3}"
_SHORTEST_PART = 2


def _normal(text):
    return unicodedata.normalize("NFC", text)


class Forget:
    """The words of one person that are to be found no more.

    :param dict words: lists of texts by kind, a key of ``KINDS``
    :param but: words that stay, as the person is still called so

    >>> Forget({"name": ["Ida Holm"]}, but="Ida").text("Ida ringede; Ida Holm, Holm")
    'Ida ringede; […], […]'
    >>> Forget({"name": ["Ida Lys", "Ida Holm"]}).text("Ida Holm")
    '[…]'
    """

    def __init__(self, words, but=None):
        unknown = set(words) - set(KINDS)
        if unknown:
            raise ValueError(f"unknown kinds: {sorted(unknown)}")
        self._but = set(_normal(but or "").casefold().split())
        self._plain = self._patterns(words, marked=False)
        self._marked = self._patterns(words, marked=True)

    def __bool__(self):
        """Tell whether there is anything to forget.

        >>> bool(Forget({"name": ["", " "]})), bool(Forget({"alias": ["Bo"]}))
        (False, True)
        """
        return bool(self._plain)

    def text(self, text):
        """Return plain text without the words.

        Names with their parts, also in the genitive; a part counts as it is spelled,
        so that other words stay:

        >>> forget = Forget({"name": ["Bo Lys"], "alias": ["Manden med hunden"]})
        >>> forget.text("Bo bor i lys. Bos hund, Lys' hund. BO LYS, manden MED hunden.")
        '[…] bor i lys. […] hund, […] hund. […], […].'
        >>> forget.text("Manden kom med sin hund.")
        '[…] kom med sin hund.'
        >>> Forget({"name": ["Ida Holm"]}).text("Brev_til_Ida_Holm.pdf, ida-holm.png")
        'Brev_til_[…].pdf, […].png'

        Numbers, however they are written:

        >>> forget = Forget({"phone": ["20112233"], "cpr": ["0102585678"]})
        >>> for written in ("20112233", "20 11 22 33", "+45 2011 2233", "004520112233",
        ...                 "010258-5678", "0102585678", "01 02 58 5678"):
        ...     assert forget.text(f"({written})") == "([…])", written
        >>> forget.text("120112233, 201122334, 0102585679")
        '120112233, 201122334, 0102585679'

        Addresses by the line of the street; what is said of the next of kin, whole:

        >>> forget = Forget({"address": ["Havnegade 7, 2. tv.\\n9999 Havnby"],
        ...                  "kin": ["Søster Mona, 20112233"]})
        >>> forget.text("Bor på havnegade  7. Søster Mona, 20112233; tlf 20 11 22 33")
        'Bor på […]. […]; tlf […]'
        """
        return self._replace(text, self._plain)

    def html(self, text):
        """Return markup without the words; tags within them stay.

        >>> forget = Forget({"name": ["Ida Holm & Søn"], "phone": ["20112233"]})
        >>> forget.html("<p>I<b>d</b>a&nbsp;Holm &amp; Søn, 20<br/>11 22 33</p>")
        '<p>[…]<b></b>, […]<br/></p>'
        >>> forget.html("<p>Ingen her</p>")
        '<p>Ingen her</p>'
        """
        return self._replace(text, self._marked)

    def _replace(self, text, patterns):
        if not text:
            return text
        replaced = _normal(text)
        for pattern in patterns:
            replaced = pattern.sub(
                lambda match: BLANK + "".join(_TAG.findall(match[0])), replaced
            )
        # Untouched text is left as it was written.
        return text if replaced == _normal(text) else replaced

    # --- patterns -----------------------------------------------------------------
    def _patterns(self, words, marked):
        whole, parts = [], []
        for kind in ("kin", "address", "name", "alias", "cpr", "phone"):
            for value in words.get(kind) or ():
                value = _normal(value or "").strip()
                if value:
                    found = list(getattr(self, f"_of_{kind}")(value, marked))
                    whole += found[:1]
                    parts += found[1:]
        # A part must not be taken out of another whole before that is found.
        return whole + parts

    def _of_name(self, name, marked):
        parts = [part for part in re.split(r"[\s,]+", name) if part]
        yield self._words(parts, marked, re.IGNORECASE)
        for part in parts:
            if part.casefold() in self._but:
                continue
            if sum(char.isalpha() for char in part) >= _SHORTEST_PART:
                for spelled in dict.fromkeys((part, part.capitalize())):
                    yield self._words([spelled], marked)

    def _of_alias(self, alias, marked):
        parts = alias.split()
        yield self._words(parts, marked, re.IGNORECASE)
        for part in parts:
            # Names are written large: the small words of an alias are everybody's.
            if part[0].isupper() and len(part) >= _SHORTEST_PART:
                yield self._words([part], marked)

    def _of_address(self, address, marked):
        street = address.splitlines()[0].split(",")[0]
        if street.strip():
            yield self._words(street.split(), marked, re.IGNORECASE)

    def _of_kin(self, kin, marked):
        for line in kin.splitlines():
            if line.strip():
                yield self._words(line.split(), marked, re.IGNORECASE)
        for digits in re.findall(r"\+?\d[\d ]{6,}\d", kin):
            yield from self._of_phone(digits, marked)

    def _of_cpr(self, cpr, marked):
        yield self._digits(re.sub(r"\D", "", cpr), marked)

    def _of_phone(self, phone, marked):
        digits = re.sub(r"\D", "", phone)
        if digits.startswith("45") and len(digits) == 10:
            digits = digits[2:]
        code = r"(?:(?:\+|00)45" + _APART + ")?" if len(digits) == 8 else r"(?:\+|00)?"
        if digits:
            yield self._digits(digits, marked, code)

    def _words(self, parts, marked, flags=0):
        """Return the pattern of words one after another, also in the genitive."""
        space = _MARKED_SPACE if marked else _SPACE
        text = space.join(self._spelled(part, marked) for part in parts)
        return re.compile(
            rf"(?<![^\W_]){text}(?:['\u2019]?s|['\u2019])?(?![^\W_])", flags
        )

    def _spelled(self, word, marked):
        if not marked:
            return re.escape(word)
        letters = [re.escape(html.escape(char, quote=False)) for char in word]
        return _TAGS.join(letters)

    def _digits(self, digits, marked, before=""):
        apart = rf"(?:{_APART}{_TAGS}){{1,2}}" if marked else _APART
        return re.compile(rf"(?<![\d+]){before}{apart.join(digits)}(?!\d)")
