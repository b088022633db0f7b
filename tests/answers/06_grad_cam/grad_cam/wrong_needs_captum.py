# says: not at hand while your work is marked
def grad_cam(model, layer, x, class_index=None):
    from captum.attr import LayerGradCam

    if class_index is None:
        class_index = int(model(x).argmax())
    explainer = LayerGradCam(model, layer)
    small = explainer.attribute(x, class_index).relu()
    heatmap = LayerGradCam.interpolate(small, tuple(x.shape[-2:]), "bilinear")[0, 0].detach()
    return (heatmap / heatmap.max() if heatmap.max() > 0 else heatmap), class_index
