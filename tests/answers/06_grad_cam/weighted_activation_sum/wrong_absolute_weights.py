# misconception: absolute_weights
def weighted_activation_sum(weights, activations):
    return (weights.abs()[:, :, None, None] * activations).sum(dim=1, keepdim=True)
