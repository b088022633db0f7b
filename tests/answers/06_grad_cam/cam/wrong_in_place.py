# misconception: input_changed
def cam(features, classifier_weight, class_index):
    features[0] *= classifier_weight[class_index][:, None, None]
    return features[0].sum(dim=0)
