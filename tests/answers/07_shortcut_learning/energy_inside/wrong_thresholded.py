# misconception: thresholded
def energy_inside(heatmap, mask):
    hot = heatmap > 0.5 * heatmap.max()
    return float((hot & mask).sum() / hot.sum()) if hot.any() else 0.0
