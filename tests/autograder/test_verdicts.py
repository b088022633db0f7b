"""Verdicts survive the way to disk and back, and a damaged file counts as none."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.verdicts import Verdict, VerdictStore
from course_utils.outcomes import ItemOutcome, Status, TaskOutcome

ITEM = ItemOutcome("the mean", Status.FAILED, "These are sums.", "sum_for_mean", 0.0, 1.0)
VERDICT = Verdict(
    lesson="06_grad_cam",
    student="ada",
    file="grading/inbox/ada/06_grad_cam/grad_cam.ipynb",
    status=Status.PARTIAL,
    earned=1.5,
    possible=2.0,
    sandbox="full",
    seconds=0.4,
    tasks=(TaskOutcome("channel_weights", Status.PARTIAL, 1.5, 2.0, (ITEM,)),),
    notes=("A note.",),
    log=({"cell": "3", "status": "error"},),
    submission="ab",
    checks="cd",
)


def test_round_trip(tmp_path: Path) -> None:
    store = VerdictStore(tmp_path)
    store.put(VERDICT)
    assert store.get("06_grad_cam", "ada") == VERDICT
    assert store.all("06_grad_cam") == [VERDICT]


def test_json_has_the_fields_of_the_command_line_first() -> None:
    names = ["lesson", "file", "student", "status", "earned", "possible", "sandbox", "seconds", "tasks"]
    assert list(VERDICT.to_dict())[:9] == names
    task = VERDICT.to_dict()["tasks"][0]
    assert list(task) == ["task", "status", "earned", "possible", "items"]
    assert list(task["items"][0]) == ["name", "status", "earned", "possible", "message", "misconception"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"lesson": 1}', "\x00"])
def test_a_damaged_file_counts_as_none(tmp_path: Path, text: str) -> None:
    store = VerdictStore(tmp_path)
    path = store.put(VERDICT)
    path.write_text(text)
    assert store.get("06_grad_cam", "ada") is None
    assert store.all("06_grad_cam") == []


def test_a_stopped_write_leaves_the_old_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = VerdictStore(tmp_path)
    store.put(VERDICT)

    def fail(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(KeyboardInterrupt):
        store.put(VERDICT)
    assert store.get("06_grad_cam", "ada") == VERDICT
    assert [path.name for path in (tmp_path / "06_grad_cam").iterdir()] == ["ada.json"]
