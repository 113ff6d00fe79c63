"""Named tensors on disk, as safetensors: nothing is unpickled."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from compfeat.errors import CheckpointError
from compfeat.io import write_bytes

REMAKE = "delete it and rerun the stage that makes it"
"""What to do about a damaged file of the pipeline's own."""
BY_TORCH = "found what torch.save writes: load it there and save its tensors by safetensors.torch.save_file"
FOREIGN = {
    b"PK": BY_TORCH,
    b"\x80": BY_TORCH,
    b"version https://git-lfs": "found a pointer of Git LFS: run git lfs pull",
    b"<": "found a web page: download the file itself",
}
"""What files are that begin so, and are taken for weights."""


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write ``tensors`` atomically. Unlike safetensors' own ``save_file``, this gives the file the usual permissions."""
    write_bytes(path, save({name: t.detach().cpu().contiguous() for name, t in tensors.items()}, metadata))


def read_tensors(path: Path, remedy: str = REMAKE) -> dict[str, Tensor]:
    """Read a safetensors file. Raises CheckpointError if it is missing or damaged; ``remedy`` is what to do then."""
    try:
        return load_file(path)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: weights not found; check the path, or run the stage that makes them") from None
    except (SafetensorError, OSError, ValueError) as error:
        found = foreign_content(path) or error
        raise CheckpointError(f"{path}: not a whole safetensors file ({found}); {remedy}") from None


def foreign_content(path: Path) -> str:
    """Return what a file is that is no safetensors file, by its first bytes; empty if that is not known."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError:
        return ""
    if not head:
        return "found an empty file"
    return next((what for start, what in FOREIGN.items() if head.lstrip().startswith(start)), "")


def load_strictly(module: nn.Module, tensors: dict[str, Tensor], path: Path, remedy: str = REMAKE) -> None:
    """Load ``tensors`` into ``module``: every name, shape and kind of number must match, and every value be finite.

    Other precisions of floating point are converted. Raises CheckpointError with the first difference; then nothing is loaded.
    """
    expected = module.state_dict()
    # Counters of batches seen are not in every release of torchvision's weights and do not enter any result.
    optional = {name for name in expected if name.endswith("num_batches_tracked")}
    if prefix := common_prefix(tensors, set(expected) - optional):
        raise CheckpointError(
            f"{path}: the names of its tensors begin with {prefix!r}, as in {prefix + min(set(expected) - optional)!r}; "
            "save them without it"
        )
    for name in sorted((set(expected) - optional) ^ (set(tensors) - optional)):
        where = "missing" if name in expected else "unexpected"
        raise CheckpointError(f"{path}: tensor {name!r} is {where}; the file belongs to another network")
    for name in sorted(set(tensors) & set(expected)):
        found, wanted = tensors[name], expected[name]
        if found.shape != wanted.shape:
            raise CheckpointError(
                f"{path}: tensor {name!r} has shape {tuple(found.shape)}, expected {tuple(wanted.shape)}; check width and cut"
            )
        if found.is_floating_point() != wanted.is_floating_point():
            raise CheckpointError(f"{path}: tensor {name!r} has {found.dtype}, expected {wanted.dtype}; {remedy}")
        if not torch.isfinite(found.to(wanted.dtype)).all():
            raise CheckpointError(f"{path}: tensor {name!r} has values that are not finite; {remedy}")
    module.load_state_dict({**{k: expected[k] for k in optional}, **tensors})


def common_prefix(names: Collection[str], expected: Collection[str]) -> str:
    """Return what wrappers such as DataParallel put before all ``expected`` names; empty if they are not there that way."""
    first = min(expected, default="")
    candidates = (name.removesuffix(first) for name in sorted(names) if name.endswith(first))
    return next((p for p in candidates if p and all(f"{p}{name}" in names for name in expected)), "")
