"""Numbers are read equally from files of any system or program."""

import numpy as np
import pytest

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files.number_files import read_numbers

ROWS = [[138.56, 0, 79.5], [0, 138.56, 47.5], [0, 0, 1]]
PLAIN = "138.56 0 79.5\n0 138.56 47.5\n0 0 1\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.encode("utf-8-sig"),  # As Windows editors save it.
        PLAIN.encode("utf-16"),
        b"\xfe\xff" + PLAIN.encode("utf-16-be"),
        PLAIN.replace("\n", "\r\n").encode() + b"\r\n\r\n",
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace(" ", ", ").encode(),
        PLAIN.replace(" ", "\t").encode(),
        PLAIN.replace(" ", ";").encode(),
        b"# fx 0 cx\n" + PLAIN.encode(),
        str(np.array(ROWS)).encode(),
        str(ROWS).replace("], ", "],\n").encode(),
    ],
)
def test_the_same_numbers_come_out(tmp_path, content):
    (tmp_path / "k.txt").write_bytes(content)
    np.testing.assert_array_equal(read_numbers(tmp_path / "k.txt"), ROWS)


@pytest.mark.parametrize(
    "content", [b"", b"fx 0 cx", b"1 2\n3\n", b"1,5 0 2\n1 2 3\n", b"\xff\xfe1"]
)
def test_what_is_no_table_of_numbers_is_refused(tmp_path, content):
    (tmp_path / "k.txt").write_bytes(content)
    with pytest.raises(ClipError, match=r"k\.txt: expected rows of numbers. Received: "):
        read_numbers(tmp_path / "k.txt")
