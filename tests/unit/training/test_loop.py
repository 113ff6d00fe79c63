"""Training: it repeats, and a run that is killed and resumed ends in the same bytes as one that was left alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import save, save_file
from torch import Tensor

from compfeat.cli.pipeline.train import chosen_loss, chosen_variant
from compfeat.errors import ConfigError
from compfeat.losses.step import Step
from compfeat.training import loop, schedule
from compfeat.training.loop import Learner, Scenes, train
from compfeat.training.settings import TrainSettings
from compfeat.training.variants.base import VARIANTS
from compfeat.training.variants.plugins.standard import Standard
from helpers import random_scenes
from tiny import LOSS, phase, tiny_network, tiny_tasks, train_settings

Trained = tuple[bytes, list[dict[str, Any]]]
"""Weights as the bytes of their file, and the epoch table."""
SCENES = Scenes(random_scenes(6, seed=1), random_scenes(2, seed=2))
STEPS = 9  # three epochs of three steps
SAID: list[str] = []
"""What the latest training said of its checkpoint."""


class KilledError(Exception):
    """Stands for a signal that ends the process."""


@pytest.fixture
def resume(tmp_path: Path) -> Path:
    return tmp_path / "resume.safetensors"


def learner_of(settings: TrainSettings) -> Learner:
    loss = chosen_loss(settings, tiny_tasks())
    return Learner.of(tiny_network(settings.cut), loss, chosen_variant(settings), torch.device("cpu"))


def run(
    resume: Path,
    settings: TrainSettings | None = None,
    die_at: int = -1,
    identity: str = "this run",
    prepare: Callable[[Learner], None] = lambda learner: None,
) -> Trained:
    """Train; die when step ``die_at`` is reported."""
    torch.set_num_threads(1)
    settings = settings or train_settings()
    learner = learner_of(settings)
    prepare(learner)
    SAID.clear()

    def report(done: int, terms: dict[str, float]) -> None:
        if done == die_at:
            raise KilledError

    rows = train(learner, SCENES, settings, resume, {"code": identity, "torch": "2"}, report, SAID.append)
    return save({name: t.contiguous() for name, t in learner.modules.state_dict().items()}), rows


def kill(resume: Path, die_at: int, settings: TrainSettings | None = None, **more: Any) -> None:
    """Train until step ``die_at``."""
    with pytest.raises(KilledError):
        run(resume, settings, die_at, **more)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return run(tmp_path_factory.mktemp("run") / "resume.safetensors")


@pytest.mark.parametrize("die_at", [0, 3, 4, 8, STEPS])
def test_a_killed_run_resumes_to_the_same_weights(die_at: int, undisturbed: Trained, resume: Path) -> None:
    kill(resume, die_at)
    # The epoch that was being trained is lost, the ones before it are not.
    assert resume.exists() == (die_at > 3)
    assert run(resume) == undisturbed


def test_a_run_of_two_phases_that_dies_twice_resumes_across_their_border(resume: Path) -> None:
    phases = [p.model_dump() for p in (phase(epochs=1, downscale=2, batch_size=3), phase(epochs=2, crop_width_px=32))]
    settings = train_settings(phases=phases)
    whole = run(resume.with_name("whole"), settings)
    assert [row["downscale"] for row in whole[1]] == [2, 1, 1]
    for die_at in (3, 4):
        kill(resume, die_at, settings)
    assert run(resume, settings) == whole


def test_a_run_that_draws_from_torchs_own_generator_resumes_to_the_same_weights(resume: Path) -> None:
    def with_dropout(learner: Learner) -> None:
        decode = learner.network.decode
        learner.network.decode = lambda features: decode(torch.nn.functional.dropout(features))  # type: ignore[method-assign]

    whole = run(resume.with_name("whole"), prepare=with_dropout)
    kill(resume, 7, prepare=with_dropout)
    torch.rand(5)
    assert run(resume, prepare=with_dropout) == whole


def rewritten(change: Callable[[dict[str, Tensor], dict[str, str]], Any]) -> Callable[[Path], None]:
    """Return what changes the tensors and the metadata of a safetensors file."""

    def rewrite(path: Path) -> None:
        with safe_open(path, "pt") as file:
            meta, tensors = dict(file.metadata()), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        change(tensors, meta)
        save_file(tensors, path, meta)

    return rewrite


WEIGHT, MOMENT = "module.network.encoder.conv1.weight", "optimizer.0.exp_avg"
DAMAGE: dict[str, Callable[[Path], Any]] = {
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "emptied": lambda path: path.write_bytes(b""),
    "another format": lambda path: torch.save({"epoch": 1}, path),
    "one bit": lambda path: path.write_bytes(path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1])),
    "overwritten": lambda path: path.write_bytes(b"x" * 100),
    "other metadata": rewritten(lambda tensors, meta: meta.update(state='{"epoch": 2}')),
    "metadata that are no JSON": rewritten(lambda tensors, meta: meta.update(state="{")),
    "no checksum": rewritten(lambda tensors, meta: meta.pop("sha256")),
    "a tensor more": rewritten(lambda tensors, meta: tensors.update(x=torch.zeros(1))),
    "no metadata": rewritten(lambda tensors, meta: meta.clear()),
    "another epoch": rewritten(lambda tensors, meta: meta.update(state=meta["state"].replace('ch": 1', 'ch": 2', 1))),
    "another name": rewritten(lambda tensors, meta: tensors.update(x=tensors.pop(WEIGHT))),
    "another shape": rewritten(lambda tensors, meta: tensors.update({WEIGHT: tensors[WEIGHT][:1]})),
    "another type": rewritten(lambda tensors, meta: tensors.update({MOMENT: tensors[MOMENT].double()})),
    "no moments": rewritten(lambda tensors, meta: tensors.pop(MOMENT)),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_checkpoint_costs_time_only(damage: str, undisturbed: Trained, resume: Path) -> None:
    kill(resume, 5)
    DAMAGE[damage](resume)
    assert run(resume) == undisturbed
    assert len(SAID) == 1 and SAID[0].startswith(f"{resume}: not a whole checkpoint (") and "\n" not in SAID[0]


def test_another_runs_checkpoint_is_not_resumed(undisturbed: Trained, resume: Path) -> None:
    run(resume, train_settings(seed=9, learning_rate=0.01), identity="another run")
    assert SAID == []
    assert run(resume) == undisturbed
    assert [f"{resume}: made with other code; the training starts over"] == SAID


def test_the_table_has_a_row_an_epoch_without_the_last_digits_of_reductions(undisturbed: Trained) -> None:
    rows = undisturbed[1]
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert all(math.isfinite(value) and value == float(f"{value:.9g}") for row in rows for value in row.values())
    assert {"loss_segmentation", "loss_disparity", "loss_reconstruction", "loss_features", "val_miou"} <= set(rows[0])


@pytest.mark.parametrize(
    "change",
    [
        {"loss": "baseline"},
        {"seed": 4},
        {"loss": {"name": "compressible", "strength": {"c256": 0.2}}},
        {"loss": {**LOSS, "range": "batch"}},
        {"noise_steps": 0.0},
    ],
)
def test_what_is_changed_changes_the_weights(change: dict[str, Any], undisturbed: Trained, resume: Path) -> None:
    assert run(resume, train_settings(**change))[0] != undisturbed[0]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_the_training_at_once(value: float, resume: Path) -> None:
    steps: list[float] = []

    def spoil(learner: Learner) -> None:
        weigh = learner.loss.forward

        def spoilt(losses: Any, epoch: float) -> Tensor:
            steps.append(epoch)
            if len(steps) == 4:
                losses["disparity"] = losses["disparity"] * value
            return weigh(losses, epoch)

        learner.loss.forward = spoilt  # type: ignore[method-assign]

    expected = (
        rf"diverged: loss of \w+ is {value} at step 1 of epoch 2; lower trainings\.tried\.phases\.0\.learning_rate"
    )
    with pytest.raises(ConfigError, match=expected):
        run(resume, prepare=spoil)
    assert len(steps) == 4


def test_weights_that_the_last_step_of_an_epoch_spoils_are_found(resume: Path) -> None:
    settings = train_settings()
    learner = learner_of(settings)

    def report(done: int, terms: dict[str, float]) -> None:
        if done == 3:
            torch.nn.init.constant_(learner.network.encoder.conv1.weight, math.nan)  # type: ignore[union-attr,arg-type]

    with pytest.raises(ConfigError, match=r"network\.encoder\.conv1\.weight is nan at step 3 of epoch 1"):
        train(learner, SCENES, settings, resume, {}, report, print)


class Dark(Standard):
    """A variant that shows the network black images."""

    def shown(self, images: NDArray[np.uint8], step: Step) -> NDArray[np.uint8]:
        return np.zeros_like(images)


def test_the_network_sees_what_is_shown_and_answers_for_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VARIANTS._entries, "dark", Dark)
    learner = learner_of(train_settings(variant={"name": "dark"}))
    seen: list[float] = []
    encode, loss = learner.network.encode, learner.network.tasks["reconstruction"].loss

    def recorded_loss(output: Tensor, truth: dict[str, Tensor]) -> Tensor:
        seen.append(float(truth["image"].max()))
        return loss(output, truth)

    def recorded_encode(image: Tensor) -> Tensor:
        assert not image.any()
        return encode(image)

    monkeypatch.setattr(learner.network, "encode", recorded_encode)
    monkeypatch.setattr(learner.network.tasks["reconstruction"], "loss", recorded_loss)
    epoch = schedule.epochs(learner.variant.settings.recipe.phases, len(SCENES.train))[0]
    loop.train_epoch(learner, SCENES.train, epoch, learner.variant.settings, lambda done, terms: None)
    assert len(seen) == epoch.steps and min(seen) > 0.9


class Frozen(Standard):
    """A variant that trains the decoders alone."""

    def trainable(self, parameter: str) -> bool:
        return parameter.startswith("decoders.")


def test_what_a_variant_freezes_stays_as_it_was(resume: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VARIANTS._entries, "frozen", Frozen)
    before: dict[str, Tensor] = {}
    networks: list[torch.nn.Module] = []

    def keep(learner: Learner) -> None:
        networks.append(learner.network)
        before.update({name: t.clone() for name, t in learner.network.state_dict().items()})

    run(resume, train_settings(variant="frozen", loss="baseline"), prepare=keep)
    changed = {name for name, t in networks[0].state_dict().items() if not torch.equal(t, before[name])}
    assert changed and all(name.startswith("decoders.") for name in changed)
