# misconception: wrong_order
def receptive_field(layers):
    size, step = 1, 1
    for k, s in layers[::-1]:
        size += (k - 1) * step
        step *= s
    return size
