"""Rate and metrics of every point under resamples of the images (``resamples.npz``), from which all intervals are made."""

from __future__ import annotations

from compfeat.arrays import Arrays
from compfeat.results.bootstrap import Samples, image_counts, of_different_images, point_samples
from compfeat.results.curves import FloatArray
from compfeat.results.measured import measured_points
from compfeat.results.tables.base import Inputs, table
from compfeat.settings.runs import Point


@table("resamples.npz", needs=("scores", "ledgers", "descriptions"), uses=("tasks", "methods", "statistics"))
def make_resamples(inputs: Inputs) -> Arrays:
    """Return an array for every point and metric, under ``POINT/METRIC``: float64, (1 + R,).

    Element 0 is of the original images, the others of R resamples, which are the same for all points; R is 0 where images or
    resamples are too few. ``bytes_per_image`` is among the metrics where something is coded. Raises DataError for damaged files.
    """
    samples: dict[Point, Samples] = {}
    counts: FloatArray | None = None
    for measured in measured_points(inputs):
        if counts is None:
            counts = image_counts(len(measured.image_ids), inputs.experiment.statistics)
        samples[measured.point] = point_samples(measured, counts)
    points = of_different_images(samples).items()
    return {f"{point.id}/{name}": values for point, of_point in points for name, values in of_point.items()}
