# misconception: relu_on_gradients
import torch


def channel_weights(gradients):
    return torch.relu(gradients).mean(dim=(2, 3))
