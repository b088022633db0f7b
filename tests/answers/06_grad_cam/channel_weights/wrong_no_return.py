# says: was a `return` left out?
def channel_weights(gradients):
    weights = gradients.mean(dim=(2, 3))
