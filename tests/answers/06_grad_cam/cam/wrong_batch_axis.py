# misconception: batch_axis_kept
def cam(features, classifier_weight, class_index):
    return (classifier_weight[class_index][None, :, None, None] * features).sum(dim=1)
