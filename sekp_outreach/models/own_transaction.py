import time
from random import SystemRandom

from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

# Seconds that one who met another waits at most: at first, and after many times.
FIRST_PAUSE, LONGEST_PAUSE = 0.002, 0.1


def in_own_transaction(registry, act, attempts):
    """Return what an act gives in a transaction of its own.

    Tried again when another worker has changed the same at the same moment, after a
    pause by chance, so that two do not meet for ever.

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
            longest = min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE)
            time.sleep(SystemRandom().uniform(0, longest))
    return None
