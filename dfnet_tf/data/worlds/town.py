"""Builds a town, a country road or a motorway, its traffic and a drive through it."""

from collections.abc import Sequence

import numpy as np

from dfnet_tf.data.worlds import outdoors
from dfnet_tf.data.worlds.camera_paths import camera_path, sway
from dfnet_tf.data.worlds.lens import draw_lens
from dfnet_tf.data.worlds.materials import Palette
from dfnet_tf.data.worlds.photographs import World
from dfnet_tf.data.worlds.roads import NOWHERE, Line, Road
from dfnet_tf.data.worlds.roadsides import Roadside, draw_bridge, far_wood
from dfnet_tf.data.worlds.traffic import HEAVY, USUAL, Traffic

KINDS, SHARES = ("residential", "high_street", "country", "motorway"), (0.35, 0.2, 0.25, 0.2)
_CROSSED = {"residential": 0.4, "high_street": 0.4, "country": 0.15}  # The chance of a junction.
_PARKING = {"residential": 0.65, "high_street": 0.5}  # The chance of parking bays on a side.
GRASS, SOIL = [0.33, 0.4, 0.2], [0.45, 0.4, 0.3]


def build_town(seed: int, num_frames: int, pictures: Sequence[np.ndarray] = ()) -> World:
    """Draws a place, its traffic and a drive of `num_frames` frames."""
    rng = np.random.default_rng(seed)
    palette = Palette(rng, pictures)
    kind = rng.choice(KINDS, p=SHARES)
    road = _road(rng, kind)
    lane = rng.choice([across for across, direction in road.lanes if direction > 0])
    speed = rng.uniform(0.5, 1.5) if kind == "motorway" else rng.uniform(0.2, 1.2)
    along, camera_to_world = _drive(rng, road, lane, speed, num_frames)
    middle = camera_to_world[:, :3, 3].mean(axis=0) * [1, 0, 1]
    light, sky = outdoors.draw_daylight(rng)
    base = GRASS if rng.uniform() < 0.75 else SOIL
    floor = palette.material(base, contrast=0.35, scale=1.5, paint=road.paint)
    traffic = Traffic(palette, road, along)
    shapes = [outdoors.ground(floor), outdoors.dome(sky, middle)]
    shapes += outdoors.draw_hills(palette, middle)
    shares = HEAVY if kind == "motorway" or rng.uniform() < 0.2 else USUAL
    traffic.drive(lane, speed, shares, queues=rng.uniform() < 0.2)
    if road.crossing != NOWHERE:
        traffic.cross(shares)
    for side in (-1, 1):
        roadside = Roadside(palette, road, side, num_frames)
        _SIDES[kind](roadside, traffic)
        shapes += roadside.solids
    if rng.uniform() < (0.3 if kind == "motorway" else 0.08):
        shapes += draw_bridge(palette, road)
    return World(
        shapes=shapes + traffic.solids,
        camera_to_world=camera_to_world,
        field_of_view=rng.uniform(40, 100),
        light=light,
        lens=draw_lens(rng),
        tiles=palette.tiles,
        blots=traffic.blots,
    )


def _road(rng: np.random.Generator, kind: str) -> Road:
    """Lanes, markings and a curve; the camera's lane is near across = 0."""
    width = {"motorway": 3.6, "country": rng.uniform(2.6, 3.3)}.get(kind, rng.uniform(2.8, 3.5))
    ours, theirs = {
        "residential": (1, 1),
        "high_street": (rng.integers(1, 3), rng.integers(0, 3)),
        "country": (1, rng.integers(0, 2)),
        "motorway": (rng.integers(2, 5), 0),
    }[kind]
    hand = rng.choice([-1, 1])  # 1: they drive on the right, so that oncoming lanes are left.
    lanes = [(hand * (i + 0.5) * width, 1) for i in range(ours)]
    lanes += [(-hand * (i + 0.5) * width, -1) for i in range(theirs)]
    shoulder = {"motorway": rng.uniform(0.6, 3.0), "country": 0.2}.get(kind, 0.3)
    edges = np.sort([hand * (ours * width + shoulder), -hand * (theirs * width + shoulder)])
    bays = tuple(2.1 * (rng.uniform(size=2) < _PARKING.get(kind, 0)))
    radius = rng.choice([rng.uniform(60, 250), rng.uniform(200, 900), 1e6], p=[0.25, 0.35, 0.4])
    if kind == "motorway":
        radius = max(radius, 400.0)
    return Road(
        curve=rng.choice([-1, 1]) / radius,
        left=edges[0] - bays[0],
        right=edges[1] + bays[1],
        bays=bays,
        lanes=tuple(lanes),
        lines=_lines(rng, kind, width, ours, theirs, hand),
        asphalt=np.float32(rng.uniform(0.07, 0.2) * rng.uniform(0.95, 1.05, 3)),
        raggedness=0.3 if kind == "country" else 0.0,
        crossing=_crossing(rng, _CROSSED.get(kind, 0)),
    )


def _crossing(rng: np.random.Generator, chance: float) -> tuple[float, float]:
    """From where to where along our road another one crosses."""
    if rng.uniform() >= chance:
        return NOWHERE
    opens = rng.uniform(5, 60)
    return opens, opens + rng.uniform(7, 16)


def _lines(rng, kind: str, width: float, ours: int, theirs: int, hand: int) -> tuple[Line, ...]:
    if kind in ("residential", "country") and rng.uniform() < 0.35:
        return ()
    period = 12.0 if kind == "motorway" else rng.uniform(5, 9)
    dash, thick = period * rng.uniform(0.3, 0.6), rng.uniform(0.09, 0.16)
    lines = [Line(hand * i * width, thick, period, dash) for i in range(1 - theirs, ours) if i]
    if theirs:
        paint = (0.7, 0.5, 0.1) if rng.uniform() < 0.2 else (0.75, 0.75, 0.72)
        lines.append(Line(0, thick, period * (rng.uniform() < 0.6), dash, paint))
    if kind == "motorway" or rng.uniform() < 0.5:
        lines += [Line(hand * ours * width, thick), Line(-hand * theirs * width, thick)]
    return tuple(lines)


def _drive(rng, road: Road, lane: float, speed: float, num_frames: int):
    """How far along the camera is [N], and camera-to-world [N, 4, 4]."""
    time = np.arange(num_frames)
    along = speed * time + sway(rng, time, speed, (30, 80))
    along -= along[0]
    across = lane + sway(rng, time, rng.uniform(0, 0.4), (30, 90)) + rng.normal(0, 0.2)
    place, heading = road.place(across, along)
    turns = rng.uniform(0.1, 0.5) if rng.uniform() < 0.3 else rng.uniform(0, 0.06)
    yaw = heading + sway(rng, time, turns, (40, 70)) + rng.normal(0, 0.04)
    pitch = rng.normal(0, 0.03) + sway(rng, time, rng.uniform(0, 0.012), (8, 30))
    roll = rng.normal(0, 0.01) + sway(rng, time, rng.uniform(0, 0.008), (10, 30))
    place[:, 1] = -rng.uniform(1.2, 2.2) + sway(rng, time, rng.uniform(0, 0.02), (6, 20))
    return along, camera_path(place, yaw, pitch, roll)


def _residential(side: Roadside, traffic: Traffic) -> None:
    rng = side.rng
    _kerbside(side, traffic, rng.uniform(0, 15))
    side.pavement(rng.uniform(1.5, 3.0))
    side.boundary()
    side.houses(terrace=rng.uniform() < 0.3)


def _high_street(side: Roadside, traffic: Traffic) -> None:
    rng = side.rng
    _kerbside(side, traffic, rng.uniform(0, 8))
    side.pavement(rng.uniform(2.5, 5.0))
    side.houses(terrace=True)


def _country(side: Roadside, traffic: Traffic) -> None:
    rng = side.rng
    _cyclist(side, traffic)
    side.verge(rng.uniform(0.8, 3.5))
    side.boundary()
    kind = side.palette.one_of("field", "wood", "trees", "houses")
    if kind == "wood":
        side.trees(0.5, 4.5, (6, 14), jitter=3)
        side.trees(5.0, 4.5, (8, 14), jitter=4)
        side.solids += far_wood(side.palette, side.road, side.side, side.out + 11)
    elif kind == "trees":
        side.trees(1.0, rng.uniform(7, 20), (5, 12), jitter=3)
        side.bushes(0.5, 10)
    elif kind == "houses":
        side.houses(terrace=False)
    if kind == "field" or rng.uniform() < 0.3:
        away = side.out + rng.uniform(35, 80)
        side.solids += far_wood(side.palette, side.road, side.side, away)


def _motorway(side: Roadside, _traffic: Traffic) -> None:
    rng = side.rng
    side.barrier()
    side.verge(rng.uniform(1, 4))
    kind = side.palette.one_of("wall", "trees", "trees", "wood")
    if kind == "wall":
        side.wall()
    if kind in ("trees", "wood"):
        side.bushes(0.5, 5)
        side.trees(2.0, 5 if kind == "wood" else 12, (5, 12), jitter=4)
    side.solids += far_wood(side.palette, side.road, side.side, side.out + rng.uniform(10, 60))


def _kerbside(side: Roadside, traffic: Traffic, spacing: float) -> None:
    """Parked cars in the bays, or a cyclist."""
    bay = side.road.bays[side.side > 0]
    if bay:
        traffic.park(side.side * (side.out - bay / 2), spacing)
    else:
        _cyclist(side, traffic)


def _cyclist(side: Roadside, traffic: Traffic) -> None:
    if side.rng.uniform() < 0.25:
        direction = 1 if side.rng.uniform() < 0.7 else -1
        traffic.cycle(side.side * (side.out - 0.35), direction)


_SIDES = {
    "residential": _residential,
    "high_street": _high_street,
    "country": _country,
    "motorway": _motorway,
}
