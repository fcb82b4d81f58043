"""What the configured providers can make, and which of them makes it by default."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.capabilities import Capability, Seconds
from domain.errors import InvalidRequestError, Problem
from domain.provider import Provider
from domain.statuses import JobKind


@dataclass(frozen=True, slots=True)
class Offer:
    """One provider's models of one kind."""

    kind: JobKind
    provider: str
    models: Mapping[str, Capability]
    """Never empty; the first is the provider's default."""
    default_model: str | None = None
    """The configured one, where it is not the first."""
    is_default: bool = False
    """Whether jobs that name no provider are made here."""


@dataclass(frozen=True, slots=True)
class Default:
    """The provider, and possibly the model, that make a kind of job when it names none."""

    kind: JobKind
    provider: str
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What a request comes down to."""

    provider: str
    model: str
    capability: Capability


class Catalogue:
    """Everything on offer; immutable."""

    def __init__(self, offers: Iterable[Offer]) -> None:
        self._offers = {(offer.kind, offer.provider): offer for offer in offers}

    @classmethod
    def of(cls, providers: Iterable[Provider], defaults: Iterable[Default]) -> "Catalogue":
        """List what ``providers`` offer."""
        named = {(default.kind, default.provider): default for default in defaults}
        offers = []
        for provider in providers:
            default = named.get((provider.kind, provider.name))
            model = default.model if default else None
            offers.append(Offer(provider.kind, provider.name, provider.models, model, default is not None))
        return cls(offers)

    def only(self, kind: JobKind) -> "Catalogue":
        """Give what is on offer of one kind: by that of clips alone, no images are made for them."""
        return Catalogue(offer for offer in self._offers.values() if offer.kind is kind)

    def choose(self, kind: JobKind, provider: str | None = None, model: str | None = None) -> Choice:
        """Settle on a provider and a model.

        Raises:
            InvalidRequestError: there is no such provider, or it has no such model.
        """
        offer = self._offer(kind, provider)
        chosen = model or offer.default_model or next(iter(offer.models))
        if chosen not in offer.models:
            raise InvalidRequestError([Problem("model", chosen, f"allowed: {', '.join(offer.models)}")])
        return Choice(offer.provider, chosen, offer.models[chosen])

    def maker_of(self, kind: JobKind, model: str) -> Choice:
        """Give who makes this model: the default provider where several do.

        Raises:
            InvalidRequestError: nobody does.
        """
        offers = [offer for offer in self._offers.values() if offer.kind is kind]
        offers.sort(key=lambda offer: not offer.is_default)
        for offer in offers:
            if model in offer.models:
                return Choice(offer.provider, model, offer.models[model])
        names = ", ".join(dict.fromkeys(name for offer in offers for name in offer.models))
        raise InvalidRequestError([Problem("model", model, f"allowed: {names or 'none is configured'}")])

    def lengths(self, kind: JobKind) -> Mapping[str, Seconds]:
        """Give the durations that each model makes, the default model first."""
        default = self.choose(kind)
        offers = [offer for offer in self._offers.values() if offer.kind is kind]
        every = {model: able.durations for offer in offers for model, able in offer.models.items()}
        return {default.model: default.capability.durations, **every}

    def makers(self, kind: JobKind) -> tuple[str, ...]:
        """Give the names of the providers that make ``kind``, in order."""
        return tuple(sorted(offer.provider for offer in self._offers.values() if offer.kind is kind))

    def _offer(self, kind: JobKind, provider: str | None) -> Offer:
        offers = [offer for offer in self._offers.values() if offer.kind is kind]
        for offer in offers:
            if offer.is_default if provider is None else offer.provider == provider:
                return offer
        names = ", ".join(self.makers(kind)) or "none is configured"
        raise InvalidRequestError([Problem("provider", provider, f"allowed: {names}")])
