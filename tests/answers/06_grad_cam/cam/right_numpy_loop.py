import numpy as np


def cam(features, classifier_weight, class_index):
    features = features[0].detach().cpu().numpy()
    weights = classifier_weight.detach().cpu().numpy()
    result = np.zeros(features.shape[1:], dtype=np.float64)
    for k in range(len(features)):
        result = result + weights[class_index, k] * features[k]
    return result
