#!/usr/bin/env python
"""Fuzzes the readers of untrusted files, guided by coverage: `make fuzz SECONDS=3600`.

    tests/fuzz_readers.py SECONDS [OPTION...]    options of libFuzzer

libFuzzer, in atheris, changes files again and again, and keeps those that reach something new in
our code or in a parser written in Python. It ends at the first file that a reader neither reads nor
refuses in one line, and leaves that file in out/fuzz. What it keeps is in out/fuzz/found: with
-merge=1, it adds to tests/fuzz_corpus what reaches more than the files there do.
"""

import contextlib
import shutil
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["dfnet_tf", "json", "scipy.io", "yaml"]):
    from readers_under_fuzz import CORPUS, READERS, Refused, parsed, refusal_checked

OUTPUT = Path("out/fuzz")
LONGEST_FILE = 20_000  # Bytes.
LONGEST_READ = 30  # Seconds.
MOST_MEMORY = 4096  # MiB.


def main(seconds: str, *options: str) -> None:
    folders = [OUTPUT / "files" / str(number) for number in range(len(READERS))]
    new, seeds = OUTPUT / "found", OUTPUT / "seeds"
    shutil.rmtree(OUTPUT / "files", ignore_errors=True)
    for path in (new, seeds, *folders):
        path.mkdir(parents=True, exist_ok=True)
    for number, (folder, reader) in enumerate(zip(folders, READERS.values(), strict=True)):
        reader.write(folder)
        (seeds / str(number)).write_bytes(bytes([number]) + (folder / reader.file).read_bytes())

    def read_one(found: bytes) -> None:
        if (known := parsed(found)) is None:
            return
        number, content = known
        _, file, read = list(READERS.values())[number]
        (folders[number] / file).write_bytes(content)
        with contextlib.suppress(Refused), refusal_checked(folders[number], file):
            read(folders[number])

    corpora = [CORPUS, new, seeds] if "-merge=1" in options else [new, CORPUS, seeds]
    settings = [f"-max_total_time={seconds}", f"-max_len={LONGEST_FILE}"]
    settings += [f"-timeout={LONGEST_READ}", f"-rss_limit_mb={MOST_MEMORY}"]
    settings += [f"-artifact_prefix={OUTPUT}/", *options]
    atheris.Setup([sys.argv[0], *settings, *map(str, corpora)], read_one)
    atheris.Fuzz()  # Ends the process.


if __name__ == "__main__":
    main(*sys.argv[1:])
