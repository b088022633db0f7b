# misconception: relu_too_early
def weighted_activation_sum(weights, activations):
    return (weights[:, :, None, None] * activations).sum(dim=1, keepdim=True).relu()
