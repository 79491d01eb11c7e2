def uninstall_hook(env):
    """Take away the activities on our records, done ones too: nothing stays behind.

    They lie in a core table and would keep our activity types from being removed.
    """
    env["mail.activity"].with_context(active_test=False).search(
        [("res_model", "=like", "sekp.%")]
    ).unlink()
