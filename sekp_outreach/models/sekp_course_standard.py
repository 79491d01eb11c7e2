from odoo import Command, api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.fields import Domain

from .sekp_citizen import ABOUT

# What a planned act follows from: where it differs, it is planned anew.
REVIEWED = (
    "review_rule", "review_interval_months", "review_lead_days", "status_report",
    "registration_mode",
)  # fmt: skip
PLANNED = (
    *REVIEWED, "ordinary_offer_assessment", "assessment_interval_days", "grant",
    "grant_warning_days",
)  # fmt: skip
# So many are planned anew with the move; the job that comes at once takes the rest.
AT_ONCE = 100


def differ(old, new, names):
    """Tell whether two versions differ in one of these parameters."""
    return any(old[name] != new[name] for name in names)


class SekpCourse(models.Model):
    """The version of the standard that holds for a course, and the move to another.

    What was promised to the person under an earlier version is not made later by it:
    clocks keep their promise, planned reviews come earlier or stay, and so does the
    interval between contacts.
    """

    _inherit = "sekp.course"
    standard_since = fields.Date(
        string="Under This Version since",
        readonly=True,
        copy=False,
        help="When the course was moved to this version; empty where it began under "
        "it.",
    )
    former_standard_ids = fields.Many2many(
        comodel_name="sekp.standard",
        relation="sekp_course_former_standard_rel",
        string="Earlier Versions",
        readonly=True,
        copy=False,
        help="The versions the course stood under before it was moved.",
    )
    replan = fields.Boolean(
        string="To Be Planned Anew",
        readonly=True,
        copy=False,
        help="Moved to a version that plans otherwise; planned anew within minutes.",
    )

    # --- moving -------------------------------------------------------------------
    def _move_to_standard(self, standard):
        """Let the open ones of these courses stand under another version.

        Asks nobody: whoever calls it has checked. Done again it changes nothing.

        :param standard: the version in force
        :return: the courses that were moved, and those of which more is stored than
            the version lets be stored: they stay as they were
        :raises UserError: where the version is not in force, the courses are of
            another municipality, or a colleague is changing one of them
        """
        standard._check_open_for_move()
        # Superuser: only acts set the version, and a manager opens no course.
        courses = self.sudo().filtered(
            lambda course: (
                course.phase != "closed" and course.standard_id.id != standard.id
            )
        )
        if courses.company_id - standard.company_id:
            raise UserError(
                self.env._("Choose courses of the standard's municipality.")
            )
        try:
            courses.lock_for_update(allow_referencing=True)
        except LockError:
            raise UserError(
                self.env._(
                    "A colleague is changing one of these courses right now. Nothing "
                    "was moved: try again in a moment."
                )
            ) from None
        staying = courses._storing_above(standard)
        moving = courses - staying
        for old, group in moving.grouped("standard_id").items():
            group._move_from(old, standard.sudo())
        moving._follow_up_moved(standard.company_id._sekp_today())
        return moving, staying

    def _follow_up_moved(self, today):
        """Bring what is owed in step with the new version: now, or by the next job."""
        found = self.search(
            Domain("id", "in", self.ids) & self._sekp_to_follow_up(today), order="id"
        )
        found[:AT_ONCE]._sekp_follow_up(today)
        if found[AT_ONCE:]:
            # Superuser: the job is the system's.
            self.env.ref("sekp_outreach.cron_follow_up").sudo()._trigger()

    @api.model
    def _sekp_to_follow_up(self, today):
        return super()._sekp_to_follow_up(today) | Domain("replan", "=", True)

    def _sekp_follow_up(self, today):
        result = super()._sekp_follow_up(today)
        moved = self.filtered("replan")
        moved._sync_rhythm()
        moved.write({"replan": False})
        return result

    def _move_from(self, old, new):
        """Move courses from one version to another, and what follows from it."""
        shorter = self._with_shorter_rhythm(old, new)
        self._keep_promised(planned_anew=differ(old, new, REVIEWED))
        self.write(
            {
                "standard_id": new.id,
                "standard_since": new.company_id._sekp_today(),
                "former_standard_ids": [Command.link(old.id)],
            }
        )
        self.citizen_id.write({"standard_id": new.id})
        shorter.write({"rhythm_days": new._rhythm_days(), "replan": True})
        if differ(old, new, PLANNED):
            self.write({"replan": True})

    def _with_shorter_rhythm(self, old, new):
        """Return the courses whose interval was the version's, and becomes shorter."""
        before, after = old._rhythm_days(), new._rhythm_days()
        if not after or (before and before <= after):
            return self.browse()
        return self.filtered(lambda course: course.rhythm_days == before)

    def _keep_promised(self, planned_anew):
        """Let no planned review become later than it is now.

        One that a grant dates moves with the grant, unless the rule is another.
        """
        planned = Domain("course_id", "in", self.ids) & Domain("held_on", "=", False)
        if not planned_anew:
            planned &= Domain("grant_id", "=", False)
        self.env["sekp.review"].search(planned).write({"promised": True})

    def _storing_above(self, standard):
        """Return the courses of which more is stored than a version lets be stored.

        On the course and its parts, the person, and the referral that led to it.
        """
        found = self.browse()
        for name in self._confidential_models():
            # Superuser: what is stored counts, whoever may read it.
            Model = self.env[name].sudo().with_context(active_test=False)
            above = Model._sekp_stored_above(standard)
            if above.is_false():
                continue
            for link, mine in self._links_of(name).items():
                rows = Model._search(
                    above & Domain(link, "in", self.mapped(mine)._ids)
                ).select(Model._field_to_sql(Model._table, link))
                ids = {id_ for (id_,) in self.env.execute_query(rows)}
                found |= self.filtered(
                    lambda course, mine=mine, ids=ids: course.mapped(mine).id in ids
                )
        return found

    @api.model
    def _links_of(self, name):
        """Return how records of a model lead to a course.

        :param str name: of a confidential model
        :return: its fields, and for each the path from the course to the same record
        """
        paths = {
            "course_id": "",
            "citizen_id": "citizen_id",
            "referral_id": "referral_id",
        }
        own = {
            "sekp.course": "course_id",
            "sekp.citizen": "citizen_id",
            "sekp.referral": "referral_id",
        }
        if name in own:
            return {"id": paths[own[name]]}
        links = [link for link in ABOUT if link in self.env[name]._fields]
        if "course_id" in links:
            # What an earlier course holds is not this one's.
            links = [link for link in links if link != "citizen_id"]
        return {link: paths[link] for link in links}

    # --- what was promised ----------------------------------------------------------
    def _periods_from(self):
        """The intervals of a version are counted from the day the course came to it."""
        return self.standard_since or super()._periods_from()

    def _plan(self, kind, due, grant=None):
        planned = self._planned_review(kind)
        if due and planned.promised:
            due = min(due, planned.due)
        return super()._plan(kind, due, grant)


class SekpReview(models.Model):
    """A review that was planned before its course was moved."""

    _inherit = "sekp.review"
    _sekp_unhistoric = frozenset({"promised"})

    promised = fields.Boolean(
        readonly=True,
        copy=False,
        help="Planned under an earlier version of the standard: its day does not "
        "become later.",
    )


class SekpStandard(models.Model):
    """The version that open courses are moved to."""

    _inherit = "sekp.standard"

    def _check_open_for_move(self):
        """Check that courses may be moved to this version now.

        :raises AccessError: for a version the user may not read
        :raises UserError: where it is not in force today
        """
        self.ensure_one()
        self.check_access("read")
        if self.status != "in_force" or (
            self.company_id not in self.env.companies and not self.env.su
        ):
            raise UserError(
                self.env._(
                    "Courses are moved to the version that is in force today. This one "
                    "is not, or no longer: open the one in force and begin again."
                )
            )

    def action_move_courses(self):
        """Open the dialog that moves the open courses of the municipality here.

        :raises AccessError: for everybody but a scheme manager
        :raises UserError: where the version is not in force today
        """
        self.ensure_one()
        self.check_access("write")
        self.env.user._sekp_check_manager()
        self._check_open_for_move()
        return self._dialog("sekp.move.courses", self.env._("Move Open Courses"))

    def _earlier_versions(self):
        """Return the versions that were in force before this one, latest first."""
        return self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "adopted"),
                ("valid_from", "<", self.valid_from),
            ],
            order="valid_from desc",
        )
