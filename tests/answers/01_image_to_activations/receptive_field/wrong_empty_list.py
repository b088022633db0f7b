# says: IndexError
def receptive_field(layers):
    size, step = layers[0]
    for k, s in layers[1:]:
        size += (k - 1) * step
        step *= s
    return size
