"""Every command, flag, link and Python snippet of README and docs works."""

import functools
import json
import re
import shlex
import string
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import cv2
import films
import pytest
import whole_inputs

ROOT = Path(__file__).parents[1]
FOLDERS = (".", "docs", "export", "pretrained/mobile", "benchmarks", "android_demo", "web_demo")
PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for folder in FOLDERS
    for path in sorted((ROOT / folder).glob("*.md"))
}
OURS = ("dfnet_tf", "export", "benchmarks")  # Packages whose modules are commands.
SUBCOMMANDS = {"export": "export.export_tflite", "benchmark": "export.benchmark"}
# Of blocks that are commands, that a test runs, or that are no program.
LANGUAGES = {"", "bibtex", "python", "text"}
KNOWN = re.compile(  # Lines of which a test here, or the shell, knows whether they are right.
    r"#|\w+=|for .+; do$|done$|\s*$|(\w+='[^']*' )?python3? -m (\w|\.)+( |$)"
    r"|python (?P<script>[\w/]+\.py) |dfnet \w|make [\w-]|pip install "
)
SHELL = {"&&", "|", ";", ">", "&"}  # Words that end a command.
BLOCK = re.compile(r"(?:<!-- unchecked: (.+) -->\n)?^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FLAG = re.compile(r"(?<![-\w])--([a-z]\w+)")
OTHER_FLAGS = {  # Of other programs.
    "logdir",  # TensorBoard
    "directory",  # http.server
    "toy",  # tests/kill_harness.py
    "per_file",  # tests/mutation_run.py
    "clip",  # android_demo/verify/model
    "help",
}

# Reads the commands of one module, in a process of its own, because absl's flags are global.
READER = """
import importlib, json, sys
from absl import flags

importlib.import_module(sys.argv[1])
wrong = []
for command in json.loads(sys.argv[2]):
    flags.FLAGS.unparse_flags()
    try:
        rest = flags.FLAGS(["", *command])[1:]
    except flags.Error as error:
        rest = [str(error)]
    wrong += [f"{' '.join(command)}: {part}" for part in rest]
print(json.dumps({"wrong": wrong, "flags": list(flags.FLAGS)}))
"""


def blocks(page: str, languages: tuple[str, ...]) -> list[str]:
    """The fenced blocks of a page that are to be checked."""
    found = BLOCK.findall(PAGES[page])
    return [text for unchecked, language, text in found if language in languages and not unchecked]


def shell_lines(page: str) -> Iterator[list[str]]:
    """The words of each line of a page's shell blocks, with continued lines joined."""
    for line in lines(page):
        if re.search(r"\$\w+|python|dfnet|make", line):
            yield shlex.split(line, comments=True)


def lines(page: str) -> Iterator[str]:
    """The lines of a page's shell blocks, with continued lines joined and variables replaced."""
    variables = {}
    for block in blocks(page, ("",)):
        for line in block.replace("\\\n", " ").splitlines():
            assigned = re.fullmatch(r'(\w+)="(.*)"', line)
            if assigned:
                variables[assigned[1]] = assigned[2]
            else:
                yield string.Template(line).safe_substitute(variables)


def commands(page: str) -> Iterator[tuple[str, list[str]]]:
    """The module and the arguments of each of this project's commands on a page."""
    for words in shell_lines(page):
        if "-m" in words and words[words.index("-m") + 1].startswith(OURS):
            module, *arguments = words[words.index("-m") + 1 :]
        elif words[:1] == ["dfnet"]:
            module, *arguments = words[1:]
            module = SUBCOMMANDS.get(module, f"dfnet_tf.{module}")
        else:
            continue
        end = next((i for i, word in enumerate(arguments) if word in SHELL), None)
        yield module, arguments[:end]


COMMANDS = defaultdict(list)  # By module; none if a page only names the module.
for _page, _text in PAGES.items():
    for _module, _arguments in commands(_page):
        COMMANDS[_module].append(_arguments)
    for _module in re.findall(rf"python -m ((?:{'|'.join(OURS)})\.\w+)", _text):
        COMMANDS[_module] += []


@functools.cache
def read(module: str) -> dict:
    """What the module's flags say of its commands: {"wrong": errors, "flags": all names}."""
    ours = json.dumps(COMMANDS[module])
    result = subprocess.run(
        [sys.executable, "-c", READER, module, ours], cwd=ROOT, capture_output=True, text=True
    )
    if result.returncode:  # No such module, for example.
        return {"wrong": result.stderr.splitlines()[-1:], "flags": []}
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize("page", sorted(PAGES))
def test_each_block_is_checked_or_marked(page):
    languages = {language for why, language, _ in BLOCK.findall(PAGES[page]) if not why}
    assert languages <= LANGUAGES
    known = [(line, KNOWN.match(line.strip())) for line in lines(page)]
    assert not [line for line, match in known if not match]
    assert all((ROOT / match["script"]).exists() for _, match in known if match["script"])


def test_the_pages_have_commands():
    assert len(COMMANDS["dfnet_tf.train"]) > 10 and len(COMMANDS) > 10


@pytest.mark.parametrize("module", sorted(COMMANDS))
def test_each_command_has_the_flags_that_it_needs_and_no_others(module):
    assert not read(module)["wrong"]


@pytest.mark.parametrize("page", sorted(PAGES))
def test_each_flag_that_a_page_names_exists(page):
    names = set(FLAG.findall(re.sub(r"<!--.*?-->", "", PAGES[page], flags=re.DOTALL)))
    known = OTHER_FLAGS.union(*(read(module)["flags"] for module in COMMANDS))
    unknown = {name for name in names if not {name, name.removeprefix("no")} & known}
    assert not unknown


@pytest.mark.parametrize("page", sorted(PAGES))
def test_the_commands_of_a_page_can_be_run_one_after_the_other(page):
    """No command but `train`, which resumes, writes where an earlier one of the page wrote."""
    outputs = Counter(
        word for _, arguments in commands(page) for word in arguments if "--output=" in word
    )
    assert not [output for output, times in outputs.items() if times > 1]


@pytest.mark.parametrize("page", sorted(PAGES))
def test_each_make_target_exists(page):
    named = {words[1] for words in shell_lines(page) if words[:1] == ["make"]}
    named |= set(re.findall(r"`make ([\w-]+)", PAGES[page]))
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("page", sorted(PAGES))
def test_each_link_leads_to_a_file(page):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", PAGES[page])
    folder = (ROOT / page).parent
    assert not [link for link in links if not (folder / link).exists()]


def test_readme_is_for_an_hour():
    assert len(PAGES["README.md"].splitlines()) < 160


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with the files that the snippets name, and small networks in place of `mobile`."""
    folder = tmp_path_factory.mktemp("files")
    pictures = films.moving_texture(4)
    for number, picture in enumerate(pictures[:2]):
        cv2.imwrite(str(folder / f"street_{number}.png"), picture[..., ::-1])
    films.write_film(folder / "drive.mp4", pictures)
    whole_inputs.write_run(folder / "pretrained/mobile")
    return folder


@pytest.mark.parametrize("page", ["README.md", "docs/predicting.md"])
def test_the_python_of_a_page_runs(page, files, monkeypatch):
    monkeypatch.chdir(files)
    (snippet,) = blocks(page, ("python",))
    names = {}
    exec(snippet, names)
    assert names["flow"].shape == (96, 160, 2) and names["depth"].shape == (96, 160)


@pytest.mark.parametrize("page", sorted(PAGES))
def test_each_file_of_ours_that_a_page_names_exists(page):
    folders = "dfnet_tf|export|tests|benchmarks|docs|web_demo/src|android_demo"
    named = re.findall(rf"`((?:{folders})/[a-z0-9_./]+)`", PAGES[page])  # Capitals: placeholders.
    assert not [path for path in named if not (ROOT / path).exists()]


def test_each_function_beside_a_formula_exists():
    named = re.findall(r"`([\w/]+\.py)`: `(\w+)`", PAGES["docs/paper.md"])
    assert len(named) > 15
    for file, name in named:
        (path,) = (ROOT / "dfnet_tf").glob(f"**/{file}")
        assert re.search(rf"^(def|class) {name}\b", path.read_text(), re.MULTILINE), name
