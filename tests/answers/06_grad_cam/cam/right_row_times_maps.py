def cam(features, classifier_weight, class_index):
    row = classifier_weight[class_index]
    return (row[:, None, None] * features[0]).sum(dim=0)
