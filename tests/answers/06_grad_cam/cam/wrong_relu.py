# misconception: relu_in_cam
def cam(features, classifier_weight, class_index):
    return (classifier_weight[class_index][:, None, None] * features[0]).sum(dim=0).relu()
