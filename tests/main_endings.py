"""How a main may end that was called wrongly, for the tests of all mains."""


def assert_misused(result, *expected):
    """absl refused the flags, with `expected` in its message."""
    status, out, err = result
    assert (status, out) == (1, ""), err
    assert "Traceback" not in err
    for text in expected:
        assert text in err
