"""Checks how a main ends after a wrong call, for the tests of all mains."""


def assert_misused(result, *expected):
    """The flags were refused in one line that contains `expected`."""
    status, out, err = result
    assert (status, out) == (1, ""), err
    assert len(err.splitlines()) == 1, err
    for text in expected:
        assert text in err
