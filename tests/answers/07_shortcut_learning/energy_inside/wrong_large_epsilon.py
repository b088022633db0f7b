# says: not right
def energy_inside(heatmap, mask):
    return float(heatmap[mask].sum() / (heatmap.sum() + 0.1))
