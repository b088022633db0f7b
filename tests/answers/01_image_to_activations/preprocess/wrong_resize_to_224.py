# misconception: resized_to_224
from torchvision import transforms as T


def preprocess(image):
    steps = [T.Resize(224), T.CenterCrop(224), T.ToTensor(), T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
    return T.Compose(steps)(image)[None]
