"""report.html: well-formed, whole in one file, and safe with any text."""

import html.parser

import numpy as np
import pytest

from dfnet_tf.adaptation import page as pages
from dfnet_tf.adaptation.page import Page
from dfnet_tf.data.files.image_files import write_rgb

VOID = ("meta", "img")


class Balanced(html.parser.HTMLParser):
    """Raises AssertionError unless every tag is closed in order; collects text and sources."""

    def __init__(self):
        super().__init__()
        self.open, self.text, self.sources = [], "", []

    def handle_starttag(self, tag, attributes):
        self.sources += [value for name, value in attributes if name == "src"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def read(page: Page) -> Balanced:
    reader = Balanced()
    reader.feed(page.text())
    reader.close()
    assert not reader.open
    return reader


def test_a_page_is_balanced_and_shows_any_text_as_it_is():
    page = Page("a <b> & c.mp4")
    page.paragraph("x < y & z", "verdict")
    page.bullets(["<script>alert(1)</script>"])
    page.table([["a", "b"], ["1", "<2>"]])
    page.commands(["python -m dfnet_tf.predict --input='a <b>.mp4'"])
    shown = read(page)
    assert "script" not in shown.open and "<script>alert(1)</script>" in shown.text
    for text in ("a <b> & c.mp4", "x < y & z", "<2>", "--input='a <b>.mp4'"):
        assert text in shown.text
    assert not shown.sources


def test_pictures_and_films_are_inside_the_file(tmp_path):
    (tmp_path / "prediction").mkdir()
    film, picture = tmp_path / "prediction/panel.mp4", tmp_path / "a.png"
    film.write_bytes(b"film")
    write_rgb(picture, np.zeros((4, 4, 3), np.uint8))
    page = Page("drive")
    page.film(film)
    page.picture(picture, 'a "quoted" picture')
    sources = read(page).sources
    assert sources[0] == "data:video/mp4;base64,ZmlsbQ=="
    assert sources[1].startswith("data:image/png;base64,iVBOR")


def test_a_large_film_is_linked(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "MOST_BYTES", 3)
    (tmp_path / "prediction").mkdir()
    film = tmp_path / "prediction/panel.mp4"
    film.write_bytes(b"film")
    page = Page("drive")
    page.film(film)
    assert read(page).sources == ["prediction/panel.mp4"]


def test_the_first_row_of_a_table_is_its_head():
    page = Page("drive")
    page.table([["name", "MB"], ["depth", "4.4"], ["flow", "1.4"]])
    text = page.text()
    assert text.count("<th>") == 2 and text.count("<td>") == 4


@pytest.mark.parametrize("tag", ["h2", "pre"])
def test_headings_and_commands_have_their_tags(tag):
    page = Page("drive")
    page.heading("Depth")
    page.commands(["python -m dfnet_tf.train"])
    assert f"<{tag}>" in page.text()
