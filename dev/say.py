"""What the terminal shows: steps with their time, and errors of one sentence."""

import sys
import time
from contextlib import contextmanager

EVERY = 5.0


class Quit(Exception):
    """Something the reader can mend; the text is one clear sentence."""


def line(text=""):
    """Print one line at once, also into a pipe."""
    print(text, flush=True)


class Step:
    """A running step; `progress` shows how far it is without flooding a log."""

    def __init__(self, text):
        self.text = text
        self.begun = self.shown = time.monotonic()
        self.live = sys.stdout.isatty()

    def progress(self, detail):
        """Show how far the step is."""
        now = time.monotonic()
        if self.live:
            if now - self.shown > 0.1:
                print(f"\r\033[K  {self.text}: {detail[:60]}", end="", flush=True)
                self.shown = now
        elif now - self.shown > EVERY:
            line(f"  {self.text}: {detail}")
            self.shown = now

    def end(self, word):
        """Close the step with a word and the time it took."""
        start = "\r\033[K" if self.live else ""
        line(f"{start}  {self.text}: {word} ({time.monotonic() - self.begun:.1f} s)")


@contextmanager
def step(text):
    """A step of set-up: named when it begins, with its time when it ends."""
    running = Step(text)
    if running.live:
        print(f"  {text} ...", end="", flush=True)
    else:
        line(f"  {text} ...")
    try:
        yield running
    except BaseException:
        running.end("not finished")
        raise
    running.end("done")
