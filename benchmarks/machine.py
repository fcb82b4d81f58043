"""What the figures were measured on."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import psutil

PACKAGES = ("rushes", "psycopg", "sqlalchemy", "procrastinate", "pgqueuer")
BUSY = 0.2
"""Share of the machine that others may use before the figures mean less."""


def describe(server_version: str) -> dict[str, Any]:
    """Describe the machine and what runs on it; takes a second, in which it watches how busy it is."""
    return {
        "python": platform.python_version(),
        "postgresql": server_version,
        "packages": {name: found for name in PACKAGES if (found := installed(name))},
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "busy_before": round(psutil.cpu_percent(interval=1.0) / 100, 2),
    }


def remarks(machine: dict[str, Any]) -> list[str]:
    """Give the description in lines for people, with a warning where the machine was not idle."""
    packages = ", ".join(f"{name} {found}" for name, found in machine["packages"].items())
    lines = [
        f"{machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}",
        f"Python {machine['python']}, {packages}",
        f"PostgreSQL {machine['postgresql']}, embedded, default durability",
        f"load average before the run {machine['load_average']}",
    ]
    if machine["busy_before"] > BUSY:
        lines.append(
            f"[yellow]The machine was {machine['busy_before']:.0%} busy before the run: "
            "trust the ratios, not the figures.[/]"
        )
    return lines


def installed(package: str) -> str | None:
    """Give a package's version; ``None`` where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
