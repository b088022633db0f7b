# misconception: input_changed
def weighted_activation_sum(weights, activations):
    for k in range(activations.shape[1]):
        activations[:, k] *= weights[0, k]
    return activations.sum(dim=1, keepdim=True)
