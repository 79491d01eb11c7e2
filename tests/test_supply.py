"""What `make lint` says of secrets, real people, licences and known holes.

Everything that a check has to find is put together here at run time: it must stand in
no file, not in this one either.
"""

import datetime
import json
import shutil
import struct
import subprocess
import sys
import threading
import zlib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dev import audit, places, traces

WORD = "Zt5nQ8wLr2" + "Vb7Kx1Mc4P"
LINES = {
    "a private key": "-----BEGIN " + "RSA PRIVATE KEY-----",
    "a token": "ghp" + "_" + "aB3dE6gH9jK2" + "mN5pQ8sT1vW4" + "yZ7bC0eF3hJ6",
    "what opens a database": "postgres://odoo:" + WORD + "@" + "db.internal/sekp",
    "what opens a door": "db_pass" + "word = " + repr(WORD),
    "a phone number": "Ring til mig på 28 " + "41 97 63",
    "a phone number abroad": "+46" + " 70 174 06 35",
    "an address of mail": "Skriv til mette.hansen" + "@" + "kommune.dk",
}


def scan(folder, name, content, rows=()):
    """The findings in one file, with a list of what is known."""
    (folder / name).write_bytes(
        content if isinstance(content, bytes) else content.encode()
    )
    return list(traces.findings(folder, [name], traces.Known(rows)))


def day(date):
    """The first six digits of a CPR number and a serial of the years since 2000."""
    return f"{date:%d%m%y}-4321"


@pytest.mark.parametrize("what", LINES)
def test_it_is_found(tmp_path, what):
    found = scan(tmp_path, "notes.py", f"# Nothing\n{LINES[what]}\n")
    assert any(one.startswith("notes.py:2: ") for one in found), found
    assert WORD not in "".join(found)


def test_a_cpr_number_is_found_when_it_could_be_somebodys(tmp_path):
    today = datetime.date.today()
    replaced = day(today)
    replaced = f"{int(replaced[:2]) + 60}{replaced[2:]}"
    for number in (day(today), day(today).replace("-", ""), replaced):
        assert scan(tmp_path, "notes.md", f"Født {number}."), number
    assert scan(tmp_path, f"{day(today)}.md", "In the name of the file.")
    nobodys = ("310290-1234", "010258-5678", day(today + datetime.timedelta(1)))
    for number in nobodys:
        assert not scan(tmp_path, "notes.md", f"Født {number}."), number


def test_names_that_belong_to_nobody_are_no_finding(tmp_path):
    for host in ("example.com", "mail.example.org", "havnby.example", "by.test"):
        assert not scan(tmp_path, "notes.md", f"Skriv til anna@{host}"), host
    assert scan(tmp_path, "notes.md", "Skriv til anna@" + "example.dk")


def test_a_picture_that_tells_more_than_it_shows(tmp_path):
    def part(kind, content):
        end = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + end

    head = part(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    body, end = part(b"IDAT", zlib.compress(b"\0\0")), part(b"IEND", b"")
    for extra in (b"tEXt", b"eXIf", b"tIME"):
        told = part(extra, b"Author\0somebody")
        found = scan(tmp_path, "a.png", traces.PNG + head + told + body + end)
        assert found == [f"a.png: the picture holds {extra.decode()}"]
    behind = scan(tmp_path, "a.png", traces.PNG + head + body + end + b"more")
    assert behind == ["a.png: the picture holds something behind its end"]
    assert not scan(tmp_path, "a.png", traces.PNG + head + body + end)
    assert scan(tmp_path, "a.bin", b"\0\1\2")


def test_what_is_known_has_to_be_there(tmp_path):
    row = {"kind": "phone", "value": "28" + "419763", "file": "", "reason": "invented"}
    known = traces.Known([row])
    (tmp_path / "notes.md").write_text(LINES["a phone number"])
    assert not list(traces.findings(tmp_path, ["notes.md"], known))
    assert not list(known.unmet())
    assert list(traces.Known([row]).unmet())
    elsewhere = {**row, "file": "other.md"}
    assert scan(tmp_path, "notes.md", LINES["a phone number"], [elsewhere])


def test_a_file_that_nobody_has_licensed(tmp_path):
    """A file new in its kind is refused, and so is one under a licence of its own."""
    for name in ("REUSE.toml", "README.md"):
        shutil.copy(places.ROOT / name, tmp_path / name)
    shutil.copytree(places.ROOT / "LICENSES", tmp_path / "LICENSES")

    def lint():
        return subprocess.run(  # noqa: S603, of our own words only
            [Path(sys.executable).parent / "reuse", "lint", "--lines"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    assert lint().returncode == 0
    fonts = tmp_path / "sekp_outreach" / "static" / "src"
    fonts.mkdir(parents=True)
    (fonts / "borrowed.woff2").write_bytes(b"wOF2")
    assert "borrowed.woff2: no license identifier" in lint().stdout
    (fonts / "borrowed.woff2").unlink()
    (fonts / "borrowed.js").write_text("// SPDX-" + "License-Identifier: MIT\n")
    assert "MIT" in lint().stdout
    assert lint().returncode


# --- known holes ----------------------------------------------------------------------
@contextmanager
def service(answer):
    """A service that tells of holes as OSV does, by what it is asked."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            size = int(self.headers["Content-Length"])
            body = json.dumps(answer(json.loads(self.rfile.read(size)))).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield ("-s", "osv", "--osv-url", f"http://127.0.0.1:{server.server_port}/")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def hole(asked):
    """One package has a hole below its version 2."""
    if asked["package"]["name"] != "num2words":
        return {}
    span = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}
    affected = {"package": {"name": "num2words", "ecosystem": "PyPI"}, "ranges": [span]}
    return {
        "vulns": [
            {
                "id": "PYSEC-0000-1",
                "summary": "Invented",
                "published": "2026-01-01T00:00:00Z",
                "modified": "2026-01-01T00:00:00Z",
                "affected": [affected],
            }
        ]
    }


def test_a_version_with_a_known_hole_is_a_finding(tmp_path):
    file = tmp_path / "requirements.txt"
    file.write_text("# Ours\nBabel==2.17.0\nnum2words==0.5.14\n")
    with service(hole) as told:
        found = list(audit.holes([file], told))
    assert found == ["num2words 0.5.14: PYSEC-0000-1, mended in 2.0"]
    file.write_text("Babel==2.17.0\n")
    with service(hole) as told:
        assert not list(audit.holes([file], told))


def test_a_requirement_without_a_version_is_a_finding(tmp_path):
    file = tmp_path / "requirements.txt"
    file.write_text("Babel==2.17.0\nnum2words>=0.5\n")
    with service(hole) as told:
        assert next(audit.holes([file], told)) == "num2words>=0.5: names no version"


def test_no_answer_is_said_and_is_no_finding(monkeypatch, capsys):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert not audit.audit()
    assert "NOT CHECKED" in capsys.readouterr().out
