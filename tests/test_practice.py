"""A database to practise in: filled by a command, lets no mail out, is dropped."""

import subprocess

from dev import databases
from dev.server import START

DATABASE = "sekp_practice"
PASSWORD = "oevelse-i-dag"


def command(runtime, name, said=""):
    addons = f"--addons-path={runtime.configure().parent.parent}"
    words = [*START, addons, name, "-c", str(runtime.configure())]
    with runtime.child(
        [*words, "-d", DATABASE, "--log-level=error"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        output, errors = process.communicate(f"{said}\n", timeout=300)
        return process.returncode, output, errors


def practise(runtime, password):
    return command(runtime, "sekp_practice", password)


def test_a_database_to_practise_in(runtime):
    source = databases.ready(runtime, browsing=False)
    databases.copy(runtime.postgres, source, DATABASE)
    try:
        code, _output, errors = practise(runtime, "kort")
        assert code
        assert "at least 8" in errors
        query = "SELECT count(*) FROM sekp_citizen"
        assert runtime.postgres.rows(query, database=DATABASE) == [(0,)]

        code, output, errors = practise(runtime, PASSWORD)
        assert not code, errors
        assert "ida: Contact person" in output
        assert ".key" in output
        ((citizens,),) = runtime.postgres.rows(query, database=DATABASE)
        assert citizens > 5
        servers = "SELECT smtp_host FROM ir_mail_server WHERE active"
        assert runtime.postgres.rows(servers, database=DATABASE) == [("invalid",)]
        mails = "SELECT count(*) FROM mail_mail WHERE state = 'sent'"
        assert runtime.postgres.rows(mails, database=DATABASE) == [(0,)]

        code, output, errors = command(runtime, "sekp_check")
        assert not code, output + errors
        assert output.endswith("All holds.\n")
        runtime.postgres.rows(
            "DELETE FROM mail_activity WHERE automated", database=DATABASE
        )
        code, output, errors = command(runtime, "sekp_check")
        assert code == 1, errors
        assert "WRONG  Who waits for something has an obligation for it" in output

        code, _output, errors = practise(runtime, PASSWORD)
        assert code
        assert "holds citizens" in errors
        assert runtime.postgres.rows(query, database=DATABASE) == [(citizens,)]
    finally:
        databases.drop(runtime.postgres, DATABASE)
