# misconception: mean_over_all
def energy_inside(heatmap, mask):
    return float((heatmap * mask).mean())
