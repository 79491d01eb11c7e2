"""What must stand in no file: secrets, and traces of people who exist.

Run as a program, in the checkout. What only looks like it is named with its reason in
`known_traces.csv`; a row of it that nothing needs any longer is a finding too.
"""

import csv
import datetime
import importlib
import lzma
import re
import struct
import subprocess
import sys
from pathlib import Path

from detect_secrets.core.scan import get_plugins
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import default_settings

from . import places

LIST = Path(__file__).with_name("known_traces.csv")
OWN = LIST.relative_to(places.ROOT).as_posix()
# Its owner may be another user than the one who lints.
LS_FILES = ("ls-files", "--cached", "--others", "--exclude-standard", "-z")
# Nobody born before it lived when numbers were first given, in 1968.
FIRST_BORN = datetime.date(1860, 1, 1)
# Names that belong to nobody (RFC 2606).
NOBODYS = re.compile(
    r"(?:^|\.)(?:example|invalid|test|localhost|example\.(?:com|net|org))$"
)
HOST = re.compile(r"[a-z0-9][\w.-]*\.[a-z]{2,}", re.IGNORECASE)
PNG = b"\x89PNG\r\n\x1a\n"
# All that a picture needs to be seen; everything else may tell where it was made.
SEEN = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"sRGB", b"gAMA", b"sBIT", b"pHYs"}


def tools(name):
    """A pure helper of the addon, imported where Odoo is not."""
    if str(places.ADDON) not in sys.path:
        sys.path.insert(0, str(places.ADDON))
    return importlib.import_module(f"tools.{name}")


class Known:
    """What is known to be nobody's, and which of it was met."""

    def __init__(self, rows):
        self.rows, self.met = list(rows), set()

    def __call__(self, kind, value, name):
        """Tell whether a value, or all of a kind in this file, is named."""
        if name == OWN:
            return any(row["value"] == value for row in self.rows)
        found = {
            place
            for place, row in enumerate(self.rows)
            if row["kind"] == kind
            and row["value"] in ("", value)
            and row["file"] in ("", name)
        }
        self.met |= found
        return bool(found)

    def unmet(self):
        """Rows that nothing needs."""
        for place, row in enumerate(self.rows):
            if place not in self.met:
                value = row["value"] or f"a {row['kind']} in {row['file']}"
                yield f"{OWN}:{place + 2}: {value} is nowhere any more"


def known():
    """The list beside this module; a row without a reason is none."""
    with LIST.open(newline="") as file:
        return Known(row for row in csv.DictReader(file) if row["reason"].strip())


def could_exist(number, today=None):
    """Whether a CPR number may be that of somebody who lives or has lived.

    The check digit says nothing: numbers given since 2007 need none.
    """
    numbers = tools("personal_numbers")
    try:
        born = numbers.read_cpr(number)[1]
    except numbers.NotValidError:
        return False
    return FIRST_BORN <= born <= (today or datetime.date.today())


def phone_digits(text):
    """A phone number in one writing, Danish ones without the country's number."""
    digits = re.sub(r"^00", "+", re.sub(r"[ -]", "", text))
    return re.sub(r"^\+45(?=\d{8}$)", "", digits)


def people(row):
    """What a row of text tells of people: kinds, with the values as they are listed."""
    cpr = tools("cpr")
    if sum(map(str.isdigit, row)) >= 8 or "&#" in row:
        for number in cpr.find_cpr(row):
            if could_exist(number):
                yield "cpr", number
        for number in cpr.find_phone(row):
            yield "phone", phone_digits(number)
    if "@" in row:
        for address in cpr.find_email(row):
            name, _at, host = address.lower().rpartition("@")
            host = HOST.match(host)
            if host and not NOBODYS.search(host[0].split('"')[0]):
                yield "mail", f"{re.split(r'[^a-z0-9._+-]', name)[-1]}@{host[0]}"


def content(path):
    """The text of a file, also of one in an older writing; none of what is no text."""
    raw = path.read_bytes()
    if b"\0" in raw:
        return ""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def picture(raw):
    """What a picture tells beside what is seen."""
    place, end = len(PNG), len(raw)
    while place < end:
        size, kind = struct.unpack(">I4s", raw[place : place + 8])
        if kind not in SEEN:
            yield kind.decode("ascii", "replace")
        place += 12 + size
        if kind == b"IEND" and place < end:
            yield "something behind its end"
            return


INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$")


def dumped(raw):
    """The cells of our own tables in a packed dump: Odoo's own are of Odoo."""
    ours = False
    for row in lzma.decompress(raw).decode().splitlines():
        if row.startswith("COPY "):
            ours = row.startswith("COPY public.sekp_")
        elif row == "\\.":
            ours = False
        elif ours:
            yield from (cell for cell in row.split("\t") if not INSTANT.match(cell))


def in_file(path, name, allowed):
    """What one file tells, with the number of the row."""
    raw = path.read_bytes()
    if name.endswith(".sql.xz"):
        for row in dumped(raw):
            for kind, value in people(row):
                if not allowed(kind, value, name):
                    yield f"{name}: {kind} {value}, of somebody?"
        return
    if raw.startswith(PNG):
        for part in picture(raw):
            yield f"{name}: the picture holds {part}"
        return
    if b"\0" in raw:
        yield f"{name}: is neither text nor a picture that can be looked into"
        return
    for number, row in enumerate((name, *content(path).splitlines())):
        for kind, value in people(row):
            if not allowed(kind, value, name):
                yield f"{name}:{number}: {kind} {value}, of somebody?"


def suspects(root, names):
    """The files in which a row has the shape of a secret.

    Looking at each row once, however often it stands there, takes a third of the time
    that a whole scan takes.
    """
    plugins, seen = get_plugins(), {}
    for name in names:
        text, suffix = content(root / name), Path(name).suffix
        shaped = False
        for row in set(text.splitlines()):
            if (key := (suffix, row)) not in seen:
                seen[key] = any(one.analyze_line(name, row) for one in plugins)
            shaped |= seen[key]
        if shaped:
            yield name


def secrets(root, names, allowed):
    """Keys, tokens and passwords, as detect-secrets finds them, never what they are."""
    found = SecretsCollection(root=str(root))
    with default_settings():
        for name in suspects(root, names):
            found.scan_file(name)
        for name, secret in found:
            if not allowed("secret", secret.secret_value, name):
                yield f"{name}:{secret.line_number}: {secret.type}"


def findings(root, names, allowed):
    """All that must not stand in these files of a folder."""
    for name in names:
        yield from in_file(root / name, name, allowed)
    yield from secrets(root, names, allowed)


def listed(root):
    """The files of a checkout, also those that are not committed yet."""
    done = subprocess.run(
        ["git", "-c", f"safe.directory={root}", *LS_FILES],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    return [
        name
        for name in sorted(set(done.stdout.split("\0")))
        if name and (root / name).is_file() and not (root / name).is_symlink()
    ]


def main():
    """Show every finding; true when there is one."""
    allowed = known()
    found = [*findings(places.ROOT, listed(places.ROOT), allowed), *allowed.unmet()]
    for one in found:
        print(one)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
