"""What `make test T=<name>` means: which doctests, addon tests and outside tests."""

import ast
from dataclasses import dataclass, field

from . import places
from .say import Quit


@dataclass
class Selection:
    """The parts to run; None means all of that kind, an empty tuple none."""

    doctests: tuple | None = None
    tags: tuple | None = None
    outside: tuple | None = None
    files: set = field(default_factory=set)

    @property
    def browsing(self):
        """Is there anything among the addon's tests that asks for pages?"""
        files = self.files or addon_files().values()
        return any("HttpCase" in path.read_text() for path in files)


def helpers():
    """The helper modules by name."""
    folder = places.ADDON / "tools"
    return sorted(p.stem for p in folder.glob("*.py") if p.stem != "__init__")


def named(folder):
    """The test files of a folder by name, without the prefix."""
    return {p.stem.removeprefix("test_"): p for p in sorted(folder.glob("test_*.py"))}


def addon_files():
    """The addon's test files by name."""
    return named(places.ADDON / "tests")


def outside_files():
    """The outside test files by name."""
    return named(places.OUTSIDE)


def classes(path):
    """The classes of a test file with their test methods."""
    return {
        node.name: [
            item.name
            for item in node.body
            if isinstance(item, ast.FunctionDef) and item.name.startswith("test")
        ]
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef)
    }


def select(name):
    """Find what a name means; a Quit that lists the names when it means nothing."""
    if not name:
        return Selection()
    found = Selection((), (), ())
    short = name.removesuffix(".py").removeprefix("test_")
    if short in helpers():
        found.doctests = (short,)
    if short in outside_files():
        found.outside = (str(outside_files()[short]),)
    files = addon_files()
    tags = []
    if short in files:
        tags += [f"/{places.MODULE}:{klass}" for klass in classes(files[short])]
        found.files.add(files[short])
    wanted, _dot, method = name.partition(".")
    for path in files.values():
        for klass, methods in classes(path).items():
            if klass == wanted and (not method or method in methods):
                tags.append(f"/{places.MODULE}:{name}")
                found.files.add(path)
            elif name in methods:
                tags.append(f"/{places.MODULE}:{klass}.{name}")
                found.files.add(path)
    found.tags = tuple(tags)
    if not (found.doctests or found.tags or found.outside):
        known = sorted({*helpers(), *files, *outside_files()})
        raise Quit(
            f"T={name} names no test: there are {', '.join(known)}; a test class, "
            "Class.method or a method name is understood as well."
        )
    return found
