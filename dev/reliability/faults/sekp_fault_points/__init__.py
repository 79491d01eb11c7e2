"""Ends a process as ``kill -9`` does, at the statement of a request that it names.

A request bears ``X-Sekp-Fault``: ``17`` ends its process before its 17th statement,
``commit`` before it is committed, ``committed`` right after. ``count`` ends nothing and
writes down how many statements there were up to then: a message to other processes that
follows has a transaction of its own.
"""

import os
import signal
from pathlib import Path

from odoo import http
from odoo.sql_db import Cursor

HEADER = "X-Sekp-Fault"
COUNT = Path(os.environ["SEKP_FAULTS"])
execute, commit = Cursor.execute, Cursor.commit


def asked():
    """What the request that is answered at the moment asks for."""
    request = http.request
    return request.httprequest.headers.get(HEADER, "") if request else ""


def end():
    os.kill(os.getpid(), signal.SIGKILL)


def counted(self, *args, **kwargs):
    fault = asked()
    if fault:
        environ = http.request.httprequest.environ
        number = environ["sekp.statements"] = environ.get("sekp.statements", 0) + 1
        if fault == str(number):
            end()
    return execute(self, *args, **kwargs)


def committed(self):
    fault = asked()
    if fault and (not http.request.env or http.request.env.cr is not self):
        fault = ""
    if fault == "commit":
        end()
    elif fault == "count":
        environ = http.request.httprequest.environ
        COUNT.write_text(str(environ.get("sekp.statements", 0)))
    result = commit(self)
    if fault == "committed":
        end()
    return result


Cursor.execute, Cursor.commit = counted, committed
