# misconception: relu_on_weights
def channel_weights(gradients):
    return gradients.mean(dim=(2, 3)).clamp(min=0)
