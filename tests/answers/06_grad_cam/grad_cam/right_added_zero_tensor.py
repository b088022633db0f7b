import torch
import torch.nn.functional as F


def grad_cam(model, layer, x, class_index=None):
    # the gradient with respect to zeros added to the layer's output is the gradient with respect to the output
    seen = {}

    def add_zeros(module, inputs, output):
        seen["output"] = output.detach().clone()
        seen["extra"] = torch.zeros_like(output, requires_grad=True)
        return output + seen["extra"]

    handle = layer.register_forward_hook(add_zeros)
    try:
        logits = model(x)
    finally:
        handle.remove()
    if class_index is None:
        class_index = logits[0].max(dim=0).indices.item()
    gradient = torch.autograd.grad(logits[0, class_index], seen["extra"])[0]
    weights = gradient.flatten(2).mean(dim=2)
    small = F.relu(torch.matmul(weights[:, None], seen["output"].flatten(2)).view(1, 1, *gradient.shape[2:]))
    heatmap = F.interpolate(small, size=x.shape[2:], mode="bilinear", align_corners=False)[0, 0]
    return torch.nan_to_num(heatmap / heatmap.max(), nan=0.0), torch.tensor(class_index)
