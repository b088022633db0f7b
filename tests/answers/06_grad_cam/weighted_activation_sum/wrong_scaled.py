# misconception: already_scaled
def weighted_activation_sum(weights, activations):
    total = (weights[:, :, None, None] * activations).sum(dim=1, keepdim=True)
    return total / total.max()
