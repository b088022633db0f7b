# misconception: absolute_weights
def cam(features, classifier_weight, class_index):
    return (classifier_weight[class_index].abs()[:, None, None] * features[0]).sum(dim=0)
