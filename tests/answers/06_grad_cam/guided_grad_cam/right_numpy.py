import numpy as np


def guided_grad_cam(guided, heatmap):
    return np.multiply(guided.numpy(), heatmap.numpy()[None])
