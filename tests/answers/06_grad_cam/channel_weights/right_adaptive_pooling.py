import torch.nn as nn
import torch.nn.functional as F

pool = nn.AdaptiveAvgPool2d(1)
channel_weights = lambda gradients: pool(gradients).flatten(1).detach().cpu()
