from . import controllers, models, report, wizards
from .hooks import uninstall_hook
from .tools.quiet_log import forget_senders, withhold_values
from .tools.quiet_mail import withhold_addresses

withhold_values()
forget_senders()
withhold_addresses()
