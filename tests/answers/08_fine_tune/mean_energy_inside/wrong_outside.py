# misconception: outside
import torch

from course_utils.instruments import grad_cam_batch


def mean_energy_inside(model, layer, images, masks, labels):
    heatmaps, _ = grad_cam_batch(model, layer, images, labels)
    shares = []
    for heatmap, mask in zip(heatmaps, masks.cpu()):
        total = float(heatmap.sum())
        shares.append(float(heatmap[~mask].sum()) / total if total > 0 else 0.0)
    return sum(shares) / len(shares)
