# misconception: class_ignored
def cam(features, classifier_weight, class_index):
    return (classifier_weight[0][:, None, None] * features[0]).sum(dim=0)
