# misconception: relu_on_guided
def guided_grad_cam(guided, heatmap):
    return guided.clamp(min=0) * heatmap
