"""The course map has nothing to check: no tasks, no questions."""

from __future__ import annotations

from course_utils.guide import LessonGuide

GUIDE = LessonGuide(id="00_start_here", title="Start here", tasks=(), questions=())
