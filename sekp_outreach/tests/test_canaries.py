import base64
import csv
import inspect
import logging
from unittest.mock import patch

from odoo import Command
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import SQL, file_open

from odoo.addons.mail.tests.common import MailCase

from . import channels
from .canaries import CANARY, CanaryCase

_logger = logging.getLogger(__name__)

CHANNELS = dict(inspect.getmembers(channels, channels.is_channel))
WEAK_SPOTS = {str(number) for number in range(1, 66)}
# Tables of Odoo that hold what the entitled wrote, and why they may.
HOLDING = {
    "mail_activity": "An activity's own words; the record decides who reads them.",
}
WORD = b"kanarie"
# A text as it looks in a column of bytes, and in base64 at each of three places.
DISGUISES = (
    WORD.decode(),
    WORD.hex(),
    *(
        base64.b64encode(b"x" * shift + WORD)[4 * bool(shift) : 8].decode()
        for shift in range(3)
    ),
)


def read_channels():
    """Return the list of channels."""
    with file_open("sekp_outreach/tests/channels.csv") as text:
        return list(csv.DictReader(text))


@tagged("post_install", "-at_install", "sekp_outreach")
class TestCanaries(CanaryCase, MailCase):
    """No outsider learns anything about a person, by any channel."""

    maxDiff = None

    # --- the list -----------------------------------------------------------------
    def test_every_weak_spot_has_a_channel_or_a_reason(self):
        rows = read_channels()
        named = {number for row in rows for number in row["number"].split()}
        self.assertEqual(named, WEAK_SPOTS)
        for row in rows:
            self.assertNotEqual(bool(row["method"]), bool(row["why_not"]), row)
            self.assertTrue(row["channel"])

    def test_every_function_is_in_the_list_and_the_reverse(self):
        listed = [row["method"] for row in read_channels() if row["method"]]
        self.assertEqual(len(listed), len(set(listed)))
        self.assertEqual(set(listed), set(CHANNELS))
        self.assertLessEqual(set().union(*self.always.values()), set(CHANNELS))

    # --- nobody learns anything -----------------------------------------------------
    def test_no_outsider_learns_anything(self):
        found, tries = {}, 0
        with self.mock_mail_gateway():
            for login in self.outsiders:
                learned, tried = self.visit(login, self.doors(login))
                tries += tried
                if learned:
                    found[login] = learned
            self.env.flush_all()
            self.env.cr.precommit.run()
            self.env["mail.mail"].search([]).send()
        _logger.info(
            "%s channels by %s outsiders: %s tries",
            len(CHANNELS),
            len(self.outsiders),
            tries,
        )
        self.assertEqual(found, {})
        self.assertEqual(set(CANARY.findall(repr(self._mails))), set())
        self.assertEqual(
            [text for text in self.listener.heard if "kanarie" in text], []
        )
        self.assertEqual(self.tables_that_hold_canaries(), [])
        self.assertEqual(self.misplaced(), [])
        self.assertEqual(self.files_that_hold_canaries(), [])

    def doors(self, login):
        """Return the channels that somebody tries."""
        turns = next((pair for pair in self.by_turns if login in pair), (login,))
        mine = set(list(CHANNELS)[turns.index(login) :: len(turns)])
        mine |= self.always.get(login, set())
        return {name: CHANNELS[name] for name in CHANNELS if name in mine}

    def tables_that_hold_canaries(self):
        """Return the names of Odoo's tables that hold a canary."""
        self.env.cr.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() "
            "AND NOT starts_with(tablename, 'sekp_') ORDER BY tablename"
        )
        tables = [name for (name,) in self.env.cr.fetchall()]
        self.assertGreater(len(tables), 100)
        return [name for name in tables if name not in HOLDING and self.rows_with(name)]

    def rows_with(self, table):
        """Return the rows of a table that hold a canary, as text."""
        patterns = [f"%{disguise}%" for disguise in DISGUISES]
        self.env.cr.execute(
            SQL(
                "SELECT t::text FROM %s t WHERE t::text LIKE ANY(%s)",
                SQL.identifier(table),
                patterns,
            )
        )
        return [row for (row,) in self.env.cr.fetchall()]

    def misplaced(self):
        """Return the canaries in a table of ours that are not where they were put."""
        wrong = []
        for model in self.env.values():
            if (
                model._abstract
                or not model._auto
                or not model._name.startswith("sekp.")
            ):
                continue
            self.env.cr.execute(
                SQL(
                    "SELECT id, t::text FROM %s t WHERE t::text LIKE %s",
                    SQL.identifier(model._table),
                    "%kanarie%",
                )
            )
            for res_id, text in self.env.cr.fetchall():
                for word in CANARY.findall(text):
                    place = self.canaries[word][1:]
                    if place != (model._name, res_id) or model._name == "sekp.document":
                        wrong.append((word, place, model._name, res_id))
        return wrong

    def files_that_hold_canaries(self):
        """Return the names of stored files that hold a canary."""
        files = self.env["ir.attachment"].search(
            ["|", ("res_field", "!=", False), ("res_field", "=", False),
             ("res_model", "=like", "sekp.%")]
        )  # fmt: skip
        self.assertGreater(len(files), 1)
        disguises = [text.encode() for text in DISGUISES]
        return [
            file.name
            for file in files
            if any(disguise in file.raw for disguise in disguises)
        ]

    # --- the net catches ------------------------------------------------------------
    def test_the_entitled_hear_every_canary(self):
        heard = set()
        for login in sorted(
            {login for login, *_rest in self.canaries.values() if login}
        ):
            heard |= self.heard_by(login)
        kept = {word for word, (login, *_rest) in self.canaries.items() if login}
        self.assertEqual(kept - heard, set())

    def heard_by(self, login):
        visitor = self.visitor(login)
        visitor.enter()
        guard = self.env["sekp.confidential.mixin"]
        visitor.targets = [
            row for row in self.relations if guard._is_confidential(row._name)
        ]
        visitor.targets += [row for rows in self.dialogs.values() for row in rows]
        for name in ("records_by_id", "activities", "files_over_http"):
            CHANNELS[name](visitor)
        return visitor.learned

    def caught(self, login, *names):
        """Return which canaries a person hears by each of these channels."""
        return {
            name: self.visit(login, {name: CHANNELS[name]})[0].get(name, set())
            for name in names
        }

    def test_a_rule_that_is_missing_is_caught(self):
        """Without the rules of contacts, each of these channels hears of one."""
        names = (
            "records_by_id", "records_found", "words_searched_for",
            "words_searched_for_along_links", "groups_and_orders", "unsaved_records",
            "copies_and_defaults", "the_web_client_s_route",
            "the_programming_interfaces", "another_municipality_chosen",
        )  # fmt: skip
        texts = {word for (model, _name), word in self.words.items()
                 if model in ("sekp.contact", "sekp.course")}  # fmt: skip
        with (
            # It makes searches quick, and is no rule: what it hides must not count.
            patch.object(
                self.registry["sekp.course"],
                "_sekp_in_question",
                lambda _self: Domain.TRUE,
            ),
            self.env.cr.savepoint() as savepoint,
        ):
            self.env["ir.rule"].search(
                [("model_id.model", "in", ("sekp.contact", "sekp.course"))]
            ).active = False
            self.env.flush_all()
            self.env.registry.clear_cache()
            found = self.caught("colleague", *names)
            savepoint.rollback()
        self.env.invalidate_all(flush=False)
        self.env.registry.clear_cache()
        self.assertEqual({name for name in names if not found[name] & texts}, set())

    def test_a_careless_copy_is_caught(self):
        """What somebody writes elsewhere in Odoo is heard, logged and found."""
        word = self.words["sekp.appointment", "note"]
        with self.env.cr.savepoint() as savepoint:
            self.env["calendar.event"].create(
                {"name": word, "start": "2026-09-18 10:00", "stop": "2026-09-18 11:00",
                 "partner_ids": [Command.set(self.worker.partner_id.ids)]}
            )  # fmt: skip
            partner = self.env["res.partner"].create({"name": word})
            partner.message_post(body=word, subject=word)
            self.env["ir.filters"].create({"name": word, "model_id": "res.partner"})
            self.env["sekp.team"].search([], limit=1).name = word
            self.env["ir.attachment"].create(
                {"name": word, "raw": word.encode(), "res_model": "res.partner",
                 "res_id": partner.id}
            )  # fmt: skip
            self.env.flush_all()
            found = {
                **self.caught(
                    "employee", "the_calendar", "words_in_the_calendar", "messages",
                    "saved_searches",
                ),
                **self.caught("colleague", "the_scheme"),
                **self.caught("public", "invitations"),
            }  # fmt: skip
            logging.getLogger("odoo.http").warning("Of %s", word)
            logged = [text for text in self.listener.heard if word in text]
            self.listener.heard = [
                text for text in self.listener.heard if word not in text
            ]
            tables = set(self.tables_that_hold_canaries())
            savepoint.rollback()
        self.env.invalidate_all(flush=False)
        self.assertEqual({name for name in found if word not in found[name]}, set())
        self.assertTrue(logged)
        self.assertLess(
            {"calendar_event", "ir_attachment", "ir_filters", "mail_message",
             "res_partner"},
            tables,
        )  # fmt: skip
