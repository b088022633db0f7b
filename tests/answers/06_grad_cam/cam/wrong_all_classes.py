# misconception: all_classes
import torch


def cam(features, classifier_weight, class_index):
    return torch.einsum("kc,nchw->nkhw", classifier_weight, features)
