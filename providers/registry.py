"""The table of providers: built-in ones and plug-ins.

A provider is a factory, ``def providers() -> Sequence[Provider]``: it reads its own settings and gives one
provider for each kind that it makes. It raises ``ConfigurationError`` where a setting is wrong; where a
setting is missing (its ``value`` is ``None``) the provider counts as not configured, which stops the start
only if it was chosen. A plug-in's entry point in the group ``rushes.providers`` has the provider's name and
points at its factory; a built-in one is a line in ``BUILT_IN``. Both are imported only when they are built,
so that an adapter may import a heavy library, and one whose library is not installed costs nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points

from domain.errors import ConfigurationError, NotFoundError
from domain.prompts import PromptWriter
from domain.provider import Provider
from domain.statuses import JobKind
from providers.settings import ProviderSettings

GROUP = "rushes.providers"
ProviderFactory = Callable[[], Sequence[Provider]]
WriterFactory = Callable[[str | None], PromptWriter]


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A provider that comes with Rushes."""

    factory: str
    """``module:function``, imported when it is first built."""
    images: str
    """Who makes start frames where this one makes the clips and nobody was named."""


BUILT_IN: Mapping[str, BuiltIn] = {
    "mock": BuiltIn("providers.mock.adapter:providers", images="mock"),
    "grok": BuiltIn("providers.grok.adapter:providers", images="grok"),
    "veo3": BuiltIn("providers.veo3.adapter:providers", images="gemini"),
    "gemini": BuiltIn("providers.gemini.adapter:providers", images="gemini"),
}
WRITERS: Mapping[str, str] = {
    "grok": "providers.grok.prompts:writer",
    "gemini": "providers.gemini.prompts:writer",
}
"""Who writes prompts where PROMPT_WRITER names them: ``module:function``, imported when it is built."""
_IMAGES_OF_PLUG_INS = "mock"
_CHOICES = {JobKind.VIDEO: "VIDEO_PROVIDER", JobKind.IMAGE: "IMAGE_PROVIDER"}
_MODELS = {JobKind.VIDEO: "VIDEO_MODEL", JobKind.IMAGE: "IMAGE_MODEL"}


@dataclass(frozen=True, slots=True)
class Default:
    """What makes a kind where a job names no provider."""

    name: str
    model: str


@dataclass(frozen=True, slots=True)
class Providers:
    """The providers of one process, ready for use; close them together."""

    made: Mapping[tuple[JobKind, str], Provider]
    """By kind and name: all that are configured, chosen or not."""
    defaults: Mapping[JobKind, Default]
    """For video and for image."""
    unavailable: Mapping[str, str]
    """Known names that are not configured, each with the reason."""
    writer: PromptWriter | None = None
    """Who writes prompts; ``None`` where they are composed."""

    @property
    def names(self) -> tuple[str, ...]:
        """Configured names in order; an executor claims only for these."""
        return tuple(sorted({name for _, name in self.made}))

    def get(self, kind: JobKind, name: str) -> Provider:
        """Give a configured provider.

        Raises:
            NotFoundError: there is none of that name and kind; says why.
        """
        found = self.made.get((kind, name))
        if found is None:
            reason = self.unavailable.get(name, f"configured for {kind}: {', '.join(self.makers(kind))}")
            raise NotFoundError(f"no provider {name!r} makes {kind}; {reason}")
        return found

    def makers(self, kind: JobKind) -> tuple[str, ...]:
        """Give the names of those that make ``kind``, in order."""
        return tuple(sorted(name for made, name in self.made if made is kind))

    def model(self, kind: JobKind, name: str) -> str:
        """Give the model used where a job names this provider but no model."""
        default = self.defaults[kind]
        return default.model if default.name == name else next(iter(self.get(kind, name).models))

    def only(self, allows: Callable[[str], bool]) -> "Providers":
        """Leave out those whose names are not allowed; whoever closes all of them still closes these too."""
        writer = self.writer if self.writer is not None and allows(self.writer.name) else None
        made = {key: one for key, one in self.made.items() if allows(key[1])}
        return replace(self, made=made, writer=writer)

    async def aclose(self) -> None:
        """Close every provider."""
        for provider in self.made.values():
            await provider.aclose()
        if self.writer is not None:
            await self.writer.aclose()


def known_providers(plug_ins: Iterable[EntryPoint] | None = None) -> tuple[str, ...]:
    """Give the names that may be chosen, in order. Nothing is imported for it."""
    return tuple(sorted(_entries(plug_ins)))


def build(settings: ProviderSettings, plug_ins: Iterable[EntryPoint] | None = None) -> Providers:
    """Make every provider that is configured.

    Args:
        settings: what was chosen.
        plug_ins: the entry points to take instead of the installed ones.

    Raises:
        ConfigurationError: a name or model is unknown, or a chosen provider cannot be used.
    """
    entries = _entries(plug_ins)
    chosen = _chosen(settings, entries)
    made: dict[tuple[JobKind, str], Provider] = {}
    unavailable: dict[str, str] = {}
    for name in sorted(entries):
        try:
            offered = _make(entries[name])
        except ConfigurationError as error:
            # A wrong value is a mistake whoever was chosen; a missing one is how most providers are.
            if name in chosen.values() or error.value is not None:
                raise
            unavailable[name] = error.message
            continue
        made.update({(provider.kind, name): provider for provider in offered})
    partial = Providers(made, {}, unavailable)
    models = {JobKind.VIDEO: settings.video_model, JobKind.IMAGE: settings.image_model}
    defaults = {kind: _default(partial, kind, name, models[kind]) for kind, name in chosen.items()}
    return Providers(made, defaults, unavailable, _writer(settings))


def _writer(settings: ProviderSettings) -> PromptWriter | None:
    """Make the writer that was chosen.

    Raises:
        ConfigurationError: its account is not configured.
    """
    factory = WRITERS.get(settings.prompt_writer)
    if factory is None:
        return None
    make: WriterFactory = EntryPoint(settings.prompt_writer, factory, GROUP).load()
    return make(settings.prompt_model)


def _entries(plug_ins: Iterable[EntryPoint] | None) -> dict[str, EntryPoint]:
    found = {name: EntryPoint(name, built_in.factory, GROUP) for name, built_in in BUILT_IN.items()}
    for entry in entry_points(group=GROUP) if plug_ins is None else plug_ins:
        if entry.name in found:
            raise ConfigurationError(
                f"the plug-in {entry.value}", entry.name, "that name is taken; uninstall one of them"
            )
        found[entry.name] = entry
    return found


def _chosen(settings: ProviderSettings, entries: Mapping[str, EntryPoint]) -> dict[JobKind, str]:
    video = settings.video_provider
    beside = BUILT_IN[video].images if video in BUILT_IN else _IMAGES_OF_PLUG_INS
    chosen = {JobKind.VIDEO: video, JobKind.IMAGE: settings.image_provider or beside}
    for kind, name in chosen.items():
        if name not in entries:
            raise ConfigurationError(_CHOICES[kind], name, f"allowed: {', '.join(sorted(entries))}")
    return chosen


def _make(entry: EntryPoint) -> Sequence[Provider]:
    try:
        factory: ProviderFactory = entry.load()
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"the provider {entry.name}", None, f"{entry.value} cannot be imported: {error}"
        ) from error
    return factory()


def _default(providers: Providers, kind: JobKind, name: str, model: str | None) -> Default:
    if (kind, name) not in providers.made:
        allowed = ", ".join(providers.makers(kind))
        raise ConfigurationError(_CHOICES[kind], name, f"it makes no {kind}; allowed: {allowed}")
    models = providers.made[kind, name].models
    if model is not None and model not in models:
        raise ConfigurationError(_MODELS[kind], model, f"{name} offers {', '.join(models)}")
    return Default(name, model or next(iter(models)))
