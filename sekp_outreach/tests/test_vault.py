import logging
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import config

from ..models.sekp_vault import FOLDER, OPTION_FILE, OPTION_KEYS, SekpVault
from ..tools import cipher

CANARY = b"canary in the vault"
# Each process waits for the same moment, so that all make the file at once.
MAKE = """
import sys, time
sys.path.insert(0, sys.argv[1])
from tools import key_file
while time.time() < float(sys.argv[4]):
    pass
print(key_file.make(sys.argv[2], sys.argv[3]))
"""


class VaultCase(TransactionCase):
    """A vault whose keys lie in a folder of the test's own."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "keys" / "test.key"
        self.configure(**{OPTION_FILE: str(self.path)})
        self.vault = self.env["sekp.vault"]

    def configure(self, **options):
        """Set options of the server for the rest of the test."""
        patcher = patch.dict(config.options.maps[0], options)
        patcher.start()
        self.addCleanup(patcher.stop)

    def write_keys(self, *keys, mode=0o600):
        """Let the key file hold these keys, newest first."""
        self.path.parent.mkdir(mode=0o700, exist_ok=True)
        self.path.write_text("".join(f"{key}\n" for key in keys))
        self.path.chmod(mode)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestVault(VaultCase):
    """The key: where it lies, how it comes about, and what happens without it."""

    def seal(self):
        return self.vault._encrypt(CANARY, "document", "here")

    def opens(self, sealed):
        return self.vault._decrypt(sealed, "document", "here") == CANARY

    def test_the_key_is_made_at_first_need_for_its_owner_only(self):
        self.assertEqual(self.vault._fingerprint(), "")
        self.assertFalse(self.path.exists())
        with self.assertLogs("odoo.addons.sekp_outreach", logging.INFO) as log:
            sealed = self.seal()
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.path.parent.stat().st_mode), 0o700)
        self.assertEqual(list(self.path.parent.iterdir()), [self.path])
        self.assertIn("copy", log.output[0])
        self.assertNotIn(self.path.read_text().strip(), "".join(log.output))
        self.assertTrue(self.opens(sealed))
        self.assertNotIn(CANARY, sealed)
        self.assertEqual(cipher.fingerprint_of(sealed), self.vault._fingerprint())

    def test_it_lies_beside_the_filestore_under_the_uuid(self):
        self.configure(**{OPTION_FILE: ""})
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("database.uuid", "../../etc/00000000-aaaa")
        path = Path(self.vault._key_path())
        self.assertEqual(path, Path(config["data_dir"], FOLDER, "etc00000000-aaaa.key"))
        self.assertNotIn(config.filestore(self.env.cr.dbname), str(path))

    def test_the_configuration_can_hold_the_keys(self):
        key = cipher.new_key()
        self.configure(**{OPTION_KEYS: key})
        self.assertTrue(self.opens(self.seal()))
        self.assertFalse(self.path.exists())
        self.configure(**{OPTION_KEYS: "nonsense"})
        with self.assertRaises(UserError) as error:
            self.seal()
        self.assertNotIn("nonsense", str(error.exception))

    def test_a_key_file_that_others_may_read_is_refused(self):
        for mode in (0o640, 0o604, 0o660, 0o700 | stat.S_IXOTH):
            self.write_keys(cipher.new_key(), mode=mode)
            with self.assertRaisesRegex(UserError, "0600"):
                self.seal()
        self.path.chmod(0o400)
        self.assertTrue(self.opens(self.seal()))

    def test_a_folder_in_the_place_of_the_key_is_a_sentence(self):
        self.path.mkdir(parents=True)
        with self.assertRaisesRegex(UserError, "administrator"):
            self.seal()

    def test_a_new_key_encrypts_and_the_old_one_still_opens(self):
        old, new = cipher.new_key(), cipher.new_key()
        self.write_keys(old)
        sealed, digest = self.seal(), self.vault._hash("seal", CANARY)
        before = self.vault._fingerprint()
        self.write_keys(new, old)
        self.assertNotEqual(self.vault._fingerprint(), before)
        self.assertTrue(self.opens(sealed))
        self.assertTrue(self.opens(self.seal()))
        self.assertNotEqual(self.vault._hash("seal", CANARY), digest)
        self.assertIn(digest, self.vault._hashes("seal", CANARY))
        self.assertTrue(self.vault._hash_matches("seal", CANARY, digest))
        self.assertFalse(self.vault._hash_matches("seal", CANARY + b"!", digest))
        self.write_keys(new)
        for act in (
            lambda: self.opens(sealed),
            lambda: self.vault._hash_matches("seal", CANARY, digest),
        ):
            with self.assertRaisesRegex(UserError, before):
                act()

    def test_administrators_are_told_to_keep_a_copy(self):
        settings = self.env["res.config.settings"].create({})

        def told():
            settings.invalidate_recordset()
            return settings.sekp_key_state

        self.assertIn("first document", told())
        self.seal()
        self.assertIn(self.vault._fingerprint(), told())
        self.assertIn("copy", told())
        self.assertNotIn(str(self.path), told())
        self.path.chmod(0o644)
        self.assertIn("0600", told())

    def test_purpose_and_place_belong_to_the_ciphertext(self):
        sealed = self.seal()
        for arguments in (("identity", "here"), ("document", "there")):
            with self.assertRaisesRegex(UserError, "damaged"):
                self.vault._decrypt(sealed, *arguments)
        for position in (0, 8, 15, len(sealed) - 1):
            broken = bytearray(sealed)
            broken[position] ^= 1
            with self.assertRaises(UserError) as error:
                self.vault._decrypt(bytes(broken), "document", "here")
            self.assertNotIn("canary", str(error.exception))
        with self.assertRaisesRegex(UserError, "damaged"):
            self.vault._decrypt(b"", "document", "here")

    def test_no_method_of_the_vault_answers_from_outside(self):
        public = [
            name
            for name, value in vars(SekpVault).items()
            if callable(value) and not name.startswith("_")
        ]
        self.assertFalse(public)

    def test_processes_that_make_the_key_at_once_end_with_one(self):
        addon = str(Path(cipher.__file__).parent.parent)
        start = str(time.time() + 1)
        keys = [f"{cipher.new_key()}\n" for _number in range(6)]
        processes = [
            subprocess.Popen(  # noqa: S603
                [sys.executable, "-c", MAKE, addon, str(self.path), key, start],
                stdout=subprocess.PIPE,
                text=True,
            )
            for key in keys
        ]
        answers = [process.communicate(timeout=30)[0] for process in processes]
        self.assertEqual(sorted(answers), ["False\n"] * 5 + ["True\n"])
        self.assertEqual(self.path.read_text(), keys[answers.index("True\n")])
        self.assertEqual(list(self.path.parent.iterdir()), [self.path])
        self.assertTrue(self.opens(self.seal()))
