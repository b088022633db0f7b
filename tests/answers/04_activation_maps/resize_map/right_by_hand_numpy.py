import numpy as np


def resize_map(activation_map, size):
    m = activation_map.detach().cpu().numpy().astype("float64")
    if m.max() == m.min():
        return np.zeros(size)
    m = (m - m.min()) / (m.max() - m.min())
    for axis, new in enumerate(size):
        old = m.shape[axis]
        at = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, old - 1)
        share = (at - low).reshape([-1 if a == axis else 1 for a in range(2)])
        m = m.take(low, axis) * (1 - share) + m.take(high, axis) * share
    return m
