"""Which addresses are pages for everybody, where nobody is noted."""

import re

# Of ours under /sekp/, only documents are behind a login.
_PUBLIC = re.compile(r"/sekp(?!/document(?:/|$))(?:/|$)", re.ASCII)


def is_public(path):
    """Tell whether a path is one of the pages for everybody, also if there is none.

    >>> [is_public(path) for path in ("/sekp/havnby", "/sekp", "/sekp/x/y/z")]
    [True, True, True]
    >>> [is_public(path) for path in ("/sekp/document/7", "/sekpa", "/odoo", "", None)]
    [False, False, False, False, False]
    """
    return bool(_PUBLIC.match(path or ""))
