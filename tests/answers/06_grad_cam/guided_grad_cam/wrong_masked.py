# misconception: masked
def guided_grad_cam(guided, heatmap):
    return guided * (heatmap > 0.5)
