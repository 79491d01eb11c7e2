"""What the bench reads out of logs, plans and figures, and what it makes of them."""

from dev.bench import report
from dev.bench.client import Call
from dev.bench.crowd import of_another
from dev.bench.measure import FLOOR, PERF, Figure
from dev.bench.operations import CRM, OURS, PROJECT
from dev.bench.plans import Heard, Plans


def test_statements_are_heard_since_the_last_time(tmp_path):
    file = tmp_path / "heard"
    file.write_bytes(b'SELECT 1\n  FROM x\0SAVEPOINT "y"\0')
    heard = Heard(file)
    assert heard.new() == ["SELECT 1\n  FROM x"]
    with file.open("ab") as more:
        more.write(b"update x set y = 1\0")
    assert heard.new() == ["update x set y = 1"]
    heard.handle.close()


def test_a_request_tells_its_statements_and_seconds():
    row = '7 INFO db werkzeug: 127.0.0.1 "POST /web/x HTTP/1.1" 200 - 12 0.034 0.1\n'
    assert PERF.search(row).groups() == ("/web/x", "12", "0.034", "0.1")


def test_a_table_read_from_end_to_end_is_found_with_all_its_rows():
    plans, scans = Plans.__new__(Plans), set()
    plans.big = {"sekp_contact"}
    scan = {
        "Node Type": "Seq Scan", "Relation Name": "sekp_contact",
        "Plan Rows": 9, "Actual Loops": 2, "Actual Rows": 3,
        "Rows Removed by Filter": 4,
    }  # fmt: skip
    known = {"Node Type": "Index Scan", "Relation Name": "res_users", "Plan Rows": 1}
    tree = {"Node Type": "Nested Loop", "Plans": [scan, known]}
    assert sum(plans.nodes(tree, scans)) == 15
    assert scans == {"sekp_contact"}


def test_another_contact_person_asks_for_the_own():
    context = {"uid": 5, "allowed_company_ids": [2]}
    domain = ["&", ["contact_person_id", "=", 5], ["id", ">", 3], ["x", "in", [5]]]
    asked = Call("/p", {"args": [], "kwargs": {"domain": domain, "context": context}})
    kwargs = of_another(asked, (5, 2, 80), (50, 20, 800)).params["kwargs"]
    assert kwargs == {
        "context": {"uid": 50, "allowed_company_ids": [20]},
        "domain": [
            "&", ["contact_person_id", "=", 50], ["id", ">", 3], ["x", "in", [50]],
        ],
    }  # fmt: skip
    opened = Call("/p", {"args": [[80]], "kwargs": {"context": context}})
    other = of_another(opened, (5, 2, 80), (50, 20, 800))
    assert other.params["args"] == [[800]]
    assert opened.params["args"] == [[80]]


def figures(median, rows, scans=()):
    """All operations that goals are about, equal to each other."""
    names = {*report.BUDGET, "log a contact", "my day"}
    return [
        Figure(FLOOR, "", "", 1, 1.0, 1.0),
        *(
            Figure(name, whose, "", 1, time, time, 1, 1.0, rows, list(scans))
            for name in sorted(names)
            for whose, time in ((OURS, median), (CRM, 6.0), (PROJECT, 8.0))
        ),
    ]


def test_goals_hold_and_fall_short():
    good = {size: {"figures": figures(3.0, 40)} for size in report.SIZES}
    assert report.short(good) == []
    slow = good | {report.LARGE: {"figures": figures(7.0, 400, ["sekp_contact"])}}
    short = "\n".join(report.short(slow))
    for words in (
        "my day: grows with the country by an exponent of at most 0.05: rows read 0.56",
        "board: at most the time of crm: 1.17",
        "open: at most half the time of the best peer: 1.17",
        "own list: at most 3 times the empty call: 7.0",
        "look up: no table that grows is read from end to end: sekp_contact",
    ):
        assert words in short
    assert "**short**" in report.page(slow)


def test_what_is_below_a_millisecond_does_not_grow():
    assert report.exponent(0.01, 0.9, 60) == 0
    assert round(report.exponent(2, 120, 60), 6) == 1
