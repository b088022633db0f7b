# misconception: relu_on_weights
def weighted_activation_sum(weights, activations):
    return (weights.clamp(min=0)[:, :, None, None] * activations).sum(dim=1, keepdim=True)
