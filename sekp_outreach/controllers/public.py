import time

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools.misc import hmac

from ..models.ir_http import CAPTCHA, NOBODY
from ..tools import form_token, limits, sender
from ..tools.plain_text import plain
from .public_form import DOORS, PublicForm

# What every route of a public page is: nobody's, without a session, and the form's own
# token in place of one that is bound to a session.
PUBLIC = {
    "type": "http",
    "auth": NOBODY,
    "csrf": False,
    "save_session": False,
    "sitemap": False,
    "readonly": False,
}
SCOPE = "sekp_outreach/form"


def _largest(controller):
    """Return how many bytes a form may have: many only where files can be in it."""
    if request.httprequest.mimetype == "multipart/form-data":
        return limits.REQUEST_SIZE_WITH_FILES
    return limits.REQUEST_SIZE


class SekpPublic(http.Controller):
    """What the pages for everybody share; subclass it for more of them.

    A route takes ``**PUBLIC``, finds its municipality with :meth:`_company` first and
    answers with :meth:`_page`.
    """

    def _company(self, slug):
        """Return a municipality, as superuser, with its public page switched on.

        From then on the request speaks the language asked for.

        :raises NotFound: when there is none, or it has no quality standard in force
        """
        company = request.env["res.company"]._sekp_of_public_name(slug)
        if not company._sekp_public_standard():
            raise request.not_found()
        request.env["ir.http"]._sekp_language()
        return company

    def _page(self, template, company, status=200, **values):
        """Return a page of a municipality in the language asked for.

        The template gets ``company``, ``standard``, ``address`` (a function that makes
        addresses of this municipality's pages in the same language), ``language`` and
        ``emergency`` (lines of text), besides ``values``.

        :param str template: name of a template of ours
        """
        return request.env["ir.http"]._sekp_page(template, company, values, status)

    def _source(self):
        """Return the address it comes from: for ``_allow``, never kept nor logged."""
        return request.httprequest.remote_addr

    def _allow(self, company, kind, number=1):
        """Tell whether one more of a kind may come from here.

        :param str kind: ``submit``, ``message``, ``code`` or ``file``
        :param int number: how many it counts for; of files, the megabytes
        """
        traces = request.env["sekp.intake.trace"]
        return traces._allow(company, kind, self._source(), number)

    def _text(self, name):
        """Return what a form says in a field, tidied; empty for anything but text."""
        value = request.params.get(name)
        if not isinstance(value, str):
            return ""
        # Far more than any text may have: what is too long still is.
        value = value[: limits.REQUEST_SIZE]
        return plain(value, instead=" ")

    def _too_much(self):
        """Return what one is told from whose network, or to whom, too much has come."""
        return request.env._(
            "Too much has come from your network or to us in this hour. Your text is "
            "still here: wait an hour and press Send again, or call us."
        )

    # --- in place of a session --------------------------------------------------------
    def _form_token(self, company, purpose):
        """Return the token that a form of this municipality carries.

        :param str purpose: which form
        """
        return form_token.give(*self._signing(company, purpose), time.time())

    def _check_form_token(self, company, purpose, token):
        """Return the key of a form that comes back: the same for one sent twice.

        :raises FormTokenError: ``forged``, ``soon`` or ``late``
        """
        return form_token.read(*self._signing(company, purpose), token, time.time())

    def _signing(self, company, purpose):
        # Superuser: the installation's own secret.
        secret = hmac(request.env(su=True), SCOPE, str(company.id))
        return secret.encode(), f"{company.id} {purpose}"


class SekpPublicPages(SekpPublic):
    """Where anyone can say that someone needs help (R040-R053)."""

    @http.route("/sekp/<string:slug>", methods=["GET"], **PUBLIC)
    def landing(self, slug, **kwargs):
        """Say what to do in an emergency, what this is, and how to write or call."""
        return self._page("public_landing", self._company(slug))

    @http.route("/sekp/<string:slug>/standard", methods=["GET"], **PUBLIC)
    def printed_standard(self, slug, **kwargs):
        """Show the quality standard in force: the leaflet, and then the rest."""
        company = self._company(slug)
        standard = company._sekp_public_standard()
        standard = standard.with_context(lang=request.env.lang)
        topics = standard._published_facts("public")
        return self._page(
            "public_standard",
            company,
            topics=[topic for topic in topics if topic["leaflet"]],
            more=[topic for topic in topics if not topic["leaflet"]],
            approval=standard._approval_lines("leaflet"),
            pdf=standard._makes_pdf(),
        )

    @http.route("/sekp/<string:slug>/standard.pdf", methods=["GET"], **PUBLIC)
    def printed_leaflet(self, slug, **kwargs):
        """Give the leaflet of the quality standard in force as a PDF."""
        pdf = self._company(slug)._sekp_public_standard()._leaflet_pdf()
        if not pdf:
            raise request.not_found()
        return request.env["ir.http"]._sekp_file(
            pdf, "application/pdf", "kvalitetsstandard.pdf"
        )

    @http.route(
        f"/sekp/<string:slug>/<any({', '.join(DOORS)}):door>",
        methods=["GET"],
        **PUBLIC,
    )
    def form(self, slug, door, **kwargs):
        """Show the form behind a door."""
        return self._form_page(self._company(slug), door)

    @http.route(
        f"/sekp/<string:slug>/<any({', '.join(DOORS)}):door>",
        methods=["POST"],
        captcha=CAPTCHA,
        max_content_length=_largest,
        **PUBLIC,
    )
    def submission(self, slug, door, **kwargs):
        """Receive a form and show its receipt, or the form again with what is wrong.

        Nothing of it is kept until everything is right; what was written comes back
        with the answer and is nowhere else.
        """
        company = self._company(slug)
        form = PublicForm(company._sekp_public_standard(), door, self._text)
        token, key = request.params.get("token"), None
        form.check(trap=request.params.get("website"))
        try:
            key = self._check_form_token(company, door, token)
        except form_token.FormTokenError as error:
            form.refuse_token(error.reason)
            if error.reason != "soon":
                token = None
        if form.by_machine:
            # Counted as all that is refused: a flood of such is seen as well.
            request.env["sekp.intake.flood"]._refused(company, "submit")
        if not form.errors and self._may_send(company, form):
            try:
                with request.env.cr.savepoint():
                    referral, _new = request.env["sekp.referral"]._receive(
                        company, form.values(), key=key, files=form.files
                    )
                    dialogue, code = request.env["sekp.dialogue"]._open_for(
                        referral, "referrer"
                    )
            except UserError as error:
                form.errors[""] = str(error)
            else:
                return self._receipt(company, dialogue, code, form=form)
        status = 429 if form.too_much else 422
        return self._form_page(company, door, form, token=token, status=status)

    @http.route(
        "/sekp/<string:slug>/receipt",
        methods=["POST"],
        max_content_length=limits.REQUEST_SIZE,
        **PUBLIC,
    )
    def receipt(self, slug, **kwargs):
        """Take that somebody has written the code down; until then show it again."""
        company = self._company(slug)
        dialogue, code = request.env["sekp.dialogue"]._by_pass(
            company, self._text("pass")
        )
        if not dialogue:
            return self._page("public_too_late", company, status=422)
        if code and self._text("noted") != "1":
            return self._receipt(company, dialogue, code, unconfirmed=True)
        dialogue._confirm()
        return self._receipt(company, dialogue, "")

    @http.route(["/sekp", "/sekp/<path:rest>"], **PUBLIC)
    def nowhere(self, **kwargs):
        """Answer what lies nowhere ourselves: others would note who asked."""
        raise request.not_found()

    def _form_page(self, company, door, form=None, token=None, status=200):
        """Return the page with a form, and with what is wrong in it."""
        form = form or PublicForm(company._sekp_public_standard(), door)
        return self._page(
            "public_form",
            company,
            status,
            path=door,
            door=door,
            form=form,
            token=token or self._form_token(company, door),
            captcha=company.sekp_public_captcha,
        )

    def _may_send(self, company, form):
        """Tell whether a sender may send one more report, and its files."""
        size = sender.megabytes(sum(len(data) for _name, data in form.files))
        if self._allow(company, "submit") and (
            not size or self._allow(company, "file", size)
        ):
            return True
        form.refuse_more(self._too_much())
        return False

    def _receipt(self, company, dialogue, code, form=None, unconfirmed=False):
        """Return the page with the code, or the last one when it is not needed more."""
        return self._page(
            "public_receipt",
            company,
            status=422 if unconfirmed else 200,
            code=code,
            groups=code.split(),
            code_pass=dialogue._pass(code) if code else "",
            unconfirmed=unconfirmed,
            form=form,
        )
