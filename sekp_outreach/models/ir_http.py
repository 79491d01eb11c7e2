from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.http import Response, content_disposition, request
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..tools.own_page import OURS, own_page
from ..tools.public_path import is_nowhere, is_public

# How a route says that it takes everybody for nobody.
NOBODY = "sekp_nobody"
# What the captcha of such a page is called by Odoo and its providers.
CAPTCHA = "sekp_report"
# Where a form sends files; its answers are no pages.
UPLOAD = "/sekp/document/upload"
TRIED_IN_VAIN = (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, ConcurrencyError)
LANGUAGES = {"da": "da_DK", "en": "en_US"}
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# Where there is no page.
NOWHERE = "/sekp"
# The layout's own link past its header: on our pages it speaks our language.
SKIP = "o_skip_to_content"
# Nothing but what is ours, whatever else gets onto the page.
ONLY_OURS = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# What stands when not even a page can be made.
LAST_RESORT = Markup(
    '<!DOCTYPE html><html lang="da"><head><meta charset="utf-8"/>'
    '<link rel="icon" href="/sekp_outreach/static/public/icon.svg"/>'
    "<title>112</title></head><body><main><h1>112</h1>"
    "<p>Siden virker ikke lige nu. Er der fare for liv, så ring 112.</p>"
    '<p lang="en">This page does not work just now. If a life is in danger, call 112.'
    "</p></main></body></html>"
)


class IrHttp(models.AbstractModel):
    """Pages about help, for everybody: they do not know who reads them (C13)."""

    _inherit = "ir.http"

    # --- for nobody -----------------------------------------------------------------
    @classmethod
    def _authenticate_explicit(cls, auth):
        """Let such a page be nobody's, also for one who is logged in.

        Neither the session nor the device is looked at: what is made there bears no
        name, and no trace is left of an employee who writes as a neighbour.
        """
        if auth != NOBODY:
            return super()._authenticate_explicit(auth)
        # Superuser: who the public user is.
        env = api.Environment(request.env.cr, SUPERUSER_ID, {})
        request.update_env(user=env.ref("base.public_user").id, context={})
        return None

    @api.model
    def _verify_request_recaptcha_token(self, action):
        """Ask for a captcha on our pages only where the municipality wants it."""
        if action == CAPTCHA and not request.env["res.company"]._sekp_wants_captcha(
            request.params.get("slug")
        ):
            return None
        return super()._verify_request_recaptcha_token(action)

    # --- for those who have logged in -----------------------------------------------
    @classmethod
    def _post_dispatch(cls, response):
        """Let no browser or proxy keep what the web client is told of a person."""
        if request.dispatcher.routing_type != "http":
            response.headers.setdefault("Cache-Control", "no-store")
        return super()._post_dispatch(response)

    # --- pages ----------------------------------------------------------------------
    @classmethod
    def _sekp_language(cls):
        """Speak Danish, or the language that the address asks for; return its key."""
        asked = request.httprequest.args.get("lang")
        installed = dict(request.env["res.lang"].get_installed())
        key = asked if LANGUAGES.get(asked) in installed else "da"
        if LANGUAGES[key] not in installed:
            key = "en"
        request.update_context(lang=LANGUAGES[key])
        return key

    @classmethod
    def _sekp_page(cls, template, company, values, status=200):
        """Return a page on Odoo's public layout that fetches nothing but ours.

        No answer of this kind sets a cookie, whoever else would like to.

        :param str template: name of one of our templates
        :param company: the municipality as superuser; empty for none
        :param dict values: for the template
        :param int status: of the answer
        """
        language = cls._sekp_language()
        # What the layout of the portal, and of a website, asks of a request.
        request.is_frontend, request.is_frontend_multilang = True, False
        request.lang = request.env["res.lang"]._get_data(code=LANGUAGES[language])
        if "website" in request.env:
            request.website = request.env["website"].get_current_website()
        company = company.with_context(lang=LANGUAGES[language])
        html = request.env["ir.ui.view"]._render_template(
            f"sekp_outreach.{template}",
            {
                "html_data": {"lang": language},
                "language": language,
                "no_header": True,
                "no_footer": True,
                "ours": OURS,
                "company": company,
                "address": company._sekp_public_address(language),
                **company._sekp_public_facts(),
                **values,
            },
        )
        request.is_frontend = False
        headers = dict(HEADERS)
        if not values.get("captcha"):
            html = own_page(str(html), without=SKIP)
            headers["Content-Security-Policy"] = ONLY_OURS
        return cls._sekp_answer(html, headers, status)

    @classmethod
    def _sekp_file(cls, content, mimetype, name):
        """Return a file to be read by everybody, without a cookie.

        :param bytes content: of the file
        :param str mimetype: of the file
        :param str name: of the file
        """
        headers = {
            **HEADERS,
            "Content-Type": mimetype,
            "Content-Disposition": content_disposition(name, "inline"),
        }
        return cls._sekp_answer(content, headers, 200)

    @classmethod
    def _sekp_answer(cls, html, headers, status):
        response = Response(html, headers=list(headers.items()), status=status)
        for one in (response, response._wrapped__, request.future_response):
            one.set_cookie = _no_cookie
        return response

    @classmethod
    def _match(cls, path_info):
        """Lead from no address of ours to another: what is not there is not there.

        Our own route says so: a website would look further, and note who asked.
        """
        return super()._match(NOWHERE if is_nowhere(path_info) else path_info)

    @classmethod
    def _serve_fallback(cls):
        """Look for nothing else under our addresses, whatever stands in them."""
        if is_public(request.httprequest.path):
            return None
        return super()._serve_fallback()

    @classmethod
    def _sekp_is_ours(cls):
        """Tell whether a request asks one of our models to do something."""
        # Before the question is read there are none.
        asked = getattr(request, "params", None) or {}
        model = str(asked.get("model") or asked.get("__model__") or "")
        if model == "sekp.quick.log":
            return False
        return model.startswith("sekp.") or request.httprequest.path == UPLOAD

    @classmethod
    def _handle_error(cls, exception):
        """Answer an error on our pages with a page that quotes nothing.

        Elsewhere, what was tried again in vain because others were quicker each time is
        told as a sentence. The street note gets Odoo's own answer: it waits and sends
        again by itself.
        """
        if not is_public(request.httprequest.path):
            if isinstance(exception, TRIED_IN_VAIN) and cls._sekp_is_ours():
                exception = UserError(
                    request.env._(
                        "Others were quicker several times, and nothing was saved. "
                        "Wait a moment and try again: what you wrote is still here."
                    )
                )
                if request.httprequest.path == UPLOAD:
                    answer = {"error": {"message": str(exception)}}
                    return request.make_json_response(answer, status=422)
            return super()._handle_error(exception)
        status = 500
        if isinstance(exception, HTTPException):
            status = exception.code or 500
        elif isinstance(exception, UserError):
            status = exception.http_status
        try:
            request.env.cr.rollback()
            if not request.env.uid:
                cls._authenticate_explicit(NOBODY)
            _root, _sekp, slug, *_rest = f"{request.httprequest.path}/".split("/")
            company = request.env["res.company"]._sekp_of_public_name(slug)
            return cls._sekp_page("public_error", company, {"status": status}, status)
        except Exception:
            return cls._sekp_answer(LAST_RESORT, HEADERS, status)


def _no_cookie(*args, **kwargs):
    """Set no cookie."""
