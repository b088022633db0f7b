import torch
import torch.nn.functional as F


class ClassActivationMap:
    def __call__(self, features, classifier_weight, class_index):
        with torch.no_grad():
            scores = F.linear(features.movedim(1, -1), classifier_weight)
        return scores[0, ..., class_index]


cam = ClassActivationMap()
