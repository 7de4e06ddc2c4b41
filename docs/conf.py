"""The site's configuration: Sphinx with Furo and MyST, from README, docs/ and the docstrings.

The source folder is the repository itself, so that every link of a Markdown file works in both.
AutoAPI reads the docstrings without importing the modules: the site needs neither TensorFlow nor
.venv.
"""

import re
import textwrap

project = "dfnet_tf"
extensions = ["myst_parser", "autoapi.extension"]
extensions += ["sphinx.ext.napoleon", "sphinx.ext.viewcode", "sphinx_copybutton"]
root_doc = "README"
include_patterns = [
    "*.md",
    "docs/**",
    "export/README.md",
    "pretrained/mobile/README.md",
    "benchmarks/README.md",
    "android_demo/README.md",
    "web_demo/README.md",
]

NAVIGATION = {
    "Guide": "tutorial film data training predicting evaluating troubleshooting",
    "Phone and browser": "/export/README /android_demo/README /web_demo/README",
    "Results": "gallery results performance /pretrained/mobile/README /benchmarks/README scaling",
    "Method": "paper relatives film_geometry flow_from_labels moving_objects",
    "API": "api/dfnet_tf/index api/export/index",
    "Project": "/CONTRIBUTING /CHANGELOG /SECURITY /THIRD_PARTY_NOTICES",
}

html_theme = "furo"
html_title = "dfnet_tf"
html_show_copyright = False
html_show_sphinx = False
html_extra_path = ["index.html"]  # Leads to README.html.

myst_heading_anchors = 3  # Links to headings, as on GitHub.

autoapi_dirs = ["dfnet_tf", "export"]
# The commands, and what serves them alone, are no API.
_COMMANDS = "__main__ demo doctor evaluate import_checkpoint predict prepare publish run train"
_PACKAGES = "adaptation data prediction program training"
autoapi_ignore = [f"*/dfnet_tf/{name}.py" for name in _COMMANDS.split()]
autoapi_ignore += [f"*/dfnet_tf/{name}/*" for name in _PACKAGES.split()]
autoapi_ignore += [f"*/export/{name}.py" for name in ("benchmark", "check_gpu", "export_tflite")]
autoapi_root = "docs/api"
autoapi_add_toctree_entry = False
autoapi_keep_files = False
autoapi_options = ["members", "undoc-members"]
autoapi_member_order = "bysource"
napoleon_use_ivar = True  # A dataclass names its fields once.
suppress_warnings = ["autoapi.python_import_resolution"]  # Of modules left out above.
default_role = "code"  # Docstrings mark code with single backticks, as in Markdown.


# A table; code or emphasis; a bar or an asterisk, as in |x| and 2 * x.
MARKDOWN = re.compile(
    r"(?P<table>(?:^\|.*(?:\n|\Z)){2,})|(?P<kept>`[^`]*`|\*\w[^*`]*\w\*)|(?P<mark>[|*])",
    re.MULTILINE,
)


def setup(app):
    app.connect("source-read", _with_navigation)
    app.connect("autodoc-process-docstring", _markdown_to_rest)


def _with_navigation(app, page, source):  # noqa: ARG001 (Sphinx's signature)
    """Adds the navigation to README, which has none on GitHub."""
    if page == "README":
        for caption, pages in NAVIGATION.items():
            paths = [path if path[0] == "/" else f"/docs/{path}" for path in pages.split()]
            lines = "```{toctree}", ":hidden:", f":caption: {caption}", "", *paths, "```"
            source[0] += "\n".join(["", *lines, ""])


def _markdown_to_rest(app, what, name, obj, options, lines):  # noqa: ARG001 (Sphinx's signature)
    """Escapes what reStructuredText, unlike Markdown, would interpret; tables stay as typed."""
    text = "\n".join(lines)
    if what in ("module", "package"):
        text = re.sub(r"(?<=\n\n)(?=    )", "::\n\n", text)  # Code, by its indentation.
    lines[:] = MARKDOWN.sub(_rest, text).split("\n")


def _rest(match: re.Match) -> str:
    if match["table"]:
        return "::\n\n" + textwrap.indent(match["table"], "    ")
    return match["kept"] or f"\\{match['mark']}"
