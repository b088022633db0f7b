# says: return an int
def receptive_field(layers):
    size, step = 1.0, 1
    for k, s in layers:
        size += (k - 1) * step
        step *= s
    return size
