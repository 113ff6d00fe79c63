"""Paints of the small things in a rendered street: people, bicycles, posts and the faces of vehicles."""

from __future__ import annotations

import numpy as np

from compfeat.scenes.textures import F32, Mask, Materials, Paint, bar, ellipse, layers

TUBES = (
    *(((0.36, 0.34), (0.7, 0.88)), ((0.36, 0.34), (0.86, 0.34)), ((0.86, 0.34), (0.7, 0.9))),
    *(((0.72, 0.82), (1.3, 0.86)), ((0.86, 0.34), (1.3, 0.86)), ((1.44, 0.34), (1.28, 1.05))),
)
"""Ends of a bicycle's tubes, m."""


def person(materials: tuple[int, int, int], height: float, stride: float) -> Paint:
    """Return a standing or walking person on a surface 0.8 m wide: (top, trousers, skin)."""
    top, trousers, skin = materials
    hip = 0.48 * height

    def paint(a: F32, y: F32) -> tuple[Materials, F32]:
        torso = ellipse(a, y, (0.4, 0.66 * height), (0.23, 0.2 * height)) & (y > 0.45 * height)
        parts = [
            (trousers, bar(a, y, (0.36, hip), (0.4 - stride, 0.04), 0.085)),
            (trousers, bar(a, y, (0.44, hip), (0.4 + stride, 0.04), 0.085)),
            (top, torso),
            (top, bar(a, y, (0.2, 0.76 * height), (0.16 - stride / 2, 0.47 * height), 0.055)),
            (top, bar(a, y, (0.6, 0.76 * height), (0.64 + stride / 2, 0.47 * height), 0.055)),
            (skin, ellipse(a, y, (0.4, 0.92 * height), (0.1, 0.075 * height))),
        ]
        return layers(a, y, parts)

    return paint


def bike_side(frame: int, tyre: int, rider: tuple[int, int, int] | None, motor: bool, lean: float) -> Paint:
    """Return a bicycle or motorcycle seen from the side on a surface 1.8 m wide, with or without a rider."""

    def paint(a: F32, y: F32) -> tuple[Materials, F32]:
        parts: list[tuple[int, Mask]] = []
        for hub in (0.36, 1.44):
            wheel = ellipse(a, y, (hub, 0.34), (0.35, 0.35))
            parts.append((tyre, wheel if motor else wheel & ~ellipse(a, y, (hub, 0.34), (0.24, 0.24))))
        if motor:
            parts.append((frame, ellipse(a, y, (0.88, 0.66), (0.62, 0.27))))
            parts.append((frame, bar(a, y, (1.44, 0.34), (1.22, 1.08), 0.07)))
        else:
            parts += [(frame, bar(a, y, start, end, 0.05)) for start, end in TUBES]
        if rider is not None:
            top, trousers, skin = rider
            leg = bar(a, y, (0.72, 0.95), (0.98, 0.62), 0.09) | bar(a, y, (0.98, 0.62), (0.88, 0.22), 0.08)
            parts.append((trousers, leg))
            parts.append((top, bar(a, y, (0.72, 0.98), (0.78 + lean, 1.38), 0.18)))
            parts.append((top, bar(a, y, (0.8 + lean, 1.35), (1.28, 1.04), 0.06)))
            parts.append((skin, ellipse(a, y, (0.86 + lean, 1.66), (0.12, 0.14))))
        return layers(a, y, parts)

    return paint


def bike_rear(frame: int, tyre: int, rider: tuple[int, int, int] | None, motor: bool) -> Paint:
    """Return a bicycle or motorcycle seen from behind on a surface 0.8 m wide, with or without a rider."""
    half = 0.13 if motor else 0.06

    def paint(a: F32, y: F32) -> tuple[Materials, F32]:
        upright = np.abs(a - np.float32(0.4))
        parts: list[tuple[int, Mask]] = [(tyre, (upright < half) & (y < 0.68))]
        parts.append((frame, (upright < 2.2 * half) & (np.abs(y - np.float32(0.72)) < 0.18)))
        parts.append((frame, (upright < 0.33) & (np.abs(y - np.float32(1.05)) < 0.05)))
        if rider is not None:
            top, trousers, skin = rider
            parts.append(
                (trousers, ellipse(a, y, (0.26, 0.7), (0.09, 0.32)) | ellipse(a, y, (0.54, 0.7), (0.09, 0.32)))
            )
            parts.append((top, ellipse(a, y, (0.4, 1.2), (0.26, 0.34))))
            parts.append((skin, ellipse(a, y, (0.4, 1.64), (0.12, 0.14))))
        return layers(a, y, parts)

    return paint


def post(pole: int, height: float, thickness: float, heads: list[tuple[str, float, float, int, int]]) -> Paint:
    """Return a pole in the middle of a surface 3 m wide, with heads on it.

    Args:
        pole: material of the pole.
        height: of the pole, m.
        thickness: of the pole, m.
        heads: (shape, height of its centre, size, outer material, inner material); shapes: disc, triangle, square, light, arm.
    """

    def paint(a: F32, y: F32) -> tuple[Materials, F32]:
        parts: list[tuple[int, Mask]] = [(pole, (np.abs(a - np.float32(1.5)) < thickness / 2) & (y < height))]
        across = np.abs(a - np.float32(1.5))
        for shape, centre, size, outer, inner in heads:
            up = y - np.float32(centre)
            if shape == "disc":
                parts += [(m, ellipse(a, y, (1.5, centre), (r, r))) for m, r in ((outer, size), (inner, 0.66 * size))]
            elif shape == "triangle":
                for m, r in ((outer, size), (inner, 0.55 * size)):
                    parts.append((m, (across < (np.float32(r) - up) * np.float32(0.6)) & (up > -r * 0.7)))
            elif shape == "square":
                parts += [(m, (across < r) & (np.abs(up) < r)) for m, r in ((outer, size), (inner, 0.75 * size))]
            elif shape == "light":
                parts.append((outer, (across < 0.5 * size) & (np.abs(up) < 1.25 * size)))
                parts.append((inner, ellipse(a, y, (1.5, centre + 0.6 * size), (0.38 * size, 0.38 * size))))
            else:
                parts.append((outer, (np.abs(up) < 0.08) & (a > 1.5) & (a < 1.5 + size)))
                parts.append((inner, (np.abs(up + np.float32(0.1)) < 0.1) & (a > 0.9 + size) & (a < 1.5 + size)))
        return layers(a, y, parts)

    return paint


def vehicle_side(
    materials: tuple[int, int, int, int],
    length: float,
    outline: list[tuple[float, float]],
    belt: float,
    cabin: tuple[float, float],
) -> Paint:
    """Return the side of a vehicle: (body, glass, tyre, trim).

    Args:
        materials: body, glass, tyre, trim.
        length: m.
        outline: (fraction of the length, height in m) of the roof line, from the rear to the front.
        belt: height of the windows' lower edge, m.
        cabin: fractions of the length between which there are windows.
    """
    body, glass, tyre, trim = materials
    xs, heights = np.array(outline).T
    radius = 0.32 if length < 6 else 0.48

    def paint(a: F32, y: F32) -> tuple[Materials, F32]:
        along = a / np.float32(length)
        top = np.interp(along, xs, heights).astype(np.float32)
        windows = (along > cabin[0]) & (along < cabin[1]) & ((along * np.float32(length / 1.25)) % 1 > 0.1)
        parts: list[tuple[int, Mask]] = [
            (body, (y < top) & (y > 0.24)),
            (trim, (y < 0.36) & (y > 0.24)),
            (glass, windows & (y > belt) & (y < np.minimum(top - np.float32(0.12), np.float32(belt + 1.1)))),
        ]
        for hub in (0.17, 0.81):
            parts.append((tyre, ellipse(a, y, (hub * length, radius), (radius, radius))))
            parts.append((trim, ellipse(a, y, (hub * length, radius), (0.5 * radius, 0.5 * radius))))
        return _shaded(a, y, parts)

    return paint


def _shaded(a: F32, y: F32, parts: list[tuple[int, Mask]]) -> tuple[Materials, F32]:
    """Return the layers of a vehicle, darker towards the ground."""
    material, shade = layers(a, y, parts)
    return material, shade * (np.float32(0.8) + np.float32(0.25) * np.minimum(y, 1.2))


def vehicle_end(
    materials: tuple[int, int, int, int, int], width: float, height: float, belt: float, lamp: float
) -> Paint:
    """Return the back or front of a vehicle: (body, glass, tyre, lamp, plate); no glass where ``belt`` >= ``height``."""
    body, glass, tyre, light, plate = materials

    def paint(a: F32, y: F32) -> tuple[Materials, F32]:
        off = np.abs(a - np.float32(width / 2))
        slope = np.float32(width / 2) - np.float32(0.12) * np.maximum(y - np.float32(belt), 0)
        parts: list[tuple[int, Mask]] = [
            (tyre, (off > width / 2 - 0.28) & (off < width / 2 - 0.04) & (y < 0.4)),
            (body, (off < slope) & (y < height) & (y > 0.28)),
            (glass, (off < slope - np.float32(0.14)) & (y > belt) & (y < height - 0.1)),
            (light, (off > width / 2 - 0.36) & (off < width / 2 - 0.06) & (np.abs(y - np.float32(lamp)) < 0.1)),
            (plate, (off < 0.26) & (np.abs(y - np.float32(0.52)) < 0.07)),
            (tyre, (off < width / 2 - 0.05) & (np.abs(y - np.float32(0.33)) < 0.05)),
        ]
        return _shaded(a, y, parts)

    return paint
