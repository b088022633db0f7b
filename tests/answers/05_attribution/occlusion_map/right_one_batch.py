import torch


@torch.no_grad()
def occlusion_map(model, x, class_index, patch=32, stride=16, fill=0.0):
    tops = range(0, x.shape[-2] - patch + 1, stride)
    lefts = range(0, x.shape[-1] - patch + 1, stride)
    copies = x.repeat(1 + len(tops) * len(lefts), 1, 1, 1)
    n = 1
    for top in tops:
        for left in lefts:
            copies[n, ..., top : top + patch, left : left + patch] = fill
            n += 1
    shares = torch.softmax(model(copies), dim=-1)[:, class_index]
    return (shares[0] - shares[1:]).reshape(len(tops), len(lefts)).cpu()
