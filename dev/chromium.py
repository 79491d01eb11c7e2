"""A real browser that a test drives as a person would: pointer, keyboard, small screen.

What is done goes through the browser's own input, so that it is the same with and
without JavaScript on the page.
"""

import base64
import json
import subprocess
import time
from contextlib import contextmanager, suppress

import requests
import websocket

from . import browser
from .processes import Child

PATIENCE = 30
KEYS = {"Tab": 9, "Enter": 13, " ": 32, "ArrowDown": 40, "ArrowUp": 38}
KEYS |= {chr(code).lower(): code for code in range(ord("A"), ord("Z") + 1)}
ALT, SHIFT = 1, 8


def check(holds, words):
    """Fail as a test fails.

    :raises AssertionError: with these words
    """
    if not holds:
        raise AssertionError(words)


@contextmanager
def running(folder, *flags):
    """Chromium for the length of the block, with a profile in an empty folder.

    :param flags: of the browser, beside those that every test needs
    """
    command = [
        browser.find(), "--headless=new", "--no-sandbox", "--disable-gpu",
        "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--remote-debugging-port=0",
        "--remote-allow-origins=*", f"--user-data-dir={folder}", *flags,
        "about:blank",
    ]  # fmt: skip
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with Child(command, **quiet):
        file = folder / "DevToolsActivePort"
        until = time.monotonic() + PATIENCE
        while not (file.exists() and file.read_text().strip()):
            check(time.monotonic() < until, "Chromium did not start.")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{file.read_text().split()[0]}"


class Page:
    """One tab with no history and no cookies, of a browser that is running.

    :param str address: of the browser
    :param int width: of the screen in CSS pixels
    :param bool scripts: whether pages may run JavaScript
    """

    def __init__(self, address, width=1000, scripts=True):
        tab = requests.put(f"{address}/json/new?about:blank", timeout=PATIENCE).json()
        self.socket = websocket.create_connection(
            tab["webSocketDebuggerUrl"], timeout=PATIENCE
        )
        self.number, self.events = 0, []
        for domain in ("Page", "DOM", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.widen(width)
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)

    def widen(self, width, height=700, scale=1):
        """Let the screen be so many CSS pixels wide, each drawn with so many dots."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=False,
        )

    def close(self):
        """Close the tab's connection."""
        self.socket.close()

    def call(self, method, **params):
        """Return the result of a command of the DevTools protocol."""
        self.number += 1
        self.socket.send(
            json.dumps({"id": self.number, "method": method, "params": params})
        )
        while True:
            told = json.loads(self.socket.recv())
            if told.get("id") == self.number:
                check("error" not in told, f"{method}: {told.get('error')}")
                return told["result"]
            self.hear(told)

    def hear(self, told):
        """Keep an event; who leaves a page with unsaved changes means to."""
        if told.get("method") == "Page.javascriptDialogOpening":
            leave = {"id": 0, "method": "Page.handleJavaScriptDialog"}
            self.socket.send(json.dumps(leave | {"params": {"accept": True}}))
        if "method" in told:
            self.events.append(told)

    def await_event(self, method):
        """Wait for an event, such as that a page is there; those before count."""
        while not any(event["method"] == method for event in self.events):
            self.hear(json.loads(self.socket.recv()))
        self.events = [one for one in self.events if one["method"] != method]

    def asked(self):
        """Return the addresses that were asked for since the last page was opened."""
        return [
            event["params"]["request"]["url"]
            for event in self.events
            if event["method"] == "Network.requestWillBeSent"
        ]

    def complaints(self):
        """Return what the browser's console has said."""
        return [
            event["params"]
            for event in self.events
            if event["method"] in ("Log.entryAdded", "Runtime.exceptionThrown")
        ]

    def cookies(self):
        """Return all cookies that any page has set."""
        return self.call("Storage.getCookies")["cookies"]

    def open(self, address):
        """Open an address and wait until it is there."""
        self.events, self.opened = [], time.monotonic()
        self.call("Page.navigate", url=address)
        self.await_event("Page.loadEventFired")

    def wait(self, seconds):
        """Wait until so many seconds have passed since an address was opened."""
        time.sleep(max(0, self.opened + seconds - time.monotonic()))

    def run(self, script):
        """Return what a script of ours gives, a promise's value when it is one."""
        told = self.call(
            "Runtime.evaluate",
            expression=script,
            awaitPromise=True,
            returnByValue=True,
        )
        check("exceptionDetails" not in told, told.get("exceptionDetails"))
        return told["result"].get("value")

    def until(self, script):
        """Wait until a script of ours says yes."""
        end = time.monotonic() + PATIENCE
        while not self.run(script):
            check(time.monotonic() < end, f"The page never says yes to {script}.")
            time.sleep(0.1)

    def log_in(self, address, login, password):
        """Log in with Odoo's own form, and wait for the page that it leads to."""
        self.open(address)
        self.until("document.querySelector('#login').offsetParent !== null")
        self.fill("#login", login)
        self.fill("#password", password)
        self.events = []
        self.press("Enter")
        self.await_event("Page.loadEventFired")

    def find(self, selector):
        """Return the node of the first element that a CSS selector finds."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        check(node, f"The page has no {selector}.")
        return node

    def text(self):
        """Return the text of the page's markup, without tags nobody reads."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        return self.call("DOM.getOuterHTML", nodeId=root)["outerHTML"]

    def await_text(self, words):
        """Wait until words are on the page, which may just be changing."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            # Between two pages there is none.
            with suppress(AssertionError):
                if words in self.text():
                    return
            time.sleep(0.2)
        raise AssertionError(f"The page does not say {words}.")

    def focus(self, selector):
        """Set the focus."""
        self.call("DOM.focus", nodeId=self.find(selector))

    def type(self, text):
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def fill(self, selector, text):
        """Type a text into a field."""
        self.focus(selector)
        self.type(text)

    def press(self, key, modifiers=0):
        """Press a key of the keyboard."""
        stroke = {
            "key": key,
            "code": {" ": "Space"}.get(
                key, f"Key{key.upper()}" if len(key) == 1 else key
            ),
            "windowsVirtualKeyCode": KEYS[key],
            "modifiers": modifiers,
        }
        typed = {"Enter": "\r", " ": " "}.get(key)
        down = {"type": "keyDown", "text": typed} if typed else {"type": "rawKeyDown"}
        self.call("Input.dispatchKeyEvent", **stroke, **down)
        self.call("Input.dispatchKeyEvent", **stroke, type="keyUp")

    def hold_alt(self):
        """Hold down Alt."""
        self.call("Input.dispatchKeyEvent", type="rawKeyDown", key="Alt", modifiers=ALT)

    def corners(self, selector):
        """Return where an element is, scrolled into view.

        Found anew when the page draws itself again meanwhile.
        """
        end = time.monotonic() + PATIENCE
        while True:
            try:
                node = self.find(selector)
                self.call("DOM.scrollIntoViewIfNeeded", nodeId=node)
                return self.call("DOM.getContentQuads", nodeId=node)["quads"][0]
            except (AssertionError, LookupError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def click(self, selector):
        """Click into the middle of an element, once the page stands still."""
        corners, before = None, []
        while corners != before:
            before = corners
            corners = self.corners(selector)
            time.sleep(0.05)
        at = {"x": sum(corners[::2]) / 4, "y": sum(corners[1::2]) / 4}
        for kind in ("mousePressed", "mouseReleased"):
            self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                button="left",
                clickCount=1,
                **at,
            )

    def go(self, selector):
        """Click on what leads to another page, and wait for that."""
        self.events = []
        self.click(selector)
        self.await_event("Page.loadEventFired")

    def paper(self):
        """Return the page as it is printed on A4, as a PDF."""
        told = self.call(
            "Page.printToPDF",
            preferCSSPageSize=True,
            paperWidth=8.27,
            paperHeight=11.69,
        )
        return base64.b64decode(told["data"])

    def seen(self):
        """Return what the whole page looks like, as a PNG."""
        told = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(told["data"])

    def picture(self, file):
        """Take a picture of the whole page."""
        file.write_bytes(self.seen())
