"""Draws a random street: its ground, what lines it, who uses it, and one featured rare thing in plain view."""

from __future__ import annotations

from numpy.random import Generator

from compfeat.scenes.furnish import Builder, near
from compfeat.scenes.scene import Camera, Marking, Palette, SceneDescription, Street, Weather, draw_weather

FEATURED = (
    *("train", "bus", "truck", "motorcycle", "wall", "light"),
    *("rider", "fence", "bicycle", "sign", "terrain", "person"),
)
"""Scene i shows FEATURED[i % 12] near and unobstructed, so that every class occurs in any twelve scenes in a row."""
FAR_M = 120.0
STYLES = {
    "city": (("house", 0.78), ("wall", 0.06), ("hedge", 0.06), ("gap", 0.1)),
    "suburb": (("house", 0.3), ("hedge", 0.25), ("fence", 0.15), ("wall", 0.08), ("gap", 0.22)),
    "park": (("hedge", 0.35), ("trees", 0.35), ("fence", 0.1), ("wall", 0.05), ("gap", 0.15)),
}


def _street(rng: Generator, palette: Palette, weather: Weather, featured: str) -> tuple[Street, float, float]:
    """Return the ground and the lateral positions of the left and right building lines."""
    tone = rng.uniform(0.6, 1.2)
    left, right = -rng.uniform(3.5, 6.5), rng.uniform(1.8, 5.0)
    walks = (rng.uniform(1.2, 3.2), rng.uniform(1.2, 3.2))
    grass = [rng.uniform(1, 5) if rng.random() < 0.3 else 0.05 for _ in range(2)]
    if featured == "terrain":
        grass = [rng.uniform(3, 6), rng.uniform(2, 5)]
    asphalt = near(rng, (0.2 * tone, 0.2 * tone, 0.21 * tone), 0.08)
    road, lot = palette.add(asphalt, 7), palette.add(near(rng, asphalt, 0.12), 9 if rng.random() < 0.25 else 7)
    walk = palette.add(near(rng, (0.36 * tone, 0.34 * tone, 0.33 * tone)), 8)
    curb, meadow = palette.add((0.45, 0.45, 0.43), 8), palette.add(near(rng, (0.17, 0.22, 0.08), 0.3), 22)
    edges = [left - walks[0] - grass[0], left - walks[0], left - 0.15, left, left + 1.9]
    edges += [right, right + 0.15, right + walks[1], right + walks[1] + grass[1]]
    yard = [palette.add(near(rng, (0.3, 0.28, 0.24)), 8 if rng.random() < 0.6 else 22) for _ in range(2)]
    bands = [yard[0], meadow, walk, curb, lot, road, curb, walk, meadow, yard[1]]
    middle = (left + right) / 2
    markings = [Marking(middle, 0.14, rng.choice((0.0, 3.0, 3.0))), Marking(right - 0.25, 0.12, 0.0)]
    side = -1.0 if weather.sun[0] < 0 else 1.0
    reach = rng.uniform(-4, 8) if weather.sun[1] > 0.2 else 99.0
    crossing = rng.uniform(7, 20) if rng.random() < 0.25 else 0.0
    street = Street(
        rng.normal(0, 0.03), rng.normal(0, 0.0008), edges, bands, markings[: int(rng.integers(3))], crossing,
        palette.add((0.72, 0.72, 0.7), 7), (side, reach), rng.uniform(0.15, 0.6), [],
    )  # fmt: skip
    return street, edges[0], edges[-1]


def _line_side(b: Builder, lateral: float, side: int, style: str, featured: str) -> None:
    """Line one side of the road with houses, hedges, walls, fences and trees."""
    rng = b.rng
    kinds, weights = zip(*STYLES[style], strict=True)
    z, gap = max(3.0, abs(lateral) * 1.1), True
    first = featured if featured in ("wall", "fence") and side < 0 else ""
    while z < FAR_M:
        kind = first or str(rng.choice(kinds, p=weights))
        end = z + rng.uniform(9, 20) * (1 + z / 60) + (8 if first else 0)
        first = ""
        if kind == "house":
            b.house(lateral, z, end - 0.5, gap, side)
        elif kind == "wall":
            b.wall(lateral, z, end)
        elif kind == "fence":
            b.fence(lateral, z, end)
        elif kind == "hedge":
            b.hedge(lateral, z, end, rng.uniform(0.9, 2.6))
        elif kind == "trees":
            b.hedge(lateral + side * 2, z, end, rng.uniform(5, 10))
        if kind not in ("house", "trees"):
            if rng.random() < 0.6:
                b.house(lateral + side * rng.uniform(5, 9), z + 1, end - 1, True, side)
            else:
                b.tree(lateral + side * rng.uniform(2, 5), (z + end) / 2)
        gap, z = kind != "house" or rng.random() < 0.3, end


def _feature(b: Builder, featured: str) -> None:
    """Place the featured thing in view and keep the directions towards it free."""
    rng, street = b.rng, b.street
    z, kerb_left, kerb_right = rng.uniform(8, 15), street.edges[3], street.edges[5]
    if featured in ("train", "bus", "truck"):
        z, oncoming = rng.uniform(11, 24), bool(rng.random() < 0.6)
        lateral = (kerb_left + 1.6) if oncoming else rng.uniform(-0.3, max(0.0, kerb_right - 1.8))
        b.long_vehicle(featured, lateral, z, oncoming)
        half = 1.4
    elif featured in ("motorcycle", "rider", "bicycle"):
        z, lateral = rng.uniform(6.5, 13), rng.uniform(-2.2, min(2.0, kerb_right))
        motor = featured == "motorcycle" or (featured == "rider" and rng.random() < 0.3)
        b.bike(lateral, z, motor, featured == "rider" or rng.random() < 0.5, bool(rng.random() < 0.6))
        half = 0.9
    elif featured == "person":
        lateral, half = rng.uniform(-3, 2.5), 0.6
        for _ in range(int(rng.integers(1, 4))):
            b.person(lateral + rng.uniform(-0.8, 0.8), z + rng.uniform(0, 1))
    elif featured in ("light", "sign"):
        lateral, half = (kerb_right + 0.4 if rng.random() < 0.6 else kerb_left - 0.4), 0.6
        z = max(z, abs(lateral) * 2.6)
        b.post(lateral, z, featured)
    else:
        lateral, half, z = kerb_left - 2.0, 2.0, 22.0
    x = lateral + street.axis(z)
    b.reserved = ((x - half) / z, (x + half) / z, z)


def _traffic(b: Builder) -> None:
    """Add moving and parked vehicles."""
    rng, edges = b.rng, b.street.edges
    lanes = [
        (edges[3] + 3.0, True, 0.045),
        (0.0, False, 0.03),
        (edges[3] + 1.0, True, 0.09),
        (edges[5] - 0.6, False, 0.07),
    ]
    for lateral, oncoming, density in lanes:
        z = rng.uniform(5, 30)
        while z < 90:
            if rng.random() < density * 11 and (abs(lateral) > 2.2 or z > 9) and b.is_free(lateral, z, 1.0):
                draw = rng.random()
                if draw < 0.08:
                    b.long_vehicle("bus" if draw < 0.03 else "truck", lateral, z, oncoming)
                else:
                    b.car(lateral + rng.uniform(-0.3, 0.3), z, oncoming)
                z += 8 if draw < 0.08 else 1
            z += rng.uniform(5.2, 9) * (1 + z / 50)


def _people(b: Builder) -> None:
    """Add pedestrians on the sidewalks and cyclists on the road."""
    rng, edges = b.rng, b.street.edges
    for _ in range(int(rng.poisson(4))):
        z = rng.uniform(7, 45)
        low, high = (edges[1], edges[3]) if rng.random() < 0.5 else (edges[5], edges[7])
        lateral = rng.uniform(low, high) if rng.random() < 0.92 else rng.uniform(edges[3], edges[5])
        if b.is_free(lateral, z, 0.5):
            b.person(lateral, z)
    for _ in range(int(rng.poisson(0.9))):
        z, lateral = rng.uniform(8, 35), rng.uniform(edges[3] - 1, edges[5] + 1)
        if b.is_free(lateral, z, 0.9):
            b.bike(lateral, z, bool(rng.random() < 0.25), bool(rng.random() < 0.6), bool(rng.random() < 0.4))


def _roadside(b: Builder) -> None:
    """Add posts, trees and clutter along both kerbs."""
    rng, edges = b.rng, b.street.edges
    for kerb, side in ((edges[3], -1), (edges[5], 1)):
        z = max(6.0, abs(kerb) * 2.0) + rng.uniform(0, 6)
        trees = rng.random() < 0.5
        while z < 70:
            lateral = kerb + side * rng.uniform(0.3, 0.8)
            draw = rng.random()
            if b.is_free(lateral, z, 0.6):
                if draw < 0.4 and trees and z > 12:
                    b.tree(lateral + side, z)
                elif draw < 0.9:
                    b.post(lateral, z, str(rng.choice(["light", "sign", "lamp", "bare"], p=[0.2, 0.35, 0.3, 0.15])))
                else:
                    b.clutter(lateral + side * 0.5, z)
            z += rng.uniform(5, 14) * (1 + z / 40)


def compose(rng: Generator, index: int, size: tuple[int, int]) -> SceneDescription:
    """Return a random street of ``size`` (height, width) px; ``index`` chooses what it features."""
    featured = FEATURED[index % len(FEATURED)]
    camera, weather, palette = Camera.draw(rng, size), draw_weather(rng), Palette()
    street, left, right = _street(rng, palette, weather, featured)
    builder = Builder(rng, palette, street, lamps=max(0.3, weather.glow))
    for lateral, side in ((left, -1), (right, 1)):
        _line_side(builder, lateral, side, str(rng.choice(["city", "suburb", "park"], p=[0.5, 0.3, 0.2])), featured)
    _feature(builder, featured)
    _traffic(builder)
    _people(builder)
    _roadside(builder)
    builder.backdrop()
    hood = rng.uniform(0.04, 0.12) if rng.random() < 0.6 else 0.0
    return SceneDescription(camera, weather, palette, street, builder.quads, hood)
