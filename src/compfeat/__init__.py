"""Compressible features of split networks: a codec for the features of any network, and the pipeline of a paper about them.

``import compfeat`` is cheap: what it offers is imported when it is first used, with NumPy and SciPy.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compfeat.errors import BitstreamError, CompfeatError, ConfigError, DataError
    from compfeat.feature_codec import FeatureCodec, StreamInfo, read_info

__version__ = "0.1.0"
__all__ = [
    "BitstreamError",
    "CompfeatError",
    "ConfigError",
    "DataError",
    "FeatureCodec",
    "StreamInfo",
    "__version__",
    "read_info",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from compfeat import errors, feature_codec

    return getattr(errors if name.endswith("Error") else feature_codec, name)
