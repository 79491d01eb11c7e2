from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..tools import cipher
from .test_document import TEXT, DocumentCase

NUMBER = 5


@tagged("post_install", "-at_install", "sekp_outreach")
class TestRotation(DocumentCase):
    """A new key in front: what is sealed moves to it, and may stop anywhere."""

    def setUp(self):
        super().setUp()
        # Documents of other tests' databases would be under other keys.
        self.assertEqual(self.env["sekp.document"].search([]), self.document)
        self.documents = self.document.union(
            *(self.upload(TEXT + str(n).encode()) for n in range(1, NUMBER))
        )
        self.old = self.path.read_text().strip()
        self.old_name = self.vault._fingerprint()

    def rotate(self):
        self.new = cipher.new_key()
        self.write_keys(self.new, self.old)
        self.new_name = self.vault._fingerprint()

    def under(self, fingerprint):
        """Return the documents whose facts and content are under a key."""
        self.env.invalidate_all()
        found = self.documents.browse()
        for document in self.documents:
            facts = document.sudo().sealed_facts
            content = self.attachment(document).raw
            names = {cipher.fingerprint_in(facts), cipher.fingerprint_of(content)}
            self.assertEqual(len(names), 1)
            if names == {fingerprint}:
                found |= document
        return found

    def contents(self):
        self.env.invalidate_all()
        return {document: document._open() for document in self.documents}

    def test_all_of_it_batch_by_batch(self):
        before = self.contents()
        facts = [(one.title, one.size, one.number) for one in self.documents]
        self.rotate()
        self.assertEqual(self.vault._left_older(), NUMBER)
        steps = list(self.vault._reencrypt(2))
        self.assertEqual([step.done for step in steps], [2, 4, 5])
        self.assertEqual({step.total for step in steps}, {NUMBER})
        self.assertEqual(self.under(self.new_name), self.documents)
        self.assertEqual(self.vault._left_older(), 0)
        self.write_keys(self.new)
        self.assertEqual(self.contents(), before)
        self.assertEqual(
            [(one.title, one.size, one.number) for one in self.documents], facts
        )
        self.assertFalse(list(self.vault._reencrypt(2)))

    def test_broken_off_and_begun_anew(self):
        before = self.contents()
        self.rotate()
        work = self.vault._reencrypt(2)
        next(work)
        work.close()
        done = self.under(self.new_name)
        self.assertEqual(len(done), 2)
        self.assertEqual(len(self.under(self.old_name)), NUMBER - 2)
        self.assertEqual(self.contents(), before)
        touched = []
        Document = type(self.document)
        reseal = Document._reseal
        with patch.object(
            Document,
            "_reseal",
            lambda document: (touched.append(document.id), reseal(document)),
        ):
            list(self.vault._reencrypt(2))
        self.assertEqual(set(touched), set((self.documents - done).ids))
        self.assertEqual(self.contents(), before)

    def test_facts_and_content_move_together(self):
        self.rotate()
        Attachment = type(self.env["ir.attachment"])
        write = Attachment.write

        def crash(attachments, vals):
            write(attachments, vals)
            raise ZeroDivisionError

        with (
            patch.object(Attachment, "write", crash),
            self.assertRaises(ZeroDivisionError),
        ):
            list(self.vault._reencrypt(2))
        self.assertEqual(self.under(self.old_name), self.documents)

    def test_what_is_damaged_keeps_nothing_else_back(self):
        broken = self.documents[2]
        self.env.cr.execute(
            "UPDATE sekp_document SET token = 'x' WHERE id = %s", [broken.id]
        )
        self.env.invalidate_all()
        self.rotate()
        steps = list(self.vault._reencrypt(2))
        self.assertEqual(steps[-1].done, NUMBER - 1)
        (failed,) = [step.failed for step in steps if step.failed]
        self.assertEqual(list(failed), [broken.id])
        self.assertIn("damaged", failed[broken.id])
        self.assertEqual(self.vault._left_older(), 1)
        self.assertEqual(self.under(self.new_name), self.documents - broken)

    def test_what_is_nothing_sealed_is_told_and_left(self):
        for garbage in ("x", "kroneblad" * 9):
            self.env.cr.execute(
                "UPDATE sekp_document SET sealed_facts = %s WHERE id = %s",
                [garbage, self.document.id],
            )
            self.env.invalidate_all()
            self.rotate()
            self.assertEqual(self.vault._keys_in_use()[""], {"sekp.document": 1})
            self.assertIn(self.document.id, next(self.vault._reencrypt(NUMBER)).failed)

    def test_which_keys_are_needed(self):
        self.env["sekp.identity.lookup"]._follow(
            self.course.sudo().citizen_id, {"phone": ["20 11 22 33"]}
        )
        self.rotate()
        held = {"sekp.document": NUMBER, "sekp.identity.lookup": 1}
        self.assertEqual(
            self.vault._keys_in_use(), {self.new_name: {}, self.old_name: held}
        )
        list(self.vault._reencrypt(50))
        self.assertEqual(
            self.vault._keys_in_use(),
            {
                self.new_name: {"sekp.document": NUMBER},
                self.old_name: {"sekp.identity.lookup": 1},
            },
        )

    def test_without_a_key(self):
        self.path.unlink()
        with self.assertRaisesRegex(UserError, self.old_name):
            list(self.vault._reencrypt(2))
        self.write_keys(cipher.new_key())
        (step,) = self.vault._reencrypt(50)
        self.assertEqual((step.done, len(step.failed)), (0, NUMBER))
        self.assertIn(self.old_name, step.failed[self.document.id])

    def test_administrators_see_what_is_left(self):
        settings = self.env["res.config.settings"].create({})
        self.assertIn("Nothing waits", settings.sekp_key_left)
        self.rotate()
        settings.invalidate_recordset()
        self.assertIn(f"{NUMBER} records", settings.sekp_key_left)
        self.assertIn(self.new_name, settings.sekp_key_state)
