"""Textures of the rendered streets: one periodic noise atlas and the paints that colour vertical surfaces with it.

A paint maps coordinates on a surface (metres along it, one per column; metres above ground, one per pixel) to a material
number (0 is see-through) and a brightness factor.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]
Materials = NDArray[np.uint16]
Paint = Callable[[F32, F32], tuple[Materials, F32]]
"""(along_m [columns], height_m [rows x columns]) -> (material [rows x columns], brightness [rows x columns])."""

SIZE = 256
GRAINS = 1 << 20


@cache
def atlas() -> F32:
    """Return SIZE x SIZE periodic noise of seven octaves, in [0, 1] with mean 0.5."""
    rng = np.random.default_rng(20190512)
    total = np.zeros((SIZE, SIZE))
    for octave in range(2, 9):
        cells = 1 << octave
        step = SIZE // cells
        layer = np.kron(rng.random((cells, cells)), np.ones((step, step)))
        for axis in (0, 1):
            for _ in range(2 if step > 1 else 0):
                layer = np.mean([np.roll(layer, k - step // 2, axis) for k in range(step)], axis=0)
        total += layer / layer.std() * 0.75**octave
    ranks = np.empty(SIZE * SIZE)
    ranks[np.argsort(total, axis=None, kind="stable")] = np.linspace(0, 1, SIZE * SIZE)
    return ranks.reshape(SIZE, SIZE).astype(np.float32)


@cache
def grain() -> F32:
    """Return GRAINS standard normal numbers, the stock of sensor noise."""
    return np.random.default_rng(20190513).standard_normal(GRAINS, dtype=np.float32)


def noise(x: F32, y: F32, per_metre: float, shift: int = 0) -> F32:
    """Return the atlas at (x, y) in metres, ``per_metre`` texels a metre; x and y broadcast against each other."""
    across = (x * np.float32(per_metre)).astype(np.int32) + shift
    down = (y * np.float32(per_metre)).astype(np.int32) + shift * 7
    down &= SIZE - 1
    down <<= 8
    return atlas().ravel().take(down | (across & (SIZE - 1)))


def ellipse(a: F32, y: F32, centre: tuple[float, float], radii: tuple[float, float]) -> Mask:
    """Return where (a, y) lies in an axis-parallel ellipse."""
    across = ((a - np.float32(centre[0])) / np.float32(radii[0])) ** 2
    result: Mask = across + ((y - np.float32(centre[1])) / np.float32(radii[1])) ** 2 < 1
    return result


def bar(a: F32, y: F32, start: tuple[float, float], end: tuple[float, float], half_width: float) -> Mask:
    """Return where (a, y) lies within ``half_width`` of the line from ``start`` to ``end``."""
    da, dy = end[0] - start[0], end[1] - start[1]
    ra, ry = a - np.float32(start[0]), y - np.float32(start[1])
    t = np.clip((ra * np.float32(da) + ry * np.float32(dy)) / np.float32(da * da + dy * dy), 0, 1)
    result: Mask = (ra - t * np.float32(da)) ** 2 + (ry - t * np.float32(dy)) ** 2 < half_width**2
    return result


def layers(a: F32, y: F32, parts: list[tuple[int, Mask]]) -> tuple[Materials, F32]:
    """Return the materials of ``parts`` painted one over the other, with a little noise as brightness."""
    material = np.zeros(y.shape, np.uint16)
    for number, where in parts:
        np.copyto(material, np.uint16(number), where=where)
    return material, np.float32(0.8) + np.float32(0.4) * noise(a, y, 40)


def facade(
    materials: tuple[int, int, int, int, int], height: float, period: float, storey: float, fill: float, shift: int
) -> Paint:
    """Return a house front: (wall, window, lit window, shop, trim), a grid of windows above a ground floor."""
    wall, window, lit, shop, trim = (np.uint16(m) for m in materials)

    def paint(a: F32, y: F32) -> tuple[Materials, F32]:
        column, row = a / np.float32(period), (y - np.float32(3.4)) / np.float32(storey)
        whole_column, whole_row = np.floor(column), np.floor(row)
        inside = np.abs(column - whole_column - np.float32(0.5)) < fill / 2
        glass = inside & (np.abs(row - whole_row - np.float32(0.55)) < 0.3) & (row > 0)
        is_lit = noise(whole_column, whole_row, 37, shift) > 0.72
        material = np.where(glass, np.where(is_lit, lit, window), wall)
        np.copyto(material, shop, where=(y < 2.7) & (np.abs(column - whole_column - np.float32(0.5)) < 0.4) & (y > 0.4))
        np.copyto(material, trim, where=(y > height - 0.5) | (np.abs(y - np.float32(3.2)) < 0.15))
        return material, np.float32(0.72) + np.float32(0.5) * noise(a, y, 9, shift)

    return paint


def masonry(material: int, joint: int, course: float, shift: int) -> Paint:
    """Return a wall of bricks or slabs with joints, ``course`` metres high each."""

    def paint(a: F32, y: F32) -> tuple[Materials, F32]:
        row = np.floor(y / np.float32(course))
        joints = (y / np.float32(course) - row < 0.14) | ((a / np.float32(2.2 * course) + row / 2) % 1 < 0.07)
        stone = noise(np.floor(a / np.float32(2.2 * course) + row / 2), row, 31, shift)
        shade = np.float32(0.65) + np.float32(0.35) * stone + np.float32(0.3) * noise(a, y, 20, shift)
        return np.where(joints, np.uint16(joint), np.uint16(material)), shade

    return paint


def bars(material: int, height: float, period: float, thickness: float) -> Paint:
    """Return a fence: upright bars and two rails with nothing between them."""

    def paint(a: F32, y: F32) -> tuple[Materials, F32]:
        solid = (a % np.float32(period) < thickness) | (np.abs(y - np.float32(height - 0.08)) < 0.06)
        solid |= (np.abs(y - np.float32(0.25)) < 0.06) | (a % np.float32(2.5) < 0.12)
        return np.where(solid, np.uint16(material), np.uint16(0)), np.float32(0.8) + np.float32(0.3) * noise(a, y, 12)

    return paint


def foliage(material: int, dark: int, height: float, shift: int, ragged: float) -> Paint:
    """Return a hedge or a line of trees with a ragged top."""

    def paint(a: F32, y: F32) -> tuple[Materials, F32]:
        leaf = noise(a, y, 22 / max(1.0, height / 3), shift)
        top = np.float32(height) * (1 - np.float32(ragged) * noise(a, np.float32(0) * a, 12 / height, shift))
        material_map = np.where(leaf > 0.35, np.uint16(material), np.uint16(dark))
        material_map[y > top - np.float32(0.15 * height) * leaf] = 0
        return material_map, np.float32(0.5) + np.float32(0.8) * leaf

    return paint


def tree(materials: tuple[int, int, int], width: float, height: float, trunk: float, shift: int) -> Paint:
    """Return a tree (leaf, shaded leaf, bark): a noisy crown over a trunk."""
    leaf, dark, bark = (np.uint16(m) for m in materials)
    middle = (height + trunk * 0.75) / 2

    def paint(a: F32, y: F32) -> tuple[Materials, F32]:
        texture = noise(a, y, 28 / max(1.0, height / 4), shift)
        across = ((a - np.float32(width / 2)) / np.float32(width / 2)) ** 2
        reach = across + ((y - np.float32(middle)) / np.float32(height - middle)) ** 2
        crown = reach + np.float32(0.55) * texture < 1
        trunk_part = (np.abs(a - np.float32(width / 2)) < 0.02 * height + 0.05) & (y < middle)
        material = np.where(crown, np.where(texture > 0.3, leaf, dark), np.where(trunk_part, bark, np.uint16(0)))
        shade = np.float32(0.45) + np.float32(0.5) * texture + np.float32(0.4) * (y / np.float32(height))
        return material, shade

    return paint


def skyline(materials: tuple[int, int], height: float, block: float, shift: int) -> Paint:
    """Return far houses of differing heights."""

    def paint(a: F32, y: F32) -> tuple[Materials, F32]:
        house = noise(np.floor(a / np.float32(block)), np.float32(0) * a, 41, shift)
        material = np.where(house > 0.5, np.uint16(materials[0]), np.uint16(materials[1]))
        grid = (a % np.float32(3) < 1.4) & (y % np.float32(3) < 1.5)
        shade = np.where(grid, np.float32(0.75), np.float32(1.0))
        return np.where(y < np.float32(height) * (np.float32(0.35) + house), material, np.uint16(0)), shade

    return paint
