# misconception: mean_over_one_axis
def channel_weights(gradients):
    return gradients.mean(dim=2)
