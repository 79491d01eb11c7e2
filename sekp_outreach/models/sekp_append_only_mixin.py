from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

FUNCTION = "sekp_refuse_change"
# When a user is deleted, PostgreSQL updates the rows of that user, which may be none.
GUARDS = {
    "UPDATE": (SQL("UPDATE"), SQL("ROW")),
    "DELETE": (SQL("DELETE"), SQL("STATEMENT")),
    "TRUNCATE": (SQL("TRUNCATE"), SQL("STATEMENT")),
}


class SekpAppendOnlyMixin(models.AbstractModel):
    """Rows that nobody changes or takes away, also not by SQL.

    PostgreSQL itself refuses it, whoever asks: neither the administrator nor the
    system user of Odoo is exempt.
    """

    _name = "sekp.append.only.mixin"
    _description = "Append-only Record"

    # The statements that PostgreSQL refuses.
    _sekp_refused = ("UPDATE", "DELETE", "TRUNCATE")

    def init(self):
        """Put the guards on the table, also anew on each upgrade."""
        super().init()
        if self._abstract:
            return
        cr = self.env.cr
        cr.execute(
            SQL(
                "CREATE OR REPLACE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'Rows of this table are only added.' "
                "USING ERRCODE = 'insufficient_privilege'; END $$",
                SQL.identifier(FUNCTION),
            )
        )
        table = SQL.identifier(self._table)
        for event, (statement, each) in GUARDS.items():
            trigger = SQL.identifier(self._sekp_guard(event))
            cr.execute(SQL("DROP TRIGGER IF EXISTS %s ON %s", trigger, table))
            if event in self._sekp_refused:
                cr.execute(
                    SQL(
                        "CREATE TRIGGER %s BEFORE %s ON %s "
                        "FOR EACH %s EXECUTE FUNCTION %s()",
                        trigger,
                        statement,
                        table,
                        each,
                        SQL.identifier(FUNCTION),
                    )
                )

    @api.model
    def _sekp_guard(self, event):
        """Return the name of the trigger that refuses a kind of statement."""
        suffix = "" if event == "DELETE" else f"_{event.lower()}"
        return f"{self._table}_append_only{suffix}"

    def write(self, vals):
        self._refuse_change()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        if "DELETE" in self._sekp_refused:
            self._refuse_change()

    def _refuse_change(self):
        raise UserError(
            self.env._("What is logged or sealed is never changed or deleted.")
        )
