import logging

from psycopg2 import OperationalError

from odoo import api, models
from odoo.fields import Domain

_logger = logging.getLogger(__name__)

BATCH = 100


class SekpFollowUp(models.AbstractModel):
    """Brings about what the passing of time brings about: the job behind the clocks.

    Every hour, because each municipality's day begins by its own clock, and so that a
    server that was down catches up by itself. What was followed up is not found again,
    so that it may run at any time, twice, and after a week.
    """

    _name = "sekp.follow.up"
    _description = "Daily Follow-Up"

    @api.model
    def _followed(self):
        """Return the models whose records are followed up, in a fixed order."""
        mixin = self.pool["sekp.obligation.mixin"]
        return [
            name
            for name, model in sorted(self.pool.items())
            if not model._abstract
            and not model._transient
            and issubclass(model, mixin)
            and "company_id" in model._fields
        ]

    @api.model
    def _cron_follow_up(self):
        """Follow up every municipality's records in batches, each batch for itself."""
        self.env["sekp.absence"]._catch_up_with_time_off()
        progress = self.env["ir.cron"]
        # Superuser: a job of the system.
        companies = self.sudo().env["res.company"].search([("active", "=", True)])
        work = [
            (company, self.sudo().env[name])
            for company in companies
            for name in self._followed()
        ]
        left = progress._commit_progress(
            remaining=sum(
                Model.with_context(active_test=False).search_count(
                    self._to_do(company, Model)
                )
                for company, Model in work
            )
        )
        for company, Model in work:
            seen = set()
            while left and (found := self._next(company, Model, seen)):
                seen.update(found.ids)
                # What a colleague changes just now is found again in an hour.
                free = found.try_lock_for_update(allow_referencing=True)
                self._follow(free, company._sekp_today())
                left = progress._commit_progress(len(found))

    @api.model
    def _to_do(self, company, Model):
        return Domain("company_id", "=", company.id) & Model.with_company(
            company
        )._sekp_to_follow_up(company._sekp_today())

    @api.model
    def _next(self, company, Model, seen):
        domain = self._to_do(company, Model) & Domain("id", "not in", list(seen))
        everything = Model.with_context(active_test=False)
        # What is done to them must not take done activities for open ones.
        return Model.browse(everything.search(domain, limit=BATCH, order="id").ids)

    @api.model
    def _follow(self, batch, today):
        """Follow up a batch; one record that fails keeps no other back."""
        if not batch:
            return
        try:
            with self.env.cr.savepoint():
                batch._sekp_follow_up(today)
                batch.env.flush_all()
        except OperationalError:
            raise  # Odoo tries again what two did at once.
        except Exception as error:
            if len(batch) == 1:
                # The type only: a message could tell of a person.
                _logger.error(
                    "%s %s could not be followed up: %s",
                    batch._name,
                    batch.id,
                    type(error).__name__,
                )
                return
            batch.env.invalidate_all()
            for record in batch:
                self._follow(record, today)
