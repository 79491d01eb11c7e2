"""One night of the whole country: its scheduled jobs, while people still work."""

import threading
import time
from contextlib import suppress
from pathlib import Path

from .. import places
from ..say import Quit, step
from .crowd import Crowd, Told
from .measure import Bench

AWAKE, LONGEST = 10, 3600
OURS = """
    SELECT c.id FROM ir_cron c
      JOIN ir_model_data d ON d.model = 'ir.cron' AND d.res_id = c.id
     WHERE d.module = 'sekp_outreach' AND c.active
"""
TOLD = """
    UPDATE res_company
       SET sekp_statistic_from = date_trunc('month', now()) - interval '5 months',
           sekp_statistic_closed = date_trunc('month', now()) - interval '3 months'
     WHERE sekp_statistic_closed IS NULL
"""
WAKE = "SELECT pg_notify('cron_trigger', %s)"
FAILED = "SELECT sum(failure_count) FROM ir_cron WHERE id = ANY(%s)"
LEFT = """
    SELECT count(*) FROM ir_cron c
     WHERE id = ANY(%s) AND (lastcall IS NULL OR lastcall < %s
        OR EXISTS (SELECT FROM ir_cron_trigger t
                    WHERE t.cron_id = c.id AND t.call_at <= now() AT TIME ZONE 'UTC'))
"""


def peak(process):
    """The most memory a process had, in MB."""
    with suppress(OSError):
        for row in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if row.startswith("VmHWM"):
                return int(row.split()[1]) / 1024
    return 0.0


def sleep_in(runtime, database):
    """Let only our jobs be due, all of them now; gives their ids."""
    ids = [job for (job,) in runtime.postgres.rows(OURS, database=database)]
    # Of the figures one month is still to be told, as in the night when one closes.
    runtime.postgres.rows(TOLD, database=database)
    change = (
        "UPDATE ir_cron SET active = id = ANY(%s), nextcall = now() - interval '1h'"
    )
    runtime.postgres.rows(change, ids, database=database)
    return ids


def run_jobs(runtime, database, text):
    """Let the jobs run to their end in a process of their own.

    :return: seconds in all, the most memory in MB, and how often one failed
    """
    ids = sleep_in(runtime, database)
    rows = runtime.postgres.rows
    ((now,),) = rows("SELECT now() AT TIME ZONE 'UTC'", database=database)
    file = places.LOGS / f"{database}.night.log"
    command = ("-d", database, "--no-http", "--max-cron-threads=1")
    # Longer than a server's own limit would allow: what takes long is to be seen.
    limits = ("--limit-time-real-cron=3600", "--limit-time-real=3600")
    begun = time.monotonic()
    with (
        step(text) as telling,
        runtime.running(file, *command, *limits) as (process, told),
    ):
        # Its rows go into the file as they are read.
        threading.Thread(target=lambda: list(told), daemon=True).start()
        while rows(LEFT, ids, now, database=database)[0][0]:
            if time.monotonic() - begun > LONGEST:
                raise Quit(f"The night did not end: see {file}.")
            telling.progress(f"{time.monotonic() - begun:.0f} s")
            # What is partly done goes on at once, not at the server's next look.
            rows(WAKE, database, database="postgres")
            time.sleep(1)
        seconds, most = time.monotonic() - begun, peak(process)
    failed = rows(FAILED, ids, database=database)[0][0]
    return {"seconds": seconds, "memory": most, "failed": failed}


def measure(runtime, database, recorded):
    """How long the jobs take, and what those meet who work meanwhile.

    The first night finds days of ten years that no job has sealed and months to tell;
    the second is as any other.
    """
    told = {"backlog": run_jobs(runtime, database, "What ten years have left")}
    bench = Bench(runtime, database)
    with bench.serving("night"):
        few = Crowd(bench, recorded, AWAKE)
        told["quiet"] = few.live(30).summary()
        seen = Told(len(few.people))
        over = threading.Event()

        def work():
            begun = time.monotonic()
            while not over.is_set():
                part = few.live(5)
                seen.walls += part.walls
                seen.refused += part.refused
                seen.again += part.again
            seen.seconds = time.monotonic() - begun

        people = threading.Thread(target=work)
        people.start()
        try:
            told["night"] = run_jobs(runtime, database, "A night")
        finally:
            over.set()
            people.join()
        told["meanwhile"] = seen.summary()
    return told
