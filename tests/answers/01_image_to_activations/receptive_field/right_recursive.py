def receptive_field(layers):
    if not layers:
        return 1
    (kernel, stride), rest = layers[0], layers[1:]
    return (receptive_field(rest) - 1) * stride + kernel
