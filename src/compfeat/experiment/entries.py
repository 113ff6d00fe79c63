"""The sections of the configuration, each a typed model with its defaults, units and ranges; ``config.py`` has the whole."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field

from compfeat.io import own_path
from compfeat.settings.recipe import Name, NamedPlugin, NetworkConfig, Recipe
from compfeat.settings.runs import SPLITS, Sends, Split
from compfeat.settings.section import Section

CUT = "{cut}"
"""Stands in the path of a file of weights for the cut's name."""


def one_file(path: str) -> str:
    """Return ``path`` where every job can be given it. Raises ValueError if it is not one file to Snakemake, or no argument."""
    if any(c in "{}" or unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in path):
        raise ValueError(f"found {path!r}; expected a path without braces and control characters; rename it")
    if path.startswith("-"):
        raise ValueError(f"found {path!r}; expected a path that does not begin with -; write ./{path}")
    return path


def one_file_per_cut(path: str) -> str:
    """Return ``path`` where it has no braces but CUT, and is otherwise ``one_file``. Raises ValueError if it is not."""
    try:
        one_file(path.replace(CUT, "cut"))
    except ValueError:
        raise ValueError(
            f"found {path!r}; expected no braces but those of {CUT}, and no control characters; remove the others"
        ) from None
    return path


def inside(folder: str) -> str:
    """Return ``folder`` where it is relative and inside the project. Raises ValueError if it is not."""
    parts = folder.split("/")
    if not folder or "\\" in folder or folder[0] == "~" or any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"found {folder!r}; expected a folder relative to the project and inside it, such as results")
    return one_file(folder)


DRAWN = (
    *((0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x2E9), (0x300, 0x34F), (0x370, 0x37E), (0x384, 0x4FF), (0x531, 0x55F)),
    *((0x561, 0x587), (0x10D0, 0x10FC), (0x1E00, 0x1EFB), (0x1F00, 0x1F7D), (0x2010, 0x2027), (0x2030, 0x205E)),
    *((0x2070, 0x209C), (0x20A0, 0x20B5), (0x2190, 0x22FF), (0x2500, 0x262F), (0x270C, 0x2727)),
)
"""Ranges of characters, of those that there are, which the fonts of both the figures and the paper have."""


def not_drawn(text: str) -> list[str]:
    """Return the characters of ``text`` that the figures or the paper would draw as boxes, each once, with their code points."""
    lacking = [c for c in text if not (unicodedata.name(c, "") and any(low <= ord(c) <= high for low, high in DRAWN))]
    return [f"{c if c.isprintable() else ''} (U+{ord(c):04X})".strip() for c in dict.fromkeys(lacking)]


def drawn(text: str) -> str:
    """Return ``text`` where figures and paper can show it. Raises ValueError if a font lacks a character."""
    lacking = not_drawn(text)
    if lacking:
        more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        raise ValueError(
            f"found {', '.join(lacking[:3])}{more}, which the fonts of figures and paper lack; "
            "expected Latin, Greek or Cyrillic letters, digits and signs; write it in those"
        )
    return text


File = Annotated[str, AfterValidator(one_file)]
"""The path of a file or folder."""
WeightsFile = Annotated[str, AfterValidator(one_file_per_cut)]
"""The path of a file of weights, with CUT for the cut's name."""
Folder = Annotated[str, AfterValidator(inside)]
"""A folder relative to the project, inside it, without a slash at its end."""
Text = Annotated[str, AfterValidator(drawn)]
"""A text that figures or the paper show."""
Seed = Annotated[int, Field(ge=0, lt=2**63)]
MIN_IMAGES_FOR_INTERVALS, MIN_RESAMPLES_FOR_INTERVALS = 10, 20
"""The fewest evaluated images and resamples that give an interval; with fewer of either, claims stay undecided."""


class Images(Section):
    """How many images of each split are rendered or taken; null takes all."""

    train: Annotated[int, Field(ge=1)] | None = Field(description="of the train split")
    val: Annotated[int, Field(ge=1)] | None = Field(description="of the val split")
    test: Annotated[int, Field(ge=1)] | None = Field(description="of the test split")

    def of(self, split: Split) -> int | None:
        """Return how many images of ``split``."""
        return {"train": self.train, "val": self.val, "test": self.test}[split]


class DatasetConfig(Section):
    """What the networks see."""

    name: Name = Field(description="the reader: a plug-in of compfeat.datasets")
    root: File = Field(min_length=1, description="folder of the source images; rendered scenes are written into it")
    prepared: Folder = Field(description="folder of the resized, packed scenes, relative to the project")
    size: tuple[Annotated[int, Field(ge=16)], Annotated[int, Field(ge=16)]] = Field(
        description="height and width of the input (px); multiples of the strides of all cuts"
    )
    images: Images = Field(description="how many of each split are rendered or taken; null takes all")
    evaluated_split: Literal["val", "test"] = Field(
        description="split that is coded, evaluated and reported: test, or val for choices"
    )
    render_seed: Seed = Field(description="seed of rendered scenes; other datasets do not use it")

    @property
    def splits(self) -> tuple[Split, ...]:
        """The splits that a run reads: train, val for the epoch table, and the evaluated one."""
        return tuple(split for split in SPLITS if split in ("train", "val", self.evaluated_split))


class CutConfig(NetworkConfig):
    """A network and where it is cut. Keys of ``network`` apply to all cuts; a cut may override each."""

    encoder_weights: WeightsFile | None = Field(
        description="safetensors file of pretrained encoder weights to start from, or its address (s3://...), with {cut} in it; "
        "`installed` for those of the network's Python package; or null"
    )


class TrainingConfig(Recipe):
    """How a network is trained. Keys of ``training`` apply to all trainings; an entry of ``trainings`` may override each."""

    start: WeightsFile | None = Field(
        None,
        description="what it starts from: a training, or a safetensors file or address (s3://...) with {cut} in it; null for none",
    )


class KeepConfig(Section):
    """Trained networks that are copied out of the output, to be committed, for other configurations to start from."""

    training: Name = Field(description="the training whose networks are kept")
    folder: Folder = Field(description="where they are copied to, as CUT.safetensors; outside of output")


class MethodConfig(Section):
    """What a sender does: a training and, after it, a transform of the features; or sending the image."""

    training: Name = Field(description="the training whose network is used")
    transform: NamedPlugin | None = Field(
        None, description="a plug-in of compfeat.transforms, with its options; null for none"
    )
    sends: Sends = Field("features", description="what is coded: the features, or the image (remote inference)")
    label: Text = Field("", description="name in figures and tables; the key if empty")
    codecs: dict[Name, tuple[str, ...]] | None = Field(
        None,
        description="codecs and qualities of this method alone; null for all qualities of `codecs` that fit what it sends",
    )
    qualities: dict[Name, Annotated[tuple[str, ...], Field(min_length=1)]] = Field(
        default_factory=dict,
        description="qualities of this method by codec, in place of the codec's; other codecs keep theirs",
    )


class CodecConfig(Section):
    """A codec with its qualities; all other keys are its own options."""

    model_config = ConfigDict(extra="allow", frozen=True)

    codec: str = Field("", description="the plug-in of compfeat.codecs; the entry's key if empty")
    qualities: tuple[str, ...] = Field(
        min_length=1, description="qualities of every run whose method does not set its own"
    )

    @property
    def options(self) -> dict[str, Any]:
        """The codec's own options."""
        return dict(self.model_extra or {})


class LadderConfig(Section):
    """The codecs whose points make one curve."""

    codecs: tuple[Name, ...] = Field(min_length=1, description="codecs whose points make the curve")
    label: Text = Field("", description="name in figures and tables; the key if empty")


class ComparisonConfig(Section):
    """A method against another one, on every ladder, on some, or across two ladders."""

    method: Name = Field(description="the method that is tested")
    against: Name = Field(description="the anchor: the method that it is compared with")
    ladders: tuple[Name, ...] | None = Field(None, description="ladders on which both are compared; null for all")
    ladder: Name | None = Field(None, description="the test's ladder, if it is not the anchor's")
    against_ladder: Name | None = Field(None, description="the anchor's ladder, if it is not the test's")


class BdRateConfig(Section):
    """How two curves become one BD-rate."""

    frontier: bool = Field(description="whether only efficient points enter a fit")


class StatisticsConfig(Section):
    """The bootstrap over the evaluated images."""

    resamples: int = Field(ge=1, description="number of resamples")
    confidence: float = Field(gt=0, lt=1, description="confidence level of the intervals")
    seed: Seed = Field(description="seed of the bootstrap")


RecordName = Literal["seeds", "length", "codecs"]
"""What a recorded run that is shown beside varies: its seeds, the length of its trainings, or the codecs of the same features."""


class ClaimsConfig(Section):
    """What is claimed of a method, and the rules for supporting it; written down before the numbers."""

    text: Text = Field(min_length=1, description="the claim in words")
    method: Name = Field(description="the test: the method of the claims")
    against: Name = Field(description="the method that it is compared with")
    ladders: tuple[Name, ...] | None = Field(
        None, description="ladders that they are about; null for all that are compared"
    )
    ladder: Name | None = Field(None, description="the test's ladder, if it is not the anchor's")
    against_ladder: Name | None = Field(None, description="the anchor's ladder, if it is not the test's")
    published: bool = Field(False, description="whether the published numbers are checked by the same rules")
    at_loss_percent: Literal[1, 5] | None = Field(
        None,
        description="claim the change of rate at this loss of each metric; null for the BD-rate",
    )
    bd_rate_percent: float = Field(
        description="fewer bits: the interval of the BD-rate, or of the change of rate at the loss, lies at or below this (%)"
    )
    float_loss: dict[str, float] = Field(
        default_factory=dict,
        description="no loss: on float features, the interval of each metric's loss lies at or below this, in the metric's unit "
        "(where lower is better, in % of the anchor's)",
    )
    least_tasks: int = Field(ge=1, description="several tasks: at least this many have a BD-rate interval below 0")


class ShowcaseConfig(Section):
    """Images that are kept as pictures at every point."""

    images: tuple[Annotated[int, Field(ge=0)], ...] = Field(
        min_length=1, description="positions in the evaluated split, from 0"
    )


class ToolsConfig(Section):
    """Programs."""

    ffmpeg: File | None = Field(
        description="an ffmpeg binary with the encoders of the codecs; null for the one of imageio-ffmpeg"
    )

    @property
    def ffmpeg_path(self) -> str | None:
        """The binary, with ``~`` as the home folder that it stands for. Raises ConfigError if there is none."""
        return str(own_path(self.ffmpeg)) if self.ffmpeg else None
