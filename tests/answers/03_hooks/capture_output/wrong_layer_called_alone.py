# says: Given groups=
import torch


def capture_output(model, layer, x):
    with torch.no_grad():
        return layer(x).cpu()
