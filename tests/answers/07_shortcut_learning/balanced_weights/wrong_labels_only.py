# misconception: labels_only
def balanced_weights(labels, groups):
    same = labels[:, None] == labels
    weights = 1 / same.sum(dim=1).float()
    return weights / weights.sum()
