def top_channels(activation, k=4):
    maps = activation.detach().double()[0]
    variance = (maps**2).mean(dim=(1, 2)) - maps.mean(dim=(1, 2)) ** 2
    return variance.sort(descending=True)[1][:k].cpu()
