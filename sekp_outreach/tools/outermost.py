"""Tells the outermost call of a nest of calls from those inside it."""

from contextlib import contextmanager
from contextvars import ContextVar

_inside = ContextVar("sekp_inside", default=frozenset())


@contextmanager
def outermost(topic):
    """Yield whether this is the outermost of the nested calls about a topic.

    >>> with outermost("read") as first, outermost("read") as second:
    ...     with outermost("role") as other:
    ...         first, second, other
    (True, False, True)

    A call that fails leaves nothing behind:

    >>> try:
    ...     with outermost("read"):
    ...         raise LookupError
    ... except LookupError:
    ...     with outermost("read") as again:
    ...         again
    True
    """
    inside = _inside.get()
    if topic in inside:
        yield False
        return
    token = _inside.set(inside | {topic})
    try:
        yield True
    finally:
        _inside.reset(token)
