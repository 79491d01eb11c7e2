import base64

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import content_disposition, request

from ..models.ir_http import UPLOAD
from ..models.sekp_document import KINDS, LARGEST, SHOWN, UNKNOWN

LARGEST_REQUEST = 4 * LARGEST
PROTECTED = {
    "Cache-Control": "no-store, private",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


class DocumentController(http.Controller):
    """The way in and out of documents: checked as the user, opened with a trace."""

    # Not on a read-only cursor: the opening is logged.
    @http.route(
        "/sekp/document/<int:document_id>",
        type="http",
        auth="user",
        methods=["GET"],
        readonly=False,
    )
    def open(self, document_id, download=None, **kwargs):
        """Send the content of a document to one who may read it.

        What is hidden and what does not exist look alike.
        """
        document = request.env["sekp.document"]
        if document.has_access("read"):
            document = document.search([("id", "=", document_id)])
        if not document:
            raise request.not_found()
        try:
            name, mimetype, data = document._open()
        except UserError as error:
            return self._plain(str(error))
        kind = "inline" if mimetype in SHOWN and not download else "attachment"
        headers = {
            **PROTECTED,
            "Content-Type": mimetype if mimetype in SHOWN else UNKNOWN,
            "Content-Length": len(data),
            "Content-Disposition": content_disposition(name, disposition_type=kind),
        }
        return request.make_response(data, list(headers.items()))

    def _plain(self, text):
        headers = {**PROTECTED, "Content-Type": "text/plain; charset=utf-8"}
        return request.make_response(text, list(headers.items()), status=409)

    @http.route(
        UPLOAD,
        type="http",
        auth="user",
        methods=["POST"],
        readonly=False,
        max_content_length=LARGEST_REQUEST,
    )
    def upload(self, course_id=None, referral_id=None, kind="other", **kwargs):
        """Encrypt and keep the files of a form; all of them, or none.

        Answers in JSON: the ids, or ``{"error": {"message": sentence}}``.
        """
        model = request.env["sekp.document"]
        files = request.httprequest.files.getlist("ufile")
        try:
            given = {"course_id": course_id, "referral_id": referral_id}
            parent, parent_id = model._check_parent(given)
            if not files:
                raise UserError(request.env._("Choose a file."))
            with request.env.cr.savepoint():
                documents = model.create(
                    [
                        {
                            parent: parent_id,
                            "kind": kind if kind in dict(KINDS) else "other",
                            "title": file.filename,
                            # One byte more than allowed is enough to refuse it.
                            "upload": base64.b64encode(file.read(LARGEST + 1)),
                        }
                        for file in files
                    ]
                )
        except UserError as error:
            status = 403 if isinstance(error, AccessError) else 422
            return self._answer({"error": {"message": str(error)}}, status)
        return self._answer({"ids": documents.ids})

    def _answer(self, answer, status=200):
        return request.make_json_response(
            answer, headers=list(PROTECTED.items()), status=status
        )
