from unittest.mock import patch

import torch


def layer_output(model, layer, x):
    seen = []
    compute = layer.forward

    def compute_and_copy(*inputs):
        output = compute(*inputs)
        seen.append(output.detach().cpu().clone())
        return output

    with torch.no_grad(), patch.object(layer, "forward", compute_and_copy):
        model(x)
    return seen[0]


def activation_change(model, layer, x, box):
    mask = torch.ones_like(x)
    mask[..., box[0] : box[2], box[1] : box[3]] = 0
    return torch.mean(torch.abs(layer_output(model, layer, x) - layer_output(model, layer, x * mask)), dim=1).squeeze(0)
