"""Model files looked at before they are opened: zip directories, HDF5 links, sizes, depths.

A model file comes from anywhere. A zip may unpack to far more than it is, an HDF5 file may name
other files on this computer as its data, or declare arrays of terabytes. Everything here is checked
from directories and headers, before contents are read; nothing is extracted, nothing executed.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.files import SourceError, require_memory, size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

MEMBER_LIMIT = 512 << 20
TOTAL_LIMIT = 2 << 30
RATIO_LIMIT = 200
"""Unpacked over packed; weights pack badly, configurations to about a tenth."""
MEMBERS = 10_000
JSON_LIMIT = 64 << 20
KNOWN_MEMBERS = ("metadata.json", "config.json", "model.weights.h5")
FILTERS = {1, 2, 3, 4, 5, 6, 32000}
"""HDF5's own filters and h5py's LZF; others would load a library from this computer."""

MAKE_KERAS = "Save it again with `model.save('model.keras')`"


@contextmanager
def boundary(path: str) -> Iterator[None]:
    """Turn whatever the libraries raise about a file into one `SourceError`."""
    try:
        yield
    except SourceError:
        raise
    except FileNotFoundError as error:
        raise SourceError(path, "is not there", "Check the path") from error
    except PermissionError as error:
        raise SourceError(path, "may not be read", "Change its permissions") from error
    except (MemoryError, RecursionError) as error:
        raise SourceError(path, "is nested too deeply or too large to read") from error
    except Exception as error:
        if getattr(error, "passes_boundary", False):
            raise
        raise SourceError(path, f"is damaged: {error}", "Copy it again") from error


class ZipMembers:
    """A `.keras` archive whose directory has been checked; members are read whole, into memory."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except zipfile.BadZipFile as error:
            remedy = "Copy it again, or choose another file"
            raise SourceError(path, "is cut off or not a .keras archive", remedy) from error
        try:
            self._members = _checked(path, self._zip.infolist())
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> ZipMembers:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """A member's bytes; its size was checked."""
        if name not in self._members:
            raise SourceError(self.path, f"holds no {name}", MAKE_KERAS)
        member = self._members[name]
        require_memory(2 * member.file_size, self.path, f"reading {name}")
        with self._zip.open(member) as file:
            return file.read(member.file_size)


def _checked(path: str, members: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The members by name, or `SourceError` where the directory promises trouble."""
    bomb = "It is damaged or made to harm"
    if len(members) > MEMBERS:
        raise SourceError(path, f"lists {len(members)} members", bomb)
    for member in members:
        name, size = member.filename, member.file_size
        if member.flag_bits & 1:
            raise SourceError(path, f"is encrypted ({name})", "Save it without a password")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # bz2 and LZMA unpack a piece without a limit, whatever size the directory names.
            raise SourceError(path, f"packs {name} in an unknown way", MAKE_KERAS)
        if not _known(name):
            raise SourceError(path, f"holds {name!r}, which no Keras model holds", bomb)
        if size > MEMBER_LIMIT:
            raise SourceError(path, f"unpacks {name} to {size_text(size)}", bomb)
        if size > (1 << 20) and size > RATIO_LIMIT * max(member.compress_size, 1):
            raise SourceError(path, f"unpacks {name} over {RATIO_LIMIT} to 1", bomb)
    if sum(member.file_size for member in members) > TOTAL_LIMIT:
        raise SourceError(path, f"unpacks to over {size_text(TOTAL_LIMIT)}", bomb)
    return {member.filename: member for member in members}


def _known(name: str) -> bool:
    parts = name.split("/")
    return name in KNOWN_MEMBERS or (
        parts[0] == "assets" and ".." not in parts and "\\" not in name
    )


def parse_json(path: str, text: str | bytes, what: str) -> dict[str, Any]:
    """A JSON object of limited size; its depth is limited by the interpreter."""
    if len(text) > JSON_LIMIT:
        raise SourceError(path, f"its {what} has {size_text(len(text))}", "It is not a model's")
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise SourceError(path, f"its {what} is nested too deeply", "It is made to harm") from error
    except ValueError as error:
        raise SourceError(path, f"its {what} is not JSON: {error}", "Copy it again") from error
    if not isinstance(value, dict):
        raise SourceError(path, f"its {what} is not a JSON object", MAKE_KERAS)
    return value


class Node:
    """A group of an HDF5 file, read with mistrust: hard links only, nothing outside this file.

    Parameters
    ----------
    path : of the model file, for sentences
    group : `h5py.Group`
    """

    def __init__(self, path: str, group: Any) -> None:
        self.path, self._group = path, group

    @property
    def address(self) -> int:
        """Where the group lies in the file: hard links may make circles."""
        import h5py

        return int(h5py.h5o.get_info(self._group.id).addr)

    def names(self) -> list[str]:
        """The names of what it holds."""
        return [str(name) for name in self._group]

    def text(self, name: str) -> str:
        """An attribute as text, "" where it is absent."""
        if name not in self._group.attrs:
            return ""
        value = self._group.attrs[name]
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

    def texts(self, name: str) -> list[str]:
        """An attribute that lists names; Keras splits long ones into name0, name1, ..."""
        found: list[str] = []
        for key in (name, *(f"{name}{i}" for i in range(MEMBERS))):
            if key in self._group.attrs:
                rows = np.atleast_1d(self._group.attrs[key])
                found += [r.decode() if isinstance(r, bytes) else str(r) for r in rows.tolist()]
            elif key != name:
                break
        return found

    def group(self, name: str) -> Node | None:
        """A group inside, "a/b" too; None where there is none."""
        import h5py

        found = self._follow(name)
        return Node(self.path, found) if isinstance(found, h5py.Group) else None

    def shape(self, name: str) -> tuple[int, ...] | None:
        """The shape of an array inside, from its header; None where there is none."""
        import h5py

        found = self._follow(name)
        return tuple(found.shape or ()) if isinstance(found, h5py.Dataset) else None

    def array(self, name: str) -> NDArray[np.float32]:
        """The values of an array of numbers, as float32."""
        dataset = self._follow(name)
        if dataset is None or self.shape(name) is None:
            raise SourceError(self.path, f"holds no array {name}", "Copy it again")
        self._check(dataset, name)
        if dataset.attrs.get("dtype") == "bfloat16" and dataset.dtype.itemsize == 2:
            return _from_bfloat16(dataset[()])
        if dataset.dtype.kind != "f":
            raise SourceError(
                self.path,
                f"holds {name} as {dataset.dtype}, not as floating point numbers",
                "Save the model without quantization",
            )
        return np.asarray(dataset[()], np.float32)

    def check(self, name: str) -> int:
        """How many numbers an array holds; `SourceError` where it is not what it should be."""
        shape = self.shape(name)
        if shape is None:
            return 0
        self._check(self._follow(name), name)
        return math.prod(shape)

    def _check(self, dataset: Any, name: str) -> None:
        """Refuse data that lie outside the file, or are larger than they can be."""
        harm = "It may be made to harm"
        if dataset.is_virtual or dataset.external:
            raise SourceError(self.path, f"takes {name} from other files", harm)
        plist = dataset.id.get_create_plist()
        filters = {plist.get_filter(i)[0] for i in range(plist.get_nfilters())}
        if filters - FILTERS:
            raise SourceError(self.path, f"packs {name} in an unknown way", "Save it unpacked")
        needed = math.prod(dataset.shape or ()) * dataset.dtype.itemsize
        if needed > MEMBER_LIMIT:
            raise SourceError(self.path, f"declares {name} as {size_text(needed)}", harm)
        if needed > (1 << 20) and needed > RATIO_LIMIT * max(dataset.id.get_storage_size(), 1):
            raise SourceError(self.path, f"declares {name} larger than it is", harm)
        require_memory(3 * needed, self.path, f"reading {name}")

    def _follow(self, name: str) -> Any:
        """What a path of hard links leads to, or None; other links are refused."""
        import h5py

        found = self._group
        for part in name.split("/"):
            if not isinstance(found, h5py.Group) or not part or part == "..":
                return None
            link = found.get(part, getlink=True)
            if link is None:
                return None
            if not isinstance(link, h5py.HardLink):
                problem = f"links {name} to another place or file"
                raise SourceError(self.path, problem, "It may be made to harm")
            found = found[part]
        return found


def _from_bfloat16(raw: NDArray[Any]) -> NDArray[np.float32]:
    """bfloat16 is the upper half of float32."""
    upper = np.ascontiguousarray(raw).view("<u2").reshape(raw.shape)
    return (upper.astype(np.uint32) << 16).view(np.float32)


@contextmanager
def open_hdf5(path: str, content: bytes | None = None) -> Iterator[Node]:
    """Open an HDF5 file, or the bytes of one, for reading."""
    import h5py

    try:
        file = h5py.File(io.BytesIO(content) if content is not None else path, "r")
    except OSError as error:
        if not Path(path).exists():
            raise SourceError(path, "is not there", "Check the path") from error
        remedy = "Copy it again, or choose another file"
        raise SourceError(path, "is cut off or not an HDF5 file", remedy) from error
    with file:
        yield Node(path, file)
