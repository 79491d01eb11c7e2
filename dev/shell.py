"""Odoo's shell on the demo database, and the texts generated through it."""

import signal
import subprocess

from . import databases, odoo_source, places, postgres, run
from .say import line
from .server import START, Runtime

TABLE = "print(env['sekp.standard']._requirement_table(), end='')\n"


def shell():
    """An interactive shell, with the terminal's own input and output."""
    odoo = odoo_source.find()
    with postgres.running() as server:
        runtime = Runtime(odoo, server)
        with places.lock(places.STATE, "demo", "`make run` holds the demo database."):
            run.prepare(runtime)
            command = [*START, "shell", "-c"]
            # Ctrl-C is the shell's; this process only waits for it.
            signal.signal(signal.SIGINT, lambda *_: None)
            return subprocess.call(
                [*command, str(runtime.configure()), "-d", run.DATABASE, "--no-http"],
                env=runtime.environment(),
                cwd=places.STATE,
            )


def standards_table():
    """Write docs/standards.md from what the presets say."""
    databases.require_addon()
    odoo = odoo_source.find()
    with postgres.running() as server:
        runtime = Runtime(odoo, server)
        name = databases.ready(runtime, browsing=False)
        text = runtime.shell(name, TABLE, places.LOGS / "shell.log")
    target = places.make(places.ROOT / "docs") / "standards.md"
    target.write_text(text.rstrip() + "\n")
    line(f"Written: {target.relative_to(places.ROOT)}")
