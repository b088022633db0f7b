# misconception: weights_rescaled
def weighted_activation_sum(weights, activations):
    return (weights.softmax(dim=1)[:, :, None, None] * activations).sum(dim=1, keepdim=True)
