"""What a training run is told: the config's ``train`` section and the run's own key."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phase:
    """A part of a training with a schedule of its own; the network, the loss weights and Adam's moments go on into the next.

    Attributes:
        epochs: passes over the train split.
        downscale: trains on images this many times smaller along each axis: cheap first steps.
        crop_width_px: trains on an upright strip this wide of each image, whole height; 0 for the whole width. Cheap as well, and
            what is seen keeps its size.
        batch_size: images a step.
        learning_rate: Adam's rate at the peak.
        final_rate_fraction: the rate at the end of the cosine, as a fraction of the peak.
    """

    epochs: int
    downscale: int
    crop_width_px: int
    batch_size: int
    learning_rate: float
    final_rate_fraction: float


@dataclass(frozen=True)
class TrainSettings:
    """Settings of one training run. Epochs are passes over the train split.

    Attributes:
        cut: where the network is cut.
        loss: name of the loss on the features.
        seed: seeds the initial weights, the order of the images, their flips and the Q-layer's noise.
        width: channels of the stem; 64 in the paper.
        decoder_convolutions: 3x3 convolutions a decoder stage; 1 in the paper's networks.
        tasks: the tasks to train.
        phases: what is trained, one after the other.
        warmup_epochs: epochs of linear rise to the peak, at the start of each phase.
        strength: lambda, the weight of the whole term on the features (METHOD.md, "Multi-task loss").
        strength_factors: knots (epoch, factor) of what the strength is multiplied by over the run, by rising epoch.
        noise_steps: width of the Q-layer's noise in quantiser steps.
        quantiser_bits: n of the n-bit quantiser.
        validation_images: how many of the val split's first images the epoch table is measured on.
        device: ``auto``, ``cpu``, ``cuda`` or ``mps``.
        precision: ``float32``, or ``bfloat16`` on cuda.
        encoder_weights: safetensors file of torchvision's ImageNet ResNet-34, or empty.
        threads: CPU threads; part of the result's identity, since sums are split by thread.
    """

    cut: str
    loss: str
    seed: int
    width: int
    decoder_convolutions: int
    tasks: tuple[str, ...]
    phases: tuple[Phase, ...]
    warmup_epochs: float
    strength: float
    strength_factors: tuple[tuple[float, float], ...]
    noise_steps: float
    quantiser_bits: int
    validation_images: int
    device: str = "auto"
    precision: str = "float32"
    encoder_weights: str = ""
    threads: int = 1
