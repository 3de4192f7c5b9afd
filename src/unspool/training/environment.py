"""What a run ran on, so that its figures can be compared with others."""

import os
import platform
import time
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

NAMED = ("model name", "Hardware", "cpu model")  # lines of /proc/cpuinfo


def environment(packages: tuple[str, ...], threads: int | None = None) -> dict[str, Any]:
    """Return the date, the versions of what computes, and the processor; nothing that names a person or a machine.

    Args:
        packages: are those that compute, besides Unspool and NumPy.
        threads: is the number of threads of the run; none where it has no choice.
    """
    found: dict[str, Any] = {"date": time.strftime("%Y-%m-%d"), "python": platform.python_version()}
    for package in ("unspool", "numpy", *packages):
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    found |= {"system": f"{platform.system()} {platform.machine()}".strip(), "processor": _processor()}
    found |= {"processors": os.cpu_count() or 1} | ({} if threads is None else {"threads": threads})
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith(NAMED))
    return next(names, platform.processor())
