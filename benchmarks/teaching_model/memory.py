"""What layer4 learns from, kept: where everything before it is frozen, a picture need not be computed twice."""

from __future__ import annotations

import torch

from benchmarks.teaching_model.distil import Outputs


class Memory:
    """Layer3's outputs of pictures seen, with the teacher's answers, in half precision."""

    def __init__(self, most: int):
        self.most = most
        self.items: list[tuple[torch.Tensor, ...]] = []

    def add(self, before: torch.Tensor, taught: Outputs) -> None:
        """Keep a batch: layer3's output [N, 256, h, w] and the teacher's last map, features and logits."""
        columns = (before, taught.maps[-1], taught.features, taught.logits)
        if self.items and self.items[0][0].shape != before.shape[1:]:
            self.items.clear()  # pictures of another size do not go into one batch
        for item in zip(*(c.half().cpu() for c in columns), strict=True):
            self.items.append(item)
        del self.items[: max(0, len(self.items) - self.most)]

    def draw(
        self, batch: int, generator: torch.Generator, device: torch.device
    ) -> tuple[torch.Tensor, Outputs]:
        """A random batch of what was kept, none twice: (layer3's output, the teacher's answers)."""
        chosen = torch.randperm(len(self.items), generator=generator)[:batch].tolist()
        columns = zip(*(self.items[i] for i in chosen), strict=True)
        before, last, features, logits = (torch.stack(c).float().to(device) for c in columns)
        return before, Outputs([last], features, logits)
