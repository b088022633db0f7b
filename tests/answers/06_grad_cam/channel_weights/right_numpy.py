import numpy as np


def channel_weights(gradients):
    array = gradients.detach().cpu().numpy()
    return np.mean(array, axis=(2, 3))
