"""Authenticated encryption with a ring of keys, and keyed hashes, without Odoo.

The newest key encrypts, every key decrypts. A ciphertext names its key by a
fingerprint and is bound to what it belongs to: moved elsewhere it does not open. Each
purpose has keys of its own, derived from the ring, so that what one part of the
product reveals is of no use to another.

>>> old, new = Ring([b"o" * 32]), Ring([b"n" * 32, b"o" * 32])
>>> sealed = old.encrypt(b"canary", "document", "row 1")
>>> new.decrypt(sealed, "document", "row 1")
b'canary'
>>> fingerprint_of(sealed) == old.fingerprint != new.fingerprint
True
"""

import base64
import binascii
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSES = (
    "dialogue", "document", "identity", "intake", "lookup", "receipt", "seal",
)  # fmt: skip
# Format 1: these bytes, the fingerprint, the nonce, then AES-256-GCM. The first is no
# text, and no known kind of file begins so.
MAGIC = b"\x93SEKP\x01"
KEY_SIZE = 32
FINGERPRINT_SIZE = 6
NONCE_SIZE = 12
HEADER_SIZE = len(MAGIC) + FINGERPRINT_SIZE
# As many characters of base64 are the header and nothing else; a keyed hash has its
# fingerprint within them too.
HEADER_TEXT = HEADER_SIZE * 4 // 3
CONTEXT = b"sekp_outreach/1/"


class CipherError(Exception):
    """Something cannot be encrypted or opened; never says what it is about."""


class BadKeyError(CipherError):
    """A line that should hold a key does not.

    :param int line: its number, counted from 1
    """

    def __init__(self, line):
        self.line = line
        super().__init__(f"line {line} holds no key")


class NoKeyError(CipherError):
    """The ring does not have the key that is needed.

    :param str fingerprint: of the missing key; empty when any key would do
    """

    def __init__(self, fingerprint=""):
        self.fingerprint = fingerprint
        super().__init__(f"no key {fingerprint}".strip())


class DamagedError(CipherError):
    """A ciphertext is damaged, or is not what belongs in this place."""

    def __init__(self):
        super().__init__("damaged, or not what belongs here")


def new_key():
    """Return a new key as the text that stands in a key file.

    >>> len(parse_keys(new_key()).fingerprints)
    1
    >>> new_key() == new_key()
    False
    """
    return base64.urlsafe_b64encode(os.urandom(KEY_SIZE)).decode()


def parse_keys(text):
    """Return the ring of the keys in a text: one a line, or with commas, newest first.

    Empty lines and lines that begin with ``#`` are left out.

    >>> ring = parse_keys("# newest" + chr(10) + new_key() + ", " + new_key())
    >>> len(ring.fingerprints)
    2
    >>> parse_keys("canary")
    Traceback (most recent call last):
        ...
    tools.cipher.BadKeyError: line 1 holds no key
    """
    keys = []
    for number, line in enumerate(text.splitlines(), 1):
        for part in filter(None, map(str.strip, line.partition("#")[0].split(","))):
            try:
                key = base64.b64decode(part, altchars=b"-_", validate=True)
            except (binascii.Error, ValueError):
                key = b""
            if len(key) != KEY_SIZE:
                raise BadKeyError(number)
            keys.append(key)
    return Ring(keys)


def is_sealed(data):
    """Tell whether bytes begin like a ciphertext of this module.

    >>> is_sealed(Ring([b"k" * 32]).encrypt(b"", "document", "")), is_sealed(b"%PDF-")
    (True, False)
    """
    return bytes(data[: len(MAGIC)]) == MAGIC


def fingerprint_of(sealed):
    """Return the fingerprint of the key that a ciphertext was made with.

    >>> fingerprint_of(b"no ciphertext")
    Traceback (most recent call last):
        ...
    tools.cipher.DamagedError: damaged, or not what belongs here
    """
    if not is_sealed(sealed) or len(sealed) < HEADER_SIZE:
        raise DamagedError
    return bytes(sealed[len(MAGIC) : HEADER_SIZE]).hex()


def fingerprint_in(text):
    """Return the fingerprint in a keyed hash, or in a ciphertext in base64.

    The first characters of either are enough.

    >>> ring = Ring([b"k" * 32])
    >>> sealed = base64.b64encode(ring.encrypt(b"a", "document", "")).decode()
    >>> fingerprint_in(sealed) == fingerprint_in(ring.hash("seal", b"a"))
    True
    >>> fingerprint_in(sealed[:HEADER_TEXT]) == ring.fingerprint
    True
    """
    fingerprint, colon, _digest = text.partition(":")
    return fingerprint if colon else fingerprint_of(base64.b64decode(text))


def _derive(key, use, length=KEY_SIZE):
    info = CONTEXT + use.encode()
    return HKDF(hashes.SHA256(), length, salt=None, info=info).derive(key)


class Ring:
    """Keys, newest first; an empty ring opens and closes nothing.

    >>> Ring([]).encrypt(b"canary", "document", "row 1")
    Traceback (most recent call last):
        ...
    tools.cipher.NoKeyError: no key
    >>> Ring([b"short"])
    Traceback (most recent call last):
        ...
    tools.cipher.BadKeyError: line 1 holds no key
    """

    def __init__(self, keys):
        self._keys = {}
        for number, key in enumerate(keys, 1):
            if len(key) != KEY_SIZE:
                raise BadKeyError(number)
            fingerprint = _derive(key, "fingerprint", FINGERPRINT_SIZE).hex()
            self._keys.setdefault(fingerprint, key)

    def __repr__(self):
        """Show fingerprints only: a ring may stand in a traceback."""
        return f"<Ring {' '.join(self._keys)}>"

    @property
    def fingerprints(self):
        """The short, public names of the keys, newest first."""
        return tuple(self._keys)

    @property
    def fingerprint(self):
        """The short, public name of the key that encrypts."""
        if not self._keys:
            raise NoKeyError
        return next(iter(self._keys))

    @property
    def head(self):
        """How each ciphertext of the newest key begins, in base64.

        >>> ring = Ring([b"n" * 32, b"o" * 32])
        >>> sealed = base64.b64encode(ring.encrypt(b"a", "document", ""))
        >>> sealed[:HEADER_TEXT].decode() == ring.head
        True
        """
        header = MAGIC + bytes.fromhex(self.fingerprint)
        return base64.b64encode(header).decode()

    def _key(self, fingerprint, use, purpose):
        if purpose not in PURPOSES:
            raise ValueError(purpose)
        if fingerprint not in self._keys:
            raise NoKeyError(fingerprint)
        return _derive(self._keys[fingerprint], f"{use}/{purpose}")

    def encrypt(self, data, purpose, binding):
        """Return authenticated ciphertext that opens for this purpose and binding only.

        >>> ring = Ring([b"k" * 32])
        >>> once, twice = (ring.encrypt(b"canary", "document", "a") for _ in range(2))
        >>> once == twice or b"canary" in once
        False
        """
        fingerprint = self.fingerprint
        header = MAGIC + bytes.fromhex(fingerprint)
        nonce = os.urandom(NONCE_SIZE)
        cipher = AESGCM(self._key(fingerprint, "encrypt", purpose))
        bound = header + binding.encode()
        return header + nonce + cipher.encrypt(nonce, bytes(data), bound)

    def decrypt(self, sealed, purpose, binding):
        """Return what was encrypted for this purpose and binding.

        >>> ring = Ring([b"k" * 32])
        >>> sealed = ring.encrypt(b"canary", "document", "row 1")
        >>> ring.decrypt(sealed, "document", "row 2")
        Traceback (most recent call last):
            ...
        tools.cipher.DamagedError: damaged, or not what belongs here
        >>> ring.decrypt(sealed, "identity", "row 1")
        Traceback (most recent call last):
            ...
        tools.cipher.DamagedError: damaged, or not what belongs here
        >>> ring.decrypt(sealed[:-1] + b"!", "document", "row 1")
        Traceback (most recent call last):
            ...
        tools.cipher.DamagedError: damaged, or not what belongs here
        >>> Ring([b"w" * 32]).decrypt(sealed, "document", "row 1")
        Traceback (most recent call last):
            ...
        tools.cipher.NoKeyError: no key 0abf81f8f7d2
        """
        cipher = AESGCM(self._key(fingerprint_of(sealed), "encrypt", purpose))
        bound = bytes(sealed[:HEADER_SIZE]) + binding.encode()
        nonce = bytes(sealed[HEADER_SIZE : HEADER_SIZE + NONCE_SIZE])
        try:
            return cipher.decrypt(
                nonce, bytes(sealed[HEADER_SIZE + NONCE_SIZE :]), bound
            )
        except (InvalidTag, ValueError):
            raise DamagedError from None

    def hash(self, purpose, data):
        """Return the keyed hash by the newest key, with that key's fingerprint.

        >>> ring = Ring([b"k" * 32])
        >>> ring.hash("lookup", b"a") == ring.hash("lookup", b"a")
        True
        >>> ring.hash("lookup", b"a") == ring.hash("seal", b"a")
        False
        """
        return self._hash(self.fingerprint, purpose, data)

    def hashes(self, purpose, data):
        """Return the keyed hashes by every key, newest first: what to look up by.

        >>> old, new = Ring([b"o" * 32]), Ring([b"n" * 32, b"o" * 32])
        >>> new.hashes("lookup", b"a")[1] == old.hash("lookup", b"a")
        True
        """
        return [self._hash(fingerprint, purpose, data) for fingerprint in self._keys]

    def _hash(self, fingerprint, purpose, data):
        key = self._key(fingerprint, "hash", purpose)
        return f"{fingerprint}:{hmac.digest(key, bytes(data), 'sha256').hex()}"

    def hash_matches(self, purpose, data, digest):
        """Tell whether a keyed hash is that of the data, whichever key made it.

        :raises NoKeyError: when the ring lacks the key that made it

        >>> old, new = Ring([b"o" * 32]), Ring([b"n" * 32, b"o" * 32])
        >>> new.hash_matches("seal", b"day", old.hash("seal", b"day"))
        True
        >>> new.hash_matches("seal", b"Day", old.hash("seal", b"day"))
        False
        >>> new.hash_matches("seal", b"day", "no hash of ours")
        False
        >>> old.hash_matches("seal", b"day", new.hash("seal", b"day"))
        Traceback (most recent call last):
            ...
        tools.cipher.NoKeyError: no key c5ba62839940
        """
        fingerprint, known, _rest = digest.partition(":")
        if not known:
            return False
        expected = self._hash(fingerprint, purpose, data)
        return hmac.compare_digest(expected, digest)
