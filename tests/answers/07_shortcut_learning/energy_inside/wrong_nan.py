# misconception: zero_by_zero
def energy_inside(heatmap, mask):
    return (heatmap[mask].sum() / heatmap.sum()).item()
