"""The rasteriser: a scene description becomes depth, labels, disparity and a photograph.

Upright surfaces are painted into their bounding boxes against a z-buffer of material numbers and brightness; colour,
light, air and sensor are applied once, to the whole frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from compfeat.scenes.scene import BASELINE_M, Camera, Quad, SceneDescription, Weather
from compfeat.scenes.textures import F32, grain, noise

EGO_VEHICLE = 1
FAR_GROUND_M = 400.0
SKY_M = np.float32(1e9)


@dataclass
class Frame:
    """The buffers of one view, all H x W: depth along the axis in m, material number, brightness."""

    camera: Camera
    depth: F32
    material: NDArray[np.uint16]
    shade: F32
    across: F32
    """x / z of every column."""
    down: F32
    """(mount - y) / z of every row."""

    @classmethod
    def empty(cls, camera: Camera) -> Frame:
        shape = (camera.height, camera.width)
        across = ((np.arange(camera.width) - camera.u0) / camera.fx).astype(np.float32)
        down = ((np.arange(camera.height) - camera.v0) / camera.fy).astype(np.float32)
        return cls(camera, np.full(shape, SKY_M), np.zeros(shape, np.uint16), np.ones(shape, np.float32), across, down)


@dataclass(frozen=True)
class Rendered:
    """What a scene looks like: RGB uint8, Cityscapes label ids uint8, disparity in px (0 invalid), depth in m."""

    image: NDArray[np.uint8]
    label_ids: NDArray[np.uint8]
    disparity_px: F32
    depth_m: F32


def paint_ground(frame: Frame, scene: SceneDescription) -> None:
    """Paint the ground plane, its bands, markings, shadows and dirt into the rows below the horizon."""
    street, mount = scene.street, np.float32(scene.camera.mount)
    first = int(np.searchsorted(frame.down, mount / FAR_GROUND_M))
    z = (mount / frame.down[first:])[:, None]
    x = z * frame.across
    lateral = x - street.axis(z)
    band = np.searchsorted(np.array(street.edges, np.float32), lateral)
    material = np.array(street.bands, np.uint16)[band]
    on_road = (band == 4) | (band == 5)
    fade = 1 / (1 + z / 25)
    rough = noise(lateral, z, 3) + noise(lateral, z, 18, 9) - 1
    shade = np.float32(0.95) + np.float32(street.grain) * fade * rough
    lines = np.zeros(material.shape, bool)
    for mark in street.markings:
        rows = z < 60 if mark.dash == 0 else (z < 60) & (z % (2 * mark.dash) < mark.dash)
        lines |= (np.abs(lateral - np.float32(mark.offset)) < mark.width / 2) & rows
    if street.crossing:
        lines |= (z > street.crossing) & (z < street.crossing + 3) & (lateral % 1 < 0.5)
    np.copyto(material, np.uint16(street.paint), where=lines & on_road)
    side, reach = street.shade
    if reach < 50:
        wobble = np.float32(6) * noise(np.float32(0) * z, z, 4, 77) - 3
        np.multiply(shade, np.float32(0.55), out=shade, where=side * lateral > reach + wobble)
    _paint_spots(frame, scene, first, z[:, 0], x, shade)
    frame.depth[first:], frame.material[first:], frame.shade[first:] = z, material, shade


def _paint_spots(frame: Frame, scene: SceneDescription, first: int, z: F32, x: F32, shade: F32) -> None:
    """Darken the ground under and, away from the sun, beside things."""
    sun_x, sun_y, sun_z = scene.weather.sun
    cast = 0.6 if sun_y > 0.2 else 0.0
    nearest = float(z[-1]) if len(z) else 0.0
    for spot_x, spot_z, half_width, half_depth in scene.street.spots:
        if spot_z + 2 * half_depth < nearest or spot_z > 60:
            continue
        middle_x, middle_z = spot_x - cast * np.sign(sun_x), spot_z - cast * np.sign(sun_z) * 0.5
        reach_x, reach_z = half_width + cast, half_depth + cast * 0.5
        top, bottom = np.searchsorted(-z, (-(middle_z + reach_z), -(middle_z - reach_z)))
        if top >= bottom:
            continue
        close, far = max(z[bottom - 1], 1), z[top]
        edges = (middle_x - reach_x, middle_x + reach_x)
        left, right = _columns(frame.camera, (edges[0] / close, edges[1] / close, edges[0] / far, edges[1] / far))
        box = shade[top:bottom, left:right]
        part = np.abs(x[top:bottom, left:right] - np.float32(middle_x)) < reach_x
        np.multiply(box, np.float32(0.45 if cast else 0.6), out=box, where=part)


def _columns(camera: Camera, slopes: tuple[float, ...]) -> tuple[int, int]:
    """Return the columns [first, last + 1) that lie between the smallest and the largest of ``slopes`` (x / z)."""
    low = int(np.ceil(camera.u0 + camera.fx * min(slopes)))
    high = int(np.floor(camera.u0 + camera.fx * max(slopes))) + 1
    return max(low, 0), min(high, camera.width)


def paint_quad(frame: Frame, quad: Quad, weather: Weather) -> None:
    """Paint one upright surface where it is nearer than what is there."""
    camera = frame.camera
    left, right = _columns(camera, (quad.x1 / quad.z1, quad.x2 / quad.z2))
    if left >= right:
        return
    high = (camera.mount - quad.top) / (min(quad.z1, quad.z2) if quad.top > camera.mount else max(quad.z1, quad.z2))
    low = camera.mount / min(quad.z1, quad.z2)
    top = max(0, int(np.ceil(camera.v0 + camera.fy * high)))
    bottom = min(camera.height, int(np.floor(camera.v0 + camera.fy * low)) + 1)
    if top >= bottom:
        return
    depth = frame.depth[top:bottom, left:right]
    if min(quad.z1, quad.z2) >= depth.max():
        return
    dx, dz = quad.x2 - quad.x1, quad.z2 - quad.z1
    slope = frame.across[left:right]
    t = (slope * np.float32(quad.z1) - np.float32(quad.x1)) / (np.float32(dx) - slope * np.float32(dz))
    z = np.float32(quad.z1) + t * np.float32(dz)
    y = np.float32(camera.mount) - frame.down[top:bottom, None] * z
    length = float(np.hypot(dx, dz))
    material, shade = quad.paint(t * np.float32(length), y)
    visible = (material > 0) & (z < depth) & (y >= 0) & (y <= quad.top)
    np.copyto(depth, z, where=visible)
    np.copyto(frame.material[top:bottom, left:right], material, where=visible)
    light = _light(weather, dz / length, -dx / length, quad)
    np.copyto(frame.shade[top:bottom, left:right], shade * np.float32(light), where=visible)


def _light(weather: Weather, normal_x: float, normal_z: float, quad: Quad) -> float:
    """Return the light on an upright surface whose normal is turned towards the camera, relative to that on the ground."""
    if normal_x * quad.x1 + normal_z * quad.z1 > 0:
        normal_x, normal_z = -normal_x, -normal_z
    sun_x, sun_y, sun_z = weather.sun
    direct = max(0.0, normal_x * sun_x + normal_z * sun_z)
    return (weather.ambient * 0.85 + direct) / (weather.ambient + sun_y)


def paint_hood(frame: Frame, height: float, number: int) -> None:
    """Paint the own car's bonnet at the bottom of the view."""
    rows, columns = frame.depth.shape
    x = np.linspace(-1, 1, columns, dtype=np.float32)
    edge = rows * (1 - height * (1 - np.float32(0.5) * x**2))
    first = int(edge.min())
    row = np.arange(first, rows, dtype=np.float32)[:, None]
    below, gloss = row > edge, np.float32(0.5) + (row - edge) / np.float32(rows * 0.1)
    np.copyto(frame.material[first:], np.uint16(number), where=below)
    np.copyto(frame.shade[first:], gloss, where=below)
    np.copyto(frame.depth[first:], np.float32(1.5), where=below)


def disparity(frame: Frame, known: NDArray[np.bool_], rng: Generator) -> F32:
    """Return d = fx B / z in px, H x W; 0 where ``known`` is False, where the right eye sees nothing of it, and in dropouts.

    A pixel is hidden from the right eye when its place there, x - d, lies left of the image or is taken by something
    nearer (more than half a pixel and 4 % of disparity, so that slanted surfaces do not hide themselves).
    """
    rows, columns = frame.depth.shape
    exact = np.float32(frame.camera.fx * BASELINE_M) / frame.depth
    place = np.arange(columns, dtype=np.float32) - exact
    inside = place >= 0
    base = np.arange(rows, dtype=np.int32)[:, None] * np.int32(columns + 1)
    low = np.maximum(place, 0).astype(np.int32) + base
    seen = np.zeros(rows * (columns + 1), np.float32)
    flat = np.where(inside, exact, 0).ravel()
    np.maximum.at(seen, low.ravel(), flat)
    np.maximum.at(seen, low.ravel() + 1, flat)
    nearest = seen[np.maximum(place + np.float32(0.5), 0).astype(np.int32) + base]
    valid = inside & known & (exact * np.float32(1.04) + np.float32(0.5) >= nearest)
    x, y = np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32)[:, None]
    patches = noise(x, y, 256 / columns, int(rng.integers(1 << 12)))
    valid &= (patches < 0.985) & (rng.integers(0, 256, (rows, columns), np.uint8) >= 3)
    return np.where(valid, exact, np.float32(0))


def _sky(frame: Frame, rows: int, weather: Weather, rng: Generator) -> F32:
    """Return the sky's colour, rows x W x 3, for the first ``rows`` rows."""
    up = np.clip(-frame.down[:rows] * np.float32(4.5), 0, 1)[:, None]
    shift_x, shift_y = (int(v) for v in rng.integers(0, 256, 2))
    cloud = noise(frame.across * 100 + 100, frame.down[:rows, None] * 260 + 100, 1, shift_x * 256 + shift_y)
    cloud = np.float32(weather.clouds) * np.clip(cloud * 2 - np.float32(0.6), 0, 1) * up
    air, zenith = np.array(weather.fog_colour, np.float32), np.array(weather.zenith, np.float32)
    clear = air + (zenith - air) * up[:, :, None]
    bright = np.float32(1.1) * air
    result: F32 = clear + (bright - clear) * cloud[:, :, None]
    return result


def photograph(frame: Frame, scene: SceneDescription, rng: Generator) -> NDArray[np.uint8]:
    """Return the camera's picture, uint8 H x W x 3: light, air, rain, lens and sensor applied to the frame's materials."""
    weather, palette = scene.weather, scene.palette
    sky = frame.depth >= SKY_M
    light = np.float32(weather.ambient + weather.sun[1]) * frame.shade
    if weather.headlights:
        beam = np.exp(-np.abs(frame.across) * 4) * np.float32(weather.headlights)
        light += beam * np.exp(-frame.depth / 18) * frame.shade
    light += np.array(palette.glows, np.float32).take(frame.material)
    colour = np.array(palette.colours, np.float32).take(frame.material, axis=0) * light[:, :, None]
    if weather.wet:
        _reflect(colour, frame, weather)
    air = np.array(weather.fog_colour, np.float32)
    clearness = np.exp(np.float32(-weather.fog) * np.minimum(frame.depth, 1e4))[:, :, None]
    colour = air + (colour - air) * clearness
    rows = int(np.flatnonzero(sky.any(axis=1)).max(initial=-1)) + 1
    np.copyto(colour[:rows], _sky(frame, rows, weather, rng), where=sky[:rows, :, None])
    if weather.rain:
        columns = np.arange(frame.camera.width, dtype=np.float32)
        slant = np.arange(frame.camera.height, dtype=np.float32)[:, None] / 9 + columns / 30
        streaks = noise(columns, slant.astype(np.float32), 1, int(rng.integers(256)))
        colour += (streaks > 0.94)[:, :, None] * np.float32(weather.rain)
    return _develop(colour, weather, rng)


def _reflect(colour: F32, frame: Frame, weather: Weather) -> None:
    """Mix into the ground what stands above it, mirrored at the horizon, as a wet road does."""
    horizon = round(frame.camera.v0)
    rows = min(horizon, frame.camera.height - horizon)
    below, above = colour[horizon : horizon + rows], colour[horizon - rows : horizon][::-1]
    ground = np.array(frame.camera.mount, np.float32) / np.maximum(frame.down[horizon : horizon + rows, None], 1e-6)
    flat = (np.abs(frame.depth[horizon : horizon + rows] - ground) < 1e-3 * ground)[:, :, None]
    below += flat * (np.float32(0.6 * weather.wet) * (above - below))


def _develop(colour: F32, weather: Weather, rng: Generator) -> NDArray[np.uint8]:
    """Apply lens blur, exposure, colour cast, gamma and sensor noise."""
    if weather.blur > 0.1:
        side = np.float32(weather.blur / 2)
        colour[:, 1:-1] = (1 - side) * colour[:, 1:-1] + (side / 2) * (colour[:, 2:] + colour[:, :-2])
        colour[1:-1] = (1 - side) * colour[1:-1] + (side / 2) * (colour[2:] + colour[:-2])
    colour *= np.array(weather.cast, np.float32) * np.float32(weather.exposure)
    np.clip(colour, 0, 1, out=colour)
    np.sqrt(colour, out=colour)
    stock, count = grain(), colour.size
    start = int(rng.integers(max(1, len(stock) - count)))
    speckle = stock[start : start + count] if start + count <= len(stock) else np.resize(stock, count)
    colour += np.float32(weather.noise) * speckle.reshape(colour.shape)
    colour *= 255
    colour += np.float32(0.5)
    return np.clip(colour, 0, 255, out=colour).astype(np.uint8)


def render(scene: SceneDescription, rng: Generator) -> Rendered:
    """Render a scene; ``rng`` draws clouds, rain, sensor noise and disparity dropouts."""
    frame = Frame.empty(scene.camera)
    paint_ground(frame, scene)
    for quad in sorted(scene.quads, key=lambda quad: min(quad.z1, quad.z2)):
        paint_quad(frame, quad, scene.weather)
    if scene.hood:
        paint_hood(frame, scene.hood, scene.palette.add((0.05, 0.05, 0.06), EGO_VEHICLE))
    label_ids = np.array(scene.palette.labels, np.uint8).take(frame.material)
    known = (frame.depth < SKY_M) & (label_ids != EGO_VEHICLE)
    return Rendered(photograph(frame, scene, rng), label_ids, disparity(frame, known, rng), frame.depth)
