import torch
import torch.nn.functional as F


def grad_cam(model, layer, x, class_index=None):
    store = {}

    def forward_hook(module, inputs, output):
        store["activation"] = output.detach().clone()
        output.register_hook(lambda g: store.update(gradient=g.detach().clone()))

    before = [p.grad for p in model.parameters()]
    handle = layer.register_forward_hook(forward_hook)
    try:
        picture = x.clone().requires_grad_(True)
        scores = model(picture)
        if class_index is None:
            class_index = scores.argmax(dim=1).item()
        scores[:, class_index].sum().backward()
    finally:
        handle.remove()
        for p, grad in zip(model.parameters(), before):
            p.grad = grad

    alpha = store["gradient"].mean((2, 3))
    cam = torch.einsum("nc,nchw->nhw", alpha, store["activation"]).clamp(min=0)
    cam = F.interpolate(cam[:, None], x.shape[2:], mode="bilinear").squeeze()
    cam = cam / (cam.max() + 1e-8)
    return cam, class_index
