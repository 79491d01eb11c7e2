from odoo import fields, models

# The table whose rows a number counts; what is not here is counted as other.
COUNTED = {
    "citizen_count": "sekp_citizen",
    "course_count": "sekp_course",
    "referral_count": "sekp_referral",
    "contact_count": "sekp_contact",
    "appointment_count": "sekp_appointment",
    "document_count": "sekp_document",
    "activity_count": "mail_activity",
}


class SekpErasureCertificate(models.Model):
    """That something was erased, when, by which rule and how much; never whose it was.

    It is written with the erasure itself and outlives it. It bears no code and no team:
    nothing leads from it to a person.
    """

    _name = "sekp.erasure.certificate"
    _inherit = ["sekp.append.only.mixin"]
    _description = "Certificate of Erasure"
    _order = "id desc"
    _rec_name = "at"
    _log_access = False

    at = fields.Datetime(string="When", required=True, readonly=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        string="Municipality",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    record_class = fields.Selection(
        selection=lambda self: self.env["sekp.retention.rule"]._record_classes(),
        string="Records",
        required=True,
        readonly=True,
    )
    rule = fields.Char(readonly=True, help="What the rule said on that day.")
    outcome = fields.Char(string="Closed as", readonly=True)
    on_request = fields.Boolean(
        string="At the Citizen's Wish", readonly=True, help="Before its time."
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Who",
        required=True,
        readonly=True,
        ondelete="restrict",
        help="The nightly job, or the one who asked for it.",
    )
    citizen_count = fields.Integer(string="Citizens", readonly=True)
    course_count = fields.Integer(string="Courses", readonly=True)
    referral_count = fields.Integer(string="Referrals", readonly=True)
    contact_count = fields.Integer(string="Contacts", readonly=True)
    appointment_count = fields.Integer(string="Appointments", readonly=True)
    document_count = fields.Integer(string="Documents", readonly=True)
    file_count = fields.Integer(string="Files", readonly=True)
    activity_count = fields.Integer(string="Activities", readonly=True)
    other_count = fields.Integer(string="Other Rows", readonly=True)
