# misconception: max_instead_of_mean
def channel_weights(gradients):
    return gradients.amax(dim=(2, 3))
