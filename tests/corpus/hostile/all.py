"""All hostile notebooks."""

from __future__ import annotations

from . import files, objects, outside, patches, processes, reading, resources, wire

FAMILIES = {
    "objects": objects.ATTACKS,
    "patches": patches.ATTACKS,
    "reading": reading.ATTACKS,
    "outside": outside.ATTACKS,
    "processes": processes.ATTACKS,
    "wire": wire.ATTACKS,
    "resources": resources.ATTACKS,
    "files": files.ATTACKS,
}
