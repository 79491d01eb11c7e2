"""One machine's runtime: gets Odoo 19, starts PostgreSQL, runs, tests and lints.

``python3 -m dev <command>`` begins on the machine's own Python with nothing but its
standard library, makes the virtual environment a command needs, and goes on in it.
"""
