import getpass
import sys

from odoo import SUPERUSER_ID
from odoo.api import Environment
from odoo.cli.command import Command
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.tools import config


class SekpPractice(Command):
    """Fill a database of its own with an invented municipality to practise in."""

    name = "sekp_practice"
    description = """
        Fill a database of its own with an invented municipality to practise in.

        The password of all invented colleagues is asked for, or read from the first
        line of the input. No mail leaves the database, and every page says that it is
        none to work in. Drop the database when you have practised enough: then nothing
        is left but its key file, whose name is said at the end.
    """

    def say(self, text):
        """Write a line for the administrator, at once."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def run(self, args):
        """Do what the command line says; all is done, or nothing."""
        parser = config.parser
        parser.prog, parser.description = self.prog, None
        config.parse_config(["--no-http", *args], setup_logging=True)
        if len(config["db_name"]) != 1:
            sys.exit("Name one database with -d.")
        if sys.stdin.isatty():
            password = getpass.getpass("Password of all invented colleagues: ")
        else:
            password = sys.stdin.readline().rstrip("\n")
        try:
            with Registry(config["db_name"][0]).cursor() as cr:
                env = Environment(cr, SUPERUSER_ID, {})
                if "sekp.practice" not in env:
                    sys.exit("SEKP Outreach is not installed in this database.")
                logins = env["sekp.practice"]._fill_for_practice(password)
                path = env["sekp.vault"]._key_path()
        except UserError as error:
            sys.exit(str(error))
        for login, role in logins:
            self.say(f"{login}: {role}")
        self.say(f"To take it away: drop the database and delete {path}.")
        sys.exit(0)
