# says: return a float tensor of shape
def channel_weights(gradients):
    return gradients.mean(dim=(2, 3)).tolist()
