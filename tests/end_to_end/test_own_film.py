"""`run` on a film: every part, resumed, and the start kept where adapting cannot help."""

import html
import json
import shlex

import pytest
from films import write_film
from untrained_run import write_untrained_run

from dfnet_tf.data.sources import synthetic
from dfnet_tf.presets import preset

pytestmark = pytest.mark.slow

SIZE = (64, 96)


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A run folder of untrained networks."""
    config = preset("tiny").replace(data__height=SIZE[0], data__width=SIZE[1])
    return write_untrained_run(tmp_path_factory.mktemp("start"), config)


@pytest.fixture(scope="module")
def drive(tmp_path_factory):
    """A film of a rendered street, whose camera stands still at its end."""
    street = synthetic.render_clip(101, 44, 96, 160).images
    return write_film(tmp_path_factory.mktemp("film") / "my drive.mp4", [*street, *street[-1:] * 6])


def test_a_film_is_adapted_to_predicted_exported_and_reported(start, drive, tmp_path, run_main):
    output = tmp_path / "out"
    flags = f"--input={drive}", f"--init_from={start}", "--fov_degrees=70", "--minutes=0.02"
    status, told, errors = run_main("dfnet_tf.run", *flags, f"--output={output}")
    assert status == 0, errors
    results = json.loads((output / "run.json").read_text())["results"]
    assert list(results) == ["prepare", "look", "adapt", "judge", "predict", "export", "report"]
    assert results["prepare"]["fov_degrees"] == pytest.approx(70.0, abs=0.1)
    assert results["prepare"]["frames"] <= 45  # The standing frames are dropped.
    page = (output / "report.html").read_text()
    assert "data:video/mp4;base64," in page and "my drive.mp4" in page
    commands = html.unescape(page.partition("<pre>")[2].partition("</pre>")[0])
    assert f"--input={drive}" in shlex.split(commands, comments=True)
    assert {path.name for path in (output / "models").glob("*.tflite")} == {
        "depth_int8.tflite",
        "flow_int8.tflite",
    }
    assert "Next: " not in told and "report.html" in told
    status, told, _ = run_main("dfnet_tf.run", *flags, f"--output={output}")
    assert status == 0 and "of 7" not in told  # Nothing is left to do.
    status, _, errors = run_main("dfnet_tf.run", *flags[:3], f"--output={output}")
    assert status == 1 and "another minutes" in errors
