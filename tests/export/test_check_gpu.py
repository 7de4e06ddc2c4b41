"""python -m export.check_gpu: what it says of a model, and when it ends with status 1."""

import pytest

from export import software_gpu


@pytest.fixture
def check(run_main, float_models, tmp_path, monkeypatch):
    """Runs the main on the depth model, of which the delegate's verdict is made up."""
    path = tmp_path / "depth_float32.tflite"
    path.write_bytes(float_models["depth"])

    def run(*arguments, verdict=None):
        monkeypatch.setattr(software_gpu, "judge", lambda *_: verdict)
        return run_main("export.check_gpu", f"--model={path}", *arguments)

    return run


def verdict(on_cpu=0, refusals=(), **differences):
    return software_gpu.Verdict(70, on_cpu, refusals, differences)


def test_without_run_nothing_is_compiled(check):
    status, out, err = check()
    assert status == 0, err
    assert out.startswith("depth_float32.tflite:\n") and "LiteRT 2.x" not in out


def test_a_model_wholly_on_the_gpu_passes(check):
    status, out, err = check("--run", verdict=verdict(depth=0.01))
    assert status == 0, err
    assert "LiteRT 2.x runs 70 operators on the GPU, 0 on the CPU" in out
    assert "depth on the GPU is 0.01 of its mean from the CPU's" in out


@pytest.mark.parametrize(
    "bad",
    [
        verdict(on_cpu=3, refusals=("GATHER: Only support 1D indices",), depth=0.0),
        verdict(depth=0.2),
        verdict(disparity=0.01, depth=float("nan")),
    ],
)
def test_a_model_partly_on_the_cpu_or_far_from_it_fails(check, bad):
    status, out, err = check("--run", verdict=bad)
    assert status == 1
    assert "at most 5% from the CPU. Received: depth_float32.tflite." in err
    assert all(f"LiteRT 2.x refuses {refusal}" in out for refusal in bad.refusals)


def test_a_clip_is_looked_at_in_float16(check, clips):
    status, out, err = check(f"--clip={clips[0].folder}")
    assert status == 0, err
    assert "of its mean in float16" in out
