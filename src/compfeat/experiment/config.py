"""The whole configuration as one typed model, checked before any job runs; its sections are in ``entries.py``.

Read from YAML (``experiment/files.py``); ``Experiment.of`` resolves what cuts and trainings have in common and checks all names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field, create_model

from compfeat.codecs.base import CODECS, Codec
from compfeat.errors import ConfigError
from compfeat.experiment.entries import (
    CUT,
    BdRateConfig,
    ClaimsConfig,
    CodecConfig,
    ComparisonConfig,
    CutConfig,
    DatasetConfig,
    File,
    Folder,
    KeepConfig,
    LadderConfig,
    MethodConfig,
    RecordName,
    Seed,
    ShowcaseConfig,
    StatisticsConfig,
    ToolsConfig,
    TrainingConfig,
)
from compfeat.io import own_path
from compfeat.settings.recipe import Name
from compfeat.settings.runs import FLOAT, QUANTISED, UNCODED, Comparison, Run, Trained
from compfeat.settings.section import Section, options_of, validated


class Experiment(Section):
    """A whole configuration, with what cuts and trainings have in common filled in (see ``Experiment.of``)."""

    output: Folder = Field(description="folder of everything that this configuration makes, relative to the project")
    dataset: DatasetConfig
    tasks: tuple[Name, ...] = Field(min_length=1, description="tasks to train and score: plug-ins of compfeat.tasks")
    cuts: dict[Name, CutConfig] = Field(min_length=1, description="the networks, by where they are cut")
    trainings: dict[Name, TrainingConfig] = Field(min_length=1, description="ways to train networks, by name")
    keep: KeepConfig | None = Field(
        None,
        description="networks to keep as starts for other configurations; the run then makes nothing else; null for none",
    )
    keep_features: bool = Field(
        True,
        description="whether features stay on disk; false deletes each file when the run no longer needs it",
    )
    methods: dict[Name, MethodConfig] = Field(
        min_length=1, description="the methods to compare, by name, in the order of display"
    )
    seeds: tuple[Seed, ...] = Field(min_length=1, description="one run of every cut and method per seed")
    codecs: dict[Name, CodecConfig] = Field(min_length=1, description="codecs and their qualities")
    ladders: dict[Name, LadderConfig] = Field(description="curves of rate against a metric")
    comparisons: tuple[ComparisonConfig, ...] = Field(description="which method is compared with which")
    bd_rate: BdRateConfig
    statistics: StatisticsConfig
    records: dict[RecordName, File] | None = Field(
        None,
        description="folders of recorded runs of the same experiment to show as well: one of several seeds, one of several "
        "lengths of training, one of further codecs; null for none",
    )
    claims: dict[Name, ClaimsConfig] | None = Field(None, description="the claims to check, by name; null for none")
    showcase: ShowcaseConfig
    figures: tuple[str, ...] = Field(description="the figures to draw, in the paper's order")
    tools: ToolsConfig

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Experiment:
        """Return the experiment that a merged configuration describes; ``checks.checked`` looks at its names, too.

        Raises:
            ConfigError: the first key that is unknown, missing, or of the wrong type or range.
        """
        return validated(cls, resolved(config))

    def trained(self) -> list[Trained]:
        """Return the trained networks that the methods need, and those that these start from, cuts outermost."""
        needed = {method.training for method in self.methods.values()}
        while more := {s for name in needed if (s := self.trainings[name].start) and s in self.trainings} - needed:
            needed |= more
        names = [name for name in self.trainings if name in needed]
        return [Trained(cut, name, seed) for cut in self.cuts for name in names for seed in self.seeds]

    def start_file(self, cut: str, training: str) -> str | None:
        """Return the weights file from outside the run that a training of a cut starts from; None if it starts from none.

        Raises:
            ConfigError: the path begins with the home folder of nobody.
        """
        start = self.trainings[training].start
        if start is None or start in self.trainings:
            return None
        return str(own_path(start.replace(CUT, cut)))

    def encoder_file(self, cut: str, training: str) -> str | None:
        """Return the pretrained encoder's file that a training of a cut starts from; None if it starts from something else.

        Raises:
            ConfigError: the path begins with the home folder of nobody.
        """
        weights = self.cuts[cut].encoder_weights
        if not weights or self.trainings[training].start is not None:
            return None
        return str(own_path(weights.replace(CUT, cut)))

    def runs(self) -> list[Run]:
        """Return the runs: cuts outermost, then methods, then seeds, in the configuration's order."""
        return [Run(cut, method, seed) for cut in self.cuts for method in self.methods for seed in self.seeds]

    def trained_of(self, run: Run) -> Trained:
        """Return the trained network of a run."""
        return Trained(run.cut, self.methods[run.method].training, run.seed)

    def codec_module(self, codec: str) -> str:
        """Return the plug-in that an entry of ``codecs`` names."""
        return self.codecs[codec].codec or codec

    def codec_class(self, codec: str) -> type[Codec[Any]]:
        """Return the codec of an entry of ``codecs``. Raises ConfigError if there is no plug-in of its name."""
        return CODECS.get(self.codec_module(codec))

    def codec_options(self, codec: str) -> Section:
        """Return the options of an entry of ``codecs``. Raises ConfigError if the codec does not take them."""
        options: Section = options_of(self.codec_class(codec), self.codecs[codec].options, f"codecs.{codec}")
        return options

    def qualities(self, method: str) -> dict[str, tuple[str, ...]]:
        """Return the qualities that a method's runs are coded at, by codec, without the uncoded points."""
        sender = self.methods[method]
        if sender.codecs is not None:
            return dict(sender.codecs)
        return {
            name: sender.qualities.get(name, entry.qualities)
            for name, entry in self.codecs.items()
            if sender.sends in self.codec_class(name).sends
        }

    def qualities_of(self, codec: str) -> tuple[str, ...]:
        """Return the qualities at which any method is coded by a codec, finest first."""
        given = {quality for method in self.methods for quality in self.qualities(method).get(codec, ())}
        return tuple(quality for quality in self.codec_class(codec).qualities if quality in given)

    def all_qualities(self, method: str) -> dict[str, tuple[str, ...]]:
        """Return ``qualities`` with those of the points that need no codec under UNCODED, first."""
        uncoded = (FLOAT, QUANTISED) if self.methods[method].sends == "features" else (FLOAT,)
        return {UNCODED: uncoded, **self.qualities(method)}

    def resolved_comparisons(self) -> list[Comparison]:
        """Return every comparison on every ladder that it is about."""
        return [comparison for entry in self.comparisons for comparison in self.on_ladders(entry)]

    def on_ladders(self, entry: ComparisonConfig) -> list[Comparison]:
        """Return an entry of ``comparisons`` on every ladder that it is about."""
        pair = (entry.method, entry.against)
        if entry.ladder is not None:
            return [Comparison(*pair, entry.ladder, entry.against_ladder or entry.ladder)]
        names = self.ladders if entry.ladders is None else entry.ladders
        return [Comparison(*pair, ladder, ladder) for ladder in names if all(self.on_ladder(m, ladder) for m in pair)]

    def claimed(self, claim: ClaimsConfig) -> list[Comparison]:
        """Return the comparisons that a claim is about."""
        across = None if claim.ladder is None else (claim.ladder, claim.against_ladder or claim.ladder)
        return [
            c
            for c in self.resolved_comparisons()
            if (c.method, c.against) == (claim.method, claim.against)
            and (c.ladder, c.against_ladder) == (across or (c.ladder, c.ladder))
            and (claim.ladders is None or c.ladder in claim.ladders)
        ]

    def on_ladder(self, method: str, ladder: str) -> bool:
        """Return whether a method has points on a ladder."""
        return bool(set(self.ladders[ladder].codecs) & set(self.qualities(method)))

    def label(self, method: str) -> str:
        """Return what a method is called in figures and tables."""
        return self.methods[method].label or method

    def lossless(self, method: str) -> dict[tuple[str, str], str]:
        """Return the lossless (codec, quality) of what a method sends, with the uncoded quality that each must equal."""
        sends = self.methods[method].sends
        return {
            (name, quality): reference
            for name, qualities in self.qualities(method).items()
            for quality in qualities
            if (reference := self.codec_class(name).reference(quality, sends, self.codec_options(name))) is not None
        }


SHARED: Mapping[str, tuple[str, type[Section]]] = {
    "network": ("cuts", CutConfig),
    "training": ("trainings", TrainingConfig),
}
"""Sections of the files whose keys are merged into every entry of another section."""


class Part(Experiment):
    """Some sections of an experiment (see ``part_of``); reading another one is an error."""

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in type(self).model_fields:
                raise ConfigError(f"section {name!r} of the experiment is read, but not given; add it to what is used")
            raise AttributeError(name)


def part_of(values: Mapping[str, Any]) -> Experiment:
    """Return an experiment with only the sections in ``values``, checked like those of a whole one.

    Raises:
        ConfigError: a section is unknown, or a key in it is wrong; later, where a section is read that is not there.
    """
    fields: dict[str, Any] = {k: (f.annotation, f) for k, f in Experiment.model_fields.items() if k in values}
    sections = validated(create_model("Sections", __base__=Section, **fields), values)
    part = Part.model_construct(**dict(sections))
    for name in Experiment.model_fields.keys() - fields.keys():
        vars(part).pop(name, None)  # its default
    return part


def resolved(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration in which every cut and training is complete: ``network`` and ``training`` are merged into each.

    Raises:
        ConfigError: a section that must be a mapping is something else, or a shared key is unknown.
    """
    values = dict(config)
    for shared, (section, model) in SHARED.items():
        common, entries = values.pop(shared, None) or {}, values.get(section)
        for key, value in ((shared, common), (section, entries)):
            if not isinstance(value, Mapping):
                raise ConfigError(f"key {key!r}: found {value!r}; expected a mapping from keys to values")
        unknown = [key for key in common if key not in model.model_fields]
        if unknown:
            known = ", ".join(model.model_fields)
            raise ConfigError(f"key '{shared}.{unknown[0]}' is unknown; expected one of {known}")
        whole = {}
        for name, entry in (entries or {}).items():
            if entry is None:  # An overlay removed it.
                continue
            if not isinstance(entry, Mapping):
                raise ConfigError(
                    f"key '{section}.{name}': found {entry!r}; expected a mapping, {{}} for nothing of its own"
                )
            whole[name] = {**({"place": name} if section == "cuts" else {}), **common, **entry}
        values[section] = whole
    return values
