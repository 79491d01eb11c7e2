"""Which addresses are pages for everybody, where nobody is noted."""

import re

# Of ours under /sekp/, only documents are behind a login. In front may stand what
# Odoo's website takes for a language.
_PUBLIC = re.compile(
    r"(?P<language>/[a-z]{2,3}(?:[_-][A-Za-z]{2,4})?(?:@[a-z]+)?)?"
    r"/sekp(?!/document(?:/|$))(?:/|$)",
    re.ASCII,
)


def is_public(path):
    """Tell whether a path is one of the pages for everybody, also if there is none.

    >>> [is_public(path) for path in ("/sekp/havnby", "/sekp", "/sekp/x/y/z")]
    [True, True, True]
    >>> [is_public(path) for path in ("/sekp/document/7", "/sekpa", "/odoo", "", None)]
    [False, False, False, False, False]
    """
    return bool(_PUBLIC.match(path or ""))


def is_nowhere(path):
    """Tell whether a path would be one of them but for what Odoo would lead away from.

    Such is a language in front, or an empty part.

    >>> [is_nowhere(path) for path in ("/da/sekp/havnby", "/en_US/sekp", "/sekp//x")]
    [True, True, True]
    >>> [is_nowhere(path) for path in ("/sekp/havnby", "/da/odoo", "/da//x", "")]
    [False, False, False, False]
    """
    found = _PUBLIC.match(path or "")
    return bool(found) and bool(found["language"] or "//" in path)
