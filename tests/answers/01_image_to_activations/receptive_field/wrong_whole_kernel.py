# misconception: kernel_not_reduced
def receptive_field(layers):
    size, step = 1, 1
    for k, s in layers:
        size += k * step
        step *= s
    return size
