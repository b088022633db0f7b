# misconception: several_of_one_picture
import torch


def max_activating_patches(activations, channel, k):
    maps = activations[:, channel]
    _, height, width = maps.shape
    top = maps.flatten().topk(k).indices.tolist()
    return [(i // (height * width), i // width % height, i % width) for i in top]
