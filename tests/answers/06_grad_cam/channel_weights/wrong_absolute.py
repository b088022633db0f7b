# misconception: absolute_gradients
def channel_weights(gradients):
    return gradients.abs().mean(dim=(2, 3))
