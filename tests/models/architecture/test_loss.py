import pytest
import torch
from torch import nn
from torch.nn import functional as F

from bettersynth.models.architecture.loss import next_token_loss


@pytest.fixture
def head():
    torch.manual_seed(0)
    return nn.Linear(6, 9)


def test_the_loss_is_the_mean_over_supervised_next_tokens_however_it_is_computed(head):
    hidden = torch.randn(2, 4, 6)
    labels = torch.tensor([[-100, 3, -100, 5], [1, -100, -100, 2]])
    logits = head(hidden)
    expected = F.cross_entropy(
        torch.stack([logits[0, 0], logits[0, 2], logits[1, 2]]), torch.tensor([3, 5, 2])
    )
    whole = next_token_loss(head, hidden, logits, labels)
    few = next_token_loss(head, hidden, None, labels)
    assert whole.item() == pytest.approx(expected.item(), rel=1e-6)
    assert few.item() == pytest.approx(expected.item(), rel=1e-6)


def test_a_batch_with_nothing_to_learn_gives_zero_and_a_gradient_for_everyone(head):
    hidden = torch.randn(1, 3, 6, requires_grad=True)
    loss = next_token_loss(head, hidden, None, torch.full((1, 3), -100))
    loss.backward()
    assert loss.item() == 0
    assert hidden.grad.abs().sum() == 0
