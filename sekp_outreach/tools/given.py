"""What a client may give for a field: the kinds of values that can be stored at all.

Odoo converts what it can and fails as a program fails at the rest, and PostgreSQL keeps
what no date or number of ours can be. Here it is asked before either of them.
"""

import math
from datetime import date, datetime

# What a column of whole numbers, and an id, can be.
LEAST, MOST = -(2**31), 2**31 - 1
# Hours, amounts and shares: one can still reckon with it.
MOST_FLOAT = 1e9
# Centuries in which somebody lives of whom we know.
YEARS = range(1800, 2200)


def is_id(value):
    """Tell whether a value is the number of a row.

    >>> [is_id(value) for value in (1, 0, -1, True, "1", 1.0, 2**31, None, [1])]
    [True, False, False, False, False, False, False, False, False]
    """
    return type(value) is int and 0 < value <= MOST


def is_text(value):
    """Tell whether a value can be stored as text.

    >>> [is_text(value) for value in ("Æble \U0001f34e", "", 12, 1.5)]
    [True, True, True, True]
    >>> [is_text(value) for value in ("a\\0b", "\\ud800", ["a"], {"da": "a"}, True)]
    [False, False, False, False, False]
    """
    if not isinstance(value, str):
        return isinstance(value, int | float) and not isinstance(value, bool)
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def is_markup(value):
    """Tell whether a value can be stored as text with markup.

    >>> is_markup("<p>Ro</p>"), is_markup(1.5), is_markup("\\0")
    (True, False, False)
    """
    return isinstance(value, str) and is_text(value)


def is_whole(value):
    """Tell whether a value can be stored as a whole number.

    >>> [is_whole(value) for value in (7, -7, "7", 7.0, True)]
    [True, True, True, True, True]
    >>> [is_whole(value) for value in (2**31, "x", "9" * 5000, float("nan"), [7], {})]
    [False, False, False, False, False, False]
    """
    return is_number(value, LEAST, MOST, int)


def is_number(value, least=-MOST_FLOAT, most=MOST_FLOAT, kind=float):
    """Tell whether a value can be stored as a number.

    >>> [is_number(value) for value in (7.5, "7.5", 0, -1)]
    [True, True, True, True]
    >>> [is_number(value) for value in (1e308, float("inf"), "nan", "x", [], 10**400)]
    [False, False, False, False, False, False]
    """
    if not isinstance(value, int | float | str):
        return False
    try:
        found = kind(value or 0)
        return math.isfinite(found) and least <= found <= most
    except (ValueError, OverflowError):
        return False


def is_day(value):
    """Tell whether a value is a day, as the database writes it.

    >>> [is_day(value) for value in ("2026-09-16", "2026-09-16 10:00:00", "")]
    [True, True, True]
    >>> [is_day(value) for value in ("2026-02-30", "i dag", "9999-12-31", 20260916)]
    [False, False, False, False]
    """
    return is_moment(value, ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S"))


def is_moment(value, forms=("%Y-%m-%d %H:%M:%S", "%Y-%m-%d")):
    """Tell whether a value is a moment, as the database writes it.

    >>> [is_moment(value) for value in ("2026-09-16 10:00:00", "2026-09-16")]
    [True, True]
    >>> [is_moment(value) for value in ("2026-09-16 25:00:00", "0001-01-01 00:00:00")]
    [False, False]
    """
    if value == "":
        return True
    if isinstance(value, date):
        return value.year in YEARS
    if not isinstance(value, str):
        return False
    for form in forms:
        try:
            return datetime.strptime(value, form).year in YEARS
        except ValueError:
            continue
    return False


def is_list(value):
    """Tell whether a value says which records a list consists of, or how it changes.

    >>> [is_list(value) for value in ([], [1, 2], [[6, 0, [1]]], [(0, 0, {}), (5,)])]
    [True, True, True, True]
    >>> [is_list(value) for value in ([[6, 0, ["x"]]], [[0, 0, "x"]], [[9]], "x", [0])]
    [False, False, False, False, False]
    """
    return isinstance(value, list | tuple) and (
        all(map(is_id, value)) or all(map(is_command, value))
    )


def is_command(value):
    """Tell whether a value is one change of a list of records."""
    if not isinstance(value, list | tuple) or not 1 <= len(value) <= 3:
        return False
    command, id_, what = (*value, None, None)[:3]
    if type(command) is not int and not hasattr(command, "name"):
        return False
    if command == 0:
        return isinstance(what, dict)
    if command == 1:
        return is_id(id_) and isinstance(what, dict)
    if command == 6:
        return isinstance(what, list | tuple) and all(map(is_id, what))
    return command == 5 or (command in (2, 3, 4) and is_id(id_))


def is_data(value):
    """Tell whether a value can be the content of a file, as clients send it.

    >>> is_data("Zm9v"), is_data(b"Zm9v"), is_data("æ"), is_data([])
    (True, True, False, False)
    """
    return isinstance(value, bytes) or (isinstance(value, str) and value.isascii())


CHECKS = {
    "char": is_text,
    "text": is_text,
    "html": is_markup,
    "integer": is_whole,
    "many2one_reference": is_whole,
    "float": is_number,
    "monetary": is_number,
    "date": is_day,
    "datetime": is_moment,
    "many2one": is_id,
    "one2many": is_list,
    "many2many": is_list,
    "binary": is_data,
}


def fits(kind, value):
    """Tell whether a field of a kind can hold a value.

    :param str kind: of Odoo's field types; one that is not known takes anything
    >>> fits("date", False), fits("date", "x"), fits("boolean", "x")
    (True, False, True)
    """
    if value is None or value is False or kind not in CHECKS:
        return True
    return CHECKS[kind](value)


def inner(value):
    """Yield the values of rows that come within a list of records.

    >>> list(inner([[0, 0, {"a": 1}], [1, 7, {"b": 2}], [4, 9], 3]))
    [{'a': 1}, {'b': 2}]
    """
    for command in value if isinstance(value, list | tuple) else ():
        if is_command(command) and len(command) == 3 and isinstance(command[2], dict):
            yield command[2]


def is_names(value):
    """Tell whether a value is a list of names.

    >>> is_names(["name"]), is_names(()), is_names("name"), is_names([1]), is_names(7)
    (True, True, False, False, False)
    """
    return isinstance(value, list | tuple) and all(
        isinstance(one, str) for one in value
    )


def is_table(columns, rows):
    """Tell whether these are the columns and the rows of a file.

    >>> is_table(["name"], [["Ro"], []]), is_table([], [])
    (True, True)
    >>> is_table("name", []), is_table([None], []), is_table(["name"], ["Ro"])
    (False, False, False)
    >>> is_table(["name"], [["a\\0b"]])
    False
    """
    return (
        is_names(columns)
        and isinstance(rows, list | tuple)
        and all(isinstance(row, list | tuple) for row in rows)
        and all(not cell or is_cell(cell) for row in rows for cell in row)
    )


def is_cell(value):
    """Tell whether a value can stand in a cell."""
    return value is True or is_text(value)


def fits_cell(column, kind, cell):
    """Tell whether a cell holds nothing that Odoo's own import does not expect.

    It expects what is no number and no day, but for the number of a row.

    >>> fits_cell("starts_at", "datetime", "0001-01-01"), fits_cell("day", "date", "x")
    (False, True)
    >>> fits_cell(".id", "integer", "x"), fits_cell("team_id/.id", "many2one", "7")
    (False, True)
    """
    if not cell:
        return True
    if column.endswith(".id"):
        return is_whole(cell)
    year = str(cell)[:4]
    return kind not in ("date", "datetime") or not (
        year.isdecimal() and str(cell)[4:5] == "-" and int(year) not in YEARS
    )
