import logging
import os
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, config

from ..tools import cipher, key_file

_logger = logging.getLogger(__name__)

FOLDER = "sekp_outreach_keys"
OPTION_KEYS = "sekp_outreach_keys"
OPTION_FILE = "sekp_outreach_key_file"


class Progress(NamedTuple):
    """How far the records of a model are sealed anew; ``failed`` of this batch."""

    model: str
    done: int
    total: int
    failed: dict


class SekpVault(models.AbstractModel):
    """Encryption with a key that is in neither the database nor the filestore.

    The keys come from the server's configuration (``sekp_outreach_keys``, or a file
    named by ``sekp_outreach_key_file``), or else from a file beside the filestore that
    is made at first need. The file is named after the database's uuid: it still fits
    when the database is renamed or moved, and a copy made for training, which Odoo
    gives a uuid of its own, cannot open what real people's records hold. A dump, with
    or without its filestore, does not contain it.

    Without the right key nothing is lost and nothing opens: a sentence names the key
    by its fingerprint. While anything sealed exists, no new key is made by itself.
    """

    _name = "sekp.vault"
    _description = "Vault"

    # {model: stored fields that hold a ciphertext in base64, or a keyed hash}
    _sealed_fields = {
        "sekp.document": ("sealed_facts",),
        "sekp.mail.held": ("sealed",),
        "sekp.identity": ("sealed_named", "sealed_registered"),
        "sekp.access.seal": ("digest",),
        "sekp.identity.lookup": ("digest",),
        "sekp.dialogue": ("code_digest",),
        "sekp.dialogue.message": ("sealed_text",),
    }

    # --- use ----------------------------------------------------------------------
    @api.model
    def _encrypt(self, data, purpose, binding):
        """Return ciphertext that opens for the same purpose and binding only.

        :param bytes data: what is to be sealed
        :param str purpose: one of ``tools.cipher.PURPOSES``
        :param str binding: what the ciphertext belongs to
        :raises UserError: naming the key that is missing
        """
        return self._with_ring(
            lambda ring: ring.encrypt(data, purpose, binding), make=True
        )

    @api.model
    def _decrypt(self, sealed, purpose, binding):
        """Return what was encrypted for this purpose and binding.

        :raises UserError: naming the missing key, or that the content is damaged
        """
        return self._with_ring(lambda ring: ring.decrypt(sealed, purpose, binding))

    @api.model
    def _hash(self, purpose, data):
        """Return the keyed hash of bytes by the newest key."""
        return self._with_ring(lambda ring: ring.hash(purpose, data), make=True)

    @api.model
    def _hashes(self, purpose, data):
        """Return the keyed hashes of bytes by every key: what to look up by."""
        return self._with_ring(lambda ring: ring.hashes(purpose, data))

    @api.model
    def _hash_matches(self, purpose, data, digest):
        """Tell whether a keyed hash is that of the data, whichever key made it.

        :raises UserError: naming the key that is missing to tell
        """
        return self._with_ring(lambda ring: ring.hash_matches(purpose, data, digest))

    @api.model
    def _fingerprint(self):
        """Return the short, public name of the key that encrypts; empty for none."""
        return next(iter(self._ring().fingerprints), "")

    @api.model
    def _has_key(self, fingerprint):
        """Tell whether the key of this name is at hand."""
        return fingerprint in self._ring().fingerprints

    @api.model
    def _require_keys(self, model):
        """Refuse when something of a model is sealed with a key that is not at hand.

        :raises UserError: naming the key
        """
        for fingerprint in self._sealed_by(model):
            if fingerprint and not self._has_key(fingerprint):
                raise UserError(self._no_key_sentence(fingerprint))

    @api.model
    def _sealed_by(self, model):
        """Return how many values of a model each key has sealed, by its fingerprint.

        What is nothing sealed, but damaged, counts under no name.
        """
        table = self.env[model]._table
        self.env[model].flush_model(self._sealed_fields[model])
        counts = {}
        for name in self._sealed_fields[model]:
            self.env.cr.execute(
                SQL(
                    "SELECT left(%(field)s, %(size)s), count(*) FROM %(table)s "
                    "WHERE %(field)s IS NOT NULL GROUP BY 1",
                    field=SQL.identifier(name),
                    size=cipher.HEADER_TEXT,
                    table=SQL.identifier(table),
                )
            )
            for head, count in self.env.cr.fetchall():
                try:
                    fingerprint = cipher.fingerprint_in(head)
                except (cipher.DamagedError, ValueError):
                    fingerprint = ""
                counts[fingerprint] = counts.get(fingerprint, 0) + count
        return counts

    # --- rotation -----------------------------------------------------------------
    @api.model
    def _resealed_models(self):
        """Return the models whose records know how to be sealed anew."""
        return [
            name for name in self._sealed_fields if hasattr(self.env[name], "_reseal")
        ]

    @api.model
    def _reencrypt(self, batch):
        """Seal with the newest key, batch by batch, what another key has sealed.

        After each batch it waits for the caller, who commits. What is done is not found
        again: it may be broken off at any moment and begun anew. What somebody else
        holds at the moment is left out.

        :param int batch: how many records to take at a time
        :return: yields, for each batch, a ``Progress``
        :raises UserError: when something is sealed and there is no key at all
        """
        if not self._fingerprint():
            if needed := self._sealed_with():
                raise UserError(self._no_key_sentence(needed))
            return
        for model in self._resealed_models():
            total, done, last = self._count_older(model), 0, 0
            while records := self._take_older(model, last, batch):
                failed = {}
                for record in records:
                    try:
                        with self.env.cr.savepoint():
                            record._reseal()
                    except UserError as error:
                        failed[record.id] = str(error)
                    except ValueError:
                        failed[record.id] = self._damaged_sentence()
                    # One record's content in memory at a time.
                    self.env.invalidate_all()
                last = records.ids[-1]
                done += len(records) - len(failed)
                yield Progress(model, done, total, failed)

    def _older(self, model):
        """Return the condition that a row has something sealed with another key."""
        head = self._ring().head
        return SQL(" OR ").join(
            SQL("left(%s, %s) <> %s", SQL.identifier(name), cipher.HEADER_TEXT, head)
            for name in self._sealed_fields[model]
        )

    def _count_older(self, model):
        self.env[model].flush_model(self._sealed_fields[model])
        self.env.cr.execute(
            SQL(
                "SELECT count(*) FROM %s WHERE %s",
                SQL.identifier(self.env[model]._table),
                self._older(model),
            )
        )
        return self.env.cr.fetchone()[0]

    def _take_older(self, model, last, batch):
        """Return the next records to be sealed anew, locked for us."""
        # Superuser: what is sealed concerns the whole database, not one's own.
        records = self.env[model].sudo()
        self.env.cr.execute(
            SQL(
                "SELECT id FROM %s WHERE id > %s AND (%s) ORDER BY id LIMIT %s "
                "FOR NO KEY UPDATE SKIP LOCKED",
                SQL.identifier(records._table),
                last,
                self._older(model),
                batch,
            ),
            # Another command's work is no error: ours is tried again.
            log_exceptions=False,
        )
        return records.browse(id_ for (id_,) in self.env.cr.fetchall())

    @api.model
    def _left_older(self):
        """Return how many records can still be sealed anew with the newest key."""
        if not self._fingerprint():
            return 0
        return sum(map(self._count_older, self._resealed_models()))

    @api.model
    def _keys_in_use(self):
        """Return what each key still holds, newest first, those not at hand last.

        :return: ``{fingerprint: {model: number of values}}``, also for a key of the
            ring that holds nothing
        """
        keys = {fingerprint: {} for fingerprint in self._ring().fingerprints}
        for model in self._sealed_fields:
            for fingerprint, count in self._sealed_by(model).items():
                keys.setdefault(fingerprint, {})[model] = count
        return keys

    # --- ring ---------------------------------------------------------------------
    def _with_ring(self, act, make=False):
        try:
            return act(self._ring(make))
        except cipher.NoKeyError as error:
            raise UserError(
                self._no_key_sentence(error.fingerprint or self._sealed_with())
            ) from None
        except cipher.DamagedError:
            raise UserError(self._damaged_sentence()) from None

    def _damaged_sentence(self):
        return self.env._(
            "The content is damaged, or was put in another's place, and cannot be "
            "opened. Ask the administrator to restore it from a backup."
        )

    def _no_key_sentence(self, fingerprint):
        if not fingerprint:
            return self.env._(
                "There is no key to open this with. Ask the administrator of the "
                "server."
            )
        return self.env._(
            "The key %(fingerprint)s is missing on this server. Nothing is lost: ask "
            "the administrator to put the key back from its backup.",
            fingerprint=fingerprint,
        )

    @api.model
    def _ring(self, make=False):
        """Return the keys of this database.

        :param bool make: whether a key may be made when there is none
        :raises UserError: when the keys may not or cannot be read
        """
        if keys := config.get(OPTION_KEYS):
            return self._parse(keys)
        path = self._key_path()
        ring = self._read(path)
        if make and not ring.fingerprints and not self._sealed_with():
            self._make(path)
            ring = self._read(path)
        return ring

    def _key_path(self):
        """Return where the key file of this database is expected."""
        if path := config.get(OPTION_FILE):
            return os.path.expanduser(path)
        # Superuser: the uuid is no user's to read.
        parameters = self.env["ir.config_parameter"].sudo()
        uuid = parameters.get_param("database.uuid") or ""
        name = "".join(char for char in uuid if char.isalnum() or char == "-")
        if not name:
            raise UserError(
                self.env._("The database has no identifier to find its key by.")
            )
        return os.path.join(config["data_dir"], FOLDER, f"{name}.key")

    def _parse(self, text):
        try:
            return cipher.parse_keys(text)
        except cipher.BadKeyError as error:
            raise UserError(
                self.env._(
                    "Line %(line)s of the key file holds no key. Ask the "
                    "administrator of the server.",
                    line=error.line,
                )
            ) from None

    def _read(self, path):
        """Return the keys of a file; none when there is no file.

        :raises UserError: when others may read the file, or when we may not
        """
        try:
            return self._parse(key_file.read(path) or "")
        except key_file.OpenToOthersError:
            _logger.info("Key file %s: only its owner may have access.", path)
            raise UserError(
                self.env._(
                    "The key file is not used, because others than its owner have "
                    "access to it. Ask the administrator to give it the permission "
                    "0600, and to think about a new key."
                )
            ) from None
        except OSError as error:
            raise self._file_error(path, error) from None

    def _make(self, path):
        """Make the key file, and say so loudly."""
        try:
            ours = key_file.make(path, f"{cipher.new_key()}\n")
        except OSError as error:
            raise self._file_error(path, error) from None
        if ours:
            _logger.info(
                "A KEY WAS MADE: %s opens what is encrypted in database %s. Keep a "
                "copy of it in a safe place apart from the backups of the database: "
                "without it nobody can ever open the encrypted content again.",
                path,
                self.env.cr.dbname,
            )

    def _file_error(self, path, error):
        _logger.info("Key file %s: %s.", path, error.strerror)
        return UserError(
            self.env._(
                "The key file cannot be read or made. Ask the administrator of the "
                "server."
            )
        )

    def _sealed_with(self):
        """Return the fingerprint of a key that something in the database needs."""
        for model, names in self._sealed_fields.items():
            # Superuser: what is sealed concerns the whole database, not one's own.
            records = self.env[model].sudo()
            for name in names:
                record = records.search([(name, "!=", False)], order="id desc", limit=1)
                if record:
                    return cipher.fingerprint_in(record[name])
        return ""
