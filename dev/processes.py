"""Child processes that never outlive this one."""

import contextlib
import ctypes
import os
import signal
import subprocess

PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


def stop_on_signals():
    """Turn the signals that end a session into an orderly exit."""

    def leave(number, _frame):
        raise SystemExit(128 + number)

    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, leave)
    # A shell that starts a command in the background lets it ignore this one.
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Child:
    """A process in a group of its own: the group ends with the `with` block."""

    def __init__(self, command, **options):
        parent = os.getpid()

        def tie():
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)

        self.process = subprocess.Popen(
            command, start_new_session=True, preexec_fn=tie, **options
        )

    def __enter__(self):
        return self.process

    def __exit__(self, *_error):
        self.signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        # What the process left behind in its group, a browser for one.
        self.signal(signal.SIGKILL)
        self.process.wait()
        for stream in (self.process.stdout, self.process.stdin):
            if stream:
                stream.close()

    def signal(self, number):
        """Send a signal to the whole group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)
