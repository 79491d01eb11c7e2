"""What an older version owed becomes obligations; what it had sent is not asked again.

The rest comes by itself: stored columns are computed by the upgrade, and the hourly
follow-up finds what an open course, visit or clock lacks.
"""

from odoo import SUPERUSER_ID, api, fields


def migrate(cr, version):
    """Bring obligations that no follow-up finds in step; again it changes nothing."""
    cr.execute(
        """
        UPDATE sekp_review r SET status_sent_on = r.held_on
          FROM sekp_course c JOIN sekp_standard s ON s.id = c.standard_id
         WHERE c.id = r.course_id AND r.kind = 'review' AND r.held_on IS NOT NULL
           AND s.status_report = 'required' AND r.status_sent_on IS NULL
        """
    )
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["sekp.consent"].search([("withdrawn_on", "=", False)])._sync_expiring()
    env["sekp.referral"].search(
        [("acute", "=", True), ("state", "not in", ("allocated", "closed"))]
    )._sync_acute()
    # What the clock took from one does not wait for tomorrow.
    env.ref("sekp_outreach.ir_cron_hand_on_activities").interval_type = "hours"
    leaves = env["resource.calendar.leaves"].search(
        [
            ("resource_id.user_id", "!=", False),
            ("date_to", ">=", fields.Datetime.now()),
        ]
    )
    env["sekp.absence"]._follow_leaves(leaves)
