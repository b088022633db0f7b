# misconception: not_summed
def weighted_activation_sum(weights, activations):
    return weights[:, :, None, None] * activations
