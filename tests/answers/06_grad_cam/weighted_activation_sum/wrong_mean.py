# misconception: mean_instead_of_sum
def weighted_activation_sum(weights, activations):
    return (weights[:, :, None, None] * activations).mean(dim=1, keepdim=True)
