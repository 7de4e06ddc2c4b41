"""A small run and clip for the mains, and what they leave."""

from dfnet_tf.presets import preset

HEIGHT, WIDTH = 32, 64
CONFIG = preset("tiny").replace(
    data__height=HEIGHT,
    data__width=WIDTH,
    training__jit_loss=False,
    training__epochs=1,
    training__steps_per_epoch=2,
)
NUM_FRAMES = 6
TRAIN_FLAGS = (
    "--preset=tiny",
    f"--height={HEIGHT}",
    f"--width={WIDTH}",
    "--nojit_loss",
    "--epochs=1",
    "--steps_per_epoch=2",
)


def files(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def assert_one_line(result, *expected):
    """The main ended with status 1 and one line on stderr that has `expected` in it."""
    status, _, err = result
    assert (status, err.count("\n")) == (1, 1), err
    assert "Received: " in err
    for text in expected:
        assert str(text) in err


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
