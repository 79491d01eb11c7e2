"""Files from people nobody knows: what may be kept of them, and in which form.

What a file is, its content says and never its name, of which nothing is kept. Pictures
are painted anew, so that where and with what they were taken, comments, thumbnails,
further pictures and whatever was hung on are gone. A text is kept as UTF-8.

A PDF is kept as it is, or refused. *Not* taken out of it are the names of its author
and program, the dates in it, and what the metadata of its pictures say.
"""

import io
import re
import warnings
import zlib

from PIL import Image, ImageOps, WebPImagePlugin

from . import limits

# Odoo lets Pillow open few formats, on purpose; what is opened here is so here only.
Image.OPEN.pop("WEBP", None)
if "WEBP" in Image.ID:
    Image.ID.remove("WEBP")
# What a decoder says of damaged files is of no use in the server's log.
warnings.filterwarnings("ignore", category=Warning, module=r"PIL\.")

PDF, JPEG = "application/pdf", "image/jpeg"
PNG, WEBP = "image/png", "image/webp"
TEXT = "text/plain"
NAMES = {
    PDF: "document.pdf",
    JPEG: "picture.jpg",
    PNG: "picture.png",
    WEBP: "picture.webp",
    TEXT: "text.txt",
}
# Why a file is refused; what is said of it on the screen is said elsewhere.
REASONS = (
    "empty", "too_large", "too_many", "too_many_pixels", "type", "broken",
    "pdf_locked", "pdf_active",
)  # fmt: skip
# A phone's picture has 12 million; what is slower to paint may have fewer.
PIXELS = {JPEG: 50_000_000, PNG: 20_000_000, WEBP: 20_000_000}
# How a type is decoded and encoded.
FORMATS = {
    JPEG: ("JPEG", ("L", "RGB"), {"quality": 90}),
    PNG: ("PNG", ("L", "LA", "RGB", "RGBA"), {"compress_level": 6}),
    WEBP: ("WEBP", ("RGB", "RGBA"), {"quality": 90, "method": 2}),
}
# Layers in which a picture builds up: more only cost time.
SCANS = 100
SCAN = b"\xff\xda"
# Bytes that a PDF's compressed parts may have when they are unfolded, all together.
UNFOLDED = 32 * 1024 * 1024
CHUNK = 64 * 1024
# How many such parts there may be: each takes time to look at.
OBJECTS = 5_000

_ESCAPED = re.compile(rb"#([0-9a-fA-F]{2})")
_END = rb"(?![A-Za-z])"
_LOCKED = re.compile(rb"/Encrypt" + _END)
# Names long enough not to stand in a picture's bytes by chance.
_ACTIVE = re.compile(
    rb"/(JavaScript|EmbeddedFiles?|Filespec|Launch|RichMedia|SubmitForm|ImportData)"
    + _END
    + rb"|/XFA\s*[\[\d]"
)
_OBJECTS = re.compile(rb"/ObjStm" + _END)
_OBJECTS_STREAM = re.compile(_OBJECTS.pattern + rb".{0,2000}?\bstream\r?\n", re.DOTALL)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
# A text that a program would run or show as something else.
_MARKUP = re.compile(r"\s*(<[!?a-z]|\{\\rtf|#!|%PDF|%!)", re.IGNORECASE)


def kind(data):
    """Return the type of a file by how it begins; what is none of ours is text.

    >>> kind(b"%PDF-1.7 ..."), kind(b"\\xff\\xd8\\xff\\xe0..."), kind(b"Hej")
    ('application/pdf', 'image/jpeg', 'text/plain')
    """
    if data.startswith(b"%PDF-"):
        return PDF
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WEBP
    return TEXT


def clean(name, data):
    """Return what is kept of a file: a neutral name, its type, and its bytes.

    :param str name: as the sender calls it; nothing of it is used or kept
    :param bytes data: the content as it came
    :raises ValueError: with one of ``REASONS``

    >>> clean("Ida Havtorn 310290-1234.html", "Sover ude ved åen".encode("cp1252"))
    ('text.txt', 'text/plain', b'Sover ude ved \\xc3\\xa5en')
    >>> clean("brev.txt", b"<html><script>")
    Traceback (most recent call last):
        ...
    ValueError: type
    >>> clean("brev.pdf", b"")
    Traceback (most recent call last):
        ...
    ValueError: empty
    """
    data = bytes(data or b"")
    if not data:
        raise ValueError("empty")
    if len(data) > limits.FILE_SIZE:
        raise ValueError("too_large")
    mimetype = kind(data)
    if mimetype == PDF:
        check_pdf(data)
    elif mimetype == TEXT:
        data = plain(data)
    else:
        data = repaint(mimetype, data)
    if len(data) > limits.FILE_SIZE:
        raise ValueError("too_large")
    return NAMES[mimetype], mimetype, data


def clean_all(files):
    """Return what is kept of the files of one submission, in their order.

    All of them or none: one that is refused refuses the rest.

    :param files: pairs of name and bytes
    :raises ValueError: with one of ``REASONS``

    >>> [name for name, _type, _data in clean_all([("a", b"En"), ("b", b"To")])]
    ['text.txt', 'text.txt']
    >>> clean_all([("a", b"En")] * (limits.FILES + 1))
    Traceback (most recent call last):
        ...
    ValueError: too_many
    """
    files = list(files)
    if len(files) > limits.FILES:
        raise ValueError("too_many")
    if sum(len(data or b"") for _name, data in files) > limits.FILES_SIZE:
        raise ValueError("too_large")
    return [clean(name, data) for name, data in files]


# --- text -----------------------------------------------------------------------------
def plain(data):
    """Return a text as UTF-8; it may have come as Windows writes it.

    :raises ValueError: ``type`` when it is no text, or one that something would run

    >>> plain(b"\\xef\\xbb\\xbfHej"), plain("Blåbær".encode()) == "Blåbær".encode()
    (b'Hej', True)
    >>> plain(b"MZ\\x90\\x00")
    Traceback (most recent call last):
        ...
    ValueError: type
    """
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise ValueError("type")
    if _CONTROLS.search(text) or _MARKUP.match(text):
        raise ValueError("type")
    if not text.strip():
        raise ValueError("empty")
    return text.encode()


# --- pictures -------------------------------------------------------------------------
def repaint(mimetype, data):
    """Return a picture with its pixels, the right way up, and nothing else.

    Of a picture that moves the first is kept.

    :param str mimetype: a key of ``FORMATS``
    :raises ValueError: ``broken``, ``too_many_pixels``

    >>> def painted(format, **options):
    ...     file = io.BytesIO()
    ...     Image.new("RGB", (40, 20), "navy").save(file, format, **options)
    ...     return file.getvalue()
    >>> exif = Image.Exif()
    >>> exif[0x0112], exif[0x010F] = 6, "Kanarie"
    >>> told = painted("JPEG", exif=exif, comment=b"Kanarie")
    >>> said = repaint(JPEG, told)
    >>> Image.open(io.BytesIO(said)).size, told.count(b"Kanarie"), b"Kanarie" in said
    ((20, 40), 2, False)
    >>> repaint(PNG, painted("PNG")[:60])
    Traceback (most recent call last):
        ...
    ValueError: broken
    """
    if not _whole(mimetype, data):
        raise ValueError("broken")
    name, modes, options = FORMATS[mimetype]
    try:
        with opened(mimetype, data) as image:
            width, height = image.size
            fits = width * height <= PIXELS[mimetype]
            painted = _painted(image, modes) if fits else None
    except Image.DecompressionBombError:
        raise ValueError("too_many_pixels") from None
    # What a decoder says of hostile bytes is anything, and never ours to tell.
    except Exception:
        raise ValueError("broken") from None
    if not painted:
        raise ValueError("too_many_pixels")
    file = io.BytesIO()
    painted.save(file, name, **options)
    return file.getvalue()


def _whole(mimetype, data):
    """Tell whether a picture has its end, for decoders may be content without it."""
    if mimetype == PNG:
        return b"IEND" in data
    if mimetype == WEBP:
        return int.from_bytes(data[4:8], "little") + 8 <= len(data)
    return data.count(SCAN) <= SCANS and data.rfind(b"\xff\xd9") > data.rfind(SCAN)


def opened(mimetype, data):
    """Return a picture whose pixels are not decoded yet.

    :param str mimetype: a key of ``FORMATS``: no other decoder is tried
    :raises Exception: of many kinds, when it is no such picture
    """
    file = io.BytesIO(data)
    if mimetype == WEBP:
        return WebPImagePlugin.WebPImageFile(file)
    return Image.open(file, formats=[FORMATS[mimetype][0]])


def _painted(image, modes):
    """Return a new picture with the pixels of another."""
    image.load()
    if image.mode.startswith("I"):
        # Sixteen bits of grey: the eye sees eight.
        image = image.convert("I").point(lambda value: value * (1 / 256))
        image = image.convert("L")
    image = _upright(image)
    if image.mode not in modes or "transparency" in image.info:
        see_through = image.has_transparency_data and "RGBA" in modes
        image = image.convert("RGBA" if see_through else "RGB")
    painted = Image.new(image.mode, image.size)
    painted.paste(image)
    return painted


def _upright(image):
    try:
        return ImageOps.exif_transpose(image)
    # A picture whose description is damaged is still a picture.
    except Exception:
        return image


# --- PDF ------------------------------------------------------------------------------
def check_pdf(data):
    """Refuse a PDF that is locked, or that could do something.

    Seen are the names in the file and in its compressed objects: what hides them
    deeper is not found, and a reader that does not run what it shows is a safe one.

    :raises ValueError: ``pdf_locked``, ``pdf_active``, ``broken``

    >>> check_pdf(b"%PDF-1.7 1 0 obj <</Type /Catalog>> endobj %%EOF")
    >>> check_pdf(b"%PDF-1.7 <</Encrypt 5 0 R>> %%EOF")
    Traceback (most recent call last):
        ...
    ValueError: pdf_locked
    >>> check_pdf(b"%PDF-1.7 <</S /J#61vaScript>> %%EOF")
    Traceback (most recent call last):
        ...
    ValueError: pdf_active
    >>> hidden = zlib.compress(b"<</Names <</EmbeddedFiles 7 0 R>>>>")
    >>> head = b"%PDF-1.7 1 0 obj <</Type/ObjStm/Filter/FlateDecode>>stream" + b"\\n"
    >>> check_pdf(head + hidden + b" endstream %%EOF")
    Traceback (most recent call last):
        ...
    ValueError: pdf_active
    """
    if b"%%EOF" not in data:
        raise ValueError("broken")
    names = _check_names(data)
    # What is written so that it is not found lets the file be refused.
    numbers = [sum(1 for _ in _OBJECTS.finditer(text)) for text in (names, data)]
    if max(numbers) > OBJECTS:
        raise ValueError("broken")
    streams = [found.end() for found in _OBJECTS_STREAM.finditer(data)]
    if numbers[0] != len(streams):
        raise ValueError("broken")
    room, end = UNFOLDED, 0
    for start in streams:
        # One within another is no stream of a PDF, and would be read again and again.
        if start < end:
            raise ValueError("broken")
        text, end = _unfolded(data, start, room)
        room -= len(text)
        _check_names(text)


def _check_names(data):
    """Refuse by the names in bytes; return these with all names written out."""
    names = _ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()), data)
    for reason, pattern in (("pdf_locked", _LOCKED), ("pdf_active", _ACTIVE)):
        if pattern.search(names):
            raise ValueError(reason)
    return names


def _unfolded(data, start, room):
    """Return what a compressed stream in bytes holds, and where it ends.

    :raises ValueError: ``broken`` when it is none, or holds more than there is room for
    """
    unfold, parts, size = zlib.decompressobj(), [], 0
    try:
        while not unfold.eof and start < len(data):
            part = unfold.decompress(data[start : start + CHUNK], room - size + 1)
            parts.append(part)
            size += len(part)
            start += CHUNK
            if size > room:
                raise ValueError("broken")
    except zlib.error:
        raise ValueError("broken") from None
    return b"".join(parts), min(start, len(data)) - len(unfold.unused_data)
