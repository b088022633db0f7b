# misconception: colours_lost
def guided_grad_cam(guided, heatmap):
    return guided.mean(dim=0) * heatmap
