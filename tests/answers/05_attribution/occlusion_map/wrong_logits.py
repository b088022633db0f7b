# misconception: logit_instead_of_probability
import torch


def occlusion_map(model, x, class_index, patch=32, stride=16, fill=0.0):
    rows, cols = (x.shape[2] - patch) // stride + 1, (x.shape[3] - patch) // stride + 1
    drops = torch.zeros(rows, cols)
    with torch.no_grad():
        before = model(x)[0, class_index]
        for r in range(rows):
            for c in range(cols):
                covered = x.clone()
                covered[:, :, r * stride : r * stride + patch, c * stride : c * stride + patch] = fill
                drops[r, c] = before - model(covered)[0, class_index]
    return drops
