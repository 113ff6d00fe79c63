"""What a rendered street consists of: camera, weather, materials, the ground's bands and upright surfaces.

World axes: x to the right, y up from the ground, z ahead of the camera, in metres. The camera stands at (0, mount, 0),
looks along z and has no roll; its pitch is a shifted principal point, so uprights stay upright.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.random import Generator

from compfeat.scenes.textures import F32, Paint

BASELINE_M = 0.209313
Colour = tuple[float, float, float]
Metres = TypeVar("Metres", float, F32)


@dataclass(frozen=True)
class Camera:
    """A rectified stereo camera's left eye; ``fx``, ``fy``, ``u0``, ``v0`` in pixels of the image, ``mount`` in metres."""

    height: int
    width: int
    fx: float
    fy: float
    u0: float
    v0: float
    mount: float

    @classmethod
    def draw(cls, rng: Generator, size: tuple[int, int]) -> Camera:
        """Return the camera of Cityscapes scaled to ``size`` (height, width), a little higher or lower, a little tilted."""
        height, width = size
        scale = width / 2048
        v0 = (513.137 / 1024 + rng.uniform(-0.06, 0.03)) * height
        return cls(height, width, 2262.52 * scale, 2265.30 * scale, 1096.98 * scale, v0, rng.uniform(1.2, 1.7))


@dataclass(frozen=True)
class Weather:
    """Light and air. Colours are linear RGB in 0..1; ``sun`` is (x, y, z) towards the sun times its strength."""

    ambient: float
    sun: tuple[float, float, float]
    fog: float
    fog_colour: Colour
    zenith: Colour
    clouds: float
    exposure: float
    cast: Colour
    noise: float
    blur: float
    wet: float = 0.0
    rain: float = 0.0
    headlights: float = 0.0
    glow: float = 0.25


def draw_weather(rng: Generator) -> Weather:
    """Return one of sun, overcast, fog, rain and night, each with its own spread of light."""
    kind = str(rng.choice(["sun", "overcast", "fog", "rain", "night"], p=[0.4, 0.26, 0.11, 0.12, 0.11]))
    warm = rng.uniform(-0.1, 0.1)
    values: dict[str, object] = {
        "ambient": rng.uniform(0.7, 0.95),
        "sun": (0.0, 0.15, 0.0),
        "fog": rng.uniform(0.0005, 0.005),
        "fog_colour": (0.75, 0.79, 0.85),
        "zenith": (0.6, 0.66, 0.74),
        "clouds": rng.uniform(0.4, 1.0),
        "exposure": float(np.exp(rng.uniform(-0.3, 0.25))),
        "cast": (1 + warm, 1 + rng.uniform(-0.03, 0.03), 1 - warm),
        "noise": rng.uniform(0.003, 0.015),
        "blur": rng.uniform(0.0, 0.5),
    }
    side = rng.choice((-1.0, 1.0)) * rng.uniform(0.2, 0.9)
    if kind == "sun":
        power = rng.uniform(0.5, 0.9)
        sun = (side * power, power * rng.uniform(0.4, 0.9), rng.uniform(-0.8, 0.5) * power)
        values |= {"ambient": rng.uniform(0.35, 0.55), "sun": sun, "zenith": (0.25, 0.45, 0.85)}
        values |= {"clouds": rng.uniform(0, 0.7)}
    elif kind == "fog":
        values |= {"fog": rng.uniform(0.015, 0.045), "fog_colour": (0.72, 0.74, 0.76), "zenith": (0.7, 0.72, 0.75)}
    elif kind == "rain":
        values |= {"wet": rng.uniform(0.4, 0.8), "rain": rng.uniform(0.03, 0.12), "fog": rng.uniform(0.004, 0.015)}
        values |= {"ambient": rng.uniform(0.5, 0.75), "fog_colour": (0.5, 0.53, 0.57), "zenith": (0.42, 0.45, 0.5)}
    elif kind == "night":
        values |= {"ambient": rng.uniform(0.14, 0.24), "headlights": rng.uniform(0.5, 0.9), "glow": 1.0, "wet": 0.3}
        values |= {"fog_colour": (0.09, 0.1, 0.15), "zenith": (0.02, 0.03, 0.07), "noise": rng.uniform(0.015, 0.035)}
    return Weather(**values)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Quad:
    """An upright surface over the ground line (x1, z1)-(x2, z2), from the ground to ``top`` metres; z1, z2 > 0."""

    x1: float
    z1: float
    x2: float
    z2: float
    top: float
    paint: Paint


@dataclass
class Palette:
    """The materials of a scene: colour, Cityscapes label id, and how much they shine by themselves. Number 0 is nothing (sky)."""

    colours: list[Colour] = field(default_factory=lambda: [(0.0, 0.0, 0.0)])
    labels: list[int] = field(default_factory=lambda: [23])
    glows: list[float] = field(default_factory=lambda: [0.0])

    def add(self, colour: Colour, label: int, glow: float = 0.0) -> int:
        """Add a material and return its number."""
        self.colours.append(colour)
        self.labels.append(label)
        self.glows.append(glow)
        return len(self.labels) - 1


@dataclass(frozen=True)
class Marking:
    """A painted line along the road at lateral ``offset`` m; dashes of ``dash`` m, 0 for a solid line."""

    offset: float
    width: float
    dash: float


@dataclass
class Street:
    """The ground plane. Lateral position is measured from the road's bent axis x = heading z + curve z^2 / 2.

    Attributes:
        edges: lateral positions where one band ends and the next begins, ascending.
        bands: materials of the bands, one more than edges.
        crossing: distance of a zebra crossing in m, 0 for none.
        shade: (side, reach) of the houses' shadow: it covers side * lateral > reach.
        spots: (x, z, half width, half depth) of what depends on the ground and darkens it.
    """

    heading: float
    curve: float
    edges: list[float]
    bands: list[int]
    markings: list[Marking]
    crossing: float
    paint: int
    shade: tuple[float, float]
    grain: float
    spots: list[tuple[float, float, float, float]]

    def axis(self, z: Metres) -> Metres:
        """Return the x of the road's axis at distance z, m."""
        return self.heading * z + self.curve / 2 * z * z


@dataclass
class SceneDescription:
    """All that the rasteriser needs to know."""

    camera: Camera
    weather: Weather
    palette: Palette
    street: Street
    quads: list[Quad]
    hood: float
    """Height of the own car's bonnet as a fraction of the image, 0 for none."""
