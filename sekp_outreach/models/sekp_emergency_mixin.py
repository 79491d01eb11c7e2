from odoo import models
from odoo.exceptions import AccessError


class SekpEmergencyMixin(models.AbstractModel):
    """Keeps what is open by emergency access only from being taken out (C9).

    That it lets one read and log a contact, and nothing else, the rules see to.
    """

    _name = "sekp.emergency.mixin"
    _description = "Record Open in an Emergency"

    def _own_courses(self):
        """Return the courses by which these records are open."""
        return self.env["sekp.course"]

    def _in_emergency(self):
        """Return those records that the user opens by emergency access only."""
        if self.env.su or not self.ids:
            return self.browse()
        user = self.env.user
        emergency = self.env["sekp.course"]._open_by_emergency(user)
        if not emergency:
            return self.browse()
        # Superuser: reads by which courses a record is open, and tells nothing of it.
        return self.filtered(
            lambda record: (
                (courses := record.sudo()._own_courses()) & emergency
                and courses == courses._only_by_emergency(user)
                and not record.sudo()._open_besides(user)
            )
        )

    def _open_besides(self, user):
        """Tell whether a user opens the record also by another way than its courses."""
        return False

    def _emergency_error(self):
        self.env["sekp.access.log"]._record_refused(self)
        return AccessError(
            self.env._(
                "Emergency access is for reading and for logging a contact. Ask the "
                "contact person or the supervisor for the rest."
            )
        )

    def _check_export(self):
        """Refuse to take out of the system what is open by emergency access only.

        :raises AccessError: naming no record
        """
        if records := self._in_emergency():
            raise records._emergency_error()

    def export_data(self, fields_to_export):
        self._check_export()
        return super().export_data(fields_to_export)
