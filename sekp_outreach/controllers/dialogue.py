from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..tools import limits
from .public import PUBLIC, SekpPublic


class SekpDialoguePages(SekpPublic):
    """The pages behind the receipt code.

    They keep no session: each page carries a pass to the next, which says nothing to
    whoever reads it and ends after half an hour.
    """

    @http.route("/sekp/<string:slug>/code", methods=["GET"], **PUBLIC)
    def code(self, slug, **kwargs):
        """Ask for the code."""
        return self._page("public_code", self._company(slug))

    @http.route(
        "/sekp/<string:slug>/code",
        methods=["POST"],
        max_content_length=limits.REQUEST_SIZE,
        **PUBLIC,
    )
    def enter(self, slug, **kwargs):
        """Open the conversation of a code; a wrong one and an old one look alike."""
        company = self._company(slug)
        # Counted before it is looked at: to guess is slow, and ends soon.
        if not self._allow(company, "code"):
            return self._page("public_code", company, 429, error="much")
        dialogue = request.env["sekp.dialogue"]._enter(company, self._text("code"))
        if not dialogue:
            return self._page("public_code", company, 422, error="wrong")
        code = dialogue._exchange() if dialogue.must_exchange else ""
        return self._dialogue_page(company, dialogue, code, exchanged=bool(code))

    @http.route(
        "/sekp/<string:slug>/dialogue",
        methods=["POST"],
        max_content_length=limits.REQUEST_SIZE,
        **PUBLIC,
    )
    def dialogue(self, slug, **kwargs):
        """Do on the page of a conversation what one of its buttons says."""
        company = self._company(slug)
        dialogue, code = request.env["sekp.dialogue"]._by_pass(
            company, self._text("pass")
        )
        if not dialogue:
            return self._page("public_code", company, 422, error="late")
        acts = {"noted": self._noted, "say": self._say, "stop": self._stop}
        act = acts.get(self._text("act"))
        if act:
            return act(company, dialogue, code)
        return self._dialogue_page(company, dialogue, code)

    @http.route("/sekp/<string:slug>/dialogue", methods=["GET"], **PUBLIC)
    def dialogue_again(self, slug, **kwargs):
        """Ask for the code: one who comes back later, or from another page."""
        return self._page("public_code", self._company(slug))

    # --- what the buttons do --------------------------------------------------------
    def _noted(self, company, dialogue, code):
        dialogue._confirm()
        return self._dialogue_page(company, dialogue)

    def _say(self, company, dialogue, code):
        """Add a message; what is wrong with it is said beside it."""
        text = self._text("text")
        if not self._allow(company, "message"):
            return self._dialogue_page(
                company, dialogue, code, 429, text=text, error=self._too_much()
            )
        try:
            with request.env.cr.savepoint():
                dialogue._say(text)
        except UserError as error:
            return self._dialogue_page(
                company, dialogue, code, 422, text=text, error=str(error)
            )
        return self._dialogue_page(company, dialogue, code, done="said")

    def _stop(self, company, dialogue, code):
        """Ask once whether it is meant, then tell the contact person."""
        if not dialogue.course_id or dialogue._status() == "closed":
            return self._dialogue_page(company, dialogue, code)
        if self._text("sure") != "1":
            return self._page("public_stop", company, code_pass=dialogue._pass(code))
        dialogue.course_id._wish_to_stop()
        return self._dialogue_page(company, dialogue, code, done="stopped")

    def _dialogue_page(self, company, dialogue, code="", status=200, **values):
        return self._page(
            "public_dialogue",
            company,
            status,
            code=code,
            groups=code.split(),
            code_pass=dialogue._pass(code),
            told=dialogue._told_outside(),
            longest=limits.MESSAGE,
            **{"text": "", "error": "", "done": "", "exchanged": False, **values},
        )
