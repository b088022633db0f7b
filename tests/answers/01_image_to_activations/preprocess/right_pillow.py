import numpy as np
import torch
from PIL import Image


def preprocess(image):
    width, height = image.size
    if width < height:
        size = 256, int(256 * height / width)
    else:
        size = int(256 * width / height), 256
    image = image.resize(size, Image.BILINEAR)
    left = round((size[0] - 224) / 2)
    top = round((size[1] - 224) / 2)
    image = image.crop((left, top, left + 224, top + 224))
    array = np.asarray(image, dtype=np.float32) / 255
    array = (array - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    return torch.tensor(array, dtype=torch.float32).permute(2, 0, 1).unsqueeze(0)
