from odoo.exceptions import UserError


def changed_right_now(env):
    """Return what is said to one who comes while a colleague does the same."""
    return UserError(
        env._(
            "A colleague is changing this right now. Open it again to see what was "
            "done."
        )
    )
