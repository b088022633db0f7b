import numpy as np


def group_accuracy(predictions, labels, groups):
    right = (predictions == labels).numpy()
    seen, hits = np.zeros((2, 2)), np.zeros((2, 2))
    np.add.at(seen, (labels.numpy(), groups.numpy()), 1)
    np.add.at(hits, (labels.numpy(), groups.numpy()), right)
    with np.errstate(invalid="ignore"):
        return hits / seen
