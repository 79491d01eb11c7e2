from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

FUNCTION = "sekp_refuse_change"


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
        trigger = SQL.identifier(f"{self._table}_append_only")
        table = SQL.identifier(self._table)
        cr.execute(SQL("DROP TRIGGER IF EXISTS %s ON %s", trigger, table))
        cr.execute(
            SQL(
                "CREATE TRIGGER %s BEFORE %s ON %s "
                "FOR EACH STATEMENT EXECUTE FUNCTION %s()",
                trigger,
                SQL(" OR ".join(self._sekp_refused)),
                table,
                SQL.identifier(FUNCTION),
            )
        )

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
