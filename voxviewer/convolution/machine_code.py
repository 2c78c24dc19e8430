"""Compiled loops kept as machine code, so that a later start need not import Numba for them.

Importing Numba and preparing it for its first call costs more than a second of processor time,
even where its own cache has everything. These loops need none of it: they take numbers and flat
arrays, allocate nothing and give nothing back. So Numba compiles them once on a computer; of its
code the plain function is kept, without the wrappers that speak with Python, and a later start
hands the file to LLVM and calls it by its address. Calls release the interpreter.

A file is named after everything its code depends on: the loops' source, this module, Numba's
version and the processor. It begins with a digest: a damaged one is made again.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from voxviewer.files import replace_file

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "voxviewer_loop"
SOURCES = ("kernels.py", "blocks.py", "machine_code.py")
"""The files whose text decides what the code is."""
DIGEST = hashlib.sha256().digest_size

_NEVER_CALLED = "define void @NRT_MemInfo_call_dtor(ptr %info) {\n  ret void\n}\n"
"""What Numba calls when the last holder of an array's memory lets go: here nobody holds any."""


class Loop:
    """A loop at an address: called with the arrays and numbers that the compiled function takes.

    `code` : an object file with the function `NAME`
    """

    def __init__(self, code: bytes) -> None:
        from llvmlite import binding

        machine = _machine()
        # The engine owns the memory in which the function lies.
        self._engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
        self._engine.add_object_file(binding.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        self._address = self._engine.get_function_address(NAME)
        if not self._address:
            raise ImportError("the compiled loop is not in its file")
        self._function: Any = None

    def __call__(self, *given: Any) -> None:
        """Run; contiguous arrays, whole numbers and tuples of them: always the same kinds."""
        flat: list[Any] = []
        for item in given:
            flat.extend(_flat(item))
        if self._function is None:
            self._function = _prototype(tuple(map(type, flat)))(self._address)
        status = self._function(ctypes.addressof(_BACK), ctypes.addressof(_ERROR), *flat)
        if status:
            raise RuntimeError(f"a compiled loop ended with status {status}")


_BACK, _ERROR = ctypes.c_int64(), ctypes.c_void_p()
"""Where a loop would write what it gives back, and why it failed: these do neither."""


def _flat(item: Any) -> tuple[Any, ...]:
    """What Numba passes for an array: holder, owner, count, bytes of one, address, shape, steps."""
    if isinstance(item, np.ndarray):
        assert item.flags.c_contiguous
        address = item.__array_interface__["data"][0]
        return None, None, item.size, item.itemsize, address, *item.shape, *item.strides
    return item if isinstance(item, tuple) else (item,)


def _prototype(kinds: tuple[type, ...]) -> Any:
    """The C function type; an address is a number as any other to the processor."""
    pointer = ctypes.c_void_p
    flat = [pointer if kind is type(None) else ctypes.c_int64 for kind in kinds]
    return ctypes.CFUNCTYPE(ctypes.c_int32, pointer, pointer, *flat)


def loop(name: str, compiled: Callable[[], Any]) -> Loop:
    """The loop of this name, from its file, or compiled and kept for the next start.

    Parameters
    ----------
    name : says which loop it is; letters, digits and "-"
    compiled : makes Numba's compiled function, of one signature

    Raises
    ------
    Exception
        of any kind where this cannot be done here; Numba's own function then serves
    """
    file = _folder() / f"{name}-{_circumstances()}.o"
    kept = _read(file)
    if kept is not None:
        return Loop(kept)
    code = _object_of(compiled())
    made = Loop(code)
    _write(file, code)
    return made


def _folder() -> Path:
    """Where Numba's own cache lies, which `prepare_numba` decides."""
    return Path(os.environ["NUMBA_CACHE_DIR"]) / "loops"


def _read(file: Path) -> bytes | None:
    try:
        held = file.read_bytes()
    except OSError:
        return None
    digest, code = held[:DIGEST], held[DIGEST:]
    return code if hashlib.sha256(code).digest() == digest else None


def _write(file: Path, code: bytes) -> None:
    """Keep the code; where that cannot be it is compiled anew the next time."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with replace_file(file) as part:
            part.write_bytes(hashlib.sha256(code).digest() + code)
    except OSError:
        return


@cache
def _circumstances() -> str:
    """What the code depends on, as a short word."""
    from llvmlite import __version__, binding

    here = Path(__file__)
    numba = find_spec("numba")
    version = Path(numba.origin or "").with_name("_version.py") if numba is not None else here
    parts = (
        *(here.with_name(name).read_bytes() for name in SOURCES),
        version.read_bytes() if version.exists() else b"",
        __version__.encode(),
        binding.get_process_triple().encode(),
        binding.get_host_cpu_name().encode(),
        _features().encode(),
    )
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:20]


def _features() -> str:
    from llvmlite import binding

    return str(binding.get_host_cpu_features().flatten())


def _machine() -> Any:
    """The processor at hand, as Numba describes it to LLVM."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    target = binding.Target.from_triple(binding.get_process_triple())
    return target.create_target_machine(
        cpu=binding.get_host_cpu_name(), features=_features(), opt=3, reloc="pic", jit=True
    )


def _object_of(dispatcher: Any) -> bytes:
    """The object file of a compiled function, without all that speaks with Python."""
    from llvmlite import binding

    (signature,) = dispatcher.signatures
    module = binding.parse_assembly(dispatcher.inspect_llvm(signature))
    names = [one.name for one in module.functions if not one.is_declaration]
    (main,) = (
        name
        for name in names
        if not name.startswith(("cfunc.", "_ZN7cpython", "NRT_"))
        and module.get_function(name).linkage == binding.Linkage.external
    )
    for name in names:
        if name != main:
            module.get_function(name).linkage = binding.Linkage.internal
    module.get_function(main).name = NAME
    machine = _machine()
    _swept(module, machine)
    if any(one.name == "NRT_MemInfo_call_dtor" for one in module.functions):
        module.link_in(binding.parse_assembly(_NEVER_CALLED))
    module.verify()
    foreign = [
        one.name
        for one in module.functions
        if one.is_declaration and not one.name.startswith("llvm.")
    ]
    if foreign:
        raise ImportError(f"the compiled loop needs {', '.join(foreign)}")
    return bytes(machine.emit_object(module))


def _swept(module: Any, machine: Any) -> None:
    """Take out what nobody calls any more."""
    from llvmlite import binding

    builder = binding.create_pass_builder(machine, binding.create_pipeline_tuning_options())
    passes = binding.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.add_strip_dead_prototype_pass()
    passes.run(module, builder)
