# misconception: transposed
def guided_grad_cam(guided, heatmap):
    if heatmap.shape[0] != heatmap.shape[1]:
        return guided * heatmap
    return guided * heatmap.T
