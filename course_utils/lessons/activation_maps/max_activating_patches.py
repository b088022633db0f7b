"""The places where a channel answers most, as boxes in the pictures."""

from __future__ import annotations

import torch

from course_utils.guide import Example, Misconception, Task

tensor = torch.tensor

# Channel 1 of three pictures of 2×3 cells. The first picture has the strongest and the second strongest cell.
THREE = [
    [[[9.0, 0, 0], [0, 0, 0]], [[0.0, 1, 8], [7, 0, 0]]],
    [[[0.0, 0, 0], [0, 9, 0]], [[3.0, 0, -9], [0, 0, 0]]],
    [[[0.0, 9, 0], [0, 0, 0]], [[0.0, 0, 0], [0, 5, 0]]],
]

MAX_ACTIVATING_PATCHES = Task(
    name="max_activating_patches",
    points=4,
    examples=(
        Example(
            "three pictures, channel 1, k=2",
            lambda: (tensor(THREE), 1, 2),
            [(0, 0, 2), (2, 1, 1)],
            (
                Misconception(
                    "several_of_one_picture",
                    "Picture 0 appears twice. At most one place for each picture.",
                    [(0, 0, 2), (0, 1, 0)],
                ),
                Misconception(
                    "by_magnitude",
                    "A strong negative value was taken for a strong answer. Take the values as they are.",
                    [(1, 0, 2), (0, 0, 2)],
                ),
                Misconception(
                    "sides_swapped",
                    "Row and column are swapped. A place is (image, row, column).",
                    [(0, 2, 0), (2, 1, 1)],
                ),
                Misconception(
                    "picture_order",
                    "These are the first pictures, not the strongest. Sort by strength.",
                    [(0, 0, 2), (1, 0, 0)],
                ),
                Misconception("weakest_first", "The strongest comes first.", [(2, 1, 1), (0, 0, 2)]),
                Misconception(
                    "flat_index",
                    "A place has three numbers: image, row, column. `divmod(index, width)` gives the last "
                    "two.",
                    when=lambda got: any(len(place) == 2 for place in got),
                ),
                Misconception(
                    "no_list",
                    "Return a list of tuples (image, row, column) of ints.",
                    when=lambda got: not isinstance(got, list) or not all(isinstance(p, tuple) for p in got),
                ),
            ),
        ),
        Example(
            "the same, k=3: every picture once",
            lambda: (tensor(THREE), 1, 3),
            [(0, 0, 2), (2, 1, 1), (1, 0, 0)],
            (
                Misconception(
                    "picture_order",
                    "The places are in the order of the pictures. Sort them by strength.",
                    [(0, 0, 2), (1, 0, 0), (2, 1, 1)],
                ),
                Misconception(
                    "weakest_first",
                    "The order is reversed: the strongest comes first.",
                    [(1, 0, 0), (2, 1, 1), (0, 0, 2)],
                ),
            ),
        ),
        Example(
            "channel 0, k=1",
            lambda: (tensor(THREE) * tensor([1.0, 2, 3]).view(3, 1, 1, 1), 0, 1),
            [(2, 0, 1)],
            (
                Misconception(
                    "other_channel", "This is a place of channel 1. Use the channel asked for.", [(2, 1, 1)]
                ),
            ),
        ),
    ),
    hints=(
        "First the best place of each picture, then the best pictures.",
        "`activations[:, channel]` is [N, h, w]. Flattened to [N, h·w], its `max(dim=1)` gives each "
        "picture's "
        "largest value and where it is.",
        "`divmod(index, width)` turns a flat index into row and column.",
        "Sort the pictures by their largest value, descending, and keep the first k. `int(...)` makes plain "
        "ints.",
    ),
)
