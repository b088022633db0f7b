def receptive_field(layers):
    size = 1
    for k, s in reversed(layers):
        size = (size - 1) * s + k
    return size
