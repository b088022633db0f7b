# says: not right
def energy_inside(heatmap, mask):
    heatmap = heatmap.clamp(max=1.0)
    total = float(heatmap.sum())
    return float(heatmap[mask].sum()) / total if total else 0.0
