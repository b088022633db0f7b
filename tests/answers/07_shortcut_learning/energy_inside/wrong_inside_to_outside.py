# misconception: inside_to_outside
def energy_inside(heatmap, mask):
    outside = float(heatmap[~mask].sum())
    return float(heatmap[mask].sum()) / outside if outside else 0.0
