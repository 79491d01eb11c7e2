from odoo import fields, models

from .sekp_citizen import IDENTITY_LEVELS

GIVEN = [
    ("oral", "Orally"),
    ("written", "In writing"),
    ("screen", "On the screen"),
]


class SekpIdentityWish(models.Model):
    """How a person wished to be known from a moment on: one row for each move.

    Written by the act that moves the person on the identity ladder, never by hand, and
    never altered. What the person is known by does not stand here.
    """

    _name = "sekp.identity.wish"
    _inherit = ["sekp.append.only.mixin", "sekp.confidential.mixin"]
    _description = "Wish to Be Known"
    _order = "id desc"
    _sekp_history = False
    # It goes with the person.
    _sekp_refused = ("UPDATE",)
    _sekp_print_fields = ("wished_at", "from_level", "to_level", "given")
    _sekp_print_when = "wished_at"
    _sekp_print_sequence = 20

    citizen_id = fields.Many2one(
        comodel_name="sekp.citizen",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    from_level = fields.Selection(IDENTITY_LEVELS, required=True, readonly=True)
    to_level = fields.Selection(IDENTITY_LEVELS, required=True, readonly=True)
    given = fields.Selection(
        [*GIVEN, ("standard", "By a stricter quality standard")],
        required=True,
        readonly=True,
    )
    wished_at = fields.Datetime(string="When", required=True, readonly=True)
    told_to_id = fields.Many2one(
        comodel_name="res.users",
        string="Told to",
        required=True,
        readonly=True,
        ondelete="restrict",
    )

    def _takes_own_reference(self):
        return False

    def _registration_standard(self):
        return self.env["sekp.standard"]

    def _own_courses(self):
        return self.citizen_id.course_ids
