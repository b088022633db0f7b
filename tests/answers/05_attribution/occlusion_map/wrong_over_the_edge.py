# misconception: patches_over_the_edge
import torch


def occlusion_map(model, x, class_index, patch=32, stride=16, fill=0.0):
    rows = []
    with torch.no_grad():
        before = model(x).softmax(dim=1)[0, class_index]
        for top in range(0, x.shape[2], stride):
            row = []
            for left in range(0, x.shape[3], stride):
                covered = x.clone()
                covered[:, :, top : top + patch, left : left + patch] = fill
                row.append(float(before - model(covered).softmax(dim=1)[0, class_index]))
            rows.append(row)
    return torch.tensor(rows)
