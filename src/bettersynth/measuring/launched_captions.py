"""Captions that several processes make at once: of this machine, or of a Ray cluster.

Requests travel in parts of a fixed size, which one process makes too, so that captions have the
same bytes whoever makes them. Where workers share GPUs, a process of its own holds the captioner
for several of them, and is given the pictures' files.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bettersynth.data.files.processes import DEATH
from bettersynth.data.samples.batch import ImageFacts, Images, UnreadableImage
from bettersynth.errors import warn
from bettersynth.measuring.launching import Launch, PartDone, run_parts
from bettersynth.models.captioners import Captioner, Request, captioner_module
from bettersynth.models.devices.gpus import visible_gpus
from bettersynth.models.devices.held_model import held_model, models_are_shared
from bettersynth.models.devices.shared_models import sharing_models

# captioners that are a model each process can hold; others ask a service, or a process of their
# own. It stands here since a captioner's own code is part of what its captions are kept by
MODELS = ("blip", "image_text_to_text", "nano_prefix")
# requests; a worker's result, and what is done again when one dies
PART = 256
# a process that has less to do costs more to start than it saves
PARTS_A_WORKER = 8
# so that one reads files while another's pictures are described
WORKERS_A_GPU = 2


class PartCaptions(NamedTuple):
    """What became of a part: captions by position, and why pictures cannot be read, by name."""

    texts: dict[int, str]
    bad: dict[str, str]


@dataclass(frozen=True)
class CaptionPart:
    """Some requests, and what is known of their pictures."""

    requests: Sequence[Request]
    facts: dict[str, ImageFacts]
    seed: int

    def __len__(self) -> int:
        return len(self.requests)

    def take(self, positions: Sequence[int]) -> CaptionPart:
        """Return the part with the requests at these positions alone."""
        requests = [self.requests[position] for position in positions]
        return dataclasses.replace(self, requests=requests)


def caption_part(images: Images, requests: Sequence[Request], seed: int) -> CaptionPart:
    """Return a part, with the facts of its own pictures alone."""
    names = {request.image for request in requests}
    facts = {name: images.facts[name] for name in names if name in images.facts}
    return CaptionPart(requests, facts, seed)


def part_size(settings: Any) -> int:
    """Return how many requests a part has: whole batches of a captioner with these settings."""
    batch = int(getattr(settings, "batch_size", 1))
    return max(1, PART // batch) * batch


def worthwhile(launch: Launch, parts: int) -> Launch:
    """Return the launch with no more workers than have enough to do with so many parts."""
    if launch.engine == "ray":
        workers = parts if launch.workers is None else min(launch.workers, parts)
    elif gpus := visible_gpus():
        workers = min(launch.local_workers, parts, WORKERS_A_GPU * len(gpus))
    else:
        workers = min(launch.local_workers, parts // PARTS_A_WORKER)
    return dataclasses.replace(launch, workers=max(1, workers))


@dataclass(frozen=True)
class PartCaptioning:
    """Starts the describing of pictures in a worker: called there, it returns what does a part."""

    captioner: str
    settings: Any
    pictures: Images

    def __call__(self) -> Callable[[CaptionPart], PartCaptions]:
        model = held_model(HeldCaptioner, self.captioner, self.settings)
        # a process for several workers has none of their open files
        sends_files = models_are_shared()

        def make(part: CaptionPart) -> PartCaptions:
            images = self.pictures.with_facts(part.facts)
            if not sends_files:
                return model.ask("make", images, part.requests, part.seed)
            files, bad = _files(images, part.requests)
            read = [at for at, request in enumerate(part.requests) if request.image in files]
            requests = [part.requests[at] for at in read]
            decoding = images.as_data_juicer
            made = model.ask("make_of", files, part.facts, decoding, requests, part.seed)
            return PartCaptions({read[at]: text for at, text in made.texts.items()}, made.bad | bad)

        return make


def captions_by_workers(
    captioner: str,
    settings: Any,
    images: Images,
    parts: Sequence[Sequence[Request]],
    seed: int,
    launch: Launch,
) -> Iterator[PartCaptions]:
    """Yield what became of each part, in order; a request that ends each worker has no caption."""
    start = PartCaptioning(captioner, settings, images.with_facts({}))
    given = (caption_part(images, part, seed) for part in parts)
    with sharing_models(launch.local_workers):
        for done in run_parts(start, given, CaptionPart.take, launch):
            yield _whole(done)


def _whole(done: PartDone) -> PartCaptions:
    """Return the captions of a part at their places in it, and tell of its killers."""
    if not done.killers:
        return done.result
    shown = ", ".join(sorted({done.part.requests[place].image for place in done.killers}))
    warn(f"{len(done.killers)} captions, of {shown}: {DEATH}")
    rest = [position for position in range(len(done.part)) if position not in done.killers]
    made = done.result or PartCaptions({}, {})
    return PartCaptions({rest[at]: text for at, text in made.texts.items()}, made.bad)


def _files(images: Images, requests: Sequence[Request]) -> tuple[dict[str, bytes], dict[str, str]]:
    """Return the bytes of the requests' pictures, and why some cannot be read, by name."""
    files: dict[str, bytes] = {}
    bad: dict[str, str] = {}
    for name in dict.fromkeys(request.image for request in requests):
        try:
            files[name] = images.read(name)
        except UnreadableImage as error:
            bad[error.name] = error.reason
    return files, bad


class HeldCaptioner:
    """A captioner in the process that holds its model."""

    def __init__(self, name: str, settings: Any):
        self.captioner: Captioner = captioner_module(name, "captioner").load(settings)

    def make(self, images: Images, requests: Sequence[Request], seed: int) -> PartCaptions:
        """Return the captions of these requests, and the pictures that cannot be decoded."""
        made = PartCaptions({}, {})
        left = list(range(len(requests)))
        while left:
            try:
                asked = [requests[position] for position in left]
                for texts in self.captioner.caption(images, asked, seed):
                    made.texts.update((left[at], text) for at, text in texts.items())
                return made
            except UnreadableImage as error:
                # it does not travel between processes as it is
                made.bad[error.name] = error.reason
            unmade = [position for position in left if position not in made.texts]
            left = [position for position in unmade if requests[position].image not in made.bad]
        return made

    def make_of(
        self,
        files: dict[str, bytes],
        facts: dict[str, ImageFacts],
        as_data_juicer: bool,
        requests: Sequence[Request],
        seed: int,
    ) -> PartCaptions:
        """As `make`, of pictures that are given as files."""
        return self.make(Images(files.__getitem__, facts, as_data_juicer), requests, seed)
