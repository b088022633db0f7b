import numpy as np


def normalize_filters(weight):
    w = weight.detach().cpu().numpy()
    flat = w.reshape(len(w), -1)
    lo, span = flat.min(1, keepdims=True), np.ptp(flat, axis=1, keepdims=True)
    scaled = np.divide(flat - lo, span, out=np.zeros_like(flat), where=span > 0)
    return scaled.reshape(w.shape)
