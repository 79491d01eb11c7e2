from odoo import api, models
from odoo.fields import Domain

from ..tools.who_looked import look, merge

# What a list, an export or a print of several records names its codes in.
MANY = ("list", "search", "export", "print")
LONGEST = 5000
# A person may have several roles at once: the nearest one counts.
NEARNESS = ("contact_person", "second", "cover", "break_glass")


class SekpWhoLooked(models.AbstractModel):
    """Who has looked at what is kept about a citizen, for the citizen (art. 15).

    What, when, for what and in which role; names only when that was decided.
    """

    _name = "sekp.who.looked"
    _description = "Who Has Looked"

    @api.model
    def _told(self, citizen, courses, names=False, without=()):
        """Return the lines, oldest first, and whether older ones are left out.

        :param citizen: checked by the caller
        :param courses: those of the citizen's courses that the caller may open
        :param bool names: whether the staff is named
        :param without: kinds of rows that would tell what is withheld
        """
        rows, cut = self._rows(citizen, courses.referral_id)
        rows = rows.filtered(lambda row: row.kind not in without)
        roles = self._role_finder(citizen)
        ours = courses.team_id | courses.referral_id.team_id
        looks = [
            look(
                row.at,
                row.kind,
                (row.user_id, roles(row), row.team_id & ours, row.purpose),
            )
            for row in rows
        ]
        return {
            "lines": [self._line(citizen, one, names) for one in merge(looks)],
            "cut": cut,
            "names": names,
        }

    # --- which rows -----------------------------------------------------------------
    @api.model
    def _rows(self, citizen, referrals):
        """Return the newest rows of the log on the citizen's codes, oldest first."""
        # Superuser: the log is read by auditors; here one citizen's rows only, for
        # that citizen, after access to the citizen was checked.
        Log = self.env["sekp.access.log"].sudo()
        subjects = [citizen.sudo(), *referrals.sudo()]
        codes = [subject.reference for subject in subjects]
        # No list names a code before the referral or the person was registered.
        begun = min(
            [subject.create_date for subject in subjects]
            + referrals.sudo().mapped("received_at")
        ).replace(microsecond=0)
        single = Log.search(
            [("reference", "in", codes)], order="at desc, id desc", limit=LONGEST + 1
        )
        shown = Domain.OR(Domain("references", "like", code) for code in codes)
        listed = Log.search(
            shown
            & Domain("company_id", "=", citizen.company_id.id)
            & Domain("kind", "in", MANY)
            & Domain("at", ">=", begun),
            order="at desc, id desc",
            limit=LONGEST + 1,
        )
        rows = (single | listed).sorted(lambda row: (row.at, row.id))
        return rows[-LONGEST:], len(rows) > LONGEST

    # --- in which role --------------------------------------------------------------
    @api.model
    def _role_finder(self, citizen):
        """Return what tells the role that somebody had at the time of a row."""
        # Superuser: the roles of all who looked, whoever prints; only roles are told.
        citizen = citizen.sudo()
        courses = citizen.course_ids
        access = {}
        for row in courses.assignment_ids:
            access.setdefault(row.user_id, []).append(row)
        handovers = self.env["sekp.handover"].sudo()
        receivers = handovers.search([("course_id", "in", courses.ids)]).receiver_id
        supervisors = courses.team_id.supervisor_ids
        intake = courses.referral_id.team_id.intake_ids
        auditors = citizen.company_id._sekp_auditors()

        def role(row):
            user = row.user_id
            held = {
                one.role
                for one in access.get(user, ())
                if one.starts_at and one.starts_at <= row.at < one.ends_at
            }
            for name in NEARNESS:
                if name in held:
                    return name
            for name, people in (
                ("supervisor", supervisors | row.team_id.supervisor_ids),
                ("intake", intake | row.team_id.intake_ids),
                ("receiver", receivers),
                ("auditor", auditors),
            ):
                if user in people:
                    return name
            return "other"

        return role

    # --- in plain words ---------------------------------------------------------------
    @api.model
    def _roles(self):
        """Return the roles in plain words."""
        return {
            "contact_person": self.env._("your contact person"),
            "second": self.env._("your second contact person"),
            "cover": self.env._("a colleague who covered"),
            "break_glass": self.env._("a colleague with emergency access"),
            "supervisor": self.env._("the leader of the team"),
            "intake": self.env._("the one who receives referrals"),
            "receiver": self.env._("the offer you were handed over to"),
            "auditor": self.env._("the one who checks who looks"),
            "other": self.env._("another member of staff"),
        }

    @api.model
    def _kinds(self):
        """Return what was done in plain words."""
        return {
            "open": self.env._("opened it"),
            "list": self.env._("saw you in a list"),
            "search": self.env._("found you in a search"),
            "export": self.env._("took it out in a file"),
            "print": self.env._("printed it or read it as you do"),
            "reveal": self.env._("had something hidden shown"),
            "document": self.env._("opened a document"),
            "break_glass": self.env._("took emergency access"),
            "refused": self.env._("tried to open it and was refused"),
        }

    @api.model
    def _line(self, citizen, one, names):
        user, role, team, purpose = one.who
        company = citizen.company_id
        first, last = company._sekp_local(one.first), company._sekp_local(one.last)
        time = f"{first:%H:%M}"
        if f"{last:%H:%M}" != time:
            time = f"{time}–{last:%H:%M}"
        kinds, labels = self._kinds(), self._labels("kind")
        return {
            "date": self.env["sekp.print.mixin"]._citizen_print_date(first.date()),
            "time": time,
            "what": ", ".join(
                kinds.get(kind) or labels.get(kind, kind) for kind in one.kinds
            ),
            "role": self._roles()[role],
            "name": user.name if names else "",
            "purpose": self._labels("purpose").get(purpose, ""),
            "unit": team.name or "",
            "count": one.count,
        }

    @api.model
    def _labels(self, name):
        field = self.env["sekp.access.log"]._fields[name]
        return dict(field._description_selection(self.env))
