"""What the tests from outside share: a server of their own with the addon."""

import pytest

from dev import databases, log, odoo_source, places, postgres, server

DATABASE = "sekp_outside"


@pytest.fixture(scope="session")
def runtime():
    """Odoo and PostgreSQL, as the commands use them."""
    odoo = odoo_source.find()
    with postgres.running() as running:
        yield server.Runtime(odoo, running)


@pytest.fixture(scope="session")
def database(runtime):
    """A fresh database with the addon and without demo data."""
    source = databases.ready(runtime, browsing=True)
    databases.copy(runtime.postgres, source, DATABASE)
    yield DATABASE
    databases.drop(runtime.postgres, DATABASE)


@pytest.fixture(scope="session")
def address(runtime, database):
    """The address of a live Odoo on that database."""
    with server.live(runtime, database, places.LOGS / "outside.log") as found:
        yield found


@pytest.fixture(scope="session")
def expected():
    """Texts of warnings that a test provokes on purpose and adds here."""
    return set()


@pytest.fixture(scope="session", autouse=True)
def _clean_log(address, expected):
    """Whatever the tests asked for, the log has no warning but the expected ones."""
    yield
    with (places.LOGS / "outside.log").open() as file:
        found = [record for record in log.records(file) if record.bad]
    bad = [str(record) for record in found if record.text not in expected]
    assert not bad, "\n".join(bad)
