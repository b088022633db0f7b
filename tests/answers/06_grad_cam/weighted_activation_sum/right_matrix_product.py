def weighted_activation_sum(weights, activations):
    _, c, h, w = activations.shape
    flat = activations.reshape(c, h * w)
    return (weights @ flat).reshape(1, 1, h, w)
