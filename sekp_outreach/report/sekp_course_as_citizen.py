from odoo import api, models


class SekpCourseAsCitizen(models.AbstractModel):
    """The course as its citizen will read it, for the one who writes it."""

    _name = "report.sekp_outreach.sekp_course_as_citizen"
    _description = "Read as the Citizen"

    @api.model
    def _get_report_values(self, docids, data=None):
        courses = self.env["sekp.course"].browse(docids or [])
        lang = self.env["sekp.print.mixin"]._citizen_print_lang()
        return {
            "prints": [
                course._as_citizen_values()
                for course in courses.with_context(lang=lang)
            ]
        }
