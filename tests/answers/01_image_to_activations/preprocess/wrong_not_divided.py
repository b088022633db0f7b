# misconception: not_scaled
import numpy as np
import torch
from torchvision import transforms as T


def preprocess(image):
    image = T.CenterCrop(224)(T.Resize(256)(image))
    x = torch.from_numpy(np.array(image)).permute(2, 0, 1).float()
    return T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])(x)[None]
