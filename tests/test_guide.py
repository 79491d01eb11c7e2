"""The guide: its pictures are there, and its words are those of the screens."""

from dev import guide, shots


def test_every_picture_is_there_and_shown():
    assert list(guide.lost_pictures()) == []


def test_every_word_in_italics_is_on_a_screen():
    assert list(guide.wrong_words()) == []


def test_every_picture_of_the_guide_is_taken_by_the_command():
    taken = {shot.file for shot in shots.SHOTS}
    assert taken == {*shots.GUIDE.iterdir(), *guide.DESCRIPTION.glob("*.png")} - (
        guide.BY_NAME
    )
    assert all(file.stat().st_size <= shots.LARGEST for file in taken)


def test_every_page_of_the_guide_has_its_reader_and_is_in_the_index():
    pages = {page.stem for page in guide.GUIDE.glob("*.md")} - {"README"}
    assert pages == set(guide.READERS)
    index = (guide.GUIDE / "README.md").read_text()
    assert [name for name in pages if f"]({name}.md)" not in index] == []


def test_pictures_are_found_as_markdown_and_as_html():
    text = '![A board](a.png) and <img width="9" src="b/c.png">'
    assert guide.shown(text) == ["a.png", "b/c.png"]


def test_italics_are_found_across_lines_and_bold_is_not():
    text = "Vælg *Team ›\n   Frister*, og\n**ikke** det *andet*."
    assert list(guide.italics(text)) == [(1, "Team › Frister"), (3, "andet")]


def test_a_menu_of_others_and_a_word_of_no_screen_are_found(tmp_path, monkeypatch):
    (tmp_path / "modtager.md").write_text(
        "*Overleveringer til mig*, *Team › Forløb*, *Ordningen › Frister*, *Sværd*"
    )
    monkeypatch.setattr(guide, "GUIDE", tmp_path)
    monkeypatch.setattr(guide.places, "ROOT", tmp_path)
    assert list(guide.wrong_words()) == [
        "modtager.md:1: Team › Forløb is not in the menu of group_receiver",
        "modtager.md:1: no menu leads to Ordningen › Frister",
        "modtager.md:1: no screen says Sværd",
    ]
