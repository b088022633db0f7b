"""The hidden checks: one module a lesson, run on the trusted side, never readable by a submission."""
