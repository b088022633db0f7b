import numpy as np
import torch


def preprocess(image):
    factor = 256 / min(image.size)
    w, h = (256 if s == min(image.size) else int(s * 256 / min(image.size)) for s in image.size)
    small = image.resize((w, h), 2)
    left, top = int(round((w - 224) / 2.0)), int(round((h - 224) / 2.0))
    result = np.zeros((1, 3, 224, 224), dtype=np.float32)
    for c, (m, s) in enumerate([(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)]):
        plane = np.array(small.getchannel(c))[top : top + 224, left : left + 224]
        result[0, c] = (plane / 255 - m) / s
    return torch.from_numpy(result)
