def cam(features, classifier_weight, class_index):
    c, h, w = features.shape[1:]
    return (classifier_weight @ features.reshape(c, -1))[class_index].reshape(h, w)
