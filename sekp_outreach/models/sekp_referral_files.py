import base64
import os

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import human_size

from ..tools import limits, upload


class SekpReferral(models.Model):
    """Files of a referral: sent along from outside, or put to it by the staff."""

    _inherit = "sekp.referral"

    document_ids = fields.One2many(
        comodel_name="sekp.document", inverse_name="referral_id", string="Documents"
    )

    def _takes_files(self):
        """Tell whether files are kept here: not where nothing may be stored."""
        self.ensure_one()
        return self.standard_id._allows_registration("alias")

    def _keep_files(self, files):
        """Keep files that people nobody knows have sent along, all of them or none.

        What is kept of a file, and which are refused, see ``tools.upload``: nothing of
        its name, no metadata of a picture. Where nothing may be stored, nothing is.

        :param files: pairs of a name and bytes
        :return: the documents, as superuser
        :raises UserError: with a sentence for the sender
        """
        self.ensure_one()
        # Superuser: the sender has no rights, and nobody else is there.
        referral = self.sudo()
        documents = referral.env["sekp.document"]
        if not referral._takes_files():
            return documents
        files = [(name, data) for name, data in files]
        try:
            if len(files) + len(referral.document_ids) > limits.FILES_OF_REFERRAL:
                raise ValueError("too_many")
            kept = upload.clean_all(files)
        except ValueError as error:
            raise UserError(referral._refused_file(str(error))) from None
        titles = referral._titles_of_files()
        return documents.create(
            [
                {
                    "referral_id": referral.id,
                    "kind": "picture" if mimetype in upload.FORMATS else "other",
                    "title": titles[mimetype] + os.path.splitext(kept_name)[1],
                    "upload": base64.b64encode(data),
                }
                for kept_name, mimetype, data in kept
            ]
        )

    def _titles_of_files(self):
        """Return what files from outside are called here, by their type."""
        picture = self.env._("Picture sent along")
        titles = dict.fromkeys(upload.FORMATS, picture)
        titles[upload.PDF] = self.env._("Document sent along")
        titles[upload.TEXT] = self.env._("Text sent along")
        return titles

    def _refused_file(self, reason):
        """Return the sentence for a sender whose file is refused.

        :param str reason: one of ``tools.upload.REASONS``
        """
        size = human_size(limits.FILE_SIZE)
        return {
            "empty": self.env._("The file is empty, or did not arrive whole."),
            "too_large": self.env._(
                "The file is too large: %(size)s at most, and %(all)s together.",
                size=size,
                all=human_size(limits.FILES_SIZE),
            ),
            "too_many": self.env._(
                "These are too many files: %(number)s at a time.", number=limits.FILES
            ),
            "too_many_pixels": self.env._(
                "The picture is too large. Make it smaller, or take a picture of it."
            ),
            "type": self.env._(
                "Only PDF files, pictures (JPEG, PNG, WebP) and plain text can be sent."
            ),
            "broken": self.env._("The file is damaged and cannot be opened."),
            "pdf_locked": self.env._(
                "The PDF file is locked with a password. Send it without one."
            ),
            "pdf_active": self.env._(
                "The PDF file holds a program, a form or other files. Print it to a "
                "new PDF file and send that."
            ),
        }[reason]

    def _allocate(self, *args, **kwargs):
        course = super()._allocate(*args, **kwargs)
        # Superuser: the allocation has been checked; all of them go along.
        self.sudo().document_ids._follow_to_course(course.sudo())
        return course

    def unlink(self):
        self.check_access("unlink")
        # Superuser: encrypted files go with the referral, which the database alone
        # does not know.
        self.sudo().document_ids.unlink()
        return super().unlink()
