from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

OPEN_STATES = ("received", "processing", "accepted")


class SekpDocument(models.Model):
    """A file that came with a referral, or is put to it before there is a course.

    It obeys the referral's rules and is sealed as the referral's. With the allocation
    it moves into the course and is sealed as the course's: from then on who may open
    it is the course's matter alone.
    """

    _inherit = "sekp.document"

    _sekp_moved = frozenset({"course_id", "referral_id"})

    course_id = fields.Many2one(required=False)
    referral_id = fields.Many2one(
        comodel_name="sekp.referral",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="cascade",
    )
    # compute_sudo=False: an unsaved row must not tell of what one may not read.
    reference = fields.Char(
        related=None,
        compute="_compute_parent",
        compute_sudo=False,
        store=True,
        precompute=True,
    )
    company_id = fields.Many2one(
        related=None,
        compute="_compute_parent",
        compute_sudo=False,
        store=True,
        precompute=True,
    )
    team_id = fields.Many2one(
        related=None,
        compute="_compute_parent",
        compute_sudo=False,
        store=True,
        precompute=True,
    )

    _one_parent = models.Constraint(
        "CHECK ((course_id IS NULL) <> (referral_id IS NULL))",
        "A document belongs to a course or to a referral.",
    )

    @api.depends(
        "course_id.reference", "course_id.company_id", "course_id.team_id",
        "referral_id.reference", "referral_id.company_id", "referral_id.team_id",
    )  # fmt: skip
    def _compute_parent(self):
        """Code, municipality and team are those of the course or of the referral."""
        for document in self:
            parent = document._parent()
            document.reference = parent.reference
            document.company_id = parent.company_id
            document.team_id = parent.team_id

    def _parent(self):
        """Return the course or the referral that the document belongs to."""
        return self.course_id or self.referral_id

    # --- new documents ------------------------------------------------------------
    @api.model
    def _check_parent(self, vals, title="x"):
        if not vals.get("referral_id"):
            return super()._check_parent(vals, title)
        if vals.get("course_id"):
            raise UserError(
                self.env._("A document belongs to a course or to a referral.")
            )
        return "referral_id", self._check_referral(vals["referral_id"], title)

    @api.model
    def _check_referral(self, referral_id, title="x"):
        """Refuse, before a file is read, a referral that may not get it.

        :raises AccessError: when the user may not open the referral
        :raises UserError: when it is closed, or has become a course
        :raises ValidationError: when its standard lets nothing be stored
        :return: the id as a number
        """
        self.browse().check_access("create")
        if not str(referral_id).isdecimal():
            raise self._link_error()
        # By search: what is hidden and what does not exist look alike.
        referral = self.env["sekp.referral"].search([("id", "=", int(referral_id))])
        if not referral:
            raise self._link_error()
        if referral.state not in OPEN_STATES:
            raise UserError(
                self.env._(
                    "The referral is closed, or has become a course. Put the document "
                    "to the course, or take the referral up again."
                )
            )
        self._check_facts({"title": title}, referral.standard_id)
        return referral.id

    def _standard_of(self, vals):
        referral_id = {**self._given_defaults(), **vals}.get("referral_id")
        if not referral_id:
            return super()._standard_of(vals)
        # Superuser: the bound on what may be stored holds for every writer.
        return self.env["sekp.referral"].sudo().browse(referral_id).standard_id

    def _registration_standard(self):
        # Superuser: the bound on what may be stored holds for every reader.
        return self.sudo()._parent().standard_id

    # --- what it is bound to --------------------------------------------------------
    def _bound_to(self):
        if self.referral_id:
            return f"referral/{self.referral_id.id}"
        return super()._bound_to()

    def _siblings(self):
        if self.referral_id:
            return Domain("referral_id", "=", self.referral_id.id)
        return super()._siblings()

    def _follow_to_course(self, course):
        """Move the documents of a referral into the course it has led to.

        What is sealed is bound to its place: it is opened and sealed anew.

        :raises UserError: when the key is missing; nothing is moved then
        """
        # Superuser: the referral's staff may not open the course; the allocation has
        # been checked.
        for document in self.sudo().filtered("referral_id"):
            opened = document._opened()
            document.write({"course_id": course.id, "referral_id": False})
            document.write(
                {**document._encrypted(*opened), "number": document._next_number()}
            )
            document.invalidate_recordset(["content", "title", "mimetype"])

    # --- as its parent --------------------------------------------------------------
    @api.model
    def _sekp_hold_domain(self):
        # What is held back keeps its parts.
        held = self.env["sekp.referral"]._sekp_hold_domain()
        return super()._sekp_hold_domain() | Domain("referral_id", "any", held)

    def _open_besides(self, user):
        referral = self.referral_id
        return bool(referral) and referral._open_besides(user)

    def _obligation_owner(self):
        # Superuser: who owns the obligation is asked whoever acts.
        return self.sudo()._parent()._obligation_owner()

    def _history_parent(self):
        if self.referral_id:
            return {"referral_id": self.referral_id.id}
        return super()._history_parent()
