# misconception: stride_too_early
def receptive_field(layers):
    size, step = 1, 1
    for k, s in layers:
        step *= s
        size += (k - 1) * step
    return size
