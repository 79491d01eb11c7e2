"""What PostgreSQL reads for a statement, from the plan it makes."""

import re
from contextlib import closing

READS = re.compile(r"^\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
CHANGES = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM)\b", re.IGNORECASE)
# What grows with citizens or contacts, or with the acts of those who work with them.
GROWING = 1_000
# These grow with the staff alone, whatever their size: no citizen is a partner.
STAFF = ("res_partner", "res_users")


class Heard:
    """The statements that a server has asked since the last time.

    :param file: in which it writes them, see ``listen``
    """

    def __init__(self, file):
        self.handle = open(file, "rb")  # noqa: SIM115, closed with it

    def new(self):
        """What it asked: statements that read or change."""
        found = self.handle.read().decode(errors="replace").split("\0")
        return [text for text in found if READS.match(text)]


class Plans:
    """Explains statements in a database, leaving no trace there."""

    def __init__(self, server, database):
        self.server, self.database = server, database
        self.big = {
            name
            for (name,) in server.rows(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples >= %s "
                "AND relname NOT IN %s",
                GROWING,
                STAFF,
                database=database,
            )
        }

    def read(self, texts):
        """Rows read, tables read from end to end, and the statement that read most.

        :param texts: SQL
        """
        total, scans, most = 0, set(), (0, "")
        with (
            closing(self.server.connect(self.database)) as connection,
            connection.cursor() as cursor,
        ):
            connection.autocommit = False
            for text in texts:
                analyse = "" if CHANGES.search(text) else "ANALYZE, TIMING OFF, "
                try:
                    cursor.execute(f"EXPLAIN ({analyse}FORMAT JSON) {text}")
                    plan = cursor.fetchone()[0][0]["Plan"]
                except Exception as error:
                    connection.rollback()
                    scans.add(f"not explained: {str(error).splitlines()[0][:80]}")
                    continue
                rows = sum(self.nodes(plan, scans))
                total += rows
                most = max(most, (rows, " ".join(text.split())[:400]))
                connection.rollback()
        return total, sorted(scans), f"{most[0]} rows: {most[1]}"

    def nodes(self, plan, scans):
        """The rows each scan of a plan touches."""
        if plan["Node Type"].endswith("Scan") and "Relation Name" in plan:
            loops = plan.get("Actual Loops", 1)
            kept = plan.get("Actual Rows", plan["Plan Rows"])
            lost = plan.get("Rows Removed by Filter", 0)
            lost += plan.get("Rows Removed by Index Recheck", 0)
            table = plan["Relation Name"]
            if plan["Node Type"] == "Seq Scan" and loops and table in self.big:
                scans.add(table)
            yield round((kept + lost) * loops)
        for inner in plan.get("Plans", ()):
            yield from self.nodes(inner, scans)
