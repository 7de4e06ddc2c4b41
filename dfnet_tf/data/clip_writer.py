"""Writes clip folders."""

import contextlib
from pathlib import Path

import numpy as np

from dfnet_tf.data.errors import ClipError
from dfnet_tf.data.files import intrinsics_files
from dfnet_tf.data.files.image_files import encode, write_rgb
from dfnet_tf.data.files.intrinsics_files import checked_intrinsics
from dfnet_tf.data.files.truth_files import write_depth, write_flow
from dfnet_tf.program import outputs


class ClipWriter:
    """Writes a clip folder, whole or not at all.

        with ClipWriter("data/drive") as writer:
            writer.intrinsics = intrinsics
            for image in video:
                writer.add(image)

    Frames are written to a hidden folder beside the target, which is renamed when the block ends.
    An exception leaves nothing behind. With `overwrite`, an older clip is replaced at that moment.
    """

    def __init__(self, folder: str | Path, overwrite: bool = False, image_type: str = "jpg"):
        self.folder = Path(folder)
        self.image_type = image_type
        self.intrinsics: np.ndarray | None = None
        self.intrinsics_note = ""  # Their origin: a comment line in the intrinsics file.
        self._size: tuple[int, int] | None = None
        self._poses: list[np.ndarray] = []
        self._count = 0
        if image_type not in ("jpg", "png"):
            raise ValueError(f'`image_type` must be "jpg" or "png". Received: {image_type!r}.')
        outputs.refuse_existing(self.folder, overwrite)

    def __enter__(self) -> "ClipWriter":
        self._writing = contextlib.ExitStack()
        self._new = self._writing.enter_context(outputs.whole_folder(self.folder))
        return self

    def __exit__(self, *exception) -> None:
        with self._writing:
            if exception[1] is not None:
                raise exception[1]
            self._write_camera()

    def add(
        self,
        image: np.ndarray,
        depth: np.ndarray | None = None,
        flow: np.ndarray | None = None,
        flow_valid: np.ndarray | None = None,
        pose: np.ndarray | None = None,
    ) -> None:
        """Appends a frame.

        Args:
          image: uint8 RGB [H, W, 3], of the same size in every call.
          depth: [h, w], metres, 0 = none.
          flow: [h, w, 2] to the next frame, in pixels.
          flow_valid: [h, w]; default: 1 everywhere.
          pose: [4, 4] camera-to-world; for every frame or for none.
        """
        self._size = self._size or image.shape[:2]
        if image.dtype != np.uint8 or image.shape != (*self._size, 3):
            raise ClipError(
                f"{self.folder}: expected uint8 images of shape {[*self._size, 3]}. "
                f"Received: {image.dtype} of shape {list(image.shape)}."
            )
        self._count += 1
        write_rgb(self._file("images", self.image_type), image)
        if depth is not None:
            write_depth(self._file("depth", "png"), depth)
        if flow is not None:
            valid = np.ones(flow.shape[:2]) if flow_valid is None else flow_valid
            write_flow(self._file("flow", "png"), flow, valid)
        if pose is not None:
            self._poses.append(np.asarray(pose, np.float64)[:3].reshape(12))

    def add_mask(self, kind: str, mask: np.ndarray) -> None:
        """Writes a mask [h, w] of the last added frame, 255 = 1, to the sub-folder `kind`."""
        encode(self._file(kind, "png"), np.uint8(np.rint(255 * mask)))

    def _file(self, kind: str, suffix: str) -> Path:
        """The path of the last frame's file in the sub-folder `kind`, created if missing."""
        (self._new / kind).mkdir(exist_ok=True)
        return self._new / kind / f"{self._count - 1:06d}.{suffix}"

    def _write_camera(self) -> None:
        """Writes intrinsics and poses, after checking that the clip is complete."""
        if self._count == 0 or self.intrinsics is None:
            missing = "no image" if self._count == 0 else "no intrinsics"
            raise ClipError(f"{self.folder}: expected images and intrinsics. Received: {missing}.")
        if len(self._poses) not in (0, self._count):
            raise ClipError(
                f"{self.folder}: expected a pose for every image or for none. "
                f"Received: {len(self._poses)} poses, {self._count} images."
            )
        intrinsics = checked_intrinsics(self.intrinsics, self._size, self.folder)
        path = self._new / "intrinsics.txt"
        intrinsics_files.write_intrinsics(path, intrinsics, self._size, self.intrinsics_note)
        if self._poses:
            np.savetxt(self._new / "poses.txt", self._poses, "%.17g")
