"""The browser of the tours: found as Odoo finds it, installed where that is allowed."""

import shutil

from . import apt
from .say import Quit, step

NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def find():
    """The path of the browser, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def ensure():
    """Have a browser, or say what to install."""
    if find():
        return
    with step("Chromium"):
        if not apt.install("chromium") or not find():
            raise Quit(
                "The browser tests need Chromium and it may not be installed from "
                "here: install the package chromium, or run once as root."
            )
