"""Pickles read as data: NumPy arrays and plain containers, and nothing else.

A pickle is a small program. Here it runs in Python's own interpreter of it (`pickle._Unpickler`,
not the one in C, which allocates by what it is told), and every instruction that could build or
call anything is replaced: only the few names by which NumPy stores arrays are known, and they lead
to the stand-ins below, which check what they are given and copy bytes. Nothing is imported, called
or set on any object of the file's choosing.
"""

from __future__ import annotations

import io
import math
import pickle
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.files import SourceError
from voxviewer.sources.boundary import DAMAGED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from voxviewer.data import Progress

OFTEN = 256
"""Arrays and dicts between two looks at the progress."""


class ForbiddenError(pickle.UnpicklingError):
    """The file asks for something that is not an array or a plain container."""


class ArrayState:
    """An array on its way: made empty, filled once by its state."""

    def __init__(self) -> None:
        self.value: Any = None

    def fill(self, state: Any) -> None:
        """Take (version, shape, dtype, fortran, bytes) as `ndarray.__setstate__` does."""
        shape, dtype, fortran, raw = state[-4:]
        self.value = _array(raw, dtype, shape, "F" if fortran else "C")


class DtypeState:
    """A dtype on its way: NumPy sends its name first, then its byte order."""

    def __init__(self, name: Any) -> None:
        text = name.decode("latin-1") if isinstance(name, bytes) else name
        if not isinstance(text, str) or len(text) > 8:
            raise ForbiddenError("a dtype without a name")
        self.value = np.dtype(text)
        if self.value.kind not in "biufc":
            raise ForbiddenError(f"an array of {self.value.name}")

    def fill(self, state: Any) -> None:
        """Take (version, byte order, ...); everything else belongs to dtypes that are refused."""
        order = state[1].decode("latin-1") if isinstance(state[1], bytes) else state[1]
        if order in ("<", ">"):
            self.value = np.dtype(order + self.value.str[1:])


def _array(raw: Any, dtype: Any, shape: Any, order: str) -> np.ndarray[Any, Any]:
    """An array of these very bytes: there must be as many as the shape says."""
    if isinstance(raw, str):  # a pickle of Python 2
        raw = raw.encode("latin-1")
    if not isinstance(dtype, DtypeState) or not isinstance(raw, (bytes, bytearray)):
        raise ForbiddenError("an array of objects")
    sizes = shape if isinstance(shape, tuple) else (shape,)
    if not all(type(size) is int and size >= 0 for size in sizes) or len(sizes) > 32:
        raise ForbiddenError("an array without a shape")
    if math.prod(sizes) * dtype.value.itemsize != len(raw) or order not in ("C", "F"):
        raise ForbiddenError("an array whose bytes do not fit its shape")
    return np.frombuffer(raw, dtype.value).reshape(sizes, order=order)  # type: ignore[call-overload, no-any-return]


# --- the names that are known -----------------------------------------------------------------


def _reconstruct(*_: Any) -> ArrayState:
    return ArrayState()


def _dtype(name: Any, *_: Any) -> DtypeState:
    return DtypeState(name)


def _frombuffer(raw: Any, dtype: Any, shape: Any, order: Any, axes: Any = None) -> ArrayState:
    """As `numpy._core.numeric._frombuffer`: order "K" is C with the axes turned afterwards."""
    made = ArrayState()
    made.value = _array(raw, dtype, shape, "C" if order == "K" else order)
    if order == "K" and axes is not None:
        if type(axes) is not tuple or sorted(axes) != list(range(made.value.ndim)):
            raise ForbiddenError("an array with other axes than its shape")
        made.value = made.value.transpose(axes)
    return made


def _scalar(dtype: Any, raw: Any) -> Any:
    return _array(raw, dtype, (), "C").item()


def _encode(text: Any, encoding: Any = "latin1") -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise ForbiddenError("an encoding of text")
    return text.encode("latin-1")


def _ordered(*items: Any) -> OrderedDict[Any, Any]:
    made: OrderedDict[Any, Any] = OrderedDict()
    for key, value in items[0] if items else ():
        made[_plain_key(key)] = value
    return made


class Named:
    """One of the few things that a file may name; `call` is None for those that are only named."""

    def __init__(self, call: Callable[..., Any] | None) -> None:
        self.call = call


KNOWN: dict[tuple[str, str], Named] = {
    ("numpy", "ndarray"): Named(None),
    ("numpy", "dtype"): Named(_dtype),
    ("_codecs", "encode"): Named(_encode),
    ("collections", "OrderedDict"): Named(_ordered),
}
for _core in ("numpy.core", "numpy._core"):
    KNOWN[f"{_core}.multiarray", "_reconstruct"] = Named(_reconstruct)
    KNOWN[f"{_core}.multiarray", "scalar"] = Named(_scalar)
    KNOWN[f"{_core}.numeric", "_frombuffer"] = Named(_frombuffer)


# --- the interpreter --------------------------------------------------------------------------


def _plain_key(key: Any) -> Any:
    """Keys that cannot nest: hashing a tuple a million deep overflows the stack."""
    if not isinstance(key, (str, bytes, int, float, type(None))):
        raise ForbiddenError(f"a {type(key).__name__} as a key")
    return key


_Base: Any = pickle._Unpickler


class PlainUnpickler(_Base):  # type: ignore[misc]
    """Python's interpreter of pickles with everything taken out that calls or builds."""

    dispatch = dict(_Base.dispatch)

    def __init__(self, data: bytes, progress: Progress) -> None:
        self._file, self._total, self._progress = io.BytesIO(data), max(len(data), 1), progress
        self._steps = 0
        self.stopped = False
        super().__init__(self._file, encoding="latin1")

    def _step(self) -> None:
        """Every array and every dict comes by here; the boundary lets what this raises pass."""
        if self._steps % OFTEN == 0:
            self.stopped = True
            self._progress(self._file.tell() / self._total, "Reading the pickle")
            self.stopped = False
        self._steps += 1

    def find_class(self, module: str, name: str) -> Any:
        """One of the known names, as a stand-in; nothing is imported."""
        if (module, name) not in KNOWN:
            raise ForbiddenError(f"{module}.{name}"[:80])
        return KNOWN[module, name]

    def persistent_load(self, identity: Any) -> Any:
        """There is nothing outside of the file."""
        raise ForbiddenError("an object outside of the file")

    def plain_reduce(self) -> None:
        """Call one of the stand-ins; arrays hide in them until the end."""
        self._step()
        arguments = self.stack.pop()
        known = self.stack[-1]
        if not isinstance(known, Named) or known.call is None or type(arguments) is not tuple:
            raise ForbiddenError("a call")
        self.stack[-1] = known.call(*arguments)

    def plain_build(self) -> None:
        """Fill a stand-in; nothing else has a state."""
        state = self.stack.pop()
        if not isinstance(self.stack[-1], (ArrayState, DtypeState)) or type(state) is not tuple:
            raise ForbiddenError("an object with a state")
        self.stack[-1].fill(state)

    def plain_setitem(self) -> None:
        """One entry of a dict."""
        value = self.stack.pop()
        key = _plain_key(self.stack.pop())
        self._dict(self.stack[-1])[key] = value

    def plain_setitems(self) -> None:
        """Many entries of a dict."""
        self._step()
        items = self.pop_mark()
        target = self._dict(self.stack[-1])
        for place in range(0, len(items) - 1, 2):
            target[_plain_key(items[place])] = items[place + 1]

    def plain_dict(self) -> None:
        """A dict of what lies on the stack."""
        items = self.pop_mark()
        self.append({_plain_key(items[i]): items[i + 1] for i in range(0, len(items) - 1, 2)})

    def plain_append(self) -> None:
        """One item of a list."""
        value = self.stack.pop()
        self._list(self.stack[-1]).append(value)

    def plain_appends(self) -> None:
        """Many items of a list."""
        items = self.pop_mark()
        self._list(self.stack[-1]).extend(items)

    def plain_additems(self) -> None:
        """Items of a set."""
        items = self.pop_mark()
        if type(self.stack[-1]) is not set:
            raise ForbiddenError("items of what is no set")
        self.stack[-1].update(_plain_key(item) for item in items)

    def plain_frozenset(self) -> None:
        """A set that stays as it is."""
        items = self.pop_mark()
        self.append(frozenset(_plain_key(item) for item in items))

    def refuse(self) -> None:
        """What builds objects, calls, or reaches out of the file."""
        raise ForbiddenError("an object")

    @staticmethod
    def _dict(target: Any) -> Any:
        if type(target) not in (dict, OrderedDict):
            raise ForbiddenError("entries of what is no dict")
        return target

    @staticmethod
    def _list(target: Any) -> Any:
        if type(target) is not list:
            raise ForbiddenError("items of what is no list")
        return target


for _code, _own in {
    pickle.REDUCE: PlainUnpickler.plain_reduce,
    pickle.BUILD: PlainUnpickler.plain_build,
    pickle.SETITEM: PlainUnpickler.plain_setitem,
    pickle.SETITEMS: PlainUnpickler.plain_setitems,
    pickle.DICT: PlainUnpickler.plain_dict,
    pickle.APPEND: PlainUnpickler.plain_append,
    pickle.APPENDS: PlainUnpickler.plain_appends,
    pickle.ADDITEMS: PlainUnpickler.plain_additems,
    pickle.FROZENSET: PlainUnpickler.plain_frozenset,
    **dict.fromkeys(
        (
            pickle.INST, pickle.OBJ, pickle.NEWOBJ, pickle.NEWOBJ_EX, pickle.EXT1, pickle.EXT2,
            pickle.EXT4, pickle.PERSID, pickle.BINPERSID, pickle.NEXT_BUFFER,
        ),
        PlainUnpickler.refuse,
    ),
}.items():  # fmt: skip
    PlainUnpickler.dispatch[_code[0]] = _own


def load_plain(data: bytes, path: Path, progress: Progress) -> Any:
    """What a pickle holds, arrays inside of `ArrayState`; `SourceError` where it wants more."""
    unpickler = PlainUnpickler(data, progress)
    try:
        return unpickler.load()
    except ForbiddenError as error:
        raise SourceError(
            path,
            f"holds {error}, and only arrays and plain lists are read from a pickle, because it "
            "can run code",
            "Save the keypoints as .npz",
        ) from error
    except (MemoryError, RecursionError, EOFError):
        raise
    except Exception as error:
        # A damaged pickle runs into anything; what `progress` raises is not about the file.
        if unpickler.stopped:
            raise
        raise SourceError(path, "is not a pickle that can be read", DAMAGED) from error


def array_of(value: Any) -> np.ndarray[Any, Any] | None:
    """The array of a stand-in, or None where there is none."""
    found = value.value if isinstance(value, ArrayState) else None
    return found if isinstance(found, np.ndarray) else None
