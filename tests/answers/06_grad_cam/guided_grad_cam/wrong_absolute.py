# misconception: absolute
def guided_grad_cam(guided, heatmap):
    return guided.abs() * heatmap
