"""Numbers for Prometheus, in a registry of our own."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0

from domain.operations import ExecutorState, GateState, QueueDepth
from domain.rates import Booking

CONTENT_TYPE = CONTENT_TYPE_PLAIN_1_0_0


class Metrics:
    """What this process counted, and what the database says when it is asked."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "rushes_http_requests",
            "Requests answered",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self.seconds = Histogram(
            "rushes_http_request_seconds",
            "Time until an answer's headers were ready",
            ("method", "route"),
            registry=self._registry,
        )
        self._jobs = self._gauge("rushes_jobs", "Live jobs", "status", "kind", "provider")
        self._in_flight = self._gauge(
            "rushes_in_flight", "Generations that count against a provider's limit", "provider", "kind"
        )
        self._paused = self._gauge(
            "rushes_provider_paused", "1 while nothing is sent to a provider", "provider", "kind"
        )
        self._faults = self._gauge(
            "rushes_provider_faults", "Faults of a provider in a row; 0 when it is well", "provider", "kind"
        )
        self._booked = self._gauge(
            "rushes_submits_booked_seconds",
            "How far ahead the submits of a model that has a rate are booked",
            "provider",
            "kind",
            "model",
        )
        self._executors = self._gauge(
            "rushes_executors", "Executors that have not signed off, by whether they still beat", "state"
        )

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, registry=self._registry)

    def exposition(
        self,
        depths: Sequence[QueueDepth],
        gates: Sequence[GateState],
        executors: Sequence[ExecutorState],
        bookings: Sequence[Booking],
    ) -> bytes:
        """Give everything in Prometheus' text format. Runs without a pause, so two scrapes never mix."""
        for gauge in (self._jobs, self._in_flight, self._paused, self._faults, self._booked):
            gauge.clear()
        for depth in depths:
            self._jobs.labels(depth.status, depth.kind, depth.provider or "").set(depth.jobs)
        for gate in gates:
            self._in_flight.labels(gate.provider, gate.kind).set(gate.in_flight)
            self._paused.labels(gate.provider, gate.kind).set(gate.paused_until is not None)
            self._faults.labels(gate.provider, gate.kind).set(gate.faults)
        for booking in bookings:
            self._booked.labels(booking.provider, booking.kind, booking.model).set(booking.seconds)
        alive = sum(executor.alive for executor in executors)
        self._executors.labels("alive").set(alive)
        self._executors.labels("silent").set(len(executors) - alive)
        return generate_latest(self._registry)
