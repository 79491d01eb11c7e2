from odoo import fields, models
from odoo.exceptions import UserError

# What the client says it had read of the values that it now changes.
SEEN = "sekp_seen"
TYPES = (
    "boolean", "char", "date", "datetime", "float", "integer", "many2one", "selection",
    "text",
)  # fmt: skip
DIGITS = 6


class ChangedMeanwhileError(UserError):
    """A colleague has changed the same in the meantime.

    It names fields and no values: the client shows both versions, to one who may read
    them.
    """

    def __init__(self, message, names):
        super().__init__(message)
        self.context = {"fields": names}


class SekpMeanwhileMixin(models.AbstractModel):
    """A record on which nobody writes over what a colleague has just written.

    The client sends along what it had read. Who changes other fields is not disturbed.
    """

    _name = "sekp.meanwhile.mixin"
    _description = "Record That Two May Change"

    def web_save(self, vals, specification, next_id=None):
        """Save as Odoo does, but not over what was changed in the meantime.

        :raises ChangedMeanwhileError: naming the fields that somebody else changed
        """
        seen = self.env.context.get(SEEN)
        if isinstance(seen, dict) and len(self) == 1 and isinstance(vals, dict):
            self._refuse_stale(vals, seen)
            self = self.with_context(**{SEEN: None})
        return super().web_save(vals, specification, next_id=next_id)

    def _refuse_stale(self, vals, seen):
        self.check_access("write")
        names = []
        for name in sorted(set(vals) & set(seen)):
            field = self._fields.get(name)
            if not (field and field.store and field.type in TYPES):
                continue
            now = self._as_sent(field)
            if now != self._plain(seen[name]) and now != self._plain(vals[name]):
                names.append(name)
        if names:
            raise ChangedMeanwhileError(
                self.env._("A colleague has changed the same in the meantime."), names
            )

    def _as_sent(self, field):
        """Return the value as a client sends it."""
        value = self[field.name]
        if field.type == "many2one":
            return value.id or False
        if field.type == "date":
            return fields.Date.to_string(value)
        if field.type == "datetime":
            return fields.Datetime.to_string(value)
        return self._plain(value)

    def _plain(self, value):
        # Nothing is sent in one way or another; a number may lose its last digits.
        if isinstance(value, float):
            return round(value, DIGITS)
        return value if value or isinstance(value, int) else False
