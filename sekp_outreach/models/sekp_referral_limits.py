from odoo import models
from odoo.exceptions import ValidationError

from ..tools import limits


class SekpReferral(models.Model):
    """How long the texts of a referral may be, whoever writes them."""

    _inherit = "sekp.referral"

    _texts_bounded = models.Constraint(
        "CHECK ("
        + " AND ".join(
            f"(char_length({name}) <= {limit}) IS NOT FALSE"
            for name, limit in sorted(limits.TEXTS.items())
        )
        + ")",
        "A text of the referral is too long.",
    )

    def _check_texts(self, vals):
        """Refuse what is too long before it reaches SQL, and so the server's log.

        :raises ValidationError: naming the first such field and how long it may be
        """
        for name in limits.too_long(vals):
            raise ValidationError(
                self.env._(
                    "“%(field)s” has %(longest)s characters at most. Shorten it.",
                    field=self._fields[name]._description_string(self.env),
                    longest=limits.TEXTS[name],
                )
            )
        return super()._check_texts(vals)
