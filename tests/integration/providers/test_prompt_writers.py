"""The writers of prompts against the simulators: what is asked, what comes back, and what goes wrong."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from domain.errors import ConfigurationError
from domain.prompts import PromptWriter, ShotBrief
from domain.provider import ProviderError
from providers.gemini.prompts import GeminiPrompts
from providers.grok.client import XaiClient
from providers.grok.prompts import GrokPrompts
from providers.registry import build
from providers.settings import ProviderSettings
from providers.simulators.chat import ChatFault, answer_to, fault_in
from providers.vertex.connecting import connect
from tests.grok_server import KEY, Simulator, simulating
from tests.vertex import World, simulated

BRIEF = ShotBrief(
    film="The Lighthouse",
    scene="Dusk",
    label="1A",
    picture="A lamp in the fog",
    spoken="Up she goes.",
    before="",
    seconds=4.0,
    longest=300,
)


@pytest.fixture(scope="module")
def xai(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with simulating(tmp_path_factory.mktemp("xai")) as served:
        yield served


@pytest.fixture(scope="module")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with simulated(tmp_path_factory.mktemp("google")) as world:
        yield world


@pytest.fixture(params=["grok", "gemini"])
async def writer(request: pytest.FixtureRequest) -> AsyncIterator[PromptWriter]:
    made: PromptWriter
    if request.param == "grok":
        xai: Simulator = request.getfixturevalue("xai")
        made = GrokPrompts(XaiClient(xai.base_url, KEY), "grok-4.3")
    else:
        google: World = request.getfixturevalue("google")
        made = GeminiPrompts(connect(google.settings(), "gemini"), "gemini-3.5-flash")
    yield made
    await made.aclose()


async def test_a_prompt_is_written_from_what_the_shot_says(writer: PromptWriter) -> None:
    written = await writer.write(BRIEF)
    # The simulated models repeat what they were asked.
    for told in ("The camera moves", "A lamp in the fog", "Up she goes.", "The Lighthouse", "300 characters"):
        assert told in written.text
    assert "The shot before" not in written.text
    assert "What would move here?" not in written.text, "a model's thinking is not its answer"
    assert written.cost is not None


async def test_what_it_cost_is_what_the_provider_reports(xai: Simulator) -> None:
    writer = GrokPrompts(XaiClient(xai.base_url, KEY), "grok-4.3")
    written = await writer.write(BRIEF)
    await writer.aclose()
    with xai.books() as books:
        charged = books.all()[-1].ticks
    assert charged
    assert written.cost == (Decimal(charged) / 10**10).quantize(Decimal("0.000001"))


async def test_what_it_cost_is_the_price_of_its_tokens(google: World) -> None:
    prices = {"gemini-3.5-flash": Decimal("0.00102"), "gemini-3.1-flash-lite": None}
    for model, cost in prices.items():
        # The simulated models read 200 tokens and write 80.
        writer = GeminiPrompts(connect(google.settings(), "gemini"), model)
        assert (await writer.write(BRIEF)).cost == cost
        await writer.aclose()


@pytest.mark.parametrize("fault", ["error", "refused", "garbage"])
async def test_what_goes_wrong_is_said(writer: PromptWriter, fault: str) -> None:
    with pytest.raises(ProviderError) as failed:
        await writer.write(replace(BRIEF, picture=f"A lamp [chat:{fault}]"))
    assert failed.value.message
    assert KEY not in f"{failed.value.message} {failed.value.raw}"


async def test_nothing_is_nothing(writer: PromptWriter) -> None:
    written = await writer.write(replace(BRIEF, picture="A lamp [chat:empty]"))
    assert (written.text, written.why) == ("", "MAX_TOKENS" if writer.name == "gemini" else "")
    assert written.cost, "it is charged all the same"


async def test_what_is_not_told_costs_nothing_that_anybody_knows(writer: PromptWriter) -> None:
    written = await writer.write(replace(BRIEF, picture="A lamp [chat:unpriced]"))
    assert "A lamp" in written.text
    assert written.cost is None


async def test_who_waits_may_stop_waiting(writer: PromptWriter) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await writer.write(replace(BRIEF, picture="A lamp [chat:hang]"))
    assert "The camera" in (await writer.write(BRIEF)).text


async def test_a_model_that_is_gone_is_named_by_its_provider(xai: Simulator) -> None:
    writer = GrokPrompts(XaiClient(xai.base_url, KEY), "grok-1")
    with pytest.raises(ProviderError) as failed:
        await writer.write(BRIEF)
    assert failed.value.code == "model_unavailable"
    await writer.aclose()


def test_the_simulated_xai_charges_for_words_and_keeps_no_file_of_them(xai: Simulator) -> None:
    headers = {"authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=xai.base_url, headers=headers) as client:
        question = {"role": "user", "content": "a fox"}
        answer = client.post("/chat/completions", json={"model": "grok-4.3", "messages": [question]}).json()
        assert answer["choices"][0]["message"]["content"] == "The camera moves slowly in. a fox"
        assert answer["usage"]["cost_in_usd_ticks"] > 0
        assert client.get(f"/videos/{answer['id']}").status_code == 404
        assert client.get("/files").json()["data"] == []
        for messages in (
            [],
            [{"role": "user", "content": " "}],
            ["hi"],
            [{"role": "system", "content": "x"}],
        ):
            body = {"model": "grok-4.3", "messages": messages}
            assert client.post("/chat/completions", json=body).status_code == 400
        assert client.post("/chat/completions", json={"model": "sora"}).status_code == 404


def test_a_fault_is_asked_for_by_a_shot_or_for_all() -> None:
    assert fault_in("a lamp", None) is None
    assert fault_in("a lamp", ChatFault.HANG) is ChatFault.HANG
    assert fault_in("a lamp [chat:long]", ChatFault.HANG) is ChatFault.LONG
    assert len(answer_to("a lamp", ChatFault.LONG)) > 10_000
    with pytest.raises(ValueError, match="odd"):
        fault_in("a lamp [chat:odd]", None)


async def test_a_setting_chooses_who_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("XAI_API_KEY", "GOOGLE_CLOUD_PROJECT", "PROMPT_WRITER", "PROMPT_MODEL"):
        monkeypatch.delenv(name, raising=False)
    assert build(ProviderSettings(), ()).writer is None
    for name, missing in (("grok", "XAI_API_KEY"), ("gemini", "GOOGLE_CLOUD_PROJECT")):
        with pytest.raises(ConfigurationError) as wrong:
            build(ProviderSettings(prompt_writer=name), ())  # type: ignore[arg-type] # one of the literals
        assert wrong.value.setting == missing
    monkeypatch.setenv("XAI_API_KEY", KEY)
    providers = build(ProviderSettings(prompt_writer="grok", prompt_model="grok-4.5"), ())
    assert providers.writer is not None
    assert providers.writer.name == "grok"
    assert providers.only(lambda name: name == "mock").writer is None, "it costs money as its provider does"
    await providers.aclose()
