"""A page that asks nobody else for anything.

Odoo's layout, and every app that adds to it, brings scripts, styles and pictures. To
fetch them tells who is reading: some answers set a cookie, and each leaves an address
in a log. What a public page needs is ours and comes with it.
"""

import lxml.html

# What of ours a page may fetch.
OURS = "/sekp_outreach/static/public/"
_LOADING = frozenset(
    {
        "audio", "base", "embed", "frame", "iframe", "object", "source", "track",
        "video",
    }
)  # fmt: skip
_ADDRESS = {"script": "src", "link": "href", "img": "src"}


def _is_foreign(element):
    if element.tag in _LOADING:
        return True
    if element.tag not in _ADDRESS:
        return False
    address = element.get(_ADDRESS[element.tag]) or ""
    if element.tag == "img" and address.startswith("data:image/"):
        return False
    return not address.startswith(OURS)


def own_page(html, without=""):
    """Return a page without whatever it would fetch or run that is not ours.

    :param str without: a class whose elements go as well

    >>> print(own_page('''<html lang="da"><head><title>T</title><meta charset="utf-8">
    ... <link rel="stylesheet" href="/web/assets/1/a.css"><script>var odoo;</script>
    ... <link rel="stylesheet" href="/sekp_outreach/static/public/public.css">
    ... </head><body onload="go()"><img src="/logo.png"><p>Hej <b>du</b></p>
    ... <img src="data:image/png;base64,AA==" alt=""><iframe src="//x"></iframe>
    ... <script src="/sekp_outreach/static/public/copy.js" defer></script>
    ... </body></html>'''))
    <!DOCTYPE html>
    <html lang="da"><head><title>T</title><meta charset="utf-8">
    <BLANKLINE>
    <link rel="stylesheet" href="/sekp_outreach/static/public/public.css">
    </head><body><p>Hej <b>du</b></p>
    <img src="data:image/png;base64,AA==" alt="">
    <script src="/sekp_outreach/static/public/copy.js" defer></script>
    </body></html>
    """
    page = lxml.html.document_fromstring(html)
    for element in list(page.iter(lxml.etree.Element)):
        if _is_foreign(element) or without in element.get("class", "").split():
            element.drop_tree()
            continue
        for name in [name for name in element.attrib if name.startswith("on")]:
            del element.attrib[name]
    return lxml.html.tostring(page, encoding="unicode", doctype="<!DOCTYPE html>")
