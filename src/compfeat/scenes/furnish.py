"""Puts things into a street: vehicles, people, posts, trees and what lines the road."""

from __future__ import annotations

from dataclasses import dataclass, field

from numpy.random import Generator

from compfeat.scenes import figures, textures
from compfeat.scenes.scene import Colour, Palette, Quad, Street
from compfeat.scenes.textures import Paint

CAR_PAINTS: tuple[Colour, ...] = (
    (0.05, 0.05, 0.06), (0.5, 0.5, 0.52), (0.72, 0.72, 0.72), (0.3, 0.31, 0.33),
    (0.06, 0.1, 0.3), (0.45, 0.05, 0.05), (0.1, 0.25, 0.15), (0.5, 0.4, 0.2),
)  # fmt: skip
CLOTHES: tuple[Colour, ...] = (
    (0.05, 0.05, 0.07), (0.1, 0.12, 0.25), (0.4, 0.1, 0.1), (0.6, 0.58, 0.52),
    (0.12, 0.25, 0.15), (0.6, 0.45, 0.1), (0.25, 0.22, 0.2), (0.55, 0.2, 0.35),
)  # fmt: skip
HOUSES: tuple[Colour, ...] = (
    (0.55, 0.48, 0.36), (0.42, 0.2, 0.14), (0.5, 0.5, 0.48), (0.68, 0.64, 0.54),
    (0.32, 0.3, 0.28), (0.6, 0.42, 0.24), (0.38, 0.42, 0.44), (0.7, 0.55, 0.5),
)  # fmt: skip
CAR_SHAPES = (
    ([(0, 0.0), (0.01, 1.0), (0.12, 1.42), (0.58, 1.46), (0.76, 0.92), (0.98, 0.72), (1, 0.0)], 0.1),
    ([(0, 0.0), (0.01, 0.85), (0.16, 0.95), (0.3, 1.38), (0.58, 1.42), (0.75, 0.92), (0.98, 0.7), (1, 0.0)], 0.28),
    ([(0, 0.0), (0.01, 1.2), (0.08, 1.72), (0.66, 1.76), (0.8, 1.08), (0.98, 0.9), (1, 0.0)], 0.05),
)
LONG_VEHICLES = {"truck": (27, 8.0, 2.5, 3.4), "bus": (28, 11.5, 2.55, 3.1), "train": (31, 26.0, 2.6, 3.5)}
"""Cityscapes label id, length, width, height in m."""


def near(rng: Generator, colour: Colour, spread: float = 0.15) -> Colour:
    """Return a colour near ``colour``."""
    dr, dg, db = rng.uniform(1 - spread, 1 + spread, 3).tolist()
    return min(1.0, max(0.01, colour[0] * dr)), min(1.0, max(0.01, colour[1] * dg)), min(1.0, max(0.01, colour[2] * db))


@dataclass
class Builder:
    """Collects the surfaces of one scene. ``lamps`` is how brightly lamps shine (more at night)."""

    rng: Generator
    palette: Palette
    street: Street
    lamps: float
    quads: list[Quad] = field(default_factory=list)
    reserved: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """(left, right, z): directions x / z, and the distance up to which they are kept free for the featured thing."""

    def pick(self, colours: tuple[Colour, ...], label: int) -> int:
        """Add a material of about one of ``colours`` and return its number."""
        return self.palette.add(near(self.rng, colours[int(self.rng.integers(len(colours)))]), label)

    def shift(self) -> int:
        """Return a random place in the noise atlas."""
        return int(self.rng.integers(1 << 12))

    def is_free(self, lateral: float, z: float, half_width: float) -> bool:
        """Return whether something there would leave the featured thing in view."""
        left, right, reach = self.reserved
        x = lateral + self.street.axis(z)
        return z > reach or (x + half_width) / z < left or (x - half_width) / z > right

    def upright(self, lateral: float, z: float, width: float, top: float, paint: Paint) -> None:
        """Add a surface that faces the camera, centred on (lateral, z)."""
        x = lateral + self.street.axis(z)
        self.quads.append(Quad(x - width / 2, z, x + width / 2, z, top, paint))

    def along(self, lateral: float, z1: float, z2: float, top: float, paint: Paint) -> None:
        """Add a surface that follows the road from z1 to z2."""
        x1, x2 = lateral + self.street.axis(z1), lateral + self.street.axis(z2)
        self.quads.append(Quad(x1, z1, x2, z2, top, paint))

    def person(self, lateral: float, z: float) -> None:
        """Add a pedestrian."""
        height = self.rng.uniform(1.5, 1.9) if self.rng.random() < 0.9 else self.rng.uniform(1.0, 1.4)
        wear = (self.pick(CLOTHES, 24), self.pick(CLOTHES, 24), self.pick(((0.6, 0.4, 0.3), (0.25, 0.15, 0.1)), 24))
        self.upright(lateral, z, 0.8, height, figures.person(wear, height, self.rng.uniform(0.04, 0.28)))
        self.spot(lateral, z, 0.3, 0.3)

    def bike(self, lateral: float, z: float, motor: bool, ridden: bool, side: bool) -> None:
        """Add a bicycle or motorcycle, ridden or not, seen from the side or from behind."""
        label = 32 if motor else 33
        frame, tyre = self.pick(CAR_PAINTS, label), self.palette.add((0.03, 0.03, 0.03), label)
        rider = (self.pick(CLOTHES, 25), self.pick(CLOTHES, 25), self.pick(((0.6, 0.4, 0.3), (0.1, 0.1, 0.1)), 25))
        wears = rider if ridden else None
        if side:
            paint = figures.bike_side(frame, tyre, wears, motor, self.rng.uniform(0.05, 0.3))
        else:
            paint = figures.bike_rear(frame, tyre, wears, motor)
        self.upright(lateral, z, 1.8 if side else 0.8, 1.9, paint)
        self.spot(lateral, z, 0.9 if side else 0.3, 0.4)

    def car(self, lateral: float, z: float, oncoming: bool) -> None:
        """Add a car whose near end is at distance z."""
        outline, first = CAR_SHAPES[int(self.rng.integers(len(CAR_SHAPES)))]
        length, width = self.rng.uniform(3.8, 4.8), self.rng.uniform(1.7, 1.9)
        body, (glass, tyre, trim, lamp, plate) = self.pick(CAR_PAINTS, 26), self._parts(26, oncoming)
        top = max(height for _, height in outline)
        belt, deck = 0.58 * top + 0.08, outline[-3][1] if oncoming else outline[1][1]
        if oncoming:
            outline, windows = [(1 - x, height) for x, height in outline][::-1], (0.26, 1 - first)
        else:
            windows = (first, 0.74)
        flank = figures.vehicle_side((body, glass, tyre, trim), length, outline, belt, windows)
        self._box(lateral, z, length, width, top, flank)
        end = figures.vehicle_end((body, glass, tyre, lamp, plate), width, deck + 0.05, belt, 0.72)
        self.upright(lateral, z, width, deck + 0.05, end)
        upper = figures.vehicle_end((body, glass, 0, body, body), width, top, belt, 0.0)
        self.upright(lateral, z + length * (0.28 if oncoming else 0.14), width - 0.06, top, upper)

    def long_vehicle(self, kind: str, lateral: float, z: float, oncoming: bool) -> None:
        """Add a truck, bus or train (tram) whose near end is at distance z."""
        label, length, width, top = LONG_VEHICLES[kind]
        top *= self.rng.uniform(0.92, 1.08)
        paints = ((0.65, 0.6, 0.1), (0.55, 0.1, 0.1), (0.7, 0.7, 0.7), (0.1, 0.3, 0.45), (0.15, 0.35, 0.2))
        body = self.pick(paints, label)
        glass, tyre, trim, lamp, plate = self._parts(label, oncoming)
        outline, cabin, belt = [(0.0, top), (1.0, top)], (0.02, 0.98), 1.25
        if kind == "truck":
            outline = [(0.0, top), (0.72, top), (0.73, 2.5), (0.99, 2.4), (1.0, 0.0)]
            cabin, belt = (0.0, 0.22) if oncoming else (0.78, 0.99), 1.45
        if oncoming:
            outline = [(1 - x, height) for x, height in outline][::-1]
        flank = figures.vehicle_side((body, glass, tyre, trim), length, outline, belt, cabin)
        self._box(lateral, z, length, width, top, flank)
        end_top = 2.5 if kind == "truck" and oncoming else top
        window = end_top if kind == "truck" and not oncoming else belt + 0.1
        end = figures.vehicle_end((body, glass, tyre, lamp, plate), width, end_top, window, 0.75)
        self.upright(lateral, z, width, end_top, end)

    def _parts(self, label: int, oncoming: bool) -> tuple[int, int, int, int, int]:
        add, lamp = self.palette.add, (0.9, 0.88, 0.75) if oncoming else (0.5, 0.03, 0.02)
        glass, tyre = add(near(self.rng, (0.08, 0.1, 0.13), 0.5), label), add((0.02, 0.02, 0.02), label)
        trim = add(near(self.rng, (0.25, 0.25, 0.27), 0.6), label)
        return glass, tyre, trim, add(lamp, label, self.lamps), add((0.75, 0.75, 0.7), label)

    def _box(self, lateral: float, z: float, length: float, width: float, top: float, side: Paint) -> None:
        x = lateral + self.street.axis(z)
        self.along(lateral + (-width / 2 if x > 0 else width / 2), z, z + length, top, side)
        self.spot(lateral, z + length / 2, width / 2, length / 2)

    def spot(self, lateral: float, z: float, half_width: float, half_depth: float) -> None:
        """Darken the ground under a thing."""
        self.street.spots.append((lateral + self.street.axis(z), z, half_width + 0.15, half_depth + 0.2))

    def tree(self, lateral: float, z: float) -> None:
        """Add a tree."""
        height = self.rng.uniform(4, 11)
        width = height * self.rng.uniform(0.5, 0.8)
        leaves = ((0.1, 0.2, 0.05), (0.16, 0.24, 0.06), (0.24, 0.22, 0.06), (0.08, 0.15, 0.07))
        wood = (self.pick(leaves, 21), self.pick(((0.04, 0.08, 0.03),), 21), self.pick(((0.14, 0.1, 0.07),), 21))
        trunk = self.rng.uniform(1.6, 2.8)
        self.upright(lateral, z, width, height, textures.tree(wood, width, height, trunk, self.shift()))

    def post(self, lateral: float, z: float, kind: str) -> None:
        """Add a pole that carries a traffic light, a sign, a street lamp, or nothing."""
        rng, add = self.rng, self.palette.add
        pole = self.pick(((0.25, 0.26, 0.26), (0.1, 0.12, 0.11), (0.4, 0.4, 0.38)), 17)
        height, thickness = rng.uniform(2.4, 3.6), rng.uniform(0.1, 0.16)
        heads: list[tuple[str, float, float, int, int]] = []
        if kind == "light":
            lamp = ((0.9, 0.05, 0.03), (0.95, 0.6, 0.05), (0.05, 0.85, 0.4))[int(rng.integers(3))]
            size, box = rng.uniform(0.36, 0.5), add((0.04, 0.05, 0.04), 19)
            heads.append(("light", height - 0.2, size, box, add(lamp, 19, 0.9)))
        elif kind == "sign":
            shape = ("disc", "triangle", "square")[int(rng.integers(3))]
            rim, face = (
                ((0.6, 0.04, 0.04), (0.8, 0.8, 0.78)),
                ((0.05, 0.15, 0.55), (0.7, 0.72, 0.75)),
                ((0.75, 0.6, 0.05), (0.75, 0.7, 0.6)),
            )[int(rng.integers(3))]
            size = rng.uniform(0.38, 0.55)
            heads.append((shape, height - 0.25, size, add(near(rng, rim), 20), add(near(rng, face), 20)))
        elif kind == "lamp":
            height, thickness = rng.uniform(5, 7.5), 0.16
            heads.append(("arm", height - 0.1, rng.uniform(0.6, 1.3), pole, add((0.95, 0.85, 0.6), 17, self.lamps)))
        self.upright(lateral, z, 3.0, height + 0.5, figures.post(pole, height, thickness, heads))

    def house(self, lateral: float, z1: float, z2: float, gap: bool, side: int) -> None:
        """Add a house front along the road, and its end wall where ``gap`` leaves that in view."""
        rng, add = self.rng, self.palette.add
        height = rng.uniform(6, 20)
        wall, trim = self.pick(HOUSES, 11), self.pick(HOUSES, 11)
        glass = add(near(rng, (0.1, 0.12, 0.16), 0.5), 11)
        lit = add((0.8, 0.6, 0.3) if self.lamps > 0.5 else (0.3, 0.34, 0.4), 11, 0.7 * self.lamps)
        parts = (wall, glass, lit, self.pick(((0.06, 0.06, 0.07), (0.25, 0.06, 0.05), (0.08, 0.14, 0.22)), 11), trim)
        period, storey, fill = rng.uniform(1.8, 3.6), rng.uniform(2.7, 3.6), rng.uniform(0.35, 0.7)
        front = textures.facade(parts, height, period, storey, fill, self.shift())
        self.along(lateral, z1, z2, height, front)
        if gap:
            depth = side * rng.uniform(8, 14)
            x = lateral + self.street.axis(z1)
            self.quads.append(Quad(min(x, x + depth), z1, max(x, x + depth), z1, height, front))

    def hedge(self, lateral: float, z1: float, z2: float, height: float) -> None:
        """Add a hedge, or with a larger height a row of trees grown together."""
        leaf = self.pick(((0.1, 0.2, 0.05), (0.16, 0.24, 0.06), (0.2, 0.2, 0.07)), 21)
        dark = self.pick(((0.04, 0.08, 0.03),), 21)
        self.along(lateral, z1, z2, height, textures.foliage(leaf, dark, height, self.shift(), 0.35))

    def wall(self, lateral: float, z1: float, z2: float) -> None:
        """Add a free-standing wall."""
        stone = self.pick(((0.4, 0.38, 0.35), (0.35, 0.18, 0.13), (0.5, 0.48, 0.44)), 12)
        joint = self.pick(((0.25, 0.24, 0.23), (0.45, 0.43, 0.4)), 12)
        height = self.rng.uniform(1.3, 3.2)
        self.along(lateral, z1, z2, height, textures.masonry(stone, joint, self.rng.uniform(0.2, 0.5), self.shift()))

    def fence(self, lateral: float, z1: float, z2: float) -> None:
        """Add a fence of bars."""
        metal = self.pick(((0.1, 0.1, 0.1), (0.3, 0.22, 0.14), (0.45, 0.46, 0.46), (0.12, 0.22, 0.15)), 13)
        height = self.rng.uniform(1.0, 1.9)
        period = self.rng.uniform(0.2, 0.4)
        self.along(lateral, z1, z2, height, textures.bars(metal, height, period, period * self.rng.uniform(0.45, 0.65)))

    def clutter(self, lateral: float, z: float) -> None:
        """Add a bin or a stall (static, ignored in scoring)."""
        paint = self.pick(((0.1, 0.2, 0.12), (0.3, 0.3, 0.3), (0.5, 0.3, 0.1)), int(self.rng.choice((4, 5))))
        width, height = self.rng.uniform(0.5, 1.4), self.rng.uniform(0.8, 1.5)
        self.upright(lateral, z, width, height, textures.masonry(paint, paint, 0.5, self.shift()))

    def backdrop(self) -> None:
        """Close the view at the horizon with far houses and trees."""
        houses = (self.pick(HOUSES, 11), self.pick(HOUSES, 11))
        height, block = self.rng.uniform(8, 22), self.rng.uniform(9, 20)
        self.upright(0, 170, 340, 30, textures.skyline(houses, height, block, self.shift()))
        leaf, dark = self.pick(((0.1, 0.18, 0.06),), 21), self.pick(((0.05, 0.1, 0.04),), 21)
        height = self.rng.uniform(3, 11)
        self.upright(0, 140, 300, height, textures.foliage(leaf, dark, height, self.shift(), 0.9))
