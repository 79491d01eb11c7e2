from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY


def in_own_transaction(registry, act, attempts):
    """Return what an act gives in a transaction of its own.

    Tried again when another worker has changed the same at the same moment.

    :param act: called with the cursor
    :param int attempts: how often at most; what the last one meets is raised
    """
    for attempt in range(attempts):
        try:
            with registry.cursor() as cr:
                return act(cr)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            if attempt == attempts - 1:
                raise
    return None
