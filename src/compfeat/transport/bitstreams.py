"""The archive of a run's bitstreams by one codec: a zip file with ``QUALITY.bin`` and ``QUALITY.side_info`` of every quality.

Nothing in it is compressed or dated, so equal bitstreams give equal bytes, and ``unzip -p`` gives a stream that can be played.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from compfeat.arrays import write_archive
from compfeat.codecs.base import RERUN
from compfeat.errors import BitstreamError, DataError


def stream_name(quality: str) -> str:
    """Return the name of a quality's bitstream."""
    return f"{quality}.bin"


def side_info_name(quality: str) -> str:
    """Return the name of what is sent beside a quality's bitstream."""
    return f"{quality}.side_info"


def pack(archive: Path, folder: Path, qualities: Iterable[str]) -> None:
    """Write the bitstreams and side information of all ``qualities``, files in ``folder``, to ``archive``, atomically."""
    names = [name for quality in qualities for name in (stream_name(quality), side_info_name(quality))]
    write_archive(archive, ((name, (folder / name).read_bytes()) for name in names))


@contextmanager
def unpacked(archive: Path) -> Iterator[Path]:
    """Yield a temporary folder with the files of ``archive``; errors about one of them name the archive instead.

    Raises:
        BitstreamError: the archive is missing or damaged.
    """
    with TemporaryDirectory() as temporary:
        folder = Path(temporary, archive.name)
        folder.mkdir()
        try:
            for name, content in read_archive(archive).items():
                (folder / name).write_bytes(content)
            yield folder
        except (BitstreamError, DataError) as error:
            raise type(error)(str(error).replace(str(folder), str(archive))) from None


def read_archive(archive: Path) -> dict[str, bytes]:
    """Return the contents of ``archive`` by name. Raises BitstreamError if it is missing or damaged."""
    try:
        with zipfile.ZipFile(archive) as opened:
            return {Path(name).name: opened.read(name) for name in opened.namelist()}
    except FileNotFoundError:
        raise BitstreamError(f"{archive}: not found; {RERUN}") from None
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
        raise BitstreamError(f"{archive}: not an archive of bitstreams ({error}); delete it and {RERUN}") from None
