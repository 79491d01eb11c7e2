from collections.abc import Collection
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .sekp_read_at_once_mixin import is_remembering, remembering

# What a user may change of an activity that the system keeps.
OPEN_TO_USERS = {"summary", "note"}
# What could make an activity a meeting.
MEETING = {"activity_type_id", "calendar_event_id", "res_id", "res_model_id"}
WORDS = ("summary", "note", "feedback")
PLACE = {"res_id", "res_model", "res_model_id"}
# A condition on one of these leaves few activities, however many there are.
NARROWING = {"id", "res_id", "user_id", "sekp_team_id", "sekp_for_me"}

# The models to look at where a domain narrows itself to none.
_asked = ContextVar("sekp_asked", default=None)
# Does a condition of the domain being searched leave few activities?
_narrowed = ContextVar("sekp_narrowed", default=False)


@contextmanager
def asking(models):
    """Look for activities on records of some of our models only.

    To ask the rules of every kind of record takes longer than all the rest.

    :param models: names; what lies on other records of ours is not found
    """
    token = _asked.set(set(models))
    try:
        yield
    finally:
        _asked.reset(token)


def conjuncts(domain):
    """Yield the conditions that all hold wherever a domain does.

    :param domain: a domain in prefix notation, or what can be read as one
    """
    skipped = 0
    for part in domain:
        if skipped:
            # Inside an alternative or a negation.
            skipped += {"&": 1, "|": 1, "!": 0}[part] if isinstance(part, str) else -1
        elif part == "|":
            skipped = 2
        elif part == "!":
            skipped = 1
        elif isinstance(part, tuple | list):
            # All else is written in SQL, or is "&".
            yield part


class MailActivity(models.Model):
    """Activities on records about a person.

    An automatic one stands for an obligation: it ends by the act itself and is not
    ticked, moved or taken away by hand. Any one goes only to a user who may open the
    record, and the record alone decides who reads it: not having been given it, nor
    having made or done it (C7).
    """

    _inherit = "mail.activity"

    sekp_steps_since = fields.Date(
        string="Not Seen: Steps Started",
        readonly=True,
        copy=False,
        help="A step with this day goes away by itself when the person is seen then or "
        "later, and when the course closes.",
    )

    def _compute_can_write(self):
        result = super()._compute_can_write()
        for activity in self._sekp_obligations():
            activity.can_write = self.env.su
        return result

    # --- what it is called ------------------------------------------------------------
    @api.depends("res_model", "activity_type_id")
    def _compute_display_name(self):
        """Call one on a record about a person by its type: a name is told to everybody.

        The summary is what somebody wrote, and is read with the record.
        """
        result = super()._compute_display_name()
        for activity in self._sekp_confidential():
            # Superuser: the types are not open to every role.
            activity.display_name = activity.sudo().activity_type_id.name
        return result

    def _compute_res_name(self):
        """Tell an unsaved row no code of a record that its maker may not read.

        Of what is not there as little is told as of what is hidden.
        """
        withheld = self._sekp_withheld()
        withheld.res_name = False
        return super(MailActivity, self - withheld)._compute_res_name()

    def _sekp_withheld(self):
        """Return the unsaved rows on records that their maker may not read."""
        withholds = self.env["sekp.confidential.mixin"]._withholds_name
        return self.filtered(
            lambda activity: (
                not activity.id and withholds(activity.res_model, activity.res_id)
            )
        )

    # --- who reads it -------------------------------------------------------------
    def _check_access(self, operation):
        result = super()._check_access(operation)
        forbidden = result[0] if result else self.browse()
        hidden = (self - forbidden)._sekp_hidden()
        if not hidden:
            return result
        forbidden += hidden
        error = (
            result[1] if result else partial(forbidden._make_access_error, operation)
        )
        return forbidden, error

    @api.model
    def _search(
        self,
        domain,
        offset=0,
        limit=None,
        order=None,
        *,
        bypass_access=False,
        **kwargs,
    ):
        narrow = False
        if not (self.env.su or bypass_access):
            # Before a limit is applied: a page of a list holds what may be opened.
            domain = Domain(domain)
            asked = self._sekp_asked(domain)
            asked = _asked.get() if asked is None else asked
            narrow = self._sekp_narrows(domain)
            # Once, for what is searched and for the records it comes to.
            domain = domain.optimize_full(self) if narrow else domain
            if asked is None and narrow:
                asked = self._sekp_lie_on(domain)
            domain &= self._sekp_open_to_user(asked, domain if narrow else None)
        token = _narrowed.set(narrow)
        try:
            return super()._search(
                domain, offset, limit, order, bypass_access=bypass_access, **kwargs
            )
        finally:
            _narrowed.reset(token)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        if field_name != "date_deadline" or not _narrowed.get():
            return super()._order_field_to_sql(
                alias, field_name, direction, nulls, query
            )
        # Of few activities a page is wanted. By the bare column PostgreSQL would look
        # for it in the index by day, through the activities of all others.
        day = self._field_to_sql(alias, field_name, query)
        return SQL("(%s + 0) %s %s", day, direction, nulls)

    @api.model
    @api.private
    @api.readonly
    def search_fetch(self, domain, field_names=None, offset=0, limit=None, order=None):
        if field_names is not None:
            asked = self._sekp_asked(Domain(domain))
            is_confidential = self.env["sekp.confidential.mixin"]._is_confidential
            if (is_remembering() and not self.env.su) or (
                field_names and asked and all(is_confidential(name) for name in asked)
            ):
                # To fetch later what is shown of them would ask the rules of every
                # kind of record once more.
                field_names = list(dict.fromkeys((*field_names, *self._sekp_shown())))
        return super().search_fetch(domain, field_names, offset, limit, order)

    @api.model
    @api.readonly
    def web_search_read(self, domain, *args, **kwargs):
        domain = Domain(domain)
        asked = self._sekp_asked(domain)
        if self.env.su or asked is not None or not self._sekp_narrows(domain):
            return super().web_search_read(domain, *args, **kwargs)
        # Once, for the page and for how many there are.
        with asking(self._sekp_lie_on(domain)):
            return super().web_search_read(domain, *args, **kwargs)

    @api.model
    def get_activity_data(self, *args, **kwargs):
        with remembering():
            return super().get_activity_data(*args, **kwargs)

    @api.model
    def _sekp_shown(self):
        """Return the names of the columns that are fetched with an activity."""
        fields_to_fetch = self._determine_fields_to_fetch()
        return [field.name for field in fields_to_fetch if field.column_type]

    @api.model
    def _sekp_asked(self, domain):
        """Return the models that a domain narrows itself to, or None for any."""
        for name, operator, value in conjuncts(domain):
            if name == "res_model":
                if operator == "=" and isinstance(value, str):
                    return {value}
                if operator == "in" and isinstance(value, Collection):
                    return {name for name in value if isinstance(name, str)}
        return None

    @api.model
    def _sekp_narrows(self, domain):
        """Tell whether a condition of a domain leaves few activities."""
        return any(part[0] in NARROWING for part in conjuncts(domain))

    @api.model
    def _sekp_lie_on(self, domain):
        """Return the names of the models on whose records activities lie.

        To ask first is cheaper than to let PostgreSQL plan the rules of every kind.
        """
        # Superuser: of what kind the records are; the rules say which are open.
        groups = self.sudo()._read_group(domain, ["res_model"])
        return {name for (name,) in groups}

    @api.model
    def _sekp_open_to_user(self, asked, narrow):
        """Return the domain of activities whose record is another app's, or open.

        :param asked: names of the models that matter, or None for all
        :param narrow: the domain searched beside it, where it leaves few activities
        """
        ours = self.env["sekp.confidential.mixin"]._confidential_models()
        open_to_user = Domain("res_model", "not in", ours)
        read = [
            self.env[name].with_context(active_test=False)
            for name in ours
            if (asked is None or name in asked) and self.env[name].has_access("read")
        ]
        # Superuser: which records come into question; the rules say which are open.
        found = self.sudo()._search(narrow) if read and narrow is not None else None
        for Model in read:
            name = Model._name
            among = Domain.TRUE if found is None else self._sekp_among(found, name)
            open_to_user |= Domain("res_model", "=", name) & Domain(
                "res_id", "in", Model._search(among)
            )
        return open_to_user

    @api.model
    def _sekp_among(self, found, name):
        """Return the domain of the records of a model that some activities lie on.

        Without it the rules are asked of every record of a municipality. An array,
        because PostgreSQL looks one up by an index whatever else is asked.

        :param found: a query of activities
        :param str name: of the model
        """
        lie_on = SQL(
            "ARRAY(SELECT res_id FROM mail_activity WHERE res_model = %s AND id IN %s)",
            name,
            found.subselect(),
        )
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s = ANY(%s)", SQL.identifier(alias, "id"), lie_on
            )
        )

    def _sekp_hidden(self):
        """Return the activities on confidential records the user may not open."""
        ids = [id_ for id_ in self._ids if id_]
        if any(type(id_) is not int for id_ in ids):
            # A number written otherwise would be another key, and the same row.
            return self
        if not ids:
            return self.browse()
        self.flush_recordset(["res_model", "res_id"])
        # Not read as fields: that would leave them in the cache for everybody.
        query = self.browse(ids)._as_query(ordered=False)
        rows = self.env.execute_query(
            query.select(
                *(
                    self._field_to_sql(self._table, name)
                    for name in ("id", "res_model", "res_id")
                )
            )
        )
        is_confidential = self.env["sekp.confidential.mixin"]._is_confidential
        by_model = {}
        for id_, model, res_id in rows:
            if is_confidential(model):
                by_model.setdefault(model, []).append((id_, res_id))
        hidden = []
        for model, pairs in by_model.items():
            Model, ids = self.env[model], {res_id for _id, res_id in pairs}
            # One query: what is not there is not found either.
            open_to_user = Model.browse().has_access("read") and set(
                Model.with_context(active_test=False)._search([("id", "in", ids)])
            )
            open_to_user = open_to_user or ()
            hidden += [id_ for id_, res_id in pairs if res_id not in open_to_user]
        return self.browse(hidden)

    # --- what may be done to it ---------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._sekp_check_new(vals)
        activities = super().create(vals_list)
        activities._sekp_refuse_meeting()
        activities._sekp_check_attached()
        return activities

    def write(self, vals):
        if set(vals) - OPEN_TO_USERS:
            self._sekp_check_by_hand()
        if "user_id" in vals and not vals["user_id"] and self._sekp_confidential():
            raise UserError(self.env._("Somebody has to own this activity."))
        if vals.get("user_id"):
            for activity in self._sekp_confidential():
                self._sekp_check_owner(
                    activity.res_model, activity.res_id, vals["user_id"]
                )
        if self._sekp_confidential():
            self._sekp_check_words(vals)
            self._sekp_check_files(vals.get("attachment_ids"))
        if not self.env.su and (PLACE | {"automated"}) & set(vals):
            self._sekp_check_place(vals)
        result = super().write(vals)
        if MEETING & set(vals):
            self._sekp_refuse_meeting()
        if (PLACE | {"attachment_ids"}) & set(vals):
            self._sekp_check_attached()
        return result

    def unlink(self):
        self._sekp_check_by_hand()
        return super().unlink()

    def _action_done(self, feedback=False, attachment_ids=None):
        if self._sekp_confidential():
            self._sekp_check_words({"feedback": feedback})
            self._sekp_check_files(attachment_ids)
        return super()._action_done(feedback=feedback, attachment_ids=attachment_ids)

    def _sekp_confidential(self):
        """Return the activities that lie on records about a person."""
        is_confidential = self.env["sekp.confidential.mixin"]._is_confidential
        return self.filtered(lambda activity: is_confidential(activity.res_model))

    def _sekp_check_new(self, vals):
        """Refuse what an activity on a confidential record must not bring along.

        :param dict vals: what is to be created; checked before it reaches SQL
        """
        names = PLACE | {"automated", "attachment_ids", "user_id", *WORDS}
        given = {**self.default_get(list(names - set(vals))), **vals}
        model = self._sekp_model(given)
        if not self.env["sekp.confidential.mixin"]._is_confidential(model):
            return
        if not self.env.su and not given.get("user_id"):
            # Nothing on these records is without an owner.
            vals["user_id"] = given["user_id"] = self.env.uid
        self._sekp_check_owner(model, given.get("res_id"), given.get("user_id"))
        self._sekp_check_words(given)
        self._sekp_check_files(given.get("attachment_ids"))
        if given.get("automated") and not self.env.su:
            raise UserError(
                self.env._(
                    "An automatic activity stands for an obligation and comes by "
                    "itself. Plan your own one instead."
                )
            )

    def _sekp_model(self, vals):
        """Return the name of the model that values put an activity on."""
        if vals.get("res_model_id"):
            return self._sekp_model_name(vals["res_model_id"])
        return vals.get("res_model")

    @tools.ormcache("model_id", cache="stable")
    def _sekp_model_name(self, model_id):
        """Return the technical name of a model, by its number; it never changes."""
        # Superuser: the list of models is not open to every role.
        return self.env["ir.model"].sudo().browse(model_id).model

    def _sekp_check_words(self, vals):
        """Refuse CPR numbers in what is written into an activity."""
        for name in WORDS:
            if vals.get(name):
                self.env["sekp.confidential.mixin"]._check_text(
                    self._fields[name]._description_string(self.env), vals[name]
                )

    def _sekp_check_files(self, files):
        """Refuse files: they would lie where more people read them."""
        if files:
            raise UserError(
                self.env._("An activity takes no files. Files belong under Documents.")
            )

    def _sekp_check_place(self, vals):
        """Refuse to move an activity to, from or between confidential records."""
        is_confidential = self.env["sekp.confidential.mixin"]._is_confidential
        target = self._sekp_model(vals)
        for activity in self:
            moved = ("res_id" in vals and (vals["res_id"] or 0) != activity.res_id) or (
                {"res_model", "res_model_id"} & set(vals)
                and (target or False) != activity.res_model
            )
            ours = is_confidential(activity.res_model)
            if (moved and (ours or is_confidential(target))) or (
                ours
                and bool(vals.get("automated")) != activity.automated
                and "automated" in vals
            ):
                raise UserError(
                    self.env._(
                        "An activity stays with its record. Plan a new one there."
                    )
                )

    def _sekp_refuse_meeting(self):
        """Refuse a meeting about a person: everybody reads the calendar (C6).

        :raises UserError: telling what to do instead
        """
        if any(
            activity.calendar_event_id
            or activity.activity_type_id.category == "meeting"
            for activity in self._sekp_confidential()
        ):
            self._sekp_refuse_event()

    @api.model
    def _sekp_refuse_event(self):
        raise UserError(
            self.env._(
                "Everybody reads the calendar. Open the course and choose “Plan "
                "Visit” instead."
            )
        )

    def action_create_calendar_event(self):
        """Open the dialog of an appointment when the activity lies on a course."""
        self.ensure_one()
        if not self._sekp_confidential():
            return super().action_create_calendar_event()
        self.check_access("read")
        if self.res_model != "sekp.course":
            self._sekp_refuse_event()
        return self.env[self.res_model].browse(self.res_id).action_plan_visit()

    def _sekp_obligations(self):
        """Return the activities that stand for an obligation, kept by the system."""
        return self.filtered(
            lambda activity: (
                activity.automated
                and activity.res_model in self.pool
                and issubclass(
                    self.pool[activity.res_model], self.pool["sekp.obligation.mixin"]
                )
            )
        )

    def _sekp_check_by_hand(self):
        if not self.env.su and self._sekp_obligations():
            raise UserError(
                self.env._(
                    "This obligation ends by itself when it is met: log the contact, "
                    "hold the review, answer the referral. It is not ticked or moved "
                    "by hand."
                )
            )

    def _sekp_check_owner(self, model, res_id, user_id):
        """Refuse an owner who may not open the record, before anybody is told.

        :raises UserError: naming nobody and nothing of the record
        """
        if self.env.su or not user_id:
            return
        # Superuser: reads whether the colleague is active, and where.
        user = self.env["res.users"].sudo().browse(user_id)
        if not self.env[model].browse(res_id)._readable_by(user):
            raise UserError(
                self.env._(
                    "An activity can only go to a colleague who may open the record."
                )
            )

    def _sekp_check_attached(self):
        """Refuse files on activities on records about a person.

        :raises UserError: telling where files belong
        """
        # Superuser: no file may lie there, whoever owns it.
        activities = self.sudo()._sekp_confidential()
        attachments = self.env["ir.attachment"].sudo()
        if activities and (
            activities.attachment_ids
            or attachments.search_count(
                [("res_model", "=", self._name), ("res_id", "in", activities.ids)],
                limit=1,
            )
        ):
            attachments._sekp_refuse()

    # --- when its owner loses access ----------------------------------------------
    def _sekp_hand_on(self):
        """Move open activities whose owner may not open the record, now or when due.

        :return: those for which nobody else was found
        """
        left, by_owner = self.browse(), {}
        for activity in self._sekp_borne().filtered("user_id"):
            key = (activity.res_model, activity.user_id)
            by_owner.setdefault(key, self.browse())
            by_owner[key] |= activity
        for (model, owner), activities in by_owner.items():
            records = self.env[model].browse(activities.mapped("res_id"))
            kept = records._readable_by(owner)
            for activity in activities:
                record = records.browse(activity.res_id)
                due = activity.date_deadline
                if record in kept and record._keeps_access(owner, due):
                    continue
                supervised = bool(record._supervised(activity))
                heir = record._next_owner(owner, due, supervised=supervised)
                if not heir:
                    left |= activity
                    continue
                activity.with_context(mail_activity_quick_update=True).write(
                    {"user_id": heir.id}
                )
        return left

    @api.model
    def _sekp_hand_on_of(self, users):
        """Move what lies with users and is no longer theirs; see ``_sekp_hand_on``."""
        return self._sekp_open(users)._sekp_hand_on() if users else self.browse()

    def _sekp_borne(self):
        """Return the activities that lie on records that must not be forgotten."""
        bearers = self._sekp_bearers()
        return self.filtered(lambda activity: activity.res_model in bearers)

    @api.model
    def _sekp_bearers(self):
        """Return the names of the models whose records must not be forgotten."""
        mixin = self.pool["sekp.obligation.mixin"]
        return [
            name
            for name, model in self.pool.items()
            if not model._abstract and issubclass(model, mixin)
        ]

    def _sekp_open(self, users):
        """Return the open activities of users on records of ours."""
        models_ = self._sekp_bearers()
        # Superuser: activities move from colleagues to colleagues.
        return self.sudo().search(
            [("user_id", "in", users.ids), ("res_model", "in", models_)]
        )

    @api.model
    def _cron_sekp_hand_on(self):
        """Move what lies with users who may not open the record any more.

        Access ends by the clock, and no act is at hand then. One owner at a time; done
        again it finds nothing to do. Where there is no time for all, those looked at
        are marked, and the next run goes on with the others.
        """
        models_ = self._sekp_bearers()
        Activity = self.sudo()  # Superuser: a job of the system.
        marked = Activity.env["res.users"].with_context(active_test=False)
        marked = marked.search([("sekp_handed_on", "=", True)])
        owners = Activity._read_group(
            [("user_id", "not in", [False, *marked.ids]), ("res_model", "in", models_)],
            ["user_id"],
            ["res_model:array_agg_distinct"],
        )
        Cron = self.env["ir.cron"]
        left = Cron._commit_progress(remaining=len(owners))
        for number, (owner, names) in enumerate(owners):
            if not left:
                for looked_at, _names in owners[:number]:
                    looked_at.sekp_handed_on = True
                return
            for name in names:
                Activity._sekp_lost(owner, name)._sekp_hand_on()
            left = Cron._commit_progress(1)
        marked.sekp_handed_on = False

    def _sekp_lost(self, owner, model):
        """Return a user's activities on those records of a model they may not open."""
        domain = Domain("user_id", "=", owner.id) & Domain("res_model", "=", model)
        Model = (
            self.env[model]
            .with_user(owner)
            .with_context(allowed_company_ids=owner.company_ids.ids)
        )
        if owner.active and Model.has_access("read"):
            domain &= Domain("res_id", "not in", Model._search([]))
        return self.search(domain)
