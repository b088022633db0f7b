# says: some parameter has a `.grad`
def saliency_map(model, x, class_index):
    source = x.detach().clone().requires_grad_()
    model(source)[0, class_index].backward()
    return source.grad[0].abs().amax(dim=0).cpu()
