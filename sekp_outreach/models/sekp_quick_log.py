import re

from psycopg2.errors import UniqueViolation

from odoo import Command, api, fields, models
from odoo.exceptions import (
    AccessError,
    ConcurrencyError,
    MissingError,
    UserError,
    ValidationError,
)
from odoo.fields import Domain

from .sekp_contact_quick import SentAlready
from .sekp_course import LIVE_NOW, UNTOLD
from .sekp_course_safety import HINTS

# Letters only: no number that chance could make look like a person's.
KEY = re.compile(r"[a-z]{24,40}")
# What a note says of a contact, with the kind of each value.
SAID = {
    "course_id": int,
    "appointment_id": int,
    "form_id": int,
    "outcome": str,
    "started_at": str,
    "minutes": int,
    "function_ids": list,
    "note": str,
    "next_step": str,
    "next_step_on": str,
    "hours_reason": str,
    "told_of_referral": bool,
}
# Who wrote it: another may have logged in on the phone since.
WRITER = "user_id"
OWN_ROLES = ("contact_person", "second", "cover")
MOST_COURSES = 200


class SekpQuickLog(models.AbstractModel):
    """The street note: a contact or an attempt noted on a phone in twenty seconds.

    The phone asks once for all that its screen shows, and keeps that for when there is
    no network: codes, choices and what the visitor has to know for their own safety.
    """

    _name = "sekp.quick.log"
    _description = "Street Note"

    # --- the screen ---------------------------------------------------------------
    @api.model
    def get_screen(self, course_id=None, appointment_id=None):
        """Return all that the screen shows, by codes.

        :param course_id: a course to note on at once; one's own are told in any case
        :param appointment_id: the visit that is noted, of that course
        :return: the courses, the choices, whether the user is out alone, and how long
            an unsent note is kept
        :raises AccessError: for one who carries no courses, and for a course or an
            appointment the user may not open
        """
        if not self.env.user.has_group("sekp_outreach.group_contact_person"):
            raise AccessError(
                self.env._("The street note is for contact persons and supervisors.")
            )
        visit = self._opened("sekp.appointment", appointment_id)
        course = self._opened("sekp.course", course_id) or visit.course_id
        courses = self._own_courses()
        if courses:
            courses._log_read("list", amount=len(courses))
        if course - courses:
            course._log_read("open")
        foreign = course - courses
        courses |= course
        forms = self._choices("sekp.contact.form", ("name", "is_visit"))
        functions = self._choices("sekp.support.function", ("name",))
        company = self.env.company
        Contact = self.env["sekp.contact"]
        return {
            "user_id": self.env.uid,
            "now": fields.Datetime.to_string(fields.Datetime.now()),
            "hours": company.sekp_unsent_hours,
            "tz": company._sekp_timezone(),
            "course_id": course.id,
            "appointment": bool(visit)
            and {
                "id": visit.id,
                "form_id": visit.form_id.id,
                "minutes": visit.minutes,
                "started_at": fields.Datetime.to_string(
                    min(visit.starts_at, fields.Datetime.now())
                ),
            },
            "courses": [
                {**self._tell(one, company._sekp_today()), "foreign": one in foreign}
                for one in courses
            ],
            "outcomes": Contact._fields["outcome"]._description_selection(self.env),
            "hours_reasons": Contact._fields["hours_reason"]._description_selection(
                self.env
            ),
            "forms": forms,
            "functions": functions,
            "out": self._out(),
        }

    @api.model
    def _opened(self, model, id_):
        """Return the record of an id that a client gave, or an empty one.

        :raises AccessError: for one that the user may not open
        """
        Model = self.env[model]
        if not id_:
            return Model
        record = Model.search([("id", "=", id_)]) if type(id_) is int else Model
        if not record:
            raise Model._link_error()
        return record

    @api.model
    def _own_courses(self):
        """Return the open courses that the user carries, or covers, today."""
        row = Domain("user_id", "=", self.env.uid)
        row &= Domain("role", "in", OWN_ROLES) & Domain(LIVE_NOW)
        return self.env["sekp.course"].search_fetch(
            Domain("phase", "!=", "closed") & Domain("assignment_ids", "any", row),
            [
                *("reference", "next_contact_due", "last_outreach_on", "standard_id"),
                *HINTS,
            ],
            order="next_contact_due, id",
            limit=MOST_COURSES,
        )

    @api.model
    def _choices(self, model, names):
        rows = self.env[model].search_fetch([("active", "=", True)], names)
        return [{name: row[name] for name in ("id", *names)} for row in rows]

    @api.model
    def _tell(self, course, today):
        """Return what the screen shows of a course, and what may be said of it."""
        standard, due = course.standard_id, course.next_contact_due
        window = standard.hours_rule == "window"
        return {
            "id": course.id,
            "code": course.reference,
            "due": fields.Date.to_string(due),
            "late": bool(due and due < today),
            "when": due and self.env["sekp.morning"]._when(due, today),
            "last": fields.Date.to_string(course.last_outreach_on),
            "texts": standard.registration_mode != "none",
            "hints": course._safety_hints(),
            "hints_until": fields.Date.to_string(course.safety_until),
            "asks_told": course.inform_state in UNTOLD,
            "form_ids": standard.contact_form_ids.ids,
            "function_ids": standard.support_function_ids.ids,
            "window": window
            and {
                "from": standard.hour_from,
                "to": standard.hour_to,
                "days": len(standard._hours_weekdays()),
            },
        }

    @api.model
    def _out(self):
        row = self.env["sekp.lone.work"]._mine()
        return bool(row) and {
            "id": row.id,
            "state": row.state,
            "until": fields.Datetime.to_string(row.expected_back),
        }

    # --- the note -----------------------------------------------------------------
    @api.model
    def log(self, values, key):
        """Log a contact or an attempt once, however often the phone sends it.

        :param dict values: of the contact, with the ``user_id`` of who wrote it
        :param str key: drawn by the phone for this note, of 24 to 40 small letters
        :return: the id of the contact, and whether it had been logged before
        :raises UserError: telling what stands in the way, and what to do
        """
        said = self._said(values, key)
        Contact = self.env["sekp.contact"]
        try:
            contact = Contact.create(self._as_created(said, key))
        except SentAlready as sent:
            # Superuser: access may have ended since the user logged it.
            return self._first(Contact.sudo().browse(sent.contact_id), said)
        except UniqueViolation as error:
            # Sent twice at once. Asked anew, the first one is there.
            raise ConcurrencyError from error
        except UserError as error:
            raise self._obstacle(said, error) from None
        return {"id": contact.id, "again": False}

    @api.model
    def _said(self, values, key):
        """Return what a note says, checked by its kind.

        :raises AccessError: for the note of somebody else
        :raises ValidationError: for anything that is not a note
        """
        whole = isinstance(values, dict) and isinstance(key, str)
        said = {
            name: value
            for name, value in (values.items() if whole else ())
            if name != WRITER and value not in (None, False, "", [])
        }
        if (
            not whole
            or not KEY.fullmatch(key)
            or not set(said) <= set(SAID)
            or any(type(value) is not SAID[name] for name, value in said.items())
            or any(type(one) is not int for one in said.get("function_ids", ()))
            or "course_id" not in said
        ):
            raise ValidationError(
                self.env._("This is no note that can be logged. Write it again.")
            )
        if values.get(WRITER) != self.env.uid:
            raise AccessError(
                self.env._(
                    "Somebody else has logged in meanwhile. Log in again, then send "
                    "your note."
                )
            )
        for name in ("started_at", "next_step_on"):
            if name in said:
                said[name] = self._moment(name, said[name])
        return said

    @api.model
    def _moment(self, name, text):
        convert = fields.Datetime if name == "started_at" else fields.Date
        try:
            return getattr(convert, f"to_{convert.__name__.lower()}")(text)
        except ValueError:
            raise ValidationError(
                self.env._("This is no note that can be logged. Write it again.")
            ) from None

    @api.model
    def _as_created(self, said, key):
        functions = [Command.set(said.get("function_ids", []))]
        return {**said, "function_ids": functions, "quick_key": key}

    @api.model
    def _first(self, contact, said):
        """Answer a note that was logged before with its contact.

        :raises UserError: when that says something else
        """
        for name, value in said.items():
            logged = contact[name]
            if SAID[name] is list:
                logged, value = set(logged.ids), set(value)
            elif SAID[name] is int and name.endswith("_id"):
                logged = logged.id
            if logged != value:
                raise UserError(
                    self.env._(
                        "Another note was logged under the same number. Nothing was "
                        "changed: write this one again."
                    )
                )
        return {"id": contact.id, "again": True}

    @api.model
    def _obstacle(self, said, error):
        """Return the error that tells why a note could not be logged, naming nobody.

        :param error: what was raised by the contact itself
        """
        # Superuser: whether a course that one has to do with was closed.
        course = self.env["sekp.course"].sudo().browse(said["course_id"]).exists()
        theirs = self.env.user in course.assignment_ids.user_id or (
            course and course.with_user(self.env.user).has_access("read")
        )
        if isinstance(error, AccessError | MissingError) or not theirs:
            return AccessError(
                self.env._(
                    "You may no longer open this course. Tell the supervisor of the "
                    "team what you wanted to note."
                )
            )
        if course.phase == "closed":
            return UserError(
                self.env._(
                    "The course was closed meanwhile. Re-establish it and send the "
                    "note again, or tell the supervisor of the team."
                )
            )
        return error


class SekpCourse(models.Model):
    """A course can be noted on with few taps."""

    _inherit = "sekp.course"

    def action_quick_log(self):
        """Open the street note on this course."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.actions"]._for_xml_id(
                "sekp_outreach.sekp_quick_log_action"
            ),
            "params": {"course_id": self.id},
        }


class SekpAppointment(models.Model):
    """A visit can be noted with few taps."""

    _inherit = "sekp.appointment"

    def action_quick_log(self):
        """Open the street note on this visit."""
        self.ensure_one()
        self.check_access("read")
        action = self.course_id.action_quick_log()
        action["params"]["appointment_id"] = self.id
        return action
