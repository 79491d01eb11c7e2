from odoo import models


class SekpCourse(models.Model):
    """A course that is erased stays counted."""

    _inherit = "sekp.course"

    def _sekp_before_erasure(self):
        super()._sekp_before_erasure()
        self.env["sekp.statistic"]._count_before_erasure(self)


class SekpReferral(models.Model):
    """A referral that is erased stays counted."""

    _inherit = "sekp.referral"

    def _sekp_before_erasure(self):
        super()._sekp_before_erasure()
        self.env["sekp.statistic"]._count_before_erasure(self)
