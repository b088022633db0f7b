def receptive_field(layers):
    size, step = 1, 1
    for k, s in layers:
        size = size + (k - 1) * step
        step = step * s
    return size
