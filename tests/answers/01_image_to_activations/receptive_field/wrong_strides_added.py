# misconception: strides_added
def receptive_field(layers):
    size, step = 1, 0
    for k, s in layers:
        size += (k - 1) * max(step, 1)
        step += s
    return size
