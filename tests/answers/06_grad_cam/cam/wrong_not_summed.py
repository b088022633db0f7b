# misconception: not_summed
def cam(features, classifier_weight, class_index):
    return classifier_weight[class_index][:, None, None] * features[0]
