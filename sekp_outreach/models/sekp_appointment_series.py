from itertools import pairwise

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..tools.danish_calendar import is_working_day
from ..tools.recurrence import MOST_VISITS, RecurrenceError, occurrences, utc_time

# What the dialog asks and no column keeps.
REPETITION = (
    "repeat_unit", "repeat_every", "repeat_count", "repeat_until", "repeat_days_off",
)  # fmt: skip
# What a change of the following ones takes over; a note is of one visit.
SHARED = ("form_id", "place", "accompanies_to")


class SekpAppointment(models.Model):
    """An appointment that comes again: each one is its own, joined by the first.

    Made at once and bounded, so that each of them has workers who may open the course
    then, blocks in their calendars, and somebody who is asked to log it.
    """

    _inherit = "sekp.appointment"

    series_id = fields.Many2one(
        comodel_name="sekp.appointment",
        string="First of the Series",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    repeat_unit = fields.Selection(
        [("day", "Days"), ("week", "Weeks")],
        string="Repeat",
        store=False,
        help="Empty for one visit.",
    )
    repeat_every = fields.Integer(string="Every", store=False, default=1)
    repeat_count = fields.Integer(
        string="Visits in All",
        store=False,
        help="The first one included; empty where a last day is given.",
    )
    repeat_until = fields.Date(string="Last Day", store=False)
    repeat_days_off = fields.Boolean(
        string="Also on Days Off",
        store=False,
        help="Public holidays and days on which the municipality is closed; of visits "
        "every so many days, weekends too.",
    )
    repeat_told = fields.Char(string="Makes", compute="_compute_repeat_told")
    change_following = fields.Boolean(
        string="Change the Following Ones Too",
        store=False,
        help="Later visits of the series are moved by as much and take over form, "
        "workers and place.",
    )

    # --- planning several -----------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        """Plan one appointment for each of ``vals_list``, or a series of them.

        :return: the appointments asked for; of a series the first
        :raises ValidationError: for a repetition that cannot be meant, and when a
            worker has no access on one of the days: nothing is planned then
        """
        given = self._given_defaults()
        rows, firsts = [], []
        for vals in vals_list:
            series = self._repeated(dict(vals), given)
            firsts.append(len(rows))
            rows += series
        appointments = super().create(rows)
        bounds = [*firsts, len(rows)]
        for begin, end in pairwise(bounds):
            if end - begin > 1:
                series = appointments[begin:end]
                # Superuser: what belongs together is not told by hand.
                series.sudo().write({"series_id": series[0].id})
        return self.browse([appointments[begin].id for begin in firsts])

    @api.model
    def _repeated(self, vals, given):
        """Return the values of each appointment that values ask for.

        :param dict vals: changed in place
        :param dict given: the defaults that the caller brings along
        """
        asked = {**given, **vals}
        for name in REPETITION:
            vals.pop(name, None)
        if not asked.get("repeat_unit"):
            return [vals]
        self._take_end(vals, asked)
        if not asked.get("starts_at"):
            asked.update(self.default_get(["starts_at"]))
        # Superuser: whether the course may be read is checked with every other link.
        course = self.env["sekp.course"].sudo().browse(asked.get("course_id"))
        instants, _off = self._instants(asked, course.company_id or self.env.company)
        return [{**vals, "starts_at": instant} for instant in instants]

    @api.model
    def _instants(self, asked, company):
        """Return when the appointments of a series begin, and the days off among them.

        :param dict asked: the repetition with the first ``starts_at``
        :raises ValidationError: telling what to choose instead
        """
        unit = asked["repeat_unit"]
        until = fields.Date.to_date(asked.get("repeat_until") or None)
        count = asked.get("repeat_count") or None
        try:
            instants = occurrences(
                fields.Datetime.to_datetime(asked["starts_at"]),
                unit,
                asked.get("repeat_every", 1),
                company._sekp_timezone(),
                count=count,
                until=until,
            )
        except RecurrenceError as error:
            raise ValidationError(self._refused_repetition(error.problem)) from None
        first = company._sekp_local(instants[0]).date()
        rules = {
            "weekdays": "mon_fri" if unit == "day" else "all",
            "closing_days": company._sekp_closing_days(first),
        }
        # The first one was chosen as such.
        off = [
            instant
            for instant in instants[1:]
            if not is_working_day(company._sekp_local(instant).date(), **rules)
        ]
        if not asked.get("repeat_days_off"):
            instants = [instant for instant in instants if instant not in off]
        return instants, off

    @api.model
    def _refused_repetition(self, problem):
        """Return what to choose instead of a repetition that cannot be meant."""
        sentences = {
            "unit": self.env._(
                "Choose whether the visit comes again after days or weeks."
            ),
            "every": self.env._(
                "Between two visits lie between 1 and %(most)s days or weeks.",
                most=MOST_VISITS,
            ),
            "end": self.env._("Say how many visits, or the last day."),
            "count": self.env._("A series has two visits at least."),
            "until": self.env._("The last day lies before the first visit."),
            "many": self.env._(
                "A series has %(most)s visits at most. Plan on when they are held.",
                most=MOST_VISITS,
            ),
            "far": self.env._("A series goes no further than a year ahead."),
        }
        return sentences[problem]

    @api.depends("starts_at", *REPETITION)
    def _compute_repeat_told(self):
        """Tell before saving how many there will be, and what of the days off."""
        for appointment in self:
            appointment.repeat_told = (
                appointment._tell_repetition()
                if appointment.repeat_unit and appointment.starts_at
                else False
            )

    def _tell_repetition(self):
        self.ensure_one()
        company = self.company_id or self.env.company
        asked = {name: self[name] for name in (*REPETITION, "starts_at")}
        try:
            instants, off = self._instants(asked, company)
        except ValidationError as error:
            return str(error)

        def day(instant):
            return format_date(self.env, company._sekp_local(instant).date())

        told = self.env._(
            "%(count)s visits, the last on %(day)s.",
            count=len(instants),
            day=day(instants[-1]),
        )
        if not off:
            return told
        days = ", ".join(day(instant) for instant in off)
        if self.repeat_days_off:
            return told + " " + self.env._("Among them days off: %(days)s.", days=days)
        return told + " " + self.env._("Left out as days off: %(days)s.", days=days)

    # --- this and the following -----------------------------------------------------
    def _following(self):
        """Return the planned ones of the series that come after this one."""
        self.ensure_one()
        if not self.series_id:
            return self.browse()
        return self.search(
            [
                ("series_id", "=", self.series_id.id),
                ("state", "=", "planned"),
                ("starts_at", ">", self.starts_at),
            ]
        )

    def write(self, vals):
        following = vals.get("change_following")
        vals = {
            name: value
            for name, value in vals.items()
            if name != "change_following" and name not in REPETITION
        }
        if not following:
            return super().write(vals)
        for appointment in self:
            appointment._change_with_following(vals)
        return True

    def _change_with_following(self, vals):
        """Change this one, and the following ones by as much.

        By the clock on the wall: half an hour later is half an hour later on each day.
        """
        later, before = self._following(), self._local_start()
        later._take_for_change()
        self.write(vals)
        shift = self._local_start() - before
        shared = {
            name: self[name].id if self._fields[name].relational else self[name]
            for name in SHARED
            if name in vals
        }
        if {"minutes", "ends_at"} & set(vals):
            shared["minutes"] = self.minutes
        if "worker_ids" in vals:
            shared["worker_ids"] = [Command.set(self.worker_ids.ids)]
        zone = self.company_id._sekp_timezone()
        for appointment in later:
            moved = utc_time(appointment._local_start() + shift, zone)
            new = {**shared, "starts_at": moved} if shift else shared
            if new:
                appointment.write(new)

    def action_cancel_following(self):
        """Cancel this appointment and the later ones of its series."""
        self.ensure_one()
        self.check_access("write")
        if not self.series_id:
            raise UserError(self.env._("The appointment does not belong to a series."))
        return (self | self._following()).action_cancel()
