# misconception: only_the_last_stride
def receptive_field(layers):
    size, step = 1, 1
    for k, s in layers:
        size += (k - 1) * step
        step = s
    return size
