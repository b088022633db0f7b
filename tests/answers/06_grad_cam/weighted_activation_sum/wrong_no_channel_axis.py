# misconception: channel_axis_gone
def weighted_activation_sum(weights, activations):
    return (weights[:, :, None, None] * activations).sum(dim=1)
