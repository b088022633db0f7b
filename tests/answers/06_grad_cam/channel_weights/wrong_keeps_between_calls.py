# misconception: differs_again
totals = {}


def channel_weights(gradients):
    weights = gradients.mean(dim=(2, 3))
    totals[gradients.shape] = totals.get(gradients.shape, 0) + weights
    return totals[gradients.shape]
