import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
# Addresses below /sekp/ that are something else.
TAKEN = frozenset({"document", "static", "web"})
LONGEST = 50


class ResCompany(models.Model):
    """The municipality's public page: whether there is one, and where."""

    _inherit = "res.company"

    sekp_public_page = fields.Boolean(
        string="Public Page",
        help="Anyone can say on the page that someone needs help. It shows the quality "
        "standard in force; without one there is no page.",
    )
    sekp_public_name = fields.Char(
        string="Name in the Address",
        copy=False,
        help="The page lies at /sekp/ followed by this name: small letters a to z, "
        "digits and single hyphens between them.",
    )
    sekp_public_captcha = fields.Boolean(
        string="Ask for a Captcha",
        help="Where an app for it is installed. Its provider then sees the address of "
        "each sender, and nobody can write without JavaScript: the page says so.",
    )

    _sekp_public_name_unique = models.UniqueIndex(
        "(sekp_public_name)", "Another municipality has this name in its address."
    )

    @api.constrains("sekp_public_name", "sekp_public_page")
    def _check_sekp_public_name(self):
        for company in self:
            name = company.sekp_public_name
            if company.sekp_public_page and not name:
                raise ValidationError(
                    self.env._("The public page needs a name in its address.")
                )
            if name and (
                not SLUG.fullmatch(name) or len(name) > LONGEST or name in TAKEN
            ):
                raise ValidationError(
                    self.env._(
                        "The name in the address of the public page has up to "
                        "%(longest)s small letters a to z, digits and single hyphens "
                        "between them, such as “havnby”.",
                        longest=LONGEST,
                    )
                )

    @api.model
    def _sekp_of_public_name(self, name):
        """Return the municipality whose public page has a name, or an empty set.

        :param name: what stands in the address, whatever it is
        """
        # Superuser: the page is for everybody, the table of companies is not.
        companies = self.sudo()
        if not isinstance(name, str) or not SLUG.fullmatch(name):
            return companies.browse()
        return companies.search(
            [("sekp_public_name", "=", name), ("sekp_public_page", "=", True)]
        )

    @api.model
    def _sekp_wants_captcha(self, name):
        """Tell whether the page of a name asks for a captcha."""
        return self._sekp_of_public_name(name).sekp_public_captcha

    def _sekp_public_standard(self):
        """Return the quality standard that the page shows; empty without a page."""
        return self.env["sekp.standard"]._in_force(self, self._sekp_today())

    def _sekp_public_address(self, language):
        """Return a function that gives the address of a page below the municipality's.

        It takes the rest of the path, such as ``code``, and in ``to`` the key of
        another language.
        """

        def address(path="", to=language):
            below = f"/sekp/{self.sekp_public_name}/{path}".rstrip("/")
            return below if to == "da" else f"{below}?lang={to}"

        return address

    def _sekp_public_facts(self):
        """Return what every page of the municipality may say, for its templates."""
        standard = self._sekp_public_standard()
        if not standard:
            return {"standard": standard}
        return {
            "standard": standard,
            "emergency": standard._public_emergency(),
            "entry_points": standard._public_entry_points(),
            "promises": standard._public_promises(),
        }
