def migrate(cr, version):
    """Let the rules of before go: those made from the access policy take their place.

    They were not to be updated, and so would stay and hold beside the new ones.
    """
    cr.execute(
        "UPDATE ir_model_data SET noupdate = FALSE "
        "WHERE module = 'sekp_outreach' AND model = 'ir.rule'"
    )
