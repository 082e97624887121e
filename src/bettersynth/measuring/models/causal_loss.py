"""How surprising texts are to any causal language model of transformers, a folder or hub id."""

from __future__ import annotations

import functools

from bettersynth.models.weights.hub import loading


class CausalLoss:
    """One text at a time, so that its bits do not depend on its neighbours."""

    def __init__(self, name: str, trust_remote_code: bool) -> None:
        from bettersynth.models.devices.torchvision_schemas import declare_missing_schemas

        declare_missing_schemas()
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        with loading(f"the language model {name}", name):
            self.tokenizer = AutoTokenizer.from_pretrained(
                name, trust_remote_code=trust_remote_code
            )
            model = AutoModelForCausalLM.from_pretrained(
                name, trust_remote_code=trust_remote_code, dtype=torch.float32
            )
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model = model.eval().requires_grad_(False).to(device)
        # of a text that is too long, the end is measured
        self.tokenizer.truncation_side = "left"
        self.max_tokens = getattr(model.config, "max_position_embeddings", None)

    def of_response(self, query: str, response: str) -> float:
        """Return the mean negative log likelihood of the tokens of `response` after `query`, nats.

        Raises:
            ValueError: the response has no token that something stands before.
        """
        import torch

        from bettersynth.models.devices.threads import one_thread

        tokens = self._tokens(f"{query} {response}".strip())
        own = self._tokens(response.strip())
        # nothing predicts a text's first token, be it a start token or not
        has_start = bool(own) and own[0] == self.tokenizer.bos_token_id
        learned = min(len(own) - has_start, len(tokens) - 1)
        if learned < 1:
            raise ValueError("there is no token to predict")
        ids = torch.tensor([tokens], device=self.model.device)
        with one_thread(), torch.inference_mode():
            logits = self.model(input_ids=ids).logits[0, -learned - 1 : -1]  # [learned, vocabulary]
            loss = torch.nn.functional.cross_entropy(logits.float(), ids[0, -learned:])
        return float(loss)

    def _tokens(self, text: str) -> list[int]:
        is_cut = self.max_tokens is not None
        cut = self.tokenizer(text, truncation=is_cut, max_length=self.max_tokens)
        tokens: list[int] = cut["input_ids"]
        return tokens


@functools.lru_cache(maxsize=1)
def load_causal_loss(name: str, trust_remote_code: bool = False) -> CausalLoss:
    """Return the language model, loaded once a process.

    Raises:
        UserError: it is neither on this disk nor can it be fetched, or is no such model.
    """
    return CausalLoss(name, trust_remote_code)
