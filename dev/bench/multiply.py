"""Rows of a town, many times over: every copy with its own ids, in plain SQL.

Which columns name which rows is read from the foreign keys of the database, so that a
new model is copied as soon as its table is named here.
"""

from contextlib import closing

# What belongs to citizens and those who work with them, in any order.
CASES = [
    "sekp_citizen",
    "sekp_referral",
    "sekp_course",
    "sekp_assignment",
    "sekp_contact",
    "sekp_contact_sekp_support_function_rel",
    "sekp_deadline",
    "sekp_appointment",
    "sekp_appointment_block",
    "sekp_appointment_worker_rel",
    "sekp_review",
    "sekp_goal",
    "sekp_grant",
    "sekp_history",
    "sekp_access_log",
    "sekp_statistic_entry",
    "sekp_referral_sekp_target_group_rel",
    "sekp_citizen_sekp_target_group_rel",
    "mail_activity",
    "calendar_event",
    "calendar_attendee",
    "calendar_event_res_partner_rel",
    "sekp_identity_wish",
]
PEOPLE = [
    "res_partner",
    "res_users",
    "res_groups_users_rel",
    "res_company_users_rel",
    "sekp_team",
    "sekp_team_intake_rel",
    "sekp_team_member_rel",
    "sekp_team_supervisor_rel",
]
PEERS = [
    "crm_lead",
    "project_project",
    "project_task",
    "project_task_user_rel",
    "project_task_type",
    "project_task_type_rel",
    "mail_message",
    "mail_followers",
    "mail_alias",
    "mail_followers_mail_message_subtype_rel",
    "mail_message_res_partner_rel",
]
# Columns that name a record together with a column that names its model.
LOOSE = {
    ("sekp_history", "record_id"): "record_model",
    ("sekp_access_log", "record_id"): "model",
    ("mail_activity", "res_id"): "res_model",
    ("mail_message", "res_id"): "model",
    ("mail_followers", "res_id"): "res_model",
    ("calendar_event", "res_id"): "res_model",
}
# Columns whose text must be another in every copy.
UNIQUE = {
    "reference", "references", "course_reference", "login", "email",
    "email_normalized", "message_id",
}  # fmt: skip
# What is unique in ways that a copy cannot be: left out of the copies.
EMPTY = {"access_token", "alias_id", "alias_name", "series_id", "signup_type"}
# When a row of these was written.
WRITTEN = {"sekp_contact": "started_at", "sekp_access_log": "at"}
BIG = 50_000
COLUMNS = """
    SELECT attname, format_type(atttypid, atttypmod)
      FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0
       AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
"""
KEYS = """
    SELECT a.attname, c.confrelid::regclass::text
      FROM pg_constraint c JOIN pg_attribute a
        ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
     WHERE c.conrelid = %s::regclass AND c.contype = 'f'
"""
LINKS = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
     WHERE conrelid = %s::regclass AND contype = 'f'
"""
INDEXES = """
    SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid),
           obj_description(i.indexrelid, 'pg_class')
      FROM pg_index i WHERE i.indrelid = %s::regclass AND NOT i.indisprimary
       AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""


class Copier:
    """One database whose rows are multiplied.

    :param server: PostgreSQL
    :param str database: where
    """

    def __init__(self, server, database):
        self.server, self.database = server, database

    def rows(self, query, *values):
        return self.server.rows(query, *values, database=self.database)

    def tops(self):
        """The greatest id of each table that has ids."""
        found = {}
        for table in (*CASES, *PEOPLE, *PEERS):
            if any(name == "id" for name, _type in self.rows(COLUMNS, table)):
                query = f'SELECT COALESCE(max(id), 0) FROM "{table}"'
                ((found[table],),) = self.rows(query)
        return found

    def in_order(self):
        """Lay rows on the disk as years would have: in the order of their time."""
        for table, column in WRITTEN.items():
            self.rows(f"CREATE INDEX bench_order ON {table} ({column})")
            self.rows(f"CLUSTER {table} USING bench_order")
            self.rows("DROP INDEX bench_order")

    def multiply(self, tables, bottom, copies, shift=0, telling=None, label=""):
        """Copy what was added to tables since ``bottom`` was taken.

        :param tables: names
        :param dict bottom: of :meth:`tops`, before those rows were made
        :param copies: for each copy the id of its municipality and of its standard
        :param int shift: so many days earlier is each copy than the one before
        :param telling: is told which table is being copied
        :param str label: tells the codes of these copies from those of others
        """
        top = self.tops()
        self.label = label
        self.bottom, self.tables = bottom, set(tables)
        self.stride = {name: top[name] - bottom[name] for name in top}
        self.top = top
        self.home, self.standard = self.own()
        values = ", ".join(
            f"({k}, {company}, {standard})"
            for k, (company, standard) in enumerate(copies, 1)
        )
        units = f"(VALUES {values}) u(k, company, standard)"
        keys = {table: dict(self.rows(KEYS, table)) for table in tables}
        links = [(table, *link) for table in tables for link in self.rows(LINKS, table)]
        # Rows name each other both ways: their keys are laid down again behind them.
        for table, name, _text in links:
            self.rows(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
        for table in tables:
            if telling:
                telling(table)
            self.copy(table, keys[table], units, len(copies), shift)
        for table, name, text in links:
            self.rows(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {text}')
        for table in tables:
            if table in top:
                self.rows(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "
                    f'(SELECT max(id) + 1 FROM "{table}"))'
                )

    def copy(self, table, keys, units, copies, shift):
        columns = self.rows(COLUMNS, table)
        names = [name for name, _type in columns]
        told = [self.value(table, name, kind, keys, shift) for name, kind in columns]
        where = self.which(table, names, keys)
        quoted = ", ".join(f'"{name}"' for name in names)
        query = (
            f'INSERT INTO "{table}" ({quoted}) '
            f'SELECT {", ".join(told)} FROM "{table}" t CROSS JOIN {units} '
            f"WHERE {where}"
        )
        count = self.rows(f'SELECT count(*) FROM "{table}" t WHERE {where}')[0][0]
        if not count:
            return
        if count * copies < BIG:
            self.rows(query)
        else:
            self.bulk(table, query)

    def bulk(self, table, query):
        """Add many rows: the indexes are made again behind them."""
        indexes = self.rows(INDEXES, table)
        with (
            closing(self.server.connect(self.database)) as connection,
            connection.cursor() as cursor,
        ):
            connection.autocommit = False
            cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
            for name, _text, _comment in indexes:
                cursor.execute(f"DROP INDEX {name}")
            cursor.execute(query)
            for name, text, comment in indexes:
                cursor.execute(text)
                if comment:
                    # By it Odoo knows an index that has changed when it upgrades.
                    cursor.execute(f"COMMENT ON INDEX {name} IS %s", [comment])
            connection.commit()

    def which(self, table, names, keys):
        """The rows that are to be copied."""
        if "id" in names:
            return f"t.id > {self.bottom[table]} AND t.id <= {self.top[table]}"
        owner = next(
            name
            for name in names
            if keys.get(name) in self.tables and keys[name] in self.top
        )
        parent = keys[owner]
        return f'"{owner}" > {self.bottom[parent]} AND "{owner}" <= {self.top[parent]}'

    def value(self, table, name, kind, keys, shift):
        """What a column holds in copy ``u.k``."""
        column = f't."{name}"'
        if name == "id":
            return f"t.id + u.k * {self.stride[table]}"
        if name in EMPTY and not (table == "project_project" and name == "alias_id"):
            return "NULL"
        target = keys.get(name)
        if target in self.tables and target in self.top:
            return self.moved(column, target)
        if target == "res_company":
            return f"CASE {column} WHEN {self.home} THEN u.company ELSE {column} END"
        if target == "sekp_standard":
            return (
                f"CASE {column} WHEN {self.standard} THEN u.standard ELSE {column} END"
            )
        if target == "sekp_standard_deadline":
            return (
                "(SELECT there.id FROM sekp_standard_deadline here "
                "JOIN sekp_standard_deadline there ON there.kind = here.kind "
                f"WHERE here.id = {column} AND there.standard_id = u.standard)"
            )
        if model := LOOSE.get((table, name)):
            return self.loose(column, f't."{model}"')
        if name in UNIQUE and "sekp_course" in self.tables:
            return f"{column} || '.{self.label}' || u.k"
        if shift and kind == "date":
            return f"({column} - u.k * {shift})"
        if shift and kind.startswith("timestamp"):
            return f"({column} - u.k * INTERVAL '{shift} days')"
        return column

    def moved(self, column, table):
        """The same row's id in copy ``u.k``; rows that are not copied stay."""
        if not self.stride[table]:
            return column
        return (
            f"CASE WHEN {column} > {self.bottom[table]} "
            f"THEN {column} + u.k * {self.stride[table]} ELSE {column} END"
        )

    def loose(self, column, model):
        """The same for a column that names a row of any model."""
        cases = " ".join(
            f"WHEN '{table.replace('_', '.')}' THEN {self.moved(column, table)}"
            for table in sorted(self.tables & set(self.top))
        )
        return f"CASE {model} {cases} ELSE {column} END"

    def deepen(self, times, days):
        """Let each contact, and each row of the access log, have happened before.

        :param int times: how often
        :param int days: between two times
        """
        before = self.tops()
        bottom = dict.fromkeys(before, 0)
        tables = (
            "sekp_contact", "sekp_contact_sekp_support_function_rel",
            "sekp_access_log",
        )  # fmt: skip
        self.multiply(tables, bottom, [self.own()] * times, days)
        self.rows(
            "UPDATE sekp_course SET contact_count = contact_count * %s, attempt_count "
            "= attempt_count * %s, date_start = date_start - %s",
            times + 1, times + 1, times * days,
        )  # fmt: skip

    def own(self):
        """The first municipality and its standard."""
        return self.rows(
            "SELECT company_id, id FROM sekp_standard WHERE company_id IS NOT NULL"
            " AND state = 'adopted' ORDER BY id LIMIT 1"
        )[0]
