"""Submissions nobody means well by: they end in a clear page or a clear refusal.

``HOSTILE=5000 make test T=hostile`` sends as many as that; ordinarily it is fewer.
"""

import contextlib
import json
import os
import re
import socket
import time
from http.client import HTTPException, HTTPResponse
from urllib.parse import quote, urlencode, urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from dev import places

EXAMPLES = int(os.environ.get("HOSTILE") or 200)
# Bytes: more than that is refused before it is read.
TOO_MUCH = 21 * 1024 * 1024
DOORS = ("self", "worried", "professional")
FIELDS = (
    "token", "website", "concern", "place", "district", "age", "acute", "called",
    "source", "anonymous", "referrer_name", "referrer_contact", "confidential",
    "referrer_confidential_reason", "files", "pass", "noted", "code", "lang", "slug",
    "door", "company_id", "team_id", "state", "csrf_token", "context", "text",
)  # fmt: skip
# Of these one is no surprise; all others would be an error of ours.
ANSWERS = {
    200,
    204,
    303,
    400,
    403,
    404,
    405,
    411,
    413,
    414,
    415,
    422,
    429,
    431,
    501,
    505,
}
CHECK = """
import json
company = env["res.company"].browse(%(company)d)
referrals = env["sekp.referral"].search([
    ("company_id", "=", company.id), ("id", "!=", %(known)d),
])
print("CHECK", json.dumps({
    "problems": env["sekp.check"]._problems(),
    "referrals": len(referrals),
    "alone": len(referrals.filtered(lambda one: not env["sekp.dialogue"].search_count(
        [("referral_id", "=", one.id)]
    ))),
    "named": len(referrals.filtered(lambda one: one.referrer_anonymous and (
        one.referrer_name or one.referrer_contact
    ))),
    "channels": sorted(set(referrals.mapped("channel"))),
    "states": sorted(set(referrals.mapped("state"))),
    "without": len(referrals.filtered(lambda one: not one.concern)),
    "numbers": len([one for one in referrals if "310290-1234" in str(one.read())]),
}))
"""


class Site:
    """The page of a municipality, and forms that were opened a while ago."""

    def __init__(self, address, company, known):
        self.host = urlsplit(address)
        self.company, self.known = company, known
        self.base = "/sekp/by-lejre"
        self.tokens = {}
        for door in DOORS:
            found = [
                re.search(
                    r'name="token" value="([^"]+)"',
                    requests.get(f"{address}{self.base}/{door}", timeout=30).text,
                )[1]
                for _form in range(4)
            ]
            self.tokens[door] = found
        page = requests.get(f"{address}{self.base}/worried", timeout=30).text
        self.sources = re.findall(r'name="source" value="(\d+)"', page)
        time.sleep(4)

    def report(self):
        """Send what somebody who means well sends; return status and text."""
        address = f"{self.host.scheme}://{self.host.netloc}{self.base}/worried"
        page = requests.get(address, timeout=30).text
        token = re.search(r'name="token" value="([^"]+)"', page)[1]
        # A form comes back no sooner.
        time.sleep(4)
        answer = requests.post(
            address,
            data={
                "token": token,
                "concern": "Sidder alene ved havnen",
                "source": self.sources[0],
                "anonymous": "yes",
            },
            timeout=30,
        )
        return answer.status_code, answer.text

    def send(self, data):
        """Send bytes and return status and text of the answer, or nothing."""
        with socket.create_connection(
            (self.host.hostname, self.host.port), timeout=60
        ) as connection:
            # It may have heard enough and hung up.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            method = data.partition(b" ")[0].decode("latin-1")
            answer = HTTPResponse(connection, method=method)
            try:
                answer.begin()
                return answer.status, answer.read().decode("utf-8", "replace")
            except (HTTPException, ConnectionResetError, UnicodeDecodeError):
                return None, ""


@pytest.fixture(scope="module")
def site(address, places_of_presets):
    known = places_of_presets["referrals"]["lejre"]
    return Site(address, places_of_presets["companies"]["lejre"], known)


# What breaks where it is not expected.
NASTY = st.sampled_from(
    [
        "", " ", "\0", "\r\n", "%00", "%s%n%d", "{0.__class__}", "${7*7}", "{{7*7}}",
        "' OR 1=1 --", "<script>alert(1)</script>", "<t t-out='1'/>",
        "../../etc/passwd",
        "310290-1234", "\ud800", "\u202eabc", "\ufeff", "\u0000\u0001",
        "\U0001d518\U0001d52b" * 9,
        "-1", "0", "1e309", "NaN", "9" * 400, "true", "[]", "[[6,0,[1]]]", "null",
        "yes", "no", "1", "da", "en", "self", "a" * 9000, "æ" * 501, "\n" * 200,
    ]
)  # fmt: skip
TEXT = st.one_of(NASTY, st.text(max_size=60), st.text(min_size=100, max_size=400))
NAMES = st.one_of(st.sampled_from(FIELDS), st.text(max_size=20))
HEADER_NAMES = st.sampled_from(
    [
        "Cookie", "Content-Type", "Content-Encoding", "Accept", "Accept-Language",
        "Accept-Encoding", "Authorization", "Origin", "Referer", "User-Agent", "Range",
        "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Odoo-Database",
        "X-HTTP-Method-Override", "If-Modified-Since", "If-None-Match", "Expect",
        "Content-Disposition", "X-Requested-With", "Forwarded", "Upgrade", "DNT",
    ]
)  # fmt: skip
HEADER_VALUES = st.one_of(
    st.sampled_from(
        [
            "session_id=x", "session_id=" + "a" * 84, "frontend_lang=en_US; tz=x",
            "text/plain", "application/json", "multipart/form-data",
            "multipart/form-data; boundary=x", "application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded; charset=utf-16", "text/html; charset=x",
            "gzip", "bearer x", "Basic x", "bytes=0-", "203.0.113.7", "*/*", "da;q=x",
            "100-continue", "Wed, 99 Xyz", "a" * 5000,
        ]
    ),
    st.text(
        st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"),
        max_size=40,
    ),
)  # fmt: skip


@st.composite
def requests_of_all_kinds(draw, site):
    """A request as bytes, and whether its first line is one."""
    door = draw(st.sampled_from(DOORS))
    method = draw(
        st.sampled_from(["POST"] * 8 + ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "X"])
    )
    path = f"{site.base}/{door}"
    match draw(st.integers(0, 9)):
        case 0:
            path = f"{site.base}/{draw(st.sampled_from(['receipt', 'code', '', '/']))}"
        case 1:
            path = f"/sekp/{quote(draw(TEXT).encode('utf-8', 'surrogatepass'))}"[:900]
        case 2:
            path += f"?{draw(st.sampled_from(['lang=en', 'lang=%00', 'debug=1', '%']))}"
    fields = draw(st.dictionaries(NAMES, TEXT, max_size=6))
    if draw(st.booleans()):
        # Near to what is right, so that it gets further.
        fields = {
            "token": draw(st.sampled_from(site.tokens[door])),
            "concern": draw(TEXT),
            "source": draw(st.sampled_from(site.sources)),
            "anonymous": draw(st.sampled_from(["yes", "no"])),
            **fields,
        }
    body, kind = draw(bodies(fields))
    headers = {"Host": site.host.netloc, "Connection": "close", "Content-Type": kind}
    headers |= draw(st.dictionaries(HEADER_NAMES, HEADER_VALUES, max_size=3))
    length = len(body)
    if draw(st.integers(0, 15)) == 0:
        length = draw(st.sampled_from([0, 1, length + 7, -1, "x", "9" * 30]))
    headers["Content-Length"] = length
    lines = [f"{method} {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body


@st.composite
def bodies(draw, fields):
    """The fields in an encoding, right or wrong; with their content type."""

    def encode(text, how="utf-8"):
        return text.encode(how, "surrogatepass" if how.startswith("utf") else "replace")

    match draw(st.integers(0, 7)):
        case 0 | 1 | 2:
            how = draw(st.sampled_from(["utf-8", "latin-1", "utf-16"]))
            pairs = {
                encode(key, how): encode(value, how) for key, value in fields.items()
            }
            return urlencode(pairs).encode(), "application/x-www-form-urlencoded"
        case 3 | 4:
            return draw(multipart(fields))
        case 5:
            data = json.dumps(fields).encode()
            return data, draw(st.sampled_from(["application/json", "text/json", ""]))
        case 6:
            return draw(st.binary(max_size=300)), "application/x-www-form-urlencoded"
        case _:
            return b"&".join([b"concern=x"] * draw(st.integers(0, 3000))), (
                "application/x-www-form-urlencoded"
            )


@st.composite
def multipart(draw, fields):
    """The fields in parts, some as files, some damaged."""
    mark = b"x" * draw(st.integers(1, 70))
    parts = []
    for name, value in fields.items():
        as_file = name == "files" or draw(st.integers(0, 5)) == 0
        title = quote(name.encode("utf-8", "surrogatepass"), safe=" ")
        file = f'; filename="{draw(st.sampled_from(["a.png", "", "../x", "æ.pdf"]))}"'
        parts.append(
            b'--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
            % (
                mark,
                title.encode(),
                file.encode() if as_file else b"",
                value.encode("utf-8", "surrogatepass"),
            )
        )
    end = draw(
        st.sampled_from([b"--%s--\r\n" % mark, b"", b"--%s" % mark, b"\r\n\r\n"])
    )
    kind = draw(
        st.sampled_from(
            [f"multipart/form-data; boundary={mark.decode()}", "multipart/form-data"]
        )
    )
    return b"".join(parts) + end, kind


def test_hostile_submissions_end_clearly(site, runtime, database):
    before = check(site, runtime, database)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(requests_of_all_kinds(site))
    def send(request):
        note(request[:600])
        status, text = site.send(request)
        assert status in ANSWERS, (status, text[:2000])
        assert "Traceback" not in text
        assert 'File "' not in text
        if status == 200 and request.startswith(b"POST"):
            assert "sekp-page" in text

    send()
    # Who means well gets through, also now.
    status, text = site.report()
    assert status == 200, text[:2000]
    assert "sekp-code" in text
    after = check(site, runtime, database)
    most = sum(map(len, site.tokens.values())) + 1
    assert before["referrals"] < after["referrals"] <= before["referrals"] + most
    for name in ("problems", "alone", "named", "without", "numbers"):
        assert not after[name], (name, after[name])
    assert set(after["channels"]) <= {"web"}
    assert set(after["states"]) <= {"received"}


def test_too_much_is_refused_before_it_is_read(site):
    for kind in (
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ):
        head = (
            f"POST {site.base}/worried HTTP/1.1\r\nHost: {site.host.netloc}\r\n"
            f"Connection: close\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {TOO_MUCH}\r\n\r\n"
        )
        status, text = site.send(head.encode())
        assert status == 413
        assert "112" in text


def test_the_log_holds_nothing_of_all_that(site):
    """The server's log of this run: no address, no path, no word of a form."""
    site.send(
        f"GET {site.base}/worried?kanariefugl=1 HTTP/1.1\r\n"
        f"Host: {site.host.netloc}\r\n"
        "User-Agent: Kanariefugl\r\nReferer: http://kanariefugl.example/\r\n"
        "Connection: close\r\n\r\n".encode()
    )
    log = (places.LOGS / "outside.log").read_text()
    assert "A public page: GET 200" in log
    for word in ("kanariefugl", "Kanariefugl", "by-lejre", "Sidder alene"):
        assert word not in log
    pages = [row for row in log.splitlines() if "A public page" in row]
    assert not [row for row in pages if "127.0.0.1" in row]


def check(site, runtime, database):
    """Return what the database says of the municipality's referrals."""
    script = CHECK % {"company": site.company, "known": site.known}
    output = runtime.shell(database, script, places.LOGS / "hostile.log")
    line = next(row for row in output.splitlines() if "CHECK " in row)
    return json.loads(line.split("CHECK ", 1)[1])
