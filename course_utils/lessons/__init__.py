"""The visible side of each lesson: examples, hints, questions (one module a lesson)."""
