import torch


def embed(model, layer, x):
    rows = []

    def keep(module, inputs, output):
        row = torch.einsum("nchw->c", output.detach())  # the sum: its direction is the mean's
        length = (row**2).sum().sqrt()
        rows.append(torch.where(length > 0, row / length, torch.zeros_like(row)))

    handle = layer.register_forward_hook(keep)
    try:
        with torch.no_grad():
            for picture in x:
                model(picture[None])
    finally:
        handle.remove()
    return torch.stack(rows).cpu()
