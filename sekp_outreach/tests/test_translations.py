import re

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_path
from odoo.tools.translate import TranslationModuleReader

MODULE = "sekp_outreach"
LANGUAGE = "da_DK"
# Spelt alike in both languages. Odoo's export and the linter of translation files
# leave such a word empty, and Odoo then shows the source.
SAME_IN_DANISH = {
    "/sekp/",
    '"%s-absence" % object.reference',
    '"%s-closing" % object.reference',
    '"%s-handover" % object.reference',
    '"%s-plan" % object.reference',
    '"%s-receipt" % object.reference',
    '"%s-status" % object.reference',
    '"complaint"',
    "0–100 %",
    "CPR",
    "Download",
    "E-mail:",
    "In English",
    "Overlap",
    "På dansk",
    "Send",
    "Status",
    "Team",
    "Teams",
    "Token",
    "Type",
    "Upload",
    "Visitation",
    "havnby",
    "object.reference",
    "status",
}
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sdrf]|\{\w*\}")
# How Odoo marks a term of Python or of JavaScript, wherever it stands in the code.
CODE = {"odoo-python", "odoo-javascript"}
TAG = re.compile(r"</?[a-zA-Z][^>]*>")
# Words that hurt, or that promise more than the system keeps.
FORBIDDEN = re.compile(
    r"\b(klient\w*|patient\w*|sag|sagen|sager|sagerne|anonymiser\w*)\b", re.IGNORECASE
)


@tagged("post_install", "-at_install", "sekp_outreach")
class TestTranslations(TransactionCase):
    """No English on a Danish screen, and no word the glossary forbids.

    What is translated is asked of Odoo itself, so that a new sentence in the source
    fails here until it has its Danish.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = cls.entries_of(f"{MODULE}.pot")
        cls.danish = cls.entries_of("da.po")

    @classmethod
    def entries_of(cls, name):
        """Return the entries of a translation file by their source."""
        catalogue = polib.pofile(file_path(f"{MODULE}/i18n/{name}"))
        return {entry.msgid: entry for entry in catalogue if not entry.obsolete}

    def translated(self):
        """Return Danish by English, for what is not the same word."""
        return {
            source: entry.msgstr
            for source, entry in self.danish.items()
            if source not in SAME_IN_DANISH
        }

    def assert_none(self, findings, message):
        """Fail with every finding on a line of its own, so that all can be mended."""
        findings = sorted(findings)
        self.assertFalse(findings, "\n".join([message, *findings]))

    # --- the file -----------------------------------------------------------------
    def test_every_term_has_its_danish(self):
        self.assert_none(set(self.template) - set(self.danish), "Not in da.po:")
        translated = self.translated()
        self.assert_none(
            (source for source, text in translated.items() if not text.strip()),
            "Without Danish:",
        )
        self.assert_none(
            (source for source, entry in self.danish.items() if entry.fuzzy),
            "Only guessed (fuzzy):",
        )

    def test_placeholders_are_those_of_the_source(self):
        for source, text in self.translated().items():
            with self.subTest(source=source):
                wanted, found = PLACEHOLDER.findall(source), PLACEHOLDER.findall(text)
                self.assertCountEqual(found, wanted)
                # What has no name is filled in by its place.
                self.assertEqual(
                    [mark for mark in found if "(" not in mark],
                    [mark for mark in wanted if "(" not in mark],
                )

    def test_tags_are_those_of_the_source(self):
        for source, text in self.translated().items():
            with self.subTest(source=source):
                self.assertCountEqual(TAG.findall(text), TAG.findall(source))

    def test_no_word_the_glossary_forbids(self):
        self.assert_none(
            (
                f"{found.group()}: {text}"
                for text in self.translated().values()
                if (found := FORBIDDEN.search(text))
            ),
            "The glossary forbids:",
        )

    # --- the source ---------------------------------------------------------------
    def is_of_another_module(self, name, xmlid, house):
        """Tell whether a term names a field that another module adds to our models.

        Such a field carries our module in its xml id, but it is that module's to
        translate, and it is there only where the module is installed.
        """
        if not name.startswith("ir.model.fields,"):
            return False
        record = self.env.ref(xmlid)
        modules = set(self.env[record.model]._fields[record.name]._modules)
        return bool(modules) and not modules & house

    def exported(self):
        """Return what Odoo exports of the module as it runs now: terms and places."""
        module = self.env.ref(f"base.module_{MODULE}")
        needed = module | module.upstream_dependencies(
            exclude_states=("uninstallable",)
        )
        house = set(needed.mapped("name"))
        return {
            (source, place)
            for _module, kind, name, xmlid, source, _value, comments in (
                TranslationModuleReader(self.env.cr, modules=[MODULE])
            )
            if not self.is_of_another_module(name, xmlid, house)
            for place in (
                CODE.intersection(comments)
                if kind == "code"
                else {f"{kind}:{name}:{xmlid}"}
            )
        }

    def test_template_and_danish_follow_the_source(self):
        exported = self.exported()
        terms = {source for source, _place in exported}
        self.assertGreater(len(terms), 500)
        self.assert_none(terms - set(self.template), f"Not in {MODULE}.pot:")
        self.assert_none(terms - set(self.danish), "Not in da.po:")

    def test_template_names_every_place(self):
        """Odoo loads a translation only into the places that the template names."""
        named = {
            (source, place)
            for source, entry in self.template.items()
            for place in (
                *(occurrence for occurrence, _line in entry.occurrences),
                *CODE.intersection(entry.comment.split("\n")),
            )
        }
        self.assert_none(
            (f"{place}: {source}" for source, place in self.exported() - named),
            f"Not in {MODULE}.pot; export it again:",
        )

    # --- the screen ---------------------------------------------------------------
    def speak_danish(self):
        """Load the module's Danish as Odoo does; return an environment that reads it.

        Overwriting, for a database that learnt Danish from an older file.
        """
        self.env["res.lang"]._activate_lang(LANGUAGE)
        self.env.ref(f"base.module_{MODULE}")._update_translations(
            LANGUAGE, overwrite=True
        )
        return self.env(context={**self.env.context, "lang": LANGUAGE})

    def assert_shown(self, pairs):
        """Check that what the screen shows is what the file says.

        :param pairs: English and shown label of everything looked at
        """
        translated = self.translated()
        checked = [
            (shown, translated[source])
            for source, shown in pairs
            if source in translated
        ]
        self.assertTrue(checked)
        self.assert_none(
            {f"{shown} ≠ {text}" for shown, text in checked if shown != text},
            "Shown otherwise than da.po says:",
        )

    def test_menus_are_shown_in_danish(self):
        danish = self.speak_danish()
        root = self.env.ref(f"{MODULE}.menu_root")
        menus = self.env["ir.ui.menu"].with_context(active_test=False)
        menus = menus.search([("id", "child_of", root.id)])
        self.assertGreater(len(menus), 5)
        names = menus.with_context(lang="en_US").mapped("name")
        self.assert_none(set(names) - set(self.danish), "Menus not in da.po:")
        self.assert_shown(
            (menu.with_context(lang="en_US").name, menu.with_env(danish).name)
            for menu in menus
        )

    def test_choices_are_shown_in_danish(self):
        danish = self.speak_danish()
        english = self.env(context={**self.env.context, "lang": "en_US"})
        pairs = set()
        for model_name, model in self.env.items():
            if not model_name.startswith("sekp."):
                continue
            for field in model._fields.values():
                if field.type != "selection" or MODULE not in field._modules:
                    continue
                shown = dict(field._description_selection(danish))
                for key, label in field._description_selection(english):
                    pairs.add((label, shown[key]))
        # The statements of a standard offer field names, which are terms as well.
        self.assertGreater(len(pairs), 50)
        self.assert_none(
            {label for label, _shown in pairs} - set(self.danish),
            "Choices not in da.po:",
        )
        self.assert_shown(pairs)
