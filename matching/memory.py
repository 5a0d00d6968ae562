"""Compiled: arrays by their addresses. A kernel that is handed a dozen arrays takes longer to unpack them than a search takes."""

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import carray, types  # type: ignore[attr-defined]
from numba.core import cgutils
from numba.extending import intrinsic

from matching.jit import inner_kernel, view_kernel


def _as_pointer(_context: Any, address: Any) -> Any:
    def codegen(_target: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return builder.inttoptr(values[0], cgutils.voidptr_t)

    return types.voidptr(address), codegen


def _ask_ahead(_context: Any, address: Any) -> Any:
    def codegen(target: Any, builder: Any, _signature: Any, values: Any) -> Any:
        pointer, number = builder.inttoptr(values[0], cgutils.voidptr_t), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), (pointer.type, number, number, number))
        function = builder.module.declare_intrinsic("llvm.prefetch", (pointer.type,), kind)
        builder.call(function, (pointer, number(0), number(3), number(1)))  # to be read, kept near, data
        return target.get_dummy_value()

    return types.void(address), codegen


_pointer: Any = intrinsic(_as_pointer)
_prefetch: Any = intrinsic(_ask_ahead)


@view_kernel
def array_at(address, shape, dtype):  # type: ignore[no-untyped-def]
    """Good for as long as somebody holds the array that lies there."""
    return carray(_pointer(address), shape, dtype)


@inner_kernel
def fetch(begin, end):  # type: ignore[no-untyped-def]
    """Have what lies between two addresses brought near while something else is worked on."""
    for address in range(begin, end, 64):
        _prefetch(address)
