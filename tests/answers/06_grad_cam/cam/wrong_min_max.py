# misconception: scaled_cam
def cam(features, classifier_weight, class_index):
    result = (classifier_weight[class_index][:, None, None] * features[0]).sum(dim=0)
    return (result - result.min()) / (result.max() - result.min())
