def channel_weights(gradients):
    return gradients.mean(dim=(2, 3))
