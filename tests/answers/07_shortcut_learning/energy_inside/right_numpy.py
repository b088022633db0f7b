import numpy as np


def energy_inside(heatmap, mask):
    heat, inside = heatmap.numpy().astype(np.float64), mask.numpy()
    return np.divide(heat[inside].sum(), heat.sum()) if heat.any() else 0.0
