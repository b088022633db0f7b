# misconception: mean_inside
def energy_inside(heatmap, mask):
    return float(heatmap[mask].mean()) if mask.any() else 0.0
