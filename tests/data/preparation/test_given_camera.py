"""Notes about cameras given by the user."""

import numpy as np
import pytest

from dfnet_tf.data.preparation import given_camera


@pytest.mark.parametrize(("radians", "degrees"), [(1.05, 60), (np.pi / 2, 90), (3.1, 178)])
def test_radians_are_no_degrees(radians, degrees):
    with pytest.raises(ValueError, match=f"in degrees. Received: .* radians .* {degrees} degrees"):
        given_camera.from_field_of_view(radians)


def test_a_camera_held_upright_has_its_field_of_view_explained():
    """tan(65 / 2) * 9 / 16 = 0.358, the tangent of half of 39 degrees."""
    (remark,) = given_camera.from_field_of_view(65).remarks((1920, 1080))
    assert "held upright" in remark and "the short side, 1080 of 1080x1920" in remark
    assert "a phone's 65 degrees along the long side are 39 along the short one" in remark
    assert given_camera.from_field_of_view(65).remarks((1080, 1920)) == []


def test_a_file_for_another_size_is_remarked(tmp_path):
    (tmp_path / "k.txt").write_text("46 0 26.5\n0 46 16\n0 0 1\n")
    (remark,) = given_camera.from_file(tmp_path / "k.txt").remarks((96, 160))
    assert "k.txt" in remark and "(26.5, 16)" in remark
    assert given_camera.from_file(tmp_path / "k.txt").remarks((32, 53)) == []
