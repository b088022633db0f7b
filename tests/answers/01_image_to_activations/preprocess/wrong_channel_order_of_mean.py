# misconception: channel_order
from torchvision import transforms as T


def preprocess(image):
    steps = [T.Resize(256), T.CenterCrop(224), T.ToTensor(), T.Normalize([0.406, 0.456, 0.485], [0.225, 0.224, 0.229])]
    return T.Compose(steps)(image)[None]
