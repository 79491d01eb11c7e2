"""Doctests of the addon's pure helpers, imported where Odoo cannot be.

Run as a script in a process of its own; prints one line of JSON for each docstring.
"""

import contextlib
import doctest
import importlib
import io
import json
import pkgutil
import sys


def modules(names):
    """The helper modules asked for, or all of them."""
    package = importlib.import_module("tools")
    yield from (
        importlib.import_module(f"tools.{info.name}")
        for info in pkgutil.iter_modules(package.__path__)
        if not names or info.name in names
    )


def main(addon, *names):
    """Run the examples of every docstring and tell what became of them."""
    sys.path[0] = addon
    # An import of Odoo, however indirect, is an ImportError here.
    sys.modules["odoo"] = None
    runner = doctest.DocTestRunner(verbose=False)
    for module in modules(names):
        for test in doctest.DocTestFinder(exclude_empty=True).find(module):
            if test.examples:
                output = io.StringIO()
                with contextlib.redirect_stdout(io.StringIO()):
                    result = runner.run(test, out=output.write)
                print(
                    json.dumps(
                        {
                            "name": test.name,
                            "failed": result.failed,
                            "text": output.getvalue(),
                        }
                    ),
                    flush=True,
                )


if __name__ == "__main__":
    main(*sys.argv[1:])
