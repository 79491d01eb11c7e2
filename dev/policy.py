"""The files that follow from the access policy, written anew."""

import importlib.util

from . import places
from .say import line

SECURITY = places.ADDON / "security"


def helper():
    """The addon's helper that knows what the matrix means."""
    spec = importlib.util.spec_from_file_location(
        "policy", places.ADDON / "tools" / "policy.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def policy():
    """Write access rows and rules from security/policy.csv."""
    module = helper()
    matrix = module.read((SECURITY / "policy.csv").read_text())
    for name, text in (
        ("ir.model.access.csv", module.access_rows(matrix)),
        ("rules.xml", module.rules(matrix)),
    ):
        (SECURITY / name).write_text(text)
        line(f"Written: {(SECURITY / name).relative_to(places.ROOT)}")
