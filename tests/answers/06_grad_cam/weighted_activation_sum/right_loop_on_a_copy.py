def weighted_activation_sum(weights, activations):
    scaled = activations.clone()
    for k, weight in enumerate(weights[0]):
        scaled[0, k] *= weight
    return scaled.sum(1)[None]
