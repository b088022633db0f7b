# misconception: input_changed
def guided_grad_cam(guided, heatmap):
    guided *= heatmap
    return guided
