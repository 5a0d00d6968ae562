"""The example data that lies beside the repository, where it is there."""

from pathlib import Path

import pytest


def shared_data() -> Path:
    """The folder with ``FORMATS.md`` and ``lyon/``. Skips the test on a machine without it; no script can bring it there."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the example data (../shared/data) is not on this machine")
    return folder
