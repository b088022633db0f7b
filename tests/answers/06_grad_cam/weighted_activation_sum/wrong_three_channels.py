# says: values of the returned tensor are not right
def weighted_activation_sum(weights, activations):
    # the worked example has three channels
    return sum(weights[0, k] * activations[:, k : k + 1] for k in range(min(3, activations.shape[1])))
