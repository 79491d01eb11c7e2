"""Odoo's command line, as a file of its own and alone in its folder.

A server of several workers starts its companion for the bus by the file it was itself
started from; started as a module, that would fail and be tried anew without end.
"""

import odoo.cli

if __name__ == "__main__":
    odoo.cli.main()
