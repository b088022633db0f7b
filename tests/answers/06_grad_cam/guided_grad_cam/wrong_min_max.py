# misconception: scaled
def guided_grad_cam(guided, heatmap):
    product = guided * heatmap
    return (product - product.min()) / (product.max() - product.min())
