"""The file that holds the keys: read by its owner only, and made at most once.

>>> import tempfile
>>> folder = tempfile.TemporaryDirectory()
>>> path = os.path.join(folder.name, "keys", "test.key")
>>> read(path) is None, make(path, "first"), make(path, "second"), read(path)
(True, True, False, 'first')
>>> oct(os.stat(path).st_mode), oct(os.stat(os.path.dirname(path)).st_mode)
('0o100600', '0o40700')
>>> os.chmod(path, 0o640)
>>> read(path)
Traceback (most recent call last):
    ...
tools.key_file.OpenToOthersError
>>> folder.cleanup()
"""

import os
import secrets
import stat

OTHERS = stat.S_IRWXG | stat.S_IRWXO


class OpenToOthersError(Exception):
    """Somebody besides the owner has access to the file, or it is no plain file."""


def read(path):
    """Return the text of a key file, or None when there is no file.

    :raises OpenToOthersError: when others than its owner have access to it
    :raises OSError: when it cannot be read
    """
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode) or mode & OTHERS:
                raise OpenToOthersError
            return file.read()
    except FileNotFoundError:
        return None


def make(path, text):
    """Make a key file; of several who do so at once, one wins.

    The file appears under its name when it is whole: nobody meets half a key, and a
    link to a name that exists already fails.

    :return: whether the file is ours
    :raises OSError: when it cannot be made
    """
    folder = os.path.dirname(path)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    draft = f"{path}.{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(draft, flags, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(draft)
    return True
