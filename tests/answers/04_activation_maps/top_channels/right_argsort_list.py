def top_channels(activation, k=4):
    variances = [float(one.var(unbiased=False)) for one in activation[0]]
    order = sorted(range(len(variances)), key=lambda channel: variances[channel], reverse=True)
    return order[:k]
