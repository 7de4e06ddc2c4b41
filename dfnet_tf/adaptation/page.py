"""report.html: one file that shows what a run made of a film, and what to distrust."""

import base64
import html
from collections.abc import Iterable
from pathlib import Path

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
img, video { max-width: 100%; height: auto; border-radius: 4px; }
table { border-collapse: collapse; }
td, th { padding: .25rem 1rem .25rem 0; text-align: left; border-bottom: 1px solid #8886; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid #8886; border-radius: 4px; }
.verdict { font-size: 1.2rem; }
"""
MOST_BYTES = 64_000_000  # A longer panel film is linked instead of embedded.


class Page:
    """A page that is put together from top to bottom.

    page = Page("drive.mp4")
    page.heading("Depth")
    page.paragraph("...")
    page.write(folder / "report.html")
    """

    def __init__(self, title: str):
        self.title, self._parts = title, []

    def heading(self, text: str) -> None:
        self._add("h2", text)

    def paragraph(self, text: str, kind: str = "") -> None:
        self._add("p", text, kind)

    def bullets(self, items: Iterable[str]) -> None:
        rows = "".join(f"<li>{html.escape(item)}</li>" for item in items)
        self._parts.append(f"<ul>{rows}</ul>")

    def commands(self, lines: Iterable[str]) -> None:
        self._add("pre", "\n".join(lines))

    def table(self, rows: list[list[str]]) -> None:
        """A table; the first row is its head."""
        cells = [
            "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)
            for row, tag in zip(rows, ["th"] + ["td"] * len(rows), strict=False)
        ]
        self._parts.append(f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>")

    def picture(self, path: Path, text: str) -> None:
        """Embeds a PNG or JPEG with its description."""
        kind = "png" if path.suffix == ".png" else "jpeg"
        source = f"data:image/{kind};base64,{_coded(path)}"
        self._parts.append(f'<img alt="{html.escape(text, quote=True)}" src="{source}">')

    def film(self, path: Path) -> None:
        """Embeds an mp4; links it if it is large."""
        source = path.relative_to(path.parents[1]).as_posix()
        if path.stat().st_size <= MOST_BYTES:
            source = f"data:video/mp4;base64,{_coded(path)}"
        self._parts.append(f'<video controls loop muted playsinline src="{source}"></video>')

    def text(self) -> str:
        """The page as HTML."""
        title, body = html.escape(self.title), "\n".join(self._parts)
        return (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<style>{STYLE}</style></head>\n<body><h1>{title}</h1>\n{body}\n</body></html>\n"
        )

    def _add(self, tag: str, text: str, kind: str = "") -> None:
        attribute = f' class="{kind}"' if kind else ""
        self._parts.append(f"<{tag}{attribute}>{html.escape(text)}</{tag}>")


def _coded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode("ascii")
