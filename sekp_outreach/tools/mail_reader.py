"""Reads an e-mail from outside: whatever it holds, reading it does not fail.

Nothing here knows Odoo, stores anything or says anything to a log.
"""

import codecs
import hashlib
import re
from email import errors, header, parser, policy, utils
from typing import NamedTuple

# Bytes of a mail that are read at all, parts of it, and how deep they may lie.
SIZE = 32 * 1024 * 1024
PARTS = 200
DEPTH = 12
# Characters of all parts that are looked at: more than any letter has.
PART_TEXT = 1_000_000
HEADER_TEXT = 2_000
# From values of so many headers on nothing new comes.
SENDERS = 5
# Each line is held against the mark of each part it lies in: how often in all, at most.
# And how long what is said about a part may be. A parser is slow with more.
MARKS = 20_000_000
_MARK = re.compile(rb"boundary", re.IGNORECASE)
_LONG_HEAD = re.compile(
    rb"^content-(?:type|disposition):(?:[^\r\n]|\r?\n[ \t]){3000}",
    re.IGNORECASE | re.MULTILINE,
)

# Where mail servers and people write to whom a mail goes.
RECIPIENTS = (
    "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc",
    "resent-to", "resent-cc",
)  # fmt: skip

# What a machine writes: a mail is not delivered, or was opened.
_BOUNCERS = frozenset({"mailer-daemon", "mailerdaemon", "mail-daemon"})
_NO_REPLY = re.compile(
    r"no[-_.]?reply|do[-_.]?not[-_.]?reply|ikke[-_.]?svar|svar[-_.]?ikke|postmaster|"
    r"bounces?\b|auto[-_.]?(?:reply|svar|mail)|notifications?\b|mail.?daemon",
)
_ABSENT = re.compile(
    r"(?:automatisk svar|autosvar|automatic reply|auto[- ]?reply|"
    r"out of (?:the )?office|"
    r"ikke til stede|fraværende|ude af kontoret)\b",
    re.IGNORECASE,
)
_SECURE = re.compile(
    r"(?:modtaget|fået|received|har)\b[^.\n]{0,60}?\b(?:sikker|secure|krypteret|"
    r"encrypted)\s*(?:e-?)?(?:mail|post|besked|meddelelse|message)",
    re.IGNORECASE,
)
_SIGNATURES = frozenset(
    {
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-signature",
        "application/pgp-encrypted",
    }
)
_SEALED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
# Parts in which a machine tells what became of another mail.
_REPORTS = frozenset(
    {
        "message/delivery-status",
        "message/disposition-notification",
        "text/rfc822-headers",
    }
)
# Encodings of text by the beginning of their name; others are none of a mail's.
_ENCODINGS = (
    "ascii", "big5", "cp", "euc", "gb", "hp", "hz", "iso", "johab", "koi8", "kz", "mac",
    "ptcp", "shift", "tis", "utf",
)  # fmt: skip
# Encodings in which a text of plain ASCII says something else than it seems to.
_NOT_ASCII = ("utf-16", "utf-32", "utf-7", "iso2022", "hz")
# Looked for only where a word begins: in a word without end each of its signs would
# be tried.
_IN_WORD = r"[^\s@<>()\[\],;:\"]"
_ADDRESS = re.compile(rf"(?<!{_IN_WORD}){_IN_WORD}+@{_IN_WORD}+")
# What an automatic answer is sent to: an address as plain as nearly all are.
_PLAIN = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_UNSEEN = re.compile(r"[^\S\n\t ]|[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_CALENDAR_FIELDS = ("SUMMARY", "DTSTART", "DTEND", "LOCATION")
_HIDDEN_HTML = re.compile(
    r"<(style|script|head|title|svg)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|<img\b[^<>]*>",
    re.IGNORECASE | re.DOTALL,
)
_LOOKS = re.compile(
    r"</?(?:b|strong|em|i|u|s|span|font|small|big|mark|sub|sup|tt|code|wbr)\b[^<>]*>",
    re.IGNORECASE,
)


class Mail(NamedTuple):
    """What a mail says. ``texts`` are pairs: whether it is HTML, and the text."""

    sender: str
    sender_name: str
    subject: str
    texts: tuple
    files: tuple
    # "bounce" or "automatic": written by a machine about another mail.
    machine: str
    # Whether an automatic answer may go back.
    answerable: bool
    secure: bool
    # Part of it could not be read: sealed, cut off or broken.
    unread: bool
    # The same for the same mail, whichever way and how often it came.
    mark: str


def decode(data, charset=None):
    """Return bytes as text, whatever they are declared as.

    What reads as UTF-8 is UTF-8; else the declared encoding, else that of Windows.

    >>> decode("blåbærgrød".encode()), decode("blåbærgrød".encode("latin-1"), "utf-8")
    ('blåbærgrød', 'blåbærgrød')
    >>> decode("grød".encode(), "iso-8859-1"), decode("grød".encode("cp865"), "cp865")
    ('grød', 'grød')
    >>> decode("hej".encode("utf-16"), "utf-16"), decode(b"hej", "no-such-thing")
    ('hej', 'hej')
    >>> decode(b"hej", "unicode_escape"), decode(bytes([0x81, 0x41]))
    ('hej', '\ufffdA')
    """
    try:
        name = codecs.lookup(charset or "ascii").name
    except (LookupError, ValueError):
        name = "ascii"
    if not name.startswith(_ENCODINGS):
        name = "ascii"
    order = (name, "utf-8") if name.startswith(_NOT_ASCII) else ("utf-8", name)
    for encoding in order:
        try:
            return data.decode(encoding)
        except (LookupError, ValueError):
            continue
    return data.decode("cp1252", errors="replace")


def clean(text):
    """Return text without signs that no one sees and no database takes.

    >>> clean("a\\r\\nb\\x00c\\u00a0d\\t\\ud800")
    'a\\nbc d\\t'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSEEN.sub(lambda sign: " " if sign[0].isspace() else "", text)


def visible(html):
    """Return HTML without what a reader does not see: pictures and looks are gone.

    Signs that are made bold or coloured one by one are one word again.

    >>> visible("<head><title>x</title></head><style>p {}</style><p>hej<!-- y --></p>")
    '<p>hej</p>'
    >>> visible('<b>31</b><span style="x">02</span>90 <br><body>')
    '310290 <br><body>'
    """
    return _LOOKS.sub("", _HIDDEN_HTML.sub("", html))


def _words(value):
    """Return the value of a header as one line of text, decoded.

    >>> _words("=?utf-8?q?bl=C3=A5?= =?utf-8?q?b=C3=A6r?= og\\n gr\\udcf8d")
    'blåbær og grød'
    >>> _words("=?utf-8?b?a?= x"), _words(None)
    ('=?utf-8?b?a?= x', '')
    """
    text = str(value or "")[:HEADER_TEXT]
    try:
        text.encode("ascii")
    except UnicodeEncodeError:
        text = decode(text.encode("utf-8", "surrogateescape"))
    try:
        parts = header.decode_header(text)
    except (errors.HeaderParseError, ValueError):
        parts = [(text, None)]
    decoded = (
        decode(part, charset) if isinstance(part, bytes) else part
        for part, charset in parts
    )
    return " ".join(clean("".join(decoded)).split())


def _values(mail, name):
    return [value for key, value in mail.raw_items() if key.lower() == name]


def _value(mail, name):
    return _words(next(iter(_values(mail, name)), ""))


def _addresses(values):
    """Return pairs of a name and an address in small letters.

    >>> _addresses(['"Ida, Havtorn" <Ida@Example.com>, <x>', ""])
    [('Ida, Havtorn', 'ida@example.com')]
    """
    # The address is parted from the name before the name is decoded: it may hold signs
    # that mean something in an address.
    try:
        pairs = utils.getaddresses(
            [str(value)[:HEADER_TEXT] for value in values[:SENDERS]]
        )
    except RecursionError:
        # Comments within comments without end.
        return []
    return [
        (_words(name), _words(address).lower())
        for name, address in pairs
        if re.fullmatch(r"[^\s@]+@[^\s@]+", address)
    ]


def _parse_head(raw):
    head = re.split(rb"\r?\n\r?\n", raw[:SIZE], maxsplit=1)[0]
    return parser.BytesHeaderParser(policy=policy.compat32).parsebytes(head + b"\n\n")


def recipients(raw):
    """Return all addresses a mail goes to, in small letters.

    >>> head = b"To: A <A@x.example>\\nCc: b@x.example, C@x.example"
    >>> sorted(recipients(head + b"\\n\\nTo: d@x.example"))
    ['a@x.example', 'b@x.example', 'c@x.example']

    A word without end takes no time:

    >>> recipients(b"To: " + b"a" * 1_000_000 + b" a@x.example\\n\\n")
    {'a@x.example'}
    """
    head = _parse_head(raw)
    values = [str(value) for name in RECIPIENTS for value in _values(head, name)]
    return {address.lower() for value in values for address in _ADDRESS.findall(value)}


class _Reader:
    """Walks through the parts of one mail."""

    def __init__(self):
        self.files = []
        self.parts = 0
        self.room = PART_TEXT
        self.unread = False
        self.sealed = False

    def texts(self, part, depth=0):
        """Return the texts of a part in order; its files are kept in ``files``."""
        self.parts += 1
        if self.parts > PARTS or depth > DEPTH:
            self.unread = True
            return []
        kind = part.get_content_type()
        children = part.get_payload() if part.is_multipart() else []
        if kind in _REPORTS or kind in _SIGNATURES:
            return []
        if kind == "multipart/alternative":
            return self._best(children, depth)
        if kind == "message/rfc822" and children:
            return self._forwarded(children[0], depth)
        if children:
            return [text for child in children for text in self.texts(child, depth + 1)]
        return self._leaf(part, kind)

    def _leaf(self, part, kind):
        name = self._file_name(part)
        given = _words(part.get("content-disposition")).lower()
        if kind in _SEALED:
            self.unread = self.sealed = True
            return []
        data = self._data(part)
        charset = self._charset(part)
        if kind == "text/calendar":
            return _invitation(self._bounded(decode(data, charset)))
        if kind in ("text/plain", "text/html") and not (
            given.startswith("attachment") or (name and not given.startswith("inline"))
        ):
            text = self._bounded(decode(data, charset))
            return [(kind == "text/html", clean(text))]
        if data:
            self.files.append((name or "", data))
        return []

    def _bounded(self, text):
        """Return as much of a text as there is room for."""
        self.unread |= len(text) > self.room
        text = text[: self.room]
        self.room -= len(text)
        return text

    def _best(self, children, depth):
        """Return the text that says it in plain words; the same as HTML otherwise."""
        found = [self.texts(child, depth + 1) for child in children]
        plain = [texts for texts in found if not any(html for html, _ in texts)]
        for texts in (*plain, *found):
            if "".join(text for _html, text in texts).strip():
                return texts
        return []

    def _forwarded(self, part, depth):
        lines = [
            f"{name}: {value}"
            for name in ("From", "Date", "Subject")
            if (value := _value(part, name.lower()))
        ]
        return [
            (False, "\n".join(["-----", *lines])),
            *self.texts(part, depth + 1),
        ]

    def _file_name(self, part):
        try:
            return _words(part.get_filename())
        except (TypeError, ValueError, LookupError):
            return ""

    def _charset(self, part):
        try:
            return part.get_content_charset()
        except (TypeError, ValueError, LookupError):
            return None

    def _data(self, part):
        try:
            return part.get_payload(decode=True) or b""
        except (TypeError, ValueError, LookupError):
            self.unread = True
            return b""


def _invitation(text):
    """Return what an invitation says, as texts.

    >>> lines = ["SUMMARY:Kaffe\\\\, tak", "DTSTART;TZID=x:20260917T100000"]
    >>> _invitation("\\r\\n".join(lines))
    [(False, 'Kaffe, tak\\n2026-09-17 10:00')]
    """
    lines = clean(text).replace("\n ", "").split("\n")
    found = {}
    for line in lines:
        name, parted, value = line.partition(":")
        name = name.partition(";")[0].upper()
        if parted and name in _CALENDAR_FIELDS and name not in found and value.strip():
            value = re.sub(r"\\(.)", lambda sign: sign[1].replace("n", " "), value)
            found[name] = re.sub(
                r"^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\dZ?)?$",
                lambda day: (
                    f"{day[1]}-{day[2]}-{day[3]}"
                    + (f" {day[4]}:{day[5]}" if day[4] else "")
                ),
                value.strip(),
            )
    said = "\n".join(found[name] for name in _CALENDAR_FIELDS if name in found)
    return [(False, said)] if said else []


def _machine(mail, sender, subject):
    """Return what kind of machine wrote a mail about another one; empty for none."""
    automatic = _value(mail, "auto-submitted").lower()
    local = sender.partition("@")[0]
    if mail.get_content_type() == "multipart/report" or local in _BOUNCERS:
        return "bounce"
    replies = automatic.startswith("auto-replied") or any(
        _values(mail, name)
        for name in ("x-autoreply", "x-autorespond", "x-autoresponder")
    )
    hints = (
        bool(_values(mail, "x-auto-response-suppress"))
        or automatic not in ("", "no")
        or _sent_by_nobody(mail)
    )
    if (
        replies
        or _value(mail, "precedence").lower() == "auto_reply"
        or (hints and _ABSENT.match(subject))
    ):
        return "automatic"
    return ""


def _sent_by_nobody(mail):
    """Tell whether a mail asks that nothing comes back: it has an empty return path."""
    return any(
        str(value).strip() in ("", "<>") for value in _values(mail, "return-path")
    )


def _answerable(mail, sender):
    """Tell whether an automatic answer to a mail can meet a person (RFC 3834)."""
    suppressed = _value(mail, "x-auto-response-suppress").lower()
    return not (
        not _PLAIN.fullmatch(sender)
        or _NO_REPLY.match(sender.partition("@")[0])
        or _sent_by_nobody(mail)
        or _value(mail, "auto-submitted").lower() not in ("", "no")
        or _value(mail, "precedence").lower() in ("bulk", "junk", "list", "auto_reply")
        or any(part in suppressed for part in ("all", "oof", "autoreply"))
        or _value(mail, "x-spam-flag").lower() == "yes"
        or any(name.lower().startswith("list-") for name, _value in mail.raw_items())
        or any(
            _values(mail, name)
            for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-loop")
        )
    )


def _endless(raw):
    """Tell whether a parser would need minutes for a mail.

    >>> _endless(b"To: a@x.example\\n\\nboundary\\n"), _endless(b"boundary\\n" * 10_000)
    (False, True)
    >>> _endless(b"To: a\\nContent-Type: text/plain; a=\\"" + b";\\n " * 1500)
    True
    """
    marks = sum(1 for _found in _MARK.finditer(raw))
    return marks * raw.count(b"\n") > MARKS or bool(_LONG_HEAD.search(raw))


def _walked(raw):
    """Return a mail, its reader and its texts; None for parts without end."""
    if _endless(raw):
        return None
    try:
        mail = parser.BytesParser(policy=policy.compat32).parsebytes(raw)
        reader = _Reader()
        return mail, reader, reader.texts(mail)
    except RecursionError:
        return None


def read(raw):
    """Return what a mail says.

    :param bytes raw: the mail as it was delivered
    :return: a :class:`Mail`

    >>> mail = read(
    ...     b"From: =?utf-8?q?S=C3=B8ren?= <S@example.com>\\nSubject: Nabo\\n"
    ...     b"Message-ID: <1@x>\\n\\nHan g\\xf8r ikke ud.\\n"
    ... )
    >>> mail.sender_name, mail.sender, mail.subject, mail.texts
    ('Søren', 's@example.com', 'Nabo', ((False, 'Han gør ikke ud.\\n'),))
    >>> mail.machine, mail.answerable, mail.secure, mail.unread
    ('', True, False, False)
    >>> read(b"").texts, read(b"\\x00\\xff\\n\\n\\n").sender
    (((False, ''),), '')
    """
    cut = len(raw) > SIZE
    found = _walked(raw[:SIZE])
    mail, reader, texts = found or (_parse_head(raw), _Reader(), [])
    cut = cut or not found
    senders = _addresses(_values(mail, "from"))
    name, sender = senders[0] if senders else ("", "")
    subject = _value(mail, "subject")
    said = subject + "\n" + "\n".join(text for _html, text in texts)[:PART_TEXT]
    identity = "\n".join(
        [_value(mail, "message-id"), sender, subject, *(text for _html, text in texts)]
    )
    secure = reader.sealed or bool(_SECURE.search(said[:HEADER_TEXT]))
    return Mail(
        sender=sender,
        sender_name=name,
        subject=subject,
        texts=tuple(texts),
        files=tuple(reader.files) if not cut else tuple(reader.files[:-1]),
        machine=_machine(mail, sender, subject),
        answerable=_answerable(mail, sender) and not secure,
        secure=secure,
        unread=reader.unread or cut,
        mark=hashlib.sha256(identity.encode()).hexdigest(),
    )
