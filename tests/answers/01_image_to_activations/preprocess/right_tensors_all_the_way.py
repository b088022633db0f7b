import numpy as np
import torch
import torch.nn.functional as F


def preprocess(image):
    x = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None] / 255
    h, w = x.shape[-2:]
    short, long = min(h, w), int(256 * max(h, w) / min(h, w))
    size = (256, long) if h == short else (long, 256)
    x = F.interpolate(x, size=size, mode="bilinear", align_corners=False, antialias=True)
    top, left = round((size[0] - 224) / 2), round((size[1] - 224) / 2)
    x = x[:, :, top : top + 224, left : left + 224]
    mean = x.new_tensor([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1)
    std = x.new_tensor([0.229, 0.224, 0.225]).reshape(1, 3, 1, 1)
    return (x - mean) / std
