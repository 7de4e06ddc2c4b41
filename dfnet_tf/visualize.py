"""Images of depth, flow, masks, errors and trajectories, all as uint8 RGB."""

import functools

import cv2
import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# The colour wheel of Baker et al., "A database and evaluation methodology for optical flow", IJCV
# 2011: red, yellow, green, cyan, blue, magenta, red, at these positions of 55 around the circle.
WHEEL_STOPS = (0, 15, 21, 25, 36, 49, 55)
WHEEL_COLORS = np.array(
    [(1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1), (1, 0, 0)], "float32"
)
HUES, STRENGTHS = 4096, 257  # Number of directions and lengths that have a colour of their own.
INK, PAPER = (32, 32, 32), 255  # Colours of titles and margins.
MARGIN, TITLE_HEIGHT = 8, 24  # Pixels.
FONT = cv2.FONT_HERSHEY_SIMPLEX


def color_disparity(disparity: np.ndarray, limits: tuple[float, float] | None = None) -> np.ndarray:
    """Colours inverse depth [H, W], in any unit, from far (black) to near (light): "magma".

    `limits` are the disparities at both ends of the colour map; default: the 2nd and 98th
    percentiles. Keep them fixed over a video to avoid flicker. Values that are not positive and
    finite are grey.
    """
    known = np.isfinite(disparity) & (disparity > 0)
    if limits is None:
        limits = np.percentile(disparity[known], (2, 98)) if known.any() else (0.0, 1.0)
    image = _mapped(np.where(known, disparity, 0), limits, "magma")
    image[~known] = 128
    return image


def color_depth(depth: np.ndarray, limits: tuple[float, float] | None = None) -> np.ndarray:
    """Colours depth [H, W], 0 = none, like `color_disparity` its inverse.

    `limits` are the nearest and the farthest depth of the colour map.
    """
    disparity = np.divide(1.0, depth, out=np.zeros(depth.shape), where=depth > 0)
    return color_disparity(disparity, limits and (1 / limits[1], 1 / limits[0]))


def color_flow(flow: np.ndarray, max_magnitude: float | None = None) -> np.ndarray:
    """Colours flow [H, W, 2] by the Middlebury wheel: hue = direction, white = no motion.

    Right is red, down yellow, left light blue, up violet. `max_magnitude` is the length, in pixels,
    of full colour (default: the 99th percentile). Values that are not finite are grey.
    """
    known = np.isfinite(flow).all(axis=-1)
    u, v = cv2.split(np.where(known[..., None], flow, 0).astype("float32"))
    length, angle = np.hypot(u, v), np.arctan2(v, u)  # OpenCV's angle is too rough for hues.
    if max_magnitude is None:
        max_magnitude = np.percentile(length[known], 99) if known.any() else 1.0
    strength = np.minimum(length * ((STRENGTHS - 1) / max(max_magnitude, 1e-6)), STRENGTHS - 1)
    place = np.rint(strength).astype(int) * HUES
    place += np.rint(angle * (HUES / (2 * np.pi))).astype(int) % HUES
    image = np.take(_wheel(), place, axis=0)
    image[~known] = 128
    return image


def color_mask(mask: np.ndarray) -> np.ndarray:
    """Draws a mask [H, W]: 1 is white, 0 black."""
    return np.repeat(_uint8(np.asarray(mask, "float32"))[..., None], 3, axis=-1)


def color_error(error: np.ndarray, max_error: float | None = None) -> np.ndarray:
    """Colours errors [H, W] from 0 (blue) to `max_error` (red; default: the 98th percentile).

    Values that are not finite, e.g. without truth, are black.
    """
    known = np.isfinite(error)
    if max_error is None:
        max_error = np.percentile(error[known], 98) if known.any() else 1.0
    image = _mapped(np.where(known, error, 0), (0, max_error), "RdYlBu_r")
    image[~known] = 0
    return image


def panel(rows: list[list[tuple[str, np.ndarray]]]) -> np.ndarray:
    """Arranges (title, uint8 RGB image) pairs as a grid on white, row by row.

    Every tile has the size of the first image; other images are fitted into it with their aspect.
    """
    if not rows or not rows[0]:
        raise ValueError(f"Expected rows of (title, image). Received: {rows}.")
    height, width = rows[0][0][1].shape[:2]
    step_y, step_x = height + TITLE_HEIGHT + MARGIN, width + MARGIN
    columns = max(len(row) for row in rows)
    shape = (len(rows) * step_y + MARGIN, columns * step_x + MARGIN, 3)
    page = np.full(shape, PAPER, np.uint8)
    for y, row in enumerate(rows):
        for x, (title, image) in enumerate(row):
            top, left = MARGIN + y * step_y, MARGIN + x * step_x
            page[top : top + TITLE_HEIGHT, left : left + width] = _title(title, width)
            top += TITLE_HEIGHT
            page[top : top + height, left : left + width] = _fitted(image, height, width)
    return page


def trajectory_plot(trajectories: dict[str, np.ndarray], unit: str = "m") -> np.ndarray:
    """Plots camera centres {name: [N, 3]}, in `unit`, from above: x to the right, z up the page."""
    figure = Figure(figsize=(6, 6), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    for name, centres in trajectories.items():
        centres = np.asarray(centres)
        (line,) = axes.plot(centres[:, 0], centres[:, 2], label=name)
        axes.plot(*centres[0, [0, 2]], "o", color=line.get_color())  # The start.
    axes.set(xlabel=f"x [{unit}]", ylabel=f"z [{unit}]")
    axes.set_aspect("equal", adjustable="datalim")
    axes.grid(alpha=0.3)
    axes.legend()
    return _drawn(figure)


def error_over_distance_plot(errors: dict[str, list[dict]]) -> np.ndarray:
    """Plots KITTI's two odometry errors over the length of the segments.

    `errors` are {name: [{length (metres), translation_percent, rotation_deg_per_100m, ...}]}.
    """
    figure = Figure(figsize=(9, 4), dpi=100, layout="constrained")
    labels = {
        "translation_percent": "translation error [%]",
        "rotation_deg_per_100m": "rotation error [deg / 100 m]",
    }
    for axes, (metric, label) in zip(figure.subplots(1, 2), labels.items(), strict=True):
        for name, rows in errors.items():
            lengths, values = ([row[key] for row in rows] for key in ("length", metric))
            axes.plot(lengths, values, "o-", label=name)
        axes.set(xlabel="length of the segment [m]", ylabel=label, xticks=range(100, 801, 100))
        axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.legend()
    return _drawn(figure)


def _drawn(figure: Figure):
    """The pixels of a figure."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


@functools.cache
def _wheel():
    """The flow's colours, uint8 [STRENGTHS * HUES, 3]; the angle runs fastest, from 0 to 2 pi."""
    place = np.arange(HUES) / HUES * WHEEL_STOPS[-1]
    hue = np.stack([np.interp(place, WHEEL_STOPS, color) for color in WHEEL_COLORS.T], axis=-1)
    strength = np.linspace(0, 1, STRENGTHS)[:, None, None]
    return _uint8(1 - strength * (1 - hue)).reshape(-1, 3)


def _mapped(values, limits, colormap: str):
    """Maps values [H, W] to a matplotlib colour map that spans `limits`."""
    low, high = limits
    scaled = np.clip((values - low) / max(high - low, 1e-12), 0, 1)
    return _colors(colormap)[np.minimum(scaled * 256, 255).astype(np.uint8)]


@functools.cache
def _colors(colormap: str):
    """The 256 colours of a matplotlib colour map, uint8 [256, 3]."""
    return _uint8(matplotlib.colormaps[colormap](np.arange(256))[:, :3])


def _uint8(values):
    """Converts values in [0, 1] to 0..255."""
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def _title(text: str, width: int):
    """A strip [TITLE_HEIGHT, width, 3] with `text`, smaller if the text is too long."""
    strip = np.full((TITLE_HEIGHT, width, 3), PAPER, np.uint8)
    (length, _), _ = cv2.getTextSize(text, FONT, 0.5, 1)
    scale = 0.5 * min(1.0, width / max(length, 1))
    return cv2.putText(strip, text, (0, TITLE_HEIGHT - 8), FONT, scale, INK, 1, cv2.LINE_AA)


def _fitted(image, height: int, width: int):
    """`image` scaled to fit [height, width, 3], centred on white."""
    scale = min(height / image.shape[0], width / image.shape[1])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    image = cv2.resize(image, size, interpolation=method)
    tile = np.full((height, width, 3), PAPER, np.uint8)
    top, left = (height - image.shape[0]) // 2, (width - image.shape[1]) // 2
    tile[top : top + image.shape[0], left : left + image.shape[1]] = image
    return tile
