import copy

import torch
import torch.nn.functional as F


def grad_cam(model, layer, x, class_index=None):
    name = next(n for n, m in model.named_modules() if m is layer)
    twin = copy.deepcopy(model)
    held = {}

    def hold(module, inputs, output):
        output.retain_grad()
        held["a"] = output

    twin.get_submodule(name).register_forward_hook(hold)
    logits = twin(x.detach().clone().requires_grad_())
    k = logits[0].topk(1).indices.item() if class_index is None else class_index
    logits[0, k].backward()
    a = held["a"]
    weights = torch.nn.functional.adaptive_avg_pool2d(a.grad, 1)
    small = torch.relu((weights * a).sum(1, keepdim=True)).detach()
    full = F.interpolate(small, size=(x.size(2), x.size(3)), mode="bilinear", align_corners=False)
    full = full.squeeze(0).squeeze(0).double()
    if full.max() == 0:
        return full, k
    return full / full.max(), k
