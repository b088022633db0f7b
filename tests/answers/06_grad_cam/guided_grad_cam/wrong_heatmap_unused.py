# misconception: heatmap_ignored
def guided_grad_cam(guided, heatmap):
    return guided * 1.0
