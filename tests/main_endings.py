"""How a main may end that was called wrongly, for the tests of all mains."""


def assert_misused(result, *expected):
    """The flags were refused in one line, with `expected` in it."""
    status, out, err = result
    assert (status, out) == (1, ""), err
    assert len(err.splitlines()) == 1, err
    for text in expected:
        assert text in err
