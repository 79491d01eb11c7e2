import io
import struct
import zlib
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pypdf import PdfWriter

from odoo.tests import BaseCase, tagged

from ..tools import limits, upload

HEADS = (
    b"", b"%PDF-1.7\n", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP",
    b"GIF89a", b"<svg ", b"PK\x03\x04", b"{\\rtf1", b"\xef\xbb\xbf",
)  # fmt: skip
CANARY = b"kanarie-Ida-Havtorn"
PICTURES = {"JPEG": upload.JPEG, "PNG": upload.PNG, "WEBP": upload.WEBP}


def picture(kind="JPEG", size=(64, 32), mode="RGB", **options):
    """Return a picture's bytes; its halves have two colours."""
    image = Image.new(mode, size, "white")
    image.paste("black", (0, 0, size[0] // 2, size[1]))
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def described():
    """Return what a camera and a person write into a picture, with a canary each."""
    exif = Image.Exif()
    word = CANARY.decode()
    exif[0x010F], exif[0x013B], exif[0x9286] = word, word, word
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[29] = "N", (55.0, 37.0, 59.9), word
    return exif


def pdf(*acts, **options):
    """Return a PDF of one empty page on which something was done."""
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    for act in acts:
        act(writer)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


class UploadCase(BaseCase):
    def refused(self, data, name="fil"):
        """Return why a file is refused; an empty text when it is taken."""
        try:
            upload.clean(name, data)
        except ValueError as error:
            return str(error)
        return ""

    def opened(self, data):
        """Return the picture that is kept of a file."""
        _name, mimetype, kept = upload.clean("fil", data)
        return upload.opened(mimetype, kept)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestUpload(UploadCase):
    def test_the_content_decides_and_nothing_of_the_name_is_kept(self):
        for kind, mimetype in PICTURES.items():
            for name in ("Ida Havtorn.exe", "../../x.html", "", None, "a\0b.png"):
                kept, found, _data = upload.clean(name, picture(kind))
                self.assertEqual(found, mimetype)
                self.assertEqual(kept, upload.NAMES[mimetype])
        for data in (
            b"GIF89a\1\0\1\0", b"PK\x03\x04....\0", b"MZ\x90\0", b"<svg onload=x>",
            b"  <!DOCTYPE html>", b"<?xml version='1.0'?>", b"{\\rtf1 \\object}",
            b"#!/bin/sh", b"BM....\0\0", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"a\x81b",
        ):  # fmt: skip
            self.assertEqual(self.refused(data, "billede.jpg"), "type", data)

    def test_a_picture_tells_nothing_but_what_is_seen(self):
        told = {
            "JPEG": {
                "exif": described(),
                "comment": CANARY,
                "xmp": b"<x:xmpmeta>" + CANARY + b"</x:xmpmeta>",
                "icc_profile": CANARY * 20,
            },
            "PNG": {"exif": described(), "pnginfo": self.notes()},
            "WEBP": {
                "exif": described(),
                "xmp": CANARY,
                "icc_profile": CANARY * 20,
            },
        }
        for kind, options in told.items():
            data = picture(kind, **options) + CANARY
            self.assertIn(CANARY, data)
            clean = upload.clean("fil", data)[2]
            self.assertNotIn(CANARY, clean, kind)
            self.assertNotIn(b"Exif", clean)
            kept = upload.opened(PICTURES[kind], clean)
            self.assertFalse(dict(kept.getexif()))
            self.assertFalse(
                set(kept.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
                - {"loop", "background", "timestamp", "duration"},
                kind,
            )  # fmt: skip

    def notes(self):
        notes = PngInfo()
        notes.add_text("Comment", CANARY.decode())
        notes.add_itxt("XML:com.adobe.xmp", CANARY.decode())
        return notes

    def test_a_picture_stays_the_right_way_up(self):
        # By each orientation: where the dark half lies when it is shown.
        dark = {1: "left", 3: "right", 6: "top", 8: "bottom"}
        for orientation, side in dark.items():
            exif = Image.Exif()
            exif[0x0112] = orientation
            kept = self.opened(picture(exif=exif)).convert("L")
            width, height = kept.size
            self.assertEqual(width > height, side in ("left", "right"))
            place = {
                "left": (width // 8, height // 2),
                "right": (width - width // 8, height // 2),
                "top": (width // 2, height // 8),
                "bottom": (width // 2, height - height // 8),
            }[side]
            self.assertLess(kept.getpixel(place), 60, side)

    def test_a_damaged_description_costs_nobody_the_picture(self):
        for exif in (b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff"):
            self.assertEqual(self.refused(picture(exif=exif)), "")

    def test_every_kind_of_pixel_is_painted(self):
        for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
            file = io.BytesIO()
            Image.new(mode, (20, 10)).save(file, "PNG")
            self.assertEqual(self.opened(file.getvalue()).size, (20, 10), mode)
        for mode in ("L", "RGB", "CMYK"):
            file = io.BytesIO()
            Image.new(mode, (20, 10)).save(file, "JPEG")
            self.assertEqual(self.opened(file.getvalue()).size, (20, 10), mode)
        bright = Image.new("I;16", (2, 2), 65535)
        file = io.BytesIO()
        bright.save(file, "PNG")
        self.assertEqual(self.opened(file.getvalue()).getpixel((0, 0)), 255)

    def test_what_is_seen_through_stays_so(self):
        data = picture("PNG", mode="RGBA")
        self.assertEqual(self.opened(data).mode, "RGBA")
        file = io.BytesIO()
        Image.new("P", (4, 4)).save(file, "PNG", transparency=0)
        self.assertEqual(self.opened(file.getvalue()).getpixel((0, 0))[3], 0)

    def test_of_moving_pictures_the_first_is_kept(self):
        frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
        for kind in ("PNG", "WEBP"):
            file = io.BytesIO()
            frames[0].save(file, kind, save_all=True, append_images=frames[1:])
            kept = self.opened(file.getvalue())
            self.assertEqual(getattr(kept, "n_frames", 1), 1)
            self.assertGreater(kept.convert("RGB").getpixel((4, 4))[0], 200)

    def test_a_small_file_with_a_huge_picture_is_refused(self):
        for side in (5_000, 12_000, 60_000):
            self.assertEqual(self.refused(self.promise(side)), "too_many_pixels")
        file = io.BytesIO()
        Image.new("L", (5_000, 4_001)).save(file, "PNG")
        self.assertEqual(self.refused(file.getvalue()), "too_many_pixels")
        self.assertEqual(
            self.refused(picture() + upload.SCAN * (upload.SCANS + 1)), "broken"
        )

    def promise(self, side):
        """Return a PNG of a few bytes that says it has so many pixels a side."""

        def chunk(name, data):
            head = struct.pack(">I", len(data)) + name + data
            return head + struct.pack(">I", zlib.crc32(name + data))

        size = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
        parts = (b"IHDR", size), (b"IDAT", zlib.compress(b"\0" * 99)), (b"IEND", b"")
        return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)

    def test_half_a_picture_is_refused(self):
        for kind in PICTURES:
            file = io.BytesIO()
            Image.effect_noise((200, 200), 90).convert("RGB").save(file, kind)
            data = file.getvalue()
            for part in (12, len(data) // 2):
                self.assertEqual(self.refused(data[:part]), "broken", (kind, part))

    def test_a_text_is_kept_as_utf8(self):
        said = "Hun sover ude ved åen.\r\n\tÆgte\fÆldre"
        for encoding in ("utf-8", "utf-8-sig", "cp1252"):
            kept = upload.clean("x.html", said.encode(encoding))
            self.assertEqual(kept, ("text.txt", upload.TEXT, said.encode()))

    def test_sizes_and_numbers(self):
        for data in (b"", None, b" \r\n", b"\xef\xbb\xbf"):
            self.assertEqual(self.refused(data), "empty")
        self.assertEqual(self.refused(b"a" * limits.FILE_SIZE), "")
        self.assertEqual(self.refused(b"a" * (limits.FILE_SIZE + 1)), "too_large")
        # As Windows writes it two bytes become of one.
        self.assertEqual(self.refused(b"\xe6" * limits.FILE_SIZE), "too_large")
        with self.assertRaisesRegex(ValueError, "^too_many$"):
            upload.clean_all([("a", b"a")] * (limits.FILES + 1))
        with self.assertRaisesRegex(ValueError, "^too_large$"):
            upload.clean_all([("a", b"a" * (limits.FILE_SIZE - 1))] * 3)
        with self.assertRaisesRegex(ValueError, "^type$"):
            upload.clean_all([("a", b"Hej"), ("b", b"<html>")])


@tagged("post_install", "-at_install", "sekp_outreach")
class TestUploadPdf(UploadCase):
    def test_a_pdf_is_kept_as_it_is(self):
        data = pdf()
        self.assertEqual(
            upload.clean("Ida.txt", data), ("document.pdf", upload.PDF, data)
        )

    def test_a_locked_one_is_refused(self):
        data = pdf(lambda writer: writer.encrypt("1234"))
        self.assertEqual(self.refused(data), "pdf_locked")

    def test_one_that_could_do_something_is_refused(self):
        for act in (
            lambda writer: writer.add_js("app.alert(1)"),
            lambda writer: writer.add_attachment("x.exe", b"MZ"),
        ):
            self.assertEqual(self.refused(pdf(act)), "pdf_active")

    def test_also_when_it_is_hidden(self):
        active = b"<</S /JavaScript /JS (app.alert\\(1\\))>>"
        for hidden in (
            active.replace(b"/JavaScript", b"/Java#53cript"),
            self.folded(active),
            self.folded(active).replace(b"/ObjStm", b"/O#62jStm"),
        ):
            data = b"%PDF-1.7\n1 0 obj " + hidden + b" endobj %%EOF"
            self.assertIn(self.refused(data), ("pdf_active", "broken"), hidden)
        calm = b"%PDF-1.7\n" + self.folded(b"<</Type /Catalog>>") + b" %%EOF"
        self.assertEqual(self.refused(calm), "")

    def folded(self, data):
        head = b"<</Type /ObjStm /Filter /FlateDecode /N 1 /First 4>>\nstream\n"
        return head + zlib.compress(data) + b"\nendstream"

    def test_what_unfolds_without_end_is_refused(self):
        bomb = self.folded(b"\0" * (upload.UNFOLDED + 1))
        self.assertLess(len(bomb), 100_000)
        self.assertEqual(self.refused(b"%PDF-1.7\n" + bomb + b" %%EOF"), "broken")
        many = self.folded(b"\0" * (upload.UNFOLDED // 4)) * 5
        self.assertEqual(self.refused(b"%PDF-1.7\n" + many + b" %%EOF"), "broken")
        names = b"/ObjStm " * (upload.OBJECTS + 1)
        self.assertEqual(self.refused(b"%PDF-1.7\n" + names + b" %%EOF"), "broken")
        self.assertEqual(self.refused(b"%PDF-1.7\n1 0 obj"), "broken")

    def test_what_would_be_read_again_and_again_is_refused(self):
        """A second's worth of bytes would otherwise hold a worker for a minute."""
        names = b"/ObjStm#41" * (upload.OBJECTS + 1)
        self.assertEqual(self.refused(b"%PDF-1.7\n" + names + b" %%EOF"), "broken")
        # Each stream begins within the one before.
        head = b"/ObjStm stream\n\x78\x01"
        inner = head + b"\x00" + struct.pack("<HH", len(head), len(head) ^ 0xFFFF)
        nested = inner * 3 + head + b"\x00\x00\x00\xff\xff" * 9
        self.assertEqual(self.refused(b"%PDF-1.7\n" + nested + b" %%EOF"), "broken")
        # One after the other they are a PDF's.
        calm = self.folded(b"<</Type /Catalog>>") * 3
        self.assertEqual(self.refused(b"%PDF-1.7\n" + calm + b" %%EOF"), "")


@tagged("post_install", "-at_install", "sekp_outreach")
class TestHostileUpload(UploadCase):
    """Whatever the bytes are: it is kept as one of five types, or refused in a word."""

    def check(self, data):
        try:
            name, mimetype, kept = upload.clean("x", data)
        except ValueError as error:
            self.assertIn(str(error), upload.REASONS)
            return
        self.assertEqual(upload.NAMES[mimetype], name)
        self.assertTrue(kept)
        self.assertNotIn(CANARY, kept)
        if mimetype != upload.TEXT:
            self.assertEqual(upload.kind(kept), mimetype)
        # What was kept once is kept again: nothing is found in it the second time.
        self.assertEqual(upload.clean(name, kept)[1], mimetype)

    @settings(max_examples=400, deadline=None, derandomize=True)
    @given(st.sampled_from(HEADS), st.binary(max_size=400))
    def test_any_bytes(self, head, data):
        self.check(head + data)

    @settings(max_examples=400, deadline=None, derandomize=True)
    @given(
        st.sampled_from(sorted(PICTURES)),
        st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
        st.integers(0, 60),
    )
    def test_pictures_with_wrong_bytes(self, kind, changes, cut):
        data = bytearray(picture(kind, exif=described()))
        for place, byte in changes:
            data[int(place * (len(data) - 1))] = byte
        self.check(bytes(data[: len(data) - cut]))

    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(
        st.lists(
            st.sampled_from(
                [
                    b"/ObjStm", b"stream\n", b"endstream", b"/JavaScript", b"#4a",
                    b"/Encrypt", b"%%EOF", b"<<", b">>", b"/#4FbjStm", b"1 0 obj",
                    zlib.compress(b"/Launch"), b"\0", b"/Type",
                ]
            ),
            max_size=30,
        )
    )  # fmt: skip
    def test_pieces_of_a_pdf(self, pieces):
        data = b"%PDF-1.7\n" + b" ".join(pieces)
        self.check(data)
        if b"/JavaScript" in pieces or b"/Encrypt" in pieces:
            self.assertTrue(self.refused(data))

    def test_noise_of_every_kind(self):
        random = Random("støj")
        for head in HEADS:
            for _time in range(40):
                self.check(head + random.randbytes(random.randrange(3000)))
