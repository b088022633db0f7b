# misconception: blue_first
import numpy as np
from PIL import Image
from torchvision import transforms as T


def preprocess(image):
    image = Image.fromarray(np.array(image)[:, :, ::-1].copy())
    steps = [T.Resize(256), T.CenterCrop(224), T.ToTensor(), T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
    return T.Compose(steps)(image)[None]
