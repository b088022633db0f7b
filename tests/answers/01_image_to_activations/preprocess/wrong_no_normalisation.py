# misconception: not_normalised
from torchvision import transforms as T


def preprocess(image):
    return T.Compose([T.Resize(256), T.CenterCrop(224), T.ToTensor()])(image)[None]
