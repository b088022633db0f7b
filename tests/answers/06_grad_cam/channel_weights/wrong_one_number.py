# misconception: mean_over_everything
def channel_weights(gradients):
    return gradients.mean()
