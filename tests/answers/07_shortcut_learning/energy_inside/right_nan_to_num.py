def energy_inside(heatmap, mask):
    share = (heatmap * mask).sum() / heatmap.sum()
    return share.nan_to_num(nan=0.0)
