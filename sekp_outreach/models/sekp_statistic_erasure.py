from odoo import models


class SekpCourse(models.Model):
    """A course that is erased stays counted."""

    _inherit = "sekp.course"

    def _sekp_before_erasure(self):
        self.env["sekp.statistic"]._count_before_erasure(self)
        return super()._sekp_before_erasure()


class SekpReferral(models.Model):
    """A referral that is erased stays counted."""

    _inherit = "sekp.referral"

    def _sekp_before_erasure(self):
        self.env["sekp.statistic"]._count_before_erasure(self)
        return super()._sekp_before_erasure()
