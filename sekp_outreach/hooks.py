def uninstall_hook(env):
    """Take away what lies in core tables: nothing stays behind.

    The busy blocks of appointments lie in the calendar, and only we know which they
    are. Activities on our records, done ones too, would keep our activity types from
    being removed. The encrypted files go with the documents. The key file stays on
    purpose: a backup made before may still need it.
    """
    env["sekp.appointment.block"].search([])._remove()
    env["mail.activity"].with_context(active_test=False).search(
        [("res_model", "=like", "sekp.%")]
    ).unlink()
    # Odoo names after the app of a mixin what our models have of it, and would leave
    # the names behind.
    env["ir.model.data"].search(
        [
            ("module", "!=", "sekp_outreach"),
            ("name", "=like", "%\\_\\_sekp\\_%"),
            ("model", "in", ("ir.model.inherit", "ir.model.fields.selection")),
        ]
    ).unlink()
    # The guards of the append-only tables go with their function.
    env.cr.execute("DROP FUNCTION IF EXISTS sekp_refuse_change() CASCADE")
    env["ir.attachment"].search(
        [("res_model", "=like", "sekp.%"), ("res_field", "!=", False)]
    ).unlink()
