# misconception: sum_instead_of_mean
def channel_weights(gradients):
    return gradients.sum(dim=(2, 3))
