def energy_inside(heatmap, mask):
    h = heatmap.flatten().double()
    if h.max() == 0:
        return 0.0
    return float((h / h.sum()) @ mask.flatten().double())
