"""Compiling a function with Numba. Importing this compiles nothing, but it brings in Numba: only what solves or searches does."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
from numpy.typing import NDArray

Array = NDArray[Any]

# Numba notices a change in a function's own file, not in what it calls in another: so each state of these files has its own folder.
_SOURCES = sorted(Path(__file__).parent.glob("*.py"))
_STATE = hashlib.sha256(b"".join(source.read_bytes() for source in _SOURCES)).hexdigest()[:16]
numba.config.CACHE_DIR = str(Path(__file__).parent / "__pycache__" / f"compiled-{_STATE}")  # type: ignore[attr-defined]  # made when it is loaded


def kernel(function: Callable[..., Any]) -> Any:
    """Compile, keeping the machine code on disk where a folder for it can be written."""
    return _compiled(function)


def inner_kernel(function: Callable[..., Any]) -> Any:
    """The same for what an innermost loop calls: it becomes part of its callers, since to hand arrays on takes longer than what it does.

    It makes no arrays, so nobody need count who holds them: Numba would count up and down for every column that is handed on, at each call.
    """
    return _compiled(function, forceinline=True, _nrt=False)


def view_kernel(function: Callable[..., Any]) -> Any:
    """An inner kernel that gives arrays back."""
    return _compiled(function, forceinline=True)


def parallel_kernel(function: Callable[..., Any]) -> Any:
    """The same for a function with ``prange``: its turns run on all cores."""
    return _compiled(function, parallel=True)


def _compiled(function: Callable[..., Any], **options: Any) -> Any:
    try:
        return numba.njit(cache=True, error_model="numpy", **options)(function)
    except RuntimeError:  # no such folder
        return numba.njit(error_model="numpy", **options)(function)
