# misconception: corner_crop
from torchvision import transforms as T


def preprocess(image):
    image = T.Resize(256)(image).crop((0, 0, 224, 224))
    return T.Compose([T.ToTensor(), T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])(image)[None]
