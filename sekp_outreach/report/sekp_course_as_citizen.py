from odoo import models


class SekpCourseAsCitizen(models.AbstractModel):
    """The course as its citizen will read it, for the one who writes it."""

    _name = "report.sekp_outreach.sekp_course_as_citizen"
    _inherit = ["sekp.paper.mixin"]
    _description = "Read as the Citizen"

    _sekp_paper_model = "sekp.course"
    _sekp_paper_values = "_as_citizen_values"
