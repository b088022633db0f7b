# misconception: mean_instead_of_sum
def cam(features, classifier_weight, class_index):
    return (classifier_weight[class_index][:, None, None] * features[0]).mean(dim=0)
