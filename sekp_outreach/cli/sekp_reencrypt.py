import logging
import sys
import time
from optparse import OptionGroup

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID
from odoo.api import Environment
from odoo.cli.command import Command
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.tools import config

BATCH = 50
PATIENCE = 30


def say(text):
    """Write a line for the administrator, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class SekpReencrypt(Command):
    """Encrypt with the newest key what older keys have encrypted."""

    name = "sekp_reencrypt"
    description = """
        Encrypt with the newest key what older keys have encrypted.

        Each batch is committed. The command may be broken off and started again, and
        Odoo may be used meanwhile. At the end it says which keys are still needed.
    """

    def run(self, args):
        """Do what the command line says, and tell the shell whether all is done."""
        parser = config.parser
        parser.prog, parser.description = self.prog, None
        group = OptionGroup(parser, "Re-encryption", self.__doc__)
        group.add_option(
            "--batch",
            dest="sekp_batch",
            type="int",
            file_loadable=False,
            help=f"how many records to encrypt at a time ({BATCH})",
        )
        parser.add_option_group(group)
        options = config.parse_config(["--no-http", *args], setup_logging=True)
        batch = BATCH if options.sekp_batch is None else options.sekp_batch
        if len(config["db_name"]) != 1 or batch < 1:
            sys.exit("Name one database with -d, and a batch of at least 1.")
        logging.getLogger("odoo.modules.registry").setLevel(logging.WARNING)
        try:
            with Registry(config["db_name"][0]).cursor() as cr:
                env = Environment(cr, SUPERUSER_ID, {})
                if "sekp.vault" not in env:
                    sys.exit("SEKP Outreach is not installed in this database.")
                complete = self.reencrypt(env["sekp.vault"], batch)
                self.tell_keys(env["sekp.vault"])
        except UserError as error:
            sys.exit(str(error))
        except KeyboardInterrupt:
            sys.exit("Broken off. Start the command again to go on.")
        sys.exit(0 if complete else 1)

    # --- the work -----------------------------------------------------------------
    def reencrypt(self, vault, batch):
        """Seal everything anew, once more while something was held by others.

        :return: whether nothing is left
        """
        if not vault._left_older():
            say("Nothing to do: everything is under the newest key.")
            return True
        for _time in range(PATIENCE):
            failed = self.one_pass(vault, batch)
            left = vault._left_older()
            vault.env.cr.commit()
            if left <= len(failed):
                break
            time.sleep(1)
        for sentence in sorted(set(failed.values())):
            count = list(failed.values()).count(sentence)
            say(f"{count} could not be encrypted anew: {sentence}")
        for model, id_ in sorted(failed):
            say(f"  {model} {id_}")
        if left > len(failed):
            say(f"{left - len(failed)} are in use at the moment. Start again later.")
        return not left

    def one_pass(self, vault, batch):
        """Go once through everything; return what failed and why."""
        failed = {}
        while True:
            try:
                for progress in vault._reencrypt(batch):
                    vault.env.cr.commit()
                    for id_, sentence in progress.failed.items():
                        failed[progress.model, id_] = sentence
                    say(f"{progress.model}: {progress.done} of {progress.total}")
            except SerializationFailure:
                # Somebody changed the same record. What is done stays done.
                vault.env.cr.rollback()
            else:
                return failed

    # --- the keys -----------------------------------------------------------------
    def tell_keys(self, vault):
        """Say what each key of the ring is still needed for."""
        at_hand = vault._ring().fingerprints
        resealed = vault._resealed_models()
        for fingerprint, held in vault._keys_in_use().items():
            where = ", ".join(f"{count} of {model}" for model, count in held.items())
            if not fingerprint:
                say(f"Damaged, under no key: {where}.")
                continue
            if fingerprint == vault._fingerprint():
                say(f"Key {fingerprint} is the newest: it encrypts.")
                continue
            if not held:
                say(
                    f"Key {fingerprint} is needed for nothing in this database and may "
                    "be taken out. Keep it as long as backups from before today."
                )
                continue
            missing = "" if fingerprint in at_hand else " AND IS MISSING"
            say(f"Key {fingerprint} is still needed{missing}: {where}.")
            if "sekp.access.seal" in held:
                say("  Seals of the access log keep their key for ever.")
            if "sekp.identity.lookup" in held:
                say("  Numbers to find citizens by follow with the identities.")
            if set(held) & set(resealed):
                say("  Start this command again when what is said above is mended.")
