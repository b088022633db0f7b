# misconception: outside
def energy_inside(heatmap, mask):
    total = float(heatmap.sum())
    return float(heatmap[~mask].sum()) / total if total else 0.0
