"""Weights from outside: what they may be, and how any other file is refused in one line that says what to do."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from torch import Tensor, nn

from compfeat.errors import CheckpointError
from compfeat.networks.tensors import load_strictly, read_tensors

OTHER = "give another file as the start"


def small() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Conv2d(2, 1, 1))


def refused(tensors: dict[str, Tensor]) -> str:
    """Return in which line tensors are refused, which then change nothing."""
    module = small()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    with pytest.raises(CheckpointError) as caught:
        load_strictly(module, tensors, Path("w.safetensors"), OTHER)
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    return str(caught.value)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "state_dict.", "model.", "module._orig_mod.", "net.0."])
def test_the_prefix_of_a_wrapper_is_named(prefix: str) -> None:
    wrapped = {f"{prefix}{name}": tensor for name, tensor in small().state_dict().items()}
    assert f"begin with {prefix!r}, as in '{prefix}0.bias'" in refused(wrapped | {"epoch": torch.zeros(())})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"9.bias": torch.zeros(1)}, "'9.bias' is unexpected; the file belongs to another network"),
        ({"0.bias": None}, "'0.bias' is missing; the file belongs to another network"),
        (dict.fromkeys(small().state_dict()), "'0.bias' is missing"),
        ({"0.bias": torch.zeros(3)}, "'0.bias' has shape (3,), expected (2,)"),
        ({"0.bias": torch.zeros(2, dtype=torch.int8)}, f"'0.bias' has torch.int8, expected torch.float32; {OTHER}"),
        ({"2.bias": torch.tensor([math.nan])}, f"'2.bias' has values that are not finite; {OTHER}"),
        ({"1.running_var": torch.tensor([1, math.inf])}, "'1.running_var' has values that are not finite"),
        ({"1.running_var": torch.tensor([1, -math.inf])}, "'1.running_var' has values that are not finite"),
        ({"2.bias": torch.tensor([1e300], dtype=torch.float64)}, "'2.bias' has values that are not finite"),
    ],
)
def test_weights_of_something_else_are_refused(change: dict[str, Tensor | None], message: str) -> None:
    changed = {name: tensor for name, tensor in (small().state_dict() | change).items() if tensor is not None}
    assert f"w.safetensors: tensor {message}" in refused(changed)


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
        (lambda: by_torch(False), "found what torch.save writes"),
        (lambda: by_torch(True), "found what torch.save writes"),
        (lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n", "found a pointer of Git LFS"),
        (lambda: b"\n<!DOCTYPE html><html></html>" + bytes(100), "found a web page"),
        (lambda: b"", "found an empty file"),
        (lambda: save({"a": torch.zeros(9)})[:-1], ""),
        (lambda: bytes(range(1, 100)), ""),
        (None, ""),
    ],
)
def test_another_file_under_the_name_is_told_what_it_is(
    content: Callable[[], bytes] | None, found: str, tmp_path: Path
) -> None:
    path = tmp_path / "w.safetensors"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content())
    with pytest.raises(CheckpointError) as caught:
        read_tensors(path, OTHER)
    assert str(caught.value).startswith(f"{path}: not a whole safetensors file ({found}")
    assert str(caught.value).endswith(f"); {OTHER}") and "\n" not in str(caught.value)


def test_weights_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"w\.safetensors: weights not found"):
        read_tensors(tmp_path / "w.safetensors")
