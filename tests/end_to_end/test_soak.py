"""`predict` needs no more memory for a longer film."""

import pytest
import soak

pytestmark = pytest.mark.slow

MOST_GROWTH = 8192  # Bytes for each frame. Measured: 4400; 11800 if every view is kept.


def test_memory_does_not_grow_with_the_film(tmp_path):
    looks = soak.looks_at_predict(1500, tmp_path)
    assert looks[-1].frames > 1400  # The program was watched to its end.
    assert soak.bytes_per_frame(looks) < MOST_GROWTH
