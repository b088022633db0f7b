# misconception: column_instead_of_row
def cam(features, classifier_weight, class_index):
    return (classifier_weight[:, class_index][:, None, None] * features[0]).sum(dim=0)
