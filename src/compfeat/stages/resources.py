"""How much memory and time a job takes, predicted from the sizes of an experiment by constants measured in real runs.

docs/how-to/cluster.md says how they were measured and how far off the predictions are. A scheduler is given more than what is
predicted (``requested``); results depend on none of this.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np

from compfeat.codecs.learned_options import Options as LearnedOptions
from compfeat.experiment.config import Experiment
from compfeat.networks.base import NETWORKS
from compfeat.settings.runs import TRANSFORM, UNCODED, Split
from compfeat.tasks.base import TASKS

MEGA = 1e6
BATCH = 8
"""Images at once in the stages features and evaluate (their settings' default)."""
SOURCE_PIXELS = 1024 * 2048
"""Of an image that is read to be prepared, where it is not rendered at the size that is asked for: Cityscapes'."""
MANY_IMAGES = 5000
"""Of a split whose images are not there to be counted."""
MEMORY_MARGIN, TIME_MARGIN = 1.4, 3.0
"""What is asked for, over what is predicted: other allocators; slower processors, shared disks and cores."""
SNAKEMAKE_MB = 300
"""On a node of a cluster Snakemake runs beside the job, twice, with about 150 MB each."""
LEAST_MINUTES = 5
DEVICE_HOST_MB = 6000
"""Host memory of a job whose network lies on a GPU, at most: CUDA's libraries and context. An estimate, not measured."""


class Cost(NamedTuple):
    """What a job of a stage takes: a base, and what grows with the stage's own units (see the methods of ``Jobs``).

    Attributes:
        base_mb: peak memory whatever the sizes, mostly of imported packages (MB).
        bytes_per_unit: of memory, for each unit that is in memory at once.
        base_s: processor time whatever the sizes, mostly of imports (s).
        ns_per_unit: of processor time, for each unit that the job passes over.
    """

    base_mb: float
    bytes_per_unit: float
    base_s: float
    ns_per_unit: float


COSTS: Mapping[str, Cost] = {
    "render": Cost(150, 700, 3, 200),
    "prepare": Cost(95, 60, 2, 120),
    "train": Cost(420, 60, 8, 3.2),
    "features": Cost(286, 8.5, 5, 0.55),
    "fit": Cost(290, 75, 5, 1.5),
    "encode": Cost(120, 1200, 2, 1000),
    "evaluate": Cost(295, 11, 5, 0.85),
    "gather": Cost(160, 2000, 5, 1000000),
    "draw": Cost(215, 500, 5, 0),
    "document": Cost(250, 2000, 20, 500000),
}
"""By stage. Measured with torch 2.13.0 (CPU) on one core of an x86-64 server; docs/how-to/cluster.md."""
SLOW_CODECS: Mapping[str, float] = {"vvc": 33, "av1": 4, "avif": 2}
"""By plug-in: how many times longer it codes than HEVC, where that is much. Not an attribute of the plug-ins, whose code is part of
what a job is: a better estimate would code everything again."""
NS_PER_PRODUCT, DECODER_BYTES = 0.08, 90
"""To train the networks of the codec learned: time per product of a forward pass, and memory per unit of a batch that the decoders
see, as in ``train``."""
NETWORK_BYTES = 660
"""Memory of a network in training, times the width squared and the channels at the cut of a network of full width: weights,
gradients, Adam's moments, and a checkpoint while it is written."""
NARROW = 24
"""The part of a network that does not grow with its width, in channels: time ~ width (width + NARROW), memory of a batch that is
decoded ~ width + NARROW."""
SCENE_PIXELS = 150_000
"""The time to compose a scene of any size, in rendered pixels."""
LISTED_BYTES = 5000
"""What the stage prepare remembers of every image."""


class Predicted(NamedTuple):
    """Peak memory (MB) and processor time (s) of one job."""

    memory_mb: float
    seconds: float


class Request(NamedTuple):
    """What a scheduler is asked for: memory (MB), run time (min) and GPUs of one job at its first attempt."""

    mem_mb: int
    runtime: int
    gpu: int


def requested(job: Predicted, threads: int = 1, gpus: int = 0) -> Request:
    """Return what to ask for, so that a job that behaves as predicted ends well below it."""
    memory = math.ceil(job.memory_mb * MEMORY_MARGIN) + SNAKEMAKE_MB
    if gpus:
        memory = min(memory, DEVICE_HOST_MB)
    return Request(memory, max(math.ceil(job.seconds * TIME_MARGIN / threads / 60), LEAST_MINUTES), gpus)


def predicted_seconds(runtime: int) -> float:
    """Return the predicted time of a job on one core from the run time it asks for (min); 0 if it asks for the least."""
    return 60 * runtime / TIME_MARGIN if runtime > LEAST_MINUTES else 0.0


class Workflow(Protocol):
    """What is read of Snakemake's workflow."""

    @property
    def global_resources(self) -> Collection[str]:
        """Resources that this run is given (``--resources``)."""

    @property
    def non_local_exec(self) -> bool:
        """Whether jobs are submitted to a cluster; known when the rules have been read."""


@dataclass(frozen=True)
class Requests:
    """What rules ask a scheduler for: memory, time, GPUs and groups. No result depends on any of it."""

    experiment: Experiment
    workflow: Workflow

    def gpus(self, training: str) -> int:
        """Return how many GPUs a job with a training's network takes: one on cuda, and on auto where this run is given some."""
        device = self.experiment.trainings[training].device
        return int(device == "cuda" or (device == "auto" and "gpu" in self.workflow.global_resources))

    def needs(
        self, predict: Callable[[Any], Predicted], training: Callable[[Any], str] | None = None
    ) -> dict[str, Callable[..., int]]:
        """Return a rule's resources; memory and time double with every further attempt.

        Args:
            predict: what a job with some wildcards takes.
            training: the training whose network a job with some wildcards runs, maybe on a GPU; None for no network.
        """

        def of(wildcards: Any, threads: int) -> Request:
            return requested(predict(wildcards), threads, 0 if training is None else self.gpus(training(wildcards)))

        return {
            "mem_mb": lambda wildcards, threads, attempt: of(wildcards, threads).mem_mb * 2 ** (attempt - 1),
            "runtime": lambda wildcards, threads, attempt: of(wildcards, threads).runtime * 2 ** (attempt - 1),
            "gpu": lambda wildcards, threads: of(wildcards, threads).gpu,
        }

    def together(self, name: str, training: Callable[[Any], str] | None = None) -> Callable[[Any], str | None]:
        """Return the group of jobs that are submitted to a cluster as one; those that run here, or that take a GPU, have none.

        Args:
            name: the group's.
            training: as in ``needs``.
        """

        def group(wildcards: Any) -> str | None:
            alone = training is not None and self.gpus(training(wildcards))
            return name if self.workflow.non_local_exec and not alone else None

        return group


@dataclass(frozen=True)
class Jobs:
    """What the jobs of an experiment take.

    Attributes:
        experiment: a checked experiment.
        found: how many images there are of each split, where the configuration takes all.
    """

    experiment: Experiment
    found: Mapping[Split, int]

    def images(self, split: Split) -> int:
        """Return how many images a split has."""
        return self.experiment.dataset.images.of(split) or self.found.get(split, MANY_IMAGES)

    @property
    def evaluated(self) -> int:
        """How many images are coded and evaluated."""
        return self.images(self.experiment.dataset.evaluated_split)

    @property
    def pixels(self) -> int:
        """Of one image."""
        height, width = self.experiment.dataset.size
        return height * width

    def record_bytes(self) -> int:
        """Return the bytes of one packed scene: the image, and the truth of all tasks."""
        truths: dict[str, Any] = {t.field: t for name in self.experiment.tasks for t in TASKS.get(name).truths}
        elements = [int(np.dtype(t.dtype).itemsize * math.prod(t.channels)) for t in truths.values()]
        return self.pixels * (3 + sum(elements))

    def elements(self, cut: str, sends: str = "features") -> int:
        """Return how many numbers are sent of one image: elements of its features, or samples of the image."""
        if sends == "image":
            return 3 * self.pixels
        network = self.experiment.cuts[cut]
        backbone = NETWORKS.get(network.name)
        place = backbone.cuts[network.place]
        return int(place.channels * network.width // backbone.base_width * self.pixels // place.stride**2)

    def network_bytes(self, cut: str) -> float:
        """Return the bytes of all that training keeps of a network's parameters."""
        network = self.experiment.cuts[cut]
        channels = NETWORKS.get(network.name).cuts[network.place].channels
        return float(NETWORK_BYTES * channels * network.width**2)

    def points(self) -> int:
        """Return how many images of how many points the tables are made of."""
        e = self.experiment
        qualities = sum(len(given) for method in e.methods for given in e.all_qualities(method).values())
        return len(e.cuts) * len(e.seeds) * qualities * self.evaluated

    def render(self, split: Split, processes: int) -> Predicted:
        """Units: pixels of one image per process; pixels of all images, each counting for SCENE_PIXELS more."""
        cost, pixels = COSTS["render"], self.pixels
        memory = cost.base_mb * (processes > 1) + processes * (cost.base_mb / 1.5 + cost.bytes_per_unit * pixels / MEGA)
        return Predicted(memory, cost.base_s + cost.ns_per_unit * self.images(split) * (pixels + SCENE_PIXELS) / 1e9)

    def prepare(self, split: Split, rendered: bool) -> Predicted:
        """Units: pixels of one source image; pixels of all source images."""
        pixels = self.pixels if rendered else max(self.pixels, SOURCE_PIXELS)
        return self._predicted("prepare", pixels, self.images(split) * pixels, self.images(split) * LISTED_BYTES)

    def train(self, cut: str, training: str) -> Predicted:
        """Units: pixels of a batch times the width and NARROW; pixels of all epochs times the width's cost."""
        recipe, width = self.experiment.trainings[training], self.experiment.cuts[cut].width
        batch = max(phase.batch_size * self.pixels // phase.downscale**2 for phase in recipe.phases if phase.epochs)
        seen = sum(phase.epochs * self.pixels // phase.downscale**2 for phase in recipe.phases)
        epochs = sum(phase.epochs for phase in recipe.phases)
        validated = min(recipe.validation_images, self.images("val"))
        work = (self.images("train") * seen + epochs * validated * self.pixels / 3) * layers(width)
        mapped = (self.images("train") + validated) * self.record_bytes()
        return self._predicted("train", batch * (width + NARROW), work, mapped + self.network_bytes(cut))

    def features(self, cut: str, split: Split) -> Predicted:
        """Units: pixels of a batch times the width; pixels of all images times the width's cost."""
        width, pixels = self.experiment.cuts[cut].width, self.images(split) * self.pixels
        # Of a record only the image is read, but the system maps pages around those, too: about half of it, as measured.
        mapped = self.images(split) * self.record_bytes() / 2
        return self._predicted("features", BATCH * self.pixels * width, pixels * layers(width), mapped)

    def fit(self, cut: str, fitted: str) -> Predicted:
        """Units: pixels of one image times the width and NARROW; pixels of all train images times the width's cost.

        ``fitted`` is TRANSFORM or a codec.
        """
        width, n = self.experiment.cuts[cut].width, self.images("train")
        mapped = 4 * n * self.elements(cut)
        usual = self._predicted("fit", self.pixels * (width + NARROW), n * self.pixels * layers(width), mapped)
        options = None if fitted == TRANSFORM else self.experiment.codec_options(fitted)
        return self._with_training(usual, cut, options) if isinstance(options, LearnedOptions) else usual

    def _with_training(self, usual: Predicted, cut: str, options: LearnedOptions) -> Predicted:
        """Return what a fit takes that trains networks around a codec, maybe through the tasks' decoders."""
        network, n = self.experiment.cuts[cut], self.images("train")
        positions = self.pixels // NETWORKS.get(network.name).cuts[network.place].stride ** 2
        products = 18 * options.width * (2 * self.elements(cut) + options.width * positions)
        networks_s = n * (options.epochs + options.decoder_epochs) * products * NS_PER_PRODUCT / 1e9
        decoders_s = n * options.decoder_epochs * self.pixels * layers(network.width) * COSTS["fit"].ns_per_unit / 1e9
        batch = self.pixels * (network.width + NARROW) * BATCH * (options.decoder_epochs > 0)
        return Predicted(usual.memory_mb + DECODER_BYTES * batch / MEGA, usual.seconds + networks_s + decoders_s)

    def encode(self, cut: str, method: str, codec: str, decodes: bool = False) -> Predicted:
        """Units: elements of what is sent of one image; those of all images at all qualities, as often as the codec is slower.

        ``decodes``: as long as the job would take by a fast codec; all of them decode fast.
        """
        elements = self.elements(cut, self.experiment.methods[method].sends)
        mapped = 4 * self.evaluated * elements
        passes = len(self.experiment.qualities(method)[codec])
        slower = 1 if decodes else SLOW_CODECS.get(self.experiment.codec_module(codec), 1)
        return self._predicted("encode", elements, slower * passes * self.evaluated * elements, mapped)

    def evaluate(self, cut: str, method: str, codec: str) -> Predicted:
        """Units: pixels of a batch times the width and NARROW; pixels of all images at all qualities times the width's cost. With
        decoding.
        """
        width, n = self.experiment.cuts[cut].width, self.evaluated
        elements = self.elements(cut, self.experiment.methods[method].sends)
        qualities = self.experiment.all_qualities(method)[codec]
        mapped = n * (self.record_bytes() + 4 * elements)
        scoring = self._predicted(
            "evaluate", BATCH * self.pixels * (width + NARROW), len(qualities) * n * self.pixels * layers(width), mapped
        )
        decoding = 0.0 if codec == UNCODED else self.encode(cut, method, codec, decodes=True).seconds
        return Predicted(scoring.memory_mb, scoring.seconds + decoding)

    def shown(self, stage: str) -> Predicted:
        """Return what a job of gather, draw or document takes. Units: images of all points, both."""
        return self._predicted(stage, self.points(), self.points())

    def _predicted(self, stage: str, at_once: float, passed: float, mapped: float = 0) -> Predicted:
        """Return what a job takes that has ``at_once`` units in memory, maps ``mapped`` bytes, and passes over ``passed``."""
        cost = COSTS[stage]
        memory = cost.base_mb + (cost.bytes_per_unit * at_once + mapped) / MEGA
        return Predicted(memory, cost.base_s + cost.ns_per_unit * passed / 1e9)


def layers(width: int) -> int:
    """Return how the time of a network grows with its width: in units of the stem's channels times NARROW and more."""
    return width * (width + NARROW)
