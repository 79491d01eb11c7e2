from odoo import models


class SekpComplaintGuidance(models.AbstractModel):
    """How to complain, from the quality standard (R137, R138)."""

    _name = "report.sekp_outreach.complaint_guidance"
    _inherit = ["sekp.paper.mixin"]
    _description = "How to Complain"

    _sekp_paper_model = "sekp.standard"
    _sekp_paper_values = "_complaint_guidance_values"

    def _paper_kind(self):
        return self.env._("complaint")


class SekpComplaintGuidanceCourse(models.AbstractModel):
    """How to complain, for the person of a course."""

    _name = "report.sekp_outreach.complaint_guidance_course"
    _inherit = ["report.sekp_outreach.complaint_guidance"]
    _description = "How to Complain, for a Course"

    _sekp_paper_model = "sekp.course"


class SekpComplaintGuidanceComplaint(models.AbstractModel):
    """How to complain, for one who has just done so."""

    _name = "report.sekp_outreach.complaint_guidance_complaint"
    _inherit = ["report.sekp_outreach.complaint_guidance"]
    _description = "How to Complain, for a Complaint"

    _sekp_paper_model = "sekp.complaint"
