"""The worker's answers without its process: quick, and good for code that the tests themselves wrote."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from autograder.checks.ahead import TaskItems
from autograder.checks.draw import Draw
from autograder.checks.items import LessonChecks
from autograder.checks.judging import judge_task
from autograder.sandbox.worker.calls import perform, reset_switches
from course_utils.outcomes import TaskOutcome


class LocalWorker:
    """Answers calls in this process; what crosses the boundary as JSON does so here, too."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace

    def open_task(self) -> bool:
        return True

    def call(
        self, request: dict[str, Any], tensors: dict[str, torch.Tensor]
    ) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
        asked = json.loads(json.dumps({**request, "seconds": 20, "device": "cpu"}))
        answer, values = perform(self.namespace, asked, tensors)
        reset_switches()
        return json.loads(json.dumps(answer, allow_nan=False)), values

    def close_task(self) -> None:
        pass


@lru_cache(maxsize=4)
def drawn(checks: LessonChecks, task: str, secret: bytes) -> LessonChecks:
    """The checks of one task with its items drawn once, for many answers to the same inputs."""
    fixed = LessonChecks(checks.lesson)
    items = list(checks.tasks[task](Draw(secret, f"{checks.lesson}/test", task)))
    fixed.task(task, repeat=checks.repeats[task])(lambda draw: iter(items))
    return fixed


def judge_here(
    checks: LessonChecks, task: str, function: Any, *, points: float = 4.0, secret: bytes = b"tests"
) -> TaskOutcome:
    """Judge one function in this process."""
    fixed, draw = drawn(checks, task, secret), Draw(secret, f"{checks.lesson}/test", task)
    return judge_task(LocalWorker({task: function}), TaskItems.of(fixed, task, draw), points)[0]  # type: ignore[arg-type]


def function_of(path: Path) -> Any:
    """The function that an answer's file defines, named as the folder it lies in."""
    namespace: dict[str, Any] = {}
    exec(compile(path.read_text(encoding="utf-8"), path.name, "exec"), namespace)
    return namespace.get(path.parent.name)
