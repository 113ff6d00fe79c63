"""Named tensors on disk, as safetensors: nothing is unpickled."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from compfeat.errors import CheckpointError
from compfeat.io import write_bytes


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write ``tensors`` atomically. Unlike safetensors' own ``save_file``, this gives the file the usual permissions."""
    write_bytes(path, save({name: t.detach().cpu().contiguous() for name, t in tensors.items()}, metadata))


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file. Raises CheckpointError where it is missing or damaged."""
    try:
        return load_file(path)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: weights not found; check the path, or run the stage that makes them") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(
            f"{path}: not a whole safetensors file ({error}); delete it and rerun the stage that makes it"
        ) from None


def load_strictly(module: nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    """Load ``tensors`` into ``module``: every name and shape must match. Raises CheckpointError with the first difference."""
    expected = module.state_dict()
    # Counters of batches seen are not in every release of torchvision's weights and do not enter any result.
    optional = {name for name in expected if name.endswith("num_batches_tracked")}
    for name in sorted((set(expected) - optional) ^ (set(tensors) - optional)):
        where = "missing" if name in expected else "unexpected"
        raise CheckpointError(f"{path}: tensor {name!r} is {where}; the file belongs to another network")
    for name in sorted(set(tensors) & set(expected)):
        if tensors[name].shape != expected[name].shape:
            found, wanted = tuple(tensors[name].shape), tuple(expected[name].shape)
            raise CheckpointError(f"{path}: tensor {name!r} has shape {found}, expected {wanted}; check width and cut")
    module.load_state_dict({**{k: expected[k] for k in optional}, **tensors})
