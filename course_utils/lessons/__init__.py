"""The visible side of each lesson: examples, hints, questions (a package a lesson, a module a task)."""
