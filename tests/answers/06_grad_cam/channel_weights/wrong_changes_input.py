# misconception: input_changed
def channel_weights(gradients):
    gradients /= gradients.shape[2] * gradients.shape[3]
    weights = gradients.sum(dim=(2, 3))
    gradients *= gradients.shape[2] * gradients.shape[3] * 2
    return weights
