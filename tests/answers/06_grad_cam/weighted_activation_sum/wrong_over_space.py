# misconception: summed_over_space
def weighted_activation_sum(weights, activations):
    return (weights[:, :, None, None] * activations).sum(dim=(2, 3), keepdim=True)
