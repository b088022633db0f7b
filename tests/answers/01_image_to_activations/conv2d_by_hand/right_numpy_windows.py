import numpy as np


def conv2d_by_hand(image, kernel, bias=0.0):
    image, kernel = image.cpu().numpy(), kernel.cpu().numpy()
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)[0]
    return np.einsum("ijcuv,cuv->ij", windows, kernel) + np.float32(bias)
