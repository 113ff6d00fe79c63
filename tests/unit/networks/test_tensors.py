"""Weights from outside: what they may be, and how any other file is refused in one line that says what to do."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save, save_file
from torch import Tensor, nn

from compfeat.errors import CheckpointError
from compfeat.networks.tensors import REMAKE, load_strictly, read_tensors

OTHER = "give another file as the start"


def small() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Conv2d(2, 1, 1))


def refused(tensors: dict[str, Tensor], remedy: str = OTHER) -> str:
    """Return in which line tensors are refused, which then change nothing."""
    module = small()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    with pytest.raises(CheckpointError) as caught:
        load_strictly(module, tensors, Path("w.safetensors"), remedy)
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    return str(caught.value)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "state_dict.", "model.", "module._orig_mod.", "net.0."])
def test_the_prefix_of_a_wrapper_is_named(prefix: str) -> None:
    wrapped = {f"{prefix}{name}": tensor for name, tensor in small().state_dict().items()}
    expected = (
        f"w.safetensors: the names of its tensors begin with {prefix!r}, as in '{prefix}0.bias'; save them without it"
    )
    assert refused(wrapped | {"epoch": torch.zeros(())}) == expected


def test_weights_of_something_else_have_no_prefix() -> None:
    tensors = small().state_dict()
    assert "tensor '9.bias' is unexpected; the file belongs to another network" in refused(
        tensors | {"9.bias": torch.zeros(1)}
    )
    del tensors["0.bias"]
    assert "tensor '0.bias' is missing; the file belongs to another network" in refused(tensors)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["2.weight", "1.running_var"])
def test_values_that_are_not_finite_are_refused(name: str, value: float) -> None:
    tensors = {key: tensor.clone() for key, tensor in small().state_dict().items()}
    tensors[name].view(-1)[-1] = value
    for remedy in (OTHER, REMAKE):
        assert refused(tensors, remedy) == f"w.safetensors: tensor {name!r} has values that are not finite; {remedy}"


def test_what_is_beyond_float32_is_not_finite() -> None:
    tensors = small().double().state_dict()
    tensors["0.bias"][0] = 1e300
    assert "tensor '0.bias' has values that are not finite" in refused(tensors)


def test_whole_numbers_are_no_weights() -> None:
    tensors = small().state_dict() | {"0.bias": torch.zeros(2, dtype=torch.int8)}
    assert refused(tensors) == f"w.safetensors: tensor '0.bias' has torch.int8, expected torch.float32; {OTHER}"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_converted(dtype: torch.dtype) -> None:
    module, saved = small(), small().to(dtype)
    load_strictly(module, saved.state_dict(), Path("w"))
    assert {t.dtype for t in module.parameters()} == {torch.float32}
    assert all(torch.equal(a, b.float()) for a, b in zip(module.parameters(), saved.parameters(), strict=True))


def by_torch(legacy: bool) -> bytes:
    content = io.BytesIO()
    torch.save({"state_dict": small().state_dict()}, content, _use_new_zipfile_serialization=not legacy)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (lambda: by_torch(False), "found what torch.save writes: load it there and save its tensors by safetensors"),
        (lambda: by_torch(True), "found what torch.save writes"),
        (
            lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n",
            "found a pointer of Git LFS: run git",
        ),
        (lambda: b"\n<!DOCTYPE html><html></html>" + bytes(100), "found a web page: download the file itself"),
        (lambda: b"", "found an empty file"),
        (lambda: save({"a": torch.zeros(9)})[:-1], ""),
        (lambda: bytes(range(1, 100)), ""),
    ],
)
def test_another_file_under_the_name_is_told_what_it_is(
    content: Callable[[], bytes], found: str, tmp_path: Path
) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(content())
    with pytest.raises(CheckpointError) as caught:
        read_tensors(path, OTHER)
    said = str(caught.value)
    assert said.startswith(f"{path}: not a whole safetensors file ({found}") and said.endswith(f"); {OTHER}")
    assert "\n" not in said


def test_a_folder_is_no_weights(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="not a whole safetensors file"):
        read_tensors(tmp_path)


def test_no_tensors_at_all(tmp_path: Path) -> None:
    save_file({}, tmp_path / "w.safetensors")
    assert "tensor '0.bias' is missing" in refused(read_tensors(tmp_path / "w.safetensors"))
