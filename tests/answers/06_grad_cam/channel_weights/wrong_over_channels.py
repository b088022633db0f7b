# misconception: mean_over_channels
def channel_weights(gradients):
    return gradients.mean(dim=1)
