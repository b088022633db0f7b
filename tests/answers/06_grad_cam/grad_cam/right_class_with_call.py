import numpy as np
import torch
import torch.nn.functional as F


class GradCAM:
    def __init__(self):
        self.output = None

    def _hook(self, module, inputs, output):
        self.output = output

    def __call__(self, model, layer, x, class_index=None):
        handle = layer.register_forward_hook(self._hook)
        try:
            score, class_index = self._score(model, x, class_index)
        finally:
            handle.remove()
        gradient = torch.autograd.grad(score, self.output)[0]
        small = self._combine(gradient[0].numpy(), self.output[0].detach().numpy())
        self.output = None
        return self._scale(small, x.shape[-2:]), class_index

    def _score(self, model, x, class_index):
        logits = model(x.clone().requires_grad_())
        if class_index is None:
            class_index = int(torch.argmax(logits))
        return logits[0][class_index], class_index

    def _combine(self, gradient, activation):
        weights = gradient.mean(axis=(1, 2))
        return np.maximum((weights[:, None, None] * activation).sum(axis=0), 0)

    def _scale(self, small, size):
        big = F.interpolate(torch.from_numpy(small)[None, None], size=size, mode="bilinear", align_corners=False)
        big = big.numpy()[0, 0]
        return big / big.max() if big.max() > 0 else np.zeros_like(big)


grad_cam = GradCAM()
