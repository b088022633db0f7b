from torchvision import transforms as T

steps = T.Compose(
    [T.Resize(256), T.CenterCrop(224), T.ToTensor(), T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
)


def preprocess(image):
    return steps(image).unsqueeze(0)
