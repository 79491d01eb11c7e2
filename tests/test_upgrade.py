"""Databases of older versions become databases of the present one, and all holds.

Ordinarily the oldest, which passes through every migration. Each of them::

    SEKP_WHOLE=1 make test T=upgrade
"""

import json
import os

import pytest

from dev import databases, places, upgrade
from dev.log import records

WHOLE = bool(os.environ.get("SEKP_WHOLE"))
DATABASE = "sekp_upgrade"
ASK = """
import json
mixin = env["sekp.confidential.mixin"]
words = set()
for name in mixin._confidential_models():
    Model = env[name].with_context(active_test=False)
    texts = [
        field.name for field in Model._fields.values()
        if field.store and field.column_type and field.type in ("char", "text")
        and field.name in Model._sekp_person_fields
    ]
    for row in Model.search([]).read(texts, load=None) if texts else ():
        words |= {row[text] for text in texts if len(row[text] or "") >= 12}
env.cr.execute(
    "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() "
    "AND NOT starts_with(tablename, 'sekp_') AND tablename <> 'mail_activity'"
)
spread = []
for (table,) in env.cr.fetchall():
    env.cr.execute(f'SELECT t::text FROM "{table}" t')
    text = chr(10).join(row for (row,) in env.cr.fetchall())
    spread += [(table, word) for word in words if word in text]
print("FOUND", json.dumps({
    "problems": env["sekp.check"]._problems(), "words": len(words), "spread": spread,
    "courses": env["sekp.course"].search_count([]),
    "contacts": env["sekp.contact"].search_count([]),
    "version": env.ref("base.module_sekp_outreach").latest_version,
}))
"""


@pytest.mark.parametrize(
    "dump",
    upgrade.dumps() if WHOLE else upgrade.dumps()[:1],
    ids=lambda dump: dump.name.removesuffix(upgrade.SUFFIX),
)
def test_an_older_version_is_brought_to_the_present(runtime, dump, tmp_path):
    upgrade.restore(runtime, dump, DATABASE)
    try:
        counted = {
            name: runtime.postgres.rows(
                f"SELECT count(*) FROM sekp_{name}",  # noqa: S608
                database=DATABASE,
            )[0][0]
            for name in ("course", "contact")
        }
        log = places.LOGS / "upgrade.log"
        runtime.prepare(
            "Upgrade", log, "-d", DATABASE, "-u", places.MODULE, "--no-http"
        )
        with log.open() as file:
            bad = [str(record) for record in records(file) if record.bad]
        assert not bad
        output = runtime.shell(DATABASE, ASK, tmp_path / "ask.log")
        line = next(row for row in output.splitlines() if "FOUND " in row)
        found = json.loads(line.split("FOUND ", 1)[1])
        assert found["version"] == upgrade.version()
        assert counted == {"course": found["courses"], "contact": found["contacts"]}
        assert counted["course"] > 10
        assert found["words"] > 10
        assert found["spread"] == []
        assert found["problems"] == []
    finally:
        databases.drop(runtime.postgres, DATABASE)
