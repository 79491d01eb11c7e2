from contextlib import contextmanager
from datetime import timedelta

from markupsafe import Markup

from odoo import SUPERUSER_ID, api, fields, models, tools
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG

from ..tools.outermost import outermost
from .mail_activity import asking
from .sekp_read_at_once_mixin import remembering

# What may end what a user may open.
ENTITLING = {"active", "company_ids", "company_id"}
QUIET_MINUTES = 10
ACTIVITIES = "/odoo/action-mail.mail_activity_action_my"


class ResUsers(models.Model):
    """Users: who has one of our roles is logged and shown to the auditors; what they
    owned goes on when they go; how they are told that something waits."""

    _inherit = "res.users"

    # Looked at by the job that goes on with what its owners lost; see mail.activity.
    sekp_handed_on = fields.Boolean(
        string="Handed On", readonly=True, copy=False, groups=fields.NO_ACCESS
    )

    # --- roles --------------------------------------------------------------------
    @api.model_create_multi
    def create(self, vals_list):
        with self._sekp_watch_roles():
            return super().create(vals_list)

    def write(self, vals):
        if "group_ids" in vals:
            with self._sekp_watch_roles():
                result = super().write(vals)
        else:
            result = super().write(vals)
        if ENTITLING & set(vals):
            self._sekp_settle()
        return result

    def action_archive(self):
        # Odoo takes away what lies with who is archived: ours goes to others first.
        self.filtered("active").write({"active": False})
        return super().action_archive()

    @tools.ormcache("self.id")
    def _sekp_is_active(self):
        """Tell whether the user is not archived; what is cached goes with a change."""
        # Superuser: nothing but that is told.
        return self.sudo().active

    def _sekp_settle(self):
        """Let go on with others what these users may no longer open (C7).

        :raises UserError: when nobody would be left to go on with it
        """
        if not self:
            return
        # Superuser: the teams of whoever goes, by whomever it is done.
        self.env["sekp.team"].sudo()._part_with(self.sudo())
        self.env["sekp.appointment"]._settle([("worker_ids", "in", self.ids)])
        if self.env["mail.activity"]._sekp_hand_on_of(self):
            raise UserError(
                self.env._(
                    "Something would be left to nobody: a complaint, or a quality "
                    "standard to revise. Give a colleague the same role first."
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_logged(self):
        """Keep who is named in the log.

        :raises UserError: telling how to go on
        """
        self.env.cr.execute(
            SQL(
                "SELECT 1 FROM sekp_access_log WHERE user_id = ANY(%s) "
                "OR subject_user_id = ANY(%s) LIMIT 1",
                self.ids,
                self.ids,
            )
        )
        if self.env.cr.fetchone():
            raise UserError(
                self.env._("The access log names this user. Archive the user instead.")
            )
        for model in self.pool.values():
            if (
                model._abstract
                or not model._log_access
                or not issubclass(model, self.pool["sekp.append.only.mixin"])
            ):
                continue
            # Superuser: whether there is a row at all, whoever may read it.
            rows = self.env[model._name].sudo().with_context(active_test=False)
            if rows.search_count([("create_uid", "in", self.ids)], limit=1):
                raise UserError(
                    self.env._(
                        "What is never changed names this user as who wrote it. "
                        "Archive the user instead."
                    )
                )

    @contextmanager
    def _sekp_watch_roles(self):
        """Log who has got or lost one of our roles when the block is left."""
        with outermost("roles") as first:
            roles = (
                first
                and not self._sekp_installing()
                and self.env["res.groups"]._sekp_roles()
            )
            if not roles:
                yield
                return
            before = self._sekp_role_holders(roles)
            # Superuser: which groups bring a role along is compared, and not told.
            implying = {group: group.sudo().all_implied_by_ids for group in roles}
            yield
            after = self._sekp_role_holders(roles)
            lost = self.browse({user_id for user_id, _role in before - after})
            lost._sekp_settle()
            for kind, pairs in (
                ("role_given", after - before),
                ("role_taken", before - after),
            ):
                for user_id, role in sorted(pairs):
                    self._sekp_log_role(kind, self.browse(user_id), role)
            changed = self.env["res.groups"].union(
                *(
                    group
                    for group, before in implying.items()
                    if group.sudo().all_implied_by_ids != before
                )
            )
            self._sekp_log_rights(changed)

    def _sekp_installing(self):
        """Tell whether an addon is being installed or removed.

        A caller writes whatever he likes into his context: it counts as superuser only.
        """
        context = self.env.context
        return self.env.su and bool(
            context.get("install_mode") or context.get(MODULE_UNINSTALL_FLAG)
        )

    def _sekp_is_manager(self):
        """Tell whether the user is a scheme manager."""
        return self.has_group("sekp_outreach.group_scheme_manager")

    def _sekp_check_manager(self):
        """Refuse what only a scheme manager does.

        :raises AccessError: for everybody else
        """
        if not self._sekp_is_manager():
            raise AccessError(self.env._("A scheme manager does this."))

    def _sekp_role_holders(self, roles):
        """Return who has which of our roles, as pairs of user id and role."""
        self.env["res.users"].flush_model(["group_ids"])
        self.env["res.groups"].flush_model(["user_ids", "implied_ids"])
        self.env.cr.execute(
            SQL(
                "WITH RECURSIVE implying(gid, role) AS ("
                "SELECT id, id FROM res_groups WHERE id = ANY(%s) UNION "
                "SELECT rel.gid, implying.role FROM res_groups_implied_rel rel "
                "JOIN implying ON rel.hid = implying.gid) "
                "SELECT DISTINCT rel.uid, implying.role FROM res_groups_users_rel rel "
                "JOIN implying ON implying.gid = rel.gid",
                [group.id for group in roles],
            )
        )
        names = {group.id: name for group, name in roles.items()}
        return {(user_id, names[role]) for user_id, role in self.env.cr.fetchall()}

    def _sekp_log_role(self, kind, user, role, team=None):
        # Superuser: reads the municipality of the one whose role changed.
        company = user.sudo().company_id
        self.env["sekp.access.log"]._record(
            kind,
            self.env["res.users"],
            amount=1,
            subject_user_id=user.id,
            role=role,
            company_id=company.id,
            team_id=team.id if team else None,
        )
        company._sekp_auditors()._sekp_notice()

    def _sekp_log_rights(self, changed):
        """Log a change by hand of what our roles may, for every municipality."""
        if not changed or not self.pool.ready or self._sekp_installing():
            return
        self.env["sekp.access.log"]._record(
            "rights_changed",
            changed[:1].browse(changed.ids),
            company_id=None,
        )
        # Superuser: the auditors of every municipality are told.
        self.env["res.company"].sudo().search(
            [("active", "=", True)]
        )._sekp_auditors()._sekp_notice()

    @api.model
    def _get_activity_groups(self):
        activities = self.env["mail.activity"]
        own = activities._sekp_lie_on([("user_id", "=", self.env.uid)])
        with asking(own), remembering():
            return super()._get_activity_groups()

    # --- notices ------------------------------------------------------------------
    def _sekp_notice(self, at_once=False):
        """Tell users that there is something to look at: one sentence and a link.

        Each gets it where the own settings say, by mail or in the inbox, and not again
        within ten minutes. Nothing in it says what it is about.

        :param bool at_once: also to those who were told a moment ago
        """
        subtype = self.env.ref("sekp_outreach.mt_notice")
        told = self.browse() if at_once else self._sekp_just_told(subtype)
        # Superuser: the notice comes from the system, not from a colleague.
        for user in self.sudo() - told:
            # The reader's language, and nothing else of what the caller had in hand.
            env = self.env(user=SUPERUSER_ID, context={"lang": user.lang})
            Thread = env["mail.thread"]
            Thread.message_notify(
                author_id=self.env.ref("base.partner_root").id,
                partner_ids=user.partner_id.ids,
                subject=env._("Something is waiting for you"),
                body=Markup("<p>%s <a href='%s'>%s</a></p>")
                % (
                    env._("Log in to see what is waiting for you."),
                    user.get_base_url() + ACTIVITIES,
                    env._("My activities"),
                ),
                subtype_id=subtype.id,
                email_add_signature=False,
                email_layout_xmlid="sekp_outreach.notice_layout",
            )

    def _sekp_just_told(self, subtype):
        """Return the users who got a notice a moment ago, as the notices tell."""
        since = fields.Datetime.now() - timedelta(minutes=QUIET_MINUTES)
        # Superuser: looks at who got a notice, in messages that say nothing.
        messages = (
            self.env["mail.message"]
            .sudo()
            .search(
                [
                    ("subtype_id", "=", subtype.id),
                    ("partner_ids", "in", self.sudo().partner_id.ids),
                    ("date", ">", since),
                ]
            )
        )
        return self.sudo().filtered(
            lambda user: user.partner_id in messages.partner_ids
        )
