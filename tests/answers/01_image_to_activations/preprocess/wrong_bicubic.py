# misconception: wrong_resampling
import numpy as np
import torch


def preprocess(image):
    w, h = (256 if s == min(image.size) else int(256 * s / min(image.size)) for s in image.size)
    image = image.resize((w, h))
    left, top = round((w - 224) / 2), round((h - 224) / 2)
    x = torch.from_numpy(np.array(image.crop((left, top, left + 224, top + 224)))).permute(2, 0, 1) / 255
    return ((x - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1))[None]
