# One working copy; what a patch covered is put back after each pass.
import numpy as np
import torch


def occlusion_map(model, x, class_index, patch=32, stride=16, fill=0.0):
    work, drops = x.clone(), []
    with torch.inference_mode():
        base = torch.softmax(model(work), 1)[0, class_index].item()
        for top in range(0, x.size(2) - patch + 1, stride):
            line = []
            for left in range(0, x.size(3) - patch + 1, stride):
                window = work[:, :, top : top + patch, left : left + patch]
                window.fill_(fill)
                line.append(base - torch.softmax(model(work), 1)[0, class_index].item())
                window.copy_(x[:, :, top : top + patch, left : left + patch])
            drops.append(line)
    return np.array(drops, dtype=np.float32)
