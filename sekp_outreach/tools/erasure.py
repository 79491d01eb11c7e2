"""In which order rows are deleted that hold one another."""


class CircleError(ValueError):
    """Tables hold one another in a circle; none of them can go first."""


def deletion_order(tables, holds):
    """Return tables so that each comes before those whose rows its own rows hold.

    :param tables: names of the tables that rows are deleted from
    :param holds: pairs ``(table, held table)``: the first must go before the second
    :raises CircleError: when they hold one another in a circle

    >>> deletion_order({"citizen", "course", "goal"}, {("course", "citizen")})
    ['course', 'citizen', 'goal']
    >>> deletion_order(
    ...     {"citizen", "course", "goal"},
    ...     {("goal", "course"), ("course", "citizen"), ("letter", "course")},
    ... )
    ['goal', 'course', 'citizen']
    >>> deletion_order({"contact"}, {("contact", "contact")})
    ['contact']
    >>> deletion_order({"a", "b"}, {("a", "b"), ("b", "a")})
    Traceback (most recent call last):
    ...
    tools.erasure.CircleError: a, b
    """
    left, ordered = sorted(tables), []
    while left:
        free = next(
            (
                table
                for table in left
                if not any(
                    held == table and holder in left and holder != table
                    for holder, held in holds
                )
            ),
            None,
        )
        if free is None:
            raise CircleError(", ".join(left))
        left.remove(free)
        ordered.append(free)
    return ordered
