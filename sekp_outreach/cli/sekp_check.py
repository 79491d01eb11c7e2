import logging
import sys

from odoo import SUPERUSER_ID
from odoo.api import Environment
from odoo.cli.command import Command
from odoo.modules.registry import Registry
from odoo.tools import config


class SekpCheck(Command):
    """Say whether everything holds that always has to; change nothing."""

    name = "sekp_check"
    description = """
        Say whether everything holds that always has to; change nothing.

        What is wrong is told by models and numbers, and never what is told of a person.
        The exit code is 1 when something is wrong.
    """

    def say(self, text):
        """Write a line for the administrator, at once."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def run(self, args):
        """Do what the command line says, and tell the shell whether all is well."""
        parser = config.parser
        parser.prog, parser.description = self.prog, None
        config.parse_config(["--no-http", *args], setup_logging=True)
        if len(config["db_name"]) != 1:
            sys.exit("Name one database with -d.")
        logging.getLogger("odoo.modules.registry").setLevel(logging.WARNING)
        wrong = 0
        with Registry(config["db_name"][0]).cursor() as cr:
            env = Environment(cr, SUPERUSER_ID, {})
            if "sekp.check" not in env:
                sys.exit("SEKP Outreach is not installed in this database.")
            check = env["sekp.check"]
            for name in check._invariants():
                problems = check._problems(only=[name])
                what = getattr(type(check), name).__doc__.splitlines()[0]
                self.say(f"{'WRONG' if problems else 'holds'}  {what}")
                for problem in problems:
                    self.say(f"       {problem}")
                wrong += len(problems)
            cr.rollback()
        self.say(f"{wrong} wrong." if wrong else "All holds.")
        sys.exit(1 if wrong else 0)
