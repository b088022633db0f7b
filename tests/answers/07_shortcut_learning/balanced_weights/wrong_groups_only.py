# misconception: groups_only
def balanced_weights(labels, groups):
    weights = 1 / (groups[:, None] == groups).sum(dim=1).float()
    return weights / weights.sum()
