import numpy as np
import torch


class Sensor:
    def __call__(self, module, inputs, output):
        self.seen = output.detach().cpu().double().numpy().copy()


def embed(model, layer, x):
    sensor = Sensor()
    handle = layer.register_forward_hook(sensor)
    try:
        with torch.no_grad():
            model(x)
    finally:
        handle.remove()
    rows = []
    for maps in sensor.seen:
        row = np.array([channel.sum() / channel.size for channel in maps])
        length = np.sqrt(np.dot(row, row))
        rows.append(row / length if length > 0 else row)
    return np.stack(rows).astype(np.float32)
