"""`make terms`: the template of translations anew, merged into the Danish file."""

import polib

from . import databases, odoo_source, places, postgres
from .say import line
from .server import Runtime

TRANSLATIONS = places.ADDON / "i18n"
EXPORT = """
import io
from odoo.tools.translate import trans_export
buffer = io.BytesIO()
trans_export(False, ["sekp_outreach"], buffer, "po", env)
print(buffer.getvalue().decode(), end="")
"""


def terms():
    """Export the terms, merge them into ``da.po``, and tell what lacks Danish.

    The template is taken from a database with our dependencies only, so that no other
    app's terms get into it.
    """
    databases.require_addon()
    odoo = odoo_source.find()
    with postgres.running() as server:
        runtime = Runtime(odoo, server)
        name = databases.ready(runtime, browsing=False)
        text = runtime.shell(name, EXPORT, places.LOGS / "terms.log")
    template = polib.pofile(text[text.index('msgid ""') :], wrapwidth=78)
    old = polib.pofile(str(TRANSLATIONS / "sekp_outreach.pot"))
    # The dates of an export say nothing: a template that is the same stays the same.
    template.metadata = old.metadata
    template.header = old.header
    template.save(str(TRANSLATIONS / "sekp_outreach.pot"))
    danish = polib.pofile(str(TRANSLATIONS / "da.po"), wrapwidth=78)
    known = {entry.msgid: entry.msgstr for entry in danish}
    danish.merge(template)
    for entry in list(danish):
        if entry.obsolete:
            danish.remove(entry)
        elif entry.fuzzy:
            entry.flags.remove("fuzzy")
            entry.previous_msgid = None
            entry.msgstr = known.get(entry.msgid, "")
    danish.sort(key=lambda entry: entry.msgid)
    danish.save(str(TRANSLATIONS / "da.po"))
    for entry in danish.untranslated_entries():
        line(f"  {entry.msgid}")
    line(f"{len(danish)} terms, {len(danish.untranslated_entries())} without Danish")
