"""Limits small enough that what runs into them is over in seconds."""

from __future__ import annotations

from autograder.sandbox.watch import Limits

SMALL = Limits(
    cell_seconds=3,
    call_seconds=2,
    wall_factor=6,
    idle_seconds=3,
    memory=400 * 2**20,
    processes=24,
    disk=64 * 2**20,
    file=32 * 2**20,
)
