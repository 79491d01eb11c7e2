"""The commands behind the Makefile: python3 -m dev <command> [--option=value]."""

import shutil
import signal
import subprocess
import sys

from . import places, python_env
from .processes import stop_on_signals
from .say import Quit, line


def run(options):
    """make run [ARGS=...]: Odoo with demo data at http://localhost:8069"""
    python_env.enter()
    from . import run as module

    module.run(options.get("args", ""))


def test(options):
    """make test [T=name]: all tests, or a part of them"""
    python_env.enter()
    from . import test as module

    return module.test(options.get("t", ""))


def lint(options):
    """make lint: style, Odoo's rules, licences, secrets, traces of real people"""
    python_env.enter()
    from . import lint as module

    return module.lint()


def audit(options):
    """make audit: known holes in the pinned versions, where the network tells"""
    python_env.enter()
    from . import audit as module

    return module.audit()


def walk(options):
    """make walk STANDARD=greve: one referral's way under one standard, told"""
    python_env.enter()
    from . import walk as module

    return module.walk(options.get("standard", ""))


def simulate(options):
    """make simulate [SEED=n]: a year in five municipalities, into docs/follow-up.md"""
    python_env.enter()
    from . import simulate as module

    return module.simulate(options.get("seed", ""))


def bench(options):
    """make bench [SIZES='1k 60k']: speed at the size of a country, into docs"""
    python_env.enter()
    from .bench import command as module

    module.bench(options.get("sizes", ""))


def shots(options):
    """make shots [T=name]: the pictures of the guide and the app list anew"""
    python_env.enter()
    from . import shots as module

    module.shots(options.get("t", ""))


def shell(options):
    """make shell: Odoo's shell on the demo database"""
    python_env.enter()
    from . import shell as module

    return module.shell()


def standards_table(options):
    """make standards-table: docs/standards.md anew from the presets"""
    python_env.enter()
    from . import shell as module

    module.standards_table()


def policy(options):
    """make policy: access rows and rules anew from security/policy.csv"""
    python_env.enter()
    from . import policy as module

    module.policy()


def terms(options):
    """make terms: i18n anew from the sources, with what still lacks Danish"""
    python_env.enter()
    from . import terms as module

    module.terms()


def screens(options):
    """make screens [T=login]: every menu of every role on three screens, in Danish"""
    python_env.enter()
    from . import screens as module

    return module.screens(options.get("t", ""))


def version(options):
    """make version: a small filled database of this version, for upgrades to come"""
    python_env.enter()
    from . import upgrade as module

    module.dump()


def stop(options):
    """make stop: end every command of this checkout that still runs"""
    python_env.enter()
    from . import postgres

    line("Stopped." if postgres.stop() else "Nothing was running.")


def clean(options):
    """make clean: forget all databases and logs; what was fetched stays"""
    if places.STATE.exists():
        stop(options)
        shutil.rmtree(places.STATE)
    line("Clean.")


def help_(options):
    """make help: this list"""
    for command in COMMANDS.values():
        line(command.__doc__)


COMMANDS = {
    "run": run,
    "test": test,
    "lint": lint,
    "audit": audit,
    "walk": walk,
    "simulate": simulate,
    "bench": bench,
    "shots": shots,
    "shell": shell,
    "standards-table": standards_table,
    "policy": policy,
    "screens": screens,
    "terms": terms,
    "version": version,
    "stop": stop,
    "clean": clean,
    "help": help_,
}


def main(arguments):
    """Dispatch one command; the exit code says how it went."""
    name = arguments[0] if arguments else "help"
    options = {}
    for word in arguments[1:]:
        key, _equals, value = word.removeprefix("--").partition("=")
        options[key] = value
    stop_on_signals()
    try:
        if name not in COMMANDS:
            raise Quit(f"There is no command {name}; `make help` lists them.")
        return int(COMMANDS[name](options) or 0)
    except Quit as error:
        line(f"\n{error}")
        return 1
    except subprocess.CalledProcessError as error:
        words = error.stderr or f"exit code {error.returncode}"
        line(f"\n{error.cmd[0]} failed: {words.strip()}")
        return 1
    except KeyboardInterrupt:
        line("\nStopped.")
        return 128 + signal.SIGINT
    except BrokenPipeError:
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
