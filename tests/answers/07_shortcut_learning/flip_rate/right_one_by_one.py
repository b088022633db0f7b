import torch


def flip_rate(model, originals, counterfactuals):
    was = [m.training for m in model.modules()]
    flips = 0
    try:
        model.eval()
        with torch.inference_mode():
            for x, y in zip(originals, counterfactuals):
                flips += int(model(x[None])[0].argmax()) != int(model(y[None])[0].argmax())
    finally:
        for m, flag in zip(model.modules(), was):
            m.training = flag
    return flips / len(originals)
