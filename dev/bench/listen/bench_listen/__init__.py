"""Writes every SQL statement of a server down, for databases of the bench only.

Odoo's own log would not do: the addon keeps statements about persons out of it.
"""

import os

from odoo.sql_db import Cursor

FILE = os.open(os.environ["SEKP_BENCH_SQL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
plain = Cursor.execute


def execute(self, query, params=None, log_exceptions=True):
    try:
        return plain(self, query, params, log_exceptions)
    finally:
        os.write(FILE, (self._obj.query or b"") + b"\0")


Cursor.execute = execute
