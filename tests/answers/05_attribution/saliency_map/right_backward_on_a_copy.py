# Gradients of the parameters are switched off on a deep copy, so that backward leaves nothing on the model.
import copy

import numpy as np


def saliency_map(model, x, class_index):
    other = copy.deepcopy(model).requires_grad_(False)
    source = x.detach().clone()
    source.requires_grad_(True)
    other(source)[0][class_index].backward()
    return np.abs(source.grad[0].cpu().numpy()).max(axis=0)
