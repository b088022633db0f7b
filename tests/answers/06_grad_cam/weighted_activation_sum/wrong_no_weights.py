# misconception: weights_ignored
def weighted_activation_sum(weights, activations):
    return activations.sum(dim=1, keepdim=True)
