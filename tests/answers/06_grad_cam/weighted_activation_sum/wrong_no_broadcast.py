# says: Two shapes do not fit
def weighted_activation_sum(weights, activations):
    return (weights * activations).sum(dim=1, keepdim=True)
