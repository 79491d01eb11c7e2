import base64
import binascii
import json
import logging
import mimetypes
import os
import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import SQL, human_size
from odoo.tools.mimetypes import guess_mimetype

_logger = logging.getLogger(__name__)

KINDS = [
    ("letter", "Letter"),
    ("picture", "Picture"),
    ("assessment", "Assessment"),
    ("consent", "Consent form"),
    ("other", "Other"),
]
LARGEST = 25 * 1024 * 1024
LONGEST_TITLE = 200
UNKNOWN = "application/octet-stream"
# What the contents alone do not tell apart: the name decides.
CONTAINERS = (UNKNOWN, "application/zip", "application/x-ole-storage", "text/plain")
# What a browser shows and does not run.
SHOWN = ("application/pdf", "image/gif", "image/jpeg", "image/png", "image/webp")
SEALED = frozenset({"content", "sealed_facts", "token", "size", "number"})
# What comes with a new document and is nowhere stored as it came.
GIVEN = frozenset({"title", "upload"})


class SekpDocument(models.Model):
    """A file of a course; what reaches the attachment is ciphertext.

    Name, type and content are encrypted before they are stored, each bound to this row
    of this course, so that whoever gets hold of the attachment, the table or the
    filestore gets nothing, and a ciphertext put elsewhere does not open. A document is
    never overwritten: a new version is a new document.
    """

    _name = "sekp.document"
    _inherit = ["sekp.course.child.mixin"]
    _description = "Document"
    _order = "id desc"

    _sekp_person_fields = {"title": "alias"}
    _sekp_act_fields = SEALED | {"uploader_id", "uploaded_at"}
    # What may be written besides, by the system alone.
    _sekp_moved = frozenset()
    # The files themselves are handed out apart.
    _sekp_print_fields = ("title", "kind", "uploaded_at")
    _sekp_print_when = "uploaded_at"

    # Given once, with the file.
    _sekp_unhistoric = frozenset(
        {"content", "sealed_facts", "token", "number", "size", "mimetype"}
    )

    kind = fields.Selection(KINDS, required=True, default="other")
    # No access: what is sealed is read by the methods that open it and by nobody else.
    content = fields.Binary(attachment=True, copy=False, groups=NO_ACCESS)
    sealed_facts = fields.Char(copy=False, groups=NO_ACCESS)
    token = fields.Char(copy=False, groups=NO_ACCESS)
    number = fields.Integer(readonly=True, copy=False)
    size = fields.Integer(readonly=True, copy=False, help="In bytes.")
    uploader_id = fields.Many2one(
        comodel_name="res.users",
        string="Uploaded by",
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: self.env.user,
    )
    uploaded_at = fields.Datetime(
        required=True, readonly=True, copy=False, default=fields.Datetime.now
    )
    title = fields.Char(
        string="Document", compute="_compute_title", exportable=False, copy=False
    )
    mimetype = fields.Char(string="Type", compute="_compute_title", exportable=False)
    upload = fields.Binary(
        string="File",
        compute="_compute_upload",
        exportable=False,
        help="The file of a new document, in base64; never read back.",
    )

    # --- facts ----------------------------------------------------------------------
    @api.depends("kind")
    def _compute_title(self):
        """Open name and type for those who may read the document.

        Without the right key the name is the sentence that says so.
        """
        readable = self._origin.exists()._filtered_access("read")
        for document in self:
            document.title = document.mimetype = False
            if document._origin not in readable:
                continue
            if not document._origin.size:
                continue
            try:
                facts = document._origin._facts()
            except UserError as error:
                document.title, document.mimetype = str(error), UNKNOWN
            else:
                document.title = facts["title"]
                document.mimetype = facts["mimetype"]

    def _compute_upload(self):
        self.upload = False

    def _facts(self):
        """Return what is sealed of the document besides its content."""
        # Superuser: sealed fields are read by the methods that open them only.
        sealed = base64.b64decode(self.sudo().sealed_facts or "")
        return json.loads(
            self.env["sekp.vault"]._decrypt(sealed, "document", self._binding("facts"))
        )

    def _forget_titles(self, forget):
        """Blank words by which the person was known in the sealed names.

        The content is not searched. Without the key nothing can be.

        :param forget: a ``tools.forget.Forget``
        """
        for document in self.filtered("sealed_facts"):
            try:
                facts = document._facts()
                title = forget.text(facts["title"])
                if title == facts["title"]:
                    continue
                # Both parts: by the facts is found what an older key has sealed.
                vals = document._encrypted(
                    json.dumps({**facts, "title": title}).encode(),
                    document._decrypted(),
                )
            except UserError:
                continue
            # Superuser: what is sealed is nobody's to write.
            document.sudo().write(vals)

    def _binding(self, part):
        """Return what a sealed part belongs to: this row of this course."""
        # Superuser: the token is nobody's to read.
        return f"sekp.document/{self._bound_to()}/{self.sudo().token}/{part}"

    def _bound_to(self):
        return self.course_id.id

    def _siblings(self):
        """Return the domain of the documents among which this one has its number."""
        return Domain("course_id", "=", self.course_id.id)

    # --- new documents ------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [dict(vals) for vals in vals_list]
        given = [self._take_given(vals) for vals in vals_list]
        documents = super().create(vals_list)
        for document, (title, data) in zip(documents, given, strict=True):
            document._seal(title, data)
        return documents

    def _take_given(self, vals):
        """Take name and content out of what is to be created, checked.

        :param dict vals: changed in place
        :return: the name and the bytes
        :raises ValidationError: when the file is not one that can be kept
        """
        self._check_file_name(vals.get("title"))
        self._check_texts({**self._given_defaults(), **vals})
        title = self._clean_title(vals.pop("title", ""))
        upload = vals.pop("upload", b"") or b""
        self._check_parent({**self._given_defaults(), **vals}, title)
        # Four characters of base64 are three bytes.
        self._check_size(len(upload) * 3 // 4 - 2)
        try:
            data = base64.b64decode(upload, validate=True)
        except (binascii.Error, ValueError):
            data = b""
        self._check_size(len(data))
        return title, data

    @api.model
    def _check_parent(self, vals, title="x"):
        """Refuse, before a file is read, a record that may not get it.

        :param dict vals: of the document, also as a form sends them
        :return: the name of the link and the id as a number
        """
        return "course_id", self._check_course(vals.get("course_id"), title)

    @api.model
    def _check_course(self, course_id, title="x"):
        """Refuse, before a file is read, a course that may not get it.

        :raises AccessError: when the user may not open the course
        :raises UserError: when there is none, or it is closed
        :raises ValidationError: when its standard lets nothing be stored
        :return: the id as a number
        """
        self.browse().check_access("create")
        if not str(course_id or "").isdecimal():
            raise UserError(self.env._("A document belongs to a course. Choose one."))
        # By search: what is hidden and what does not exist look alike.
        course = self.env["sekp.course"].search([("id", "=", int(course_id))])
        if not course:
            raise self._link_error()
        self._check_facts({"title": title}, course.standard_id)
        return course.id

    @api.model
    def _check_size(self, size):
        """Refuse a file that is empty or too large.

        :raises ValidationError: telling how large a file may be
        """
        if not size:
            raise ValidationError(
                self.env._("The file is empty or did not arrive whole. Try again.")
            )
        if size > LARGEST:
            raise ValidationError(
                self.env._(
                    "A document can be %(size)s at most. Make the file smaller or "
                    "divide it.",
                    size=human_size(LARGEST),
                )
            )

    @api.model
    def _clean_title(self, title):
        """Return a file's name without its path and without control characters."""
        name = str(title or "").replace("\\", "/").rpartition("/")[2]
        name = "".join(char for char in name if char.isprintable()).strip()
        stem, extension = os.path.splitext(name)
        name = stem[: LONGEST_TITLE - len(extension)] + extension[:LONGEST_TITLE]
        return name or self.env._("Document")

    def _seal(self, title, data):
        """Encrypt and store what was given for this new document."""
        mimetype = guess_mimetype(data, default=UNKNOWN)
        if mimetype in CONTAINERS:
            mimetype = mimetypes.guess_type(title)[0] or mimetype
            if mimetype in SHOWN:
                mimetype = UNKNOWN
        # Superuser: what is sealed is nobody's to write.
        document = self.sudo()
        document.write({"token": secrets.token_hex(16)})
        facts = json.dumps({"title": title, "mimetype": mimetype}).encode()
        try:
            document.write(
                {
                    **document._encrypted(facts, data),
                    "size": len(data),
                    "number": document._next_number(),
                }
            )
        except OSError as error:
            # What the system says may name folders of the server.
            _logger.warning("A document was not stored: error %s.", error.errno)
            raise UserError(
                self.env._(
                    "The server has no room for the file, or cannot write it. Nothing "
                    "was stored: ask the administrator, and upload it again later."
                )
            ) from None
        document.invalidate_recordset(["content", "title", "mimetype"])

    def _next_number(self):
        # Two at once would count the same: PostgreSQL refuses the second, who is tried
        # again.
        parent = self._parent()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET id = id WHERE id = %s",
                SQL.identifier(parent._table),
                parent.id,
            ),
            log_exceptions=False,
        )
        # Superuser: numbers go on from those of documents nobody here may see.
        earlier = self.sudo().search(
            self._siblings() & Domain("id", "!=", self.id),
            order="number desc",
            limit=1,
        )
        return earlier.number + 1

    def _encrypted(self, facts, data):
        """Return the values to store for facts and content.

        The facts come first: should the key change in between, theirs is the older
        one, and by the facts is found what has to be encrypted anew.
        """
        encrypt = self.env["sekp.vault"]._encrypt
        sealed = encrypt(facts, "document", self._binding("facts"))
        content = encrypt(data, "document", self._binding("content"))
        return {
            "sealed_facts": base64.b64encode(sealed).decode(),
            "content": base64.b64encode(content),
        }

    def _decrypted(self):
        """Return the content, for those who have checked that it may be opened.

        :raises UserError: when the key is missing or the content is damaged
        """
        # Superuser: sealed fields are read by the methods that open them only.
        stored = self.sudo().with_context(bin_size=False).content or b""
        return self.env["sekp.vault"]._decrypt(
            base64.b64decode(stored), "document", self._binding("content")
        )

    def _reseal(self):
        """Encrypt facts and content anew with the newest key, both or neither.

        :raises UserError: when a key is missing or something is damaged
        """
        for document in self:
            # Superuser: what is sealed is nobody's to write.
            document.sudo().write(document._encrypted(*document._opened()))

    def _opened(self):
        """Return facts and content in clear, for those who have checked that it may."""
        return json.dumps(self._facts()).encode(), self._decrypted()

    def write(self, vals):
        if not self.env.su or set(vals) - SEALED - self._sekp_moved:
            raise UserError(
                self.env._(
                    "A document is never overwritten. Upload the new version as a "
                    "document of its own."
                )
            )
        return super().write(vals)

    # --- opening --------------------------------------------------------------------
    def _open(self):
        """Return name, type and bytes of the document to one who may read it.

        :raises AccessError: for everybody else
        :raises UserError: when the key is missing or the content is damaged
        """
        self.ensure_one()
        self.check_access("read")
        mimetype = self._facts()["mimetype"]
        data = self._decrypted()
        if mimetype in SHOWN and guess_mimetype(data) != mimetype:
            mimetype = UNKNOWN
        self._log_read("document")
        return self._neutral_name(), mimetype, data

    def action_download(self):
        """Send the browser to the checked way out."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/sekp/document/{self.id}?download=1",
            "target": "download",
        }

    def _neutral_name(self):
        """Return the name under which the document leaves: code, number, extension."""
        facts = self._facts()
        extension = os.path.splitext(facts["title"])[1].lower()
        if not mimetypes.guess_type(f"x{extension}")[0]:
            extension = mimetypes.guess_extension(facts["mimetype"]) or ".bin"
        return f"{self.reference}-{self.number}{extension}"

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        closed = GIVEN | {"mimetype"}
        if any(path and path[0] in closed for path in fields):
            raise UserError(
                self.env._("Documents are opened one by one and not exported.")
            )
        return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)
