"""Where the processes keep what they count. Apart, since the library looks for the folder when it is first imported."""

import os
from pathlib import Path

from config.settings import Settings

FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def keep_counts(settings: Settings) -> None:
    """Have this process and those it starts count into INSTANCE/metrics, where the counts are asked for at all. What dead processes
    counted goes: to Prometheus that is a restart."""
    if not settings.metrics_token:
        return
    folder = Path(settings.instance, "metrics").resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ[FOLDER] = str(folder)
    for file in folder.glob("*.db"):
        pid = file.stem.rpartition("_")[2]
        if not Path("/proc", pid).exists():
            file.unlink(missing_ok=True)
