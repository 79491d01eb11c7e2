"""A live server answers, and gives nothing to one who is not logged in."""

import pytest
import requests


def test_healthy(address):
    answer = requests.get(f"{address}/web/health", timeout=30)
    assert answer.json() == {"status": "pass"}


def test_danish_is_installed(runtime, database):
    query = "SELECT active FROM res_lang WHERE code = 'da_DK'"
    assert runtime.postgres.rows(query, database=database) == [(True,)]


@pytest.mark.parametrize("model", ["sekp.standard", "res.users"])
def test_json2_refuses_the_nameless(address, model):
    answer = requests.post(
        f"{address}/json/2/{model}/search_read", json={"domain": []}, timeout=30
    )
    assert answer.status_code == 401
    assert answer.json()["name"] == "werkzeug.exceptions.Unauthorized"


def test_databases_are_not_listed(address, database, expected):
    expected.add("Access Denied")
    answer = requests.post(f"{address}/web/database/list", json={}, timeout=30)
    assert "error" in answer.json()
    assert database not in answer.text
