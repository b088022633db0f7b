# misconception: colours_last
def guided_grad_cam(guided, heatmap):
    return (guided * heatmap).permute(1, 2, 0)
