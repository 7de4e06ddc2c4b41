"""The flags that describe the camera of images or a film, and the camera that they describe."""

from absl import app, flags

from dfnet_tf.data.preparation import given_camera
from dfnet_tf.data.preparation.given_camera import ESTIMATE, GivenCamera


class CameraFlags:
    """Defines --fov_degrees, --intrinsics and --distortion, and reads them."""

    def __init__(self):
        self._fov = flags.DEFINE_float(
            "fov_degrees",
            None,
            "Horizontal field of view of the input, in degrees. The optical axis is the image "
            "centre.",
            lower_bound=1.0,
            upper_bound=179.0,
        )
        self._intrinsics = flags.DEFINE_string(
            "intrinsics",
            None,
            "Text file of 3x3 intrinsics, in pixels of the input's own size; or a calibration by "
            "COLMAP (cameras.txt), ROS, Kalibr, OpenCV (YAML) or KITTI, whose distortion is "
            "removed; or `estimate` for an unknown camera: its focal length comes from the files' "
            "metadata, or from frames between which the camera turns, or is a guess. Replaces a "
            "clip's intrinsics.",
        )
        self._distortion = flags.DEFINE_list(
            "distortion",
            None,
            "OpenCV's coefficients k1,k2[,p1,p2[,k3]] of the lens, whose distortion is removed.",
        )

    @property
    def words(self) -> dict[str, object]:
        """The given flags by name, for another command."""
        named = {flag.name: flag.value for flag in (self._fov, self._intrinsics)}
        if self._distortion.value:
            named["distortion"] = ",".join(self._distortion.value)
        return {name: value for name, value in named.items() if value is not None}

    @property
    def is_estimated(self) -> bool:
        """True for --intrinsics=estimate."""
        return self._intrinsics.value == ESTIMATE

    def camera(self) -> GivenCamera | None:
        """The camera that the flags give; None without them, or if it must be estimated.

        Raises:
          UsageError: --distortion is not a list of numbers, or the camera is not known.
          ValueError, ClipError: as in `given_camera.from_flags` and `given_camera.distorted`.
        """
        camera = given_camera.from_flags(self._fov.value, self._intrinsics.value)
        if not self._distortion.value:
            return camera
        if camera is None:
            raise app.UsageError(
                "Expected a known camera with --distortion, from --fov_degrees or "
                f"--intrinsics=FILE. Received: {self._intrinsics.value or 'none'}."
            )
        return given_camera.distorted(camera, _coefficients(self._distortion.value))


def _coefficients(texts: list[str]) -> list[float]:
    try:
        return [float(text) for text in texts]
    except ValueError as error:
        received = ",".join(texts)
        raise app.UsageError(
            f"Expected numbers in --distortion=k1,k2,p1,p2,k3. Received: {received}."
        ) from error
