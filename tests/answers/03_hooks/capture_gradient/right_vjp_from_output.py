# retain_grad, and a one-hot vector in place of a picked logit.
import torch


def capture_gradient(model, layer, x, class_index):
    box = []
    handle = layer.register_forward_hook(lambda m, i, out: (out.retain_grad(), box.append(out))[0])
    try:
        logits = model(torch.tensor(x.numpy(), requires_grad=True))
    finally:
        handle.remove()
    start = torch.zeros_like(logits)
    start[0, class_index] = 1
    logits.backward(start, inputs=box)
    return box[0].grad.detach().cpu()
