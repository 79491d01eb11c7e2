from . import controllers, models, report, wizards
from .hooks import uninstall_hook
from .tools.quiet_log import withhold_values

withhold_values()
