from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

REPORT = "sekp_outreach.sekp_access_request_print"
# The General Data Protection Regulation, art. 12(3).
ANSWER_WITHIN = relativedelta(months=1)


class SekpAccessRequest(models.Model):
    """The citizen asks what is kept and who has looked (art. 15).

    How the person was verified is kept, never by which facts: a person known only by
    an alias, or by nothing but a code, can ask as well (art. 11 and 12(2)).
    """

    _name = "sekp.access.request"
    _inherit = ["sekp.citizen.child.mixin"]
    _description = "Request for Access"
    _order = "requested_on desc, id desc"

    _sekp_act_fields = frozenset(
        {
            "state", "answered_on", "verified_by_id", "verified_on", "show_names",
            "team_id",
        }
    )  # fmt: skip
    _sekp_print_fields = ("requested_on", "verified_by", "scope", "answered_on")
    _sekp_print_when = "requested_on"
    _sekp_print_sequence = 80
    _sekp_retention_class = "access_request"
    _sekp_retention_end = "answered_on"

    registration_mode = fields.Selection(
        related="citizen_id.registration_mode", related_sudo=False
    )
    requested_on = fields.Date(
        string="Asked On",
        required=True,
        default=lambda self: self.env.company._sekp_today(),
    )
    verified_by = fields.Selection(
        [
            ("facts", "Facts only the person knows"),
            ("papers", "Papers"),
            ("known", "Known to the worker in person"),
            ("together", "Not needed: read together on the screen"),
        ],
        string="How We Know It Is the Person",
        help="Never write down the facts themselves.",
    )
    verified_by_id = fields.Many2one(comodel_name="res.users", readonly=True)
    verified_on = fields.Date(readonly=True)
    scope = fields.Selection(
        [
            ("contents", "What is kept"),
            ("looks", "Who has looked"),
            ("both", "What is kept, and who has looked"),
        ],
        string="What the Person Asks For",
        required=True,
        default="both",
    )
    large_type = fields.Boolean(default=True)
    show_names = fields.Boolean(
        string="Name the Staff",
        readonly=True,
        help="Who has looked is told by role; names are withheld unless the person "
        "needs them.",
    )
    names_reason = fields.Selection(
        [
            ("essential", "The person needs the names to use their rights"),
            ("misuse", "There is reason to think that somebody looked without need"),
            ("agreed", "The colleagues agree"),
        ],
        string="Reason to Name the Staff",
    )
    state = fields.Selection(
        [("open", "Not answered yet"), ("answered", "Answered")],
        required=True,
        readonly=True,
        default="open",
        copy=False,
        index=True,
    )
    answered_on = fields.Date(readonly=True, copy=False)
    item_ids = fields.One2many(
        comodel_name="sekp.access.request.item",
        inverse_name="request_id",
        string="What Is Kept",
    )
    withheld_count = fields.Integer(
        string="Withheld", compute="_compute_withheld_count"
    )

    _one_open = models.UniqueIndex(
        "(citizen_id) WHERE state = 'open'",
        "A request of this person is already open.",
    )

    @api.depends("item_ids.withheld")
    def _compute_withheld_count(self):
        for request in self:
            request.withheld_count = len(request.item_ids.filtered("withheld"))

    # --- house rules ----------------------------------------------------------------
    def _prepare_create(self, vals):
        given = {**self._given_defaults(), **vals}
        # Superuser: whether the citizen may be read is checked with every link.
        if self.sudo().search_count(
            [("citizen_id", "=", given.get("citizen_id")), ("state", "=", "open")],
            limit=1,
        ):
            raise UserError(
                self.env._("A request of this person is already open. Open that one.")
            )
        return super()._prepare_create(vals)

    @api.model_create_multi
    def create(self, vals_list):
        requests = super().create(vals_list)
        requests.filtered("verified_by")._note_verified()
        for request in requests:
            request._collect()
            request._set_obligation(
                "activity_access_request", request.requested_on + ANSWER_WITHIN
            )
        return requests

    def write(self, vals):
        if "citizen_id" in vals:
            raise UserError(self.env._("A request cannot be moved to another person."))
        if not self.env.su and any(request.state == "answered" for request in self):
            raise UserError(
                self.env._("An answered request is not changed. Make a new one.")
            )
        result = super().write(vals)
        if vals.get("verified_by"):
            self._note_verified()
        if "names_reason" in vals and not vals["names_reason"]:
            # Superuser: names are not told without a reason.
            self.sudo().filtered("show_names").write({"show_names": False})
        if vals.get("requested_on"):
            for request in self:
                request._set_obligation(
                    "activity_access_request", request.requested_on + ANSWER_WITHIN
                )
        return result

    def _note_verified(self):
        for request in self:
            # Superuser: who verified and when is set with the choice, never by hand.
            request.sudo().write(
                {
                    "verified_by_id": self.env.uid,
                    "verified_on": request.company_id._sekp_today(),
                }
            )

    # --- collecting -----------------------------------------------------------------
    def _collect(self):
        """List what is kept now; decisions already made stay."""
        self.ensure_one()
        courses, _more = self.env["sekp.citizen.print"]._readable_courses(
            self.citizen_id
        )
        # Superuser: the list is made by the system; it holds no content.
        request = self.sudo()
        known = request.item_ids._by_place()
        earlier = request._earlier_decisions()
        gone = request.item_ids._without_record()
        new = []
        for records in self.env["sekp.citizen.print"]._records(
            self.citizen_id, courses
        ):
            for record in records if records._name != "sekp.history" else ():
                keys = [line[0] for line in record._citizen_print_lines()]
                for key in ("", *filter(record._citizen_print_is_item, keys)):
                    place = (record._name, record.id, key)
                    if place in known:
                        continue
                    decision = earlier.get(place) or {
                        "ground": record._citizen_print_proposal(key)
                    }
                    new.append(
                        {
                            "request_id": self.id,
                            "record_model": place[0],
                            "record_id": place[1],
                            "field_name": key,
                            "withheld": bool(decision["ground"]),
                            **decision,
                        }
                    )
        gone.unlink()
        request.item_ids.create(new)
        self.invalidate_recordset(["item_ids"])

    def _earlier_decisions(self):
        """Return what was withheld in the citizen's last request, by place."""
        last = self.search(
            [("citizen_id", "=", self.citizen_id.id), ("id", "!=", self.id)], limit=1
        )
        return {
            place: {"ground": item.ground, "reason": item.reason}
            for place, item in last.item_ids._by_place().items()
            if item.withheld
        }

    # --- acts -----------------------------------------------------------------------
    def _check_worker(self):
        """Check that the user may work on the request, and not by emergency only."""
        self.check_access("write")
        if emergency := self._in_emergency():
            raise emergency._emergency_error()

    def _check_open(self):
        if any(request.state == "answered" for request in self):
            raise UserError(self.env._("The request was already answered."))

    def action_collect(self):
        """Bring the list of what is kept up to date; earlier decisions stay."""
        self._check_worker()
        self._check_open()
        for request in self:
            request._take_for_change()
            request._collect()
        return True

    def action_show_names(self):
        """Let the print name the staff; needs a reason, and is logged.

        :raises AccessError: for all but the supervisors of the team
        """
        self._check_worker()
        if any(self.env.user not in request._supervisors() for request in self):
            raise AccessError(
                self.env._("A supervisor of the team decides to name the staff.")
            )
        self._check_open()
        if not all(request.names_reason for request in self):
            raise UserError(
                self.env._("Choose a reason first. Names are withheld otherwise.")
            )
        # Superuser: set by this act only; the reason and the act are kept.
        self.sudo().write({"show_names": True})
        self._log_read("reveal", "enquiry")
        return True

    def action_hide_names(self):
        """Let the print tell roles only again."""
        self._check_worker()
        self._check_open()
        # Superuser: set by the acts only.
        self.sudo().write({"show_names": False})
        return True

    def action_print(self):
        """Open the print for the citizen in a window of its own."""
        self.ensure_one()
        self._check_worker()
        self._check_verified()
        if self.state == "open":
            self._take_for_change()
            self._collect()
        return {
            "type": "ir.actions.act_url",
            "url": f"/report/html/{REPORT}/{self.id}",
            "target": "new",
        }

    def action_answer(self):
        """Record that the citizen has been given or shown what was asked for."""
        self._check_worker()
        self._check_open()
        self._check_verified()
        for request in self:
            request._take_for_change()
            # Superuser: the state is set by this act only.
            request.sudo().write(
                {"state": "answered", "answered_on": request.company_id._sekp_today()}
            )
            request._meet_obligation("activity_access_request")
        return True

    def _check_verified(self):
        """Refuse to hand anything out before it is clear to whom.

        :raises ValidationError: telling what to choose
        """
        if any(not request.verified_by for request in self):
            raise ValidationError(
                self.env._(
                    "Say first how you know that it is the person. Do not write down "
                    "the facts themselves."
                )
            )

    # --- print ----------------------------------------------------------------------
    def _print_values(self):
        """Return what the print says; read as the user who prints.

        :raises AccessError: for one who may not print the request
        """
        self.ensure_one()
        self.check_access("read")
        if emergency := self._in_emergency():
            raise emergency._emergency_error()
        self._check_verified()
        composer = self.env["sekp.citizen.print"]
        citizen = self.citizen_id
        if not citizen.has_access("read"):
            raise AccessError(
                self.env._("You can only refer to records you may open yourself.")
            )
        courses, more = composer._readable_courses(citizen)
        values = composer._frame(citizen, self.company_id)
        values.update(large=self.large_type, more_courses=more)
        if self.scope != "looks":
            values["contents"] = composer._contents(
                citizen, courses, self.item_ids._by_place()
            )
            if citizen.identity_ids:
                self._log_read("reveal", "enquiry")
        if self.scope != "contents":
            withheld = self.item_ids.filtered("withheld").mapped("record_model")
            values["looks"] = self.env["sekp.who.looked"]._told(
                citizen,
                courses,
                self.show_names,
                without=("override",) if "sekp.override.consent" in withheld else (),
            )
        return values
