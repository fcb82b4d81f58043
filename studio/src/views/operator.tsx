import { useEffect, useState } from "preact/hooks";
import { answer, api, type Shapes } from "../api/http";

type Operations = Shapes["MachineRoom"];

const AGAIN_SECONDS = 3;

function Gates({ found }: { found: Operations }) {
  const limits = new Map<string, number>();
  for (const lane of found.executors.filter((each) => each.alive).flatMap((each) => each.lanes)) {
    if (lane.kind === "film") continue; // made by the executors themselves, as many as each may
    const key = `${lane.provider} ${lane.kind}`;
    limits.set(key, Math.max(limits.get(key) ?? 0, lane.limit));
  }
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Provider</th>
          <th scope="col">Makes</th>
          <th scope="col">In flight</th>
          <th scope="col">State</th>
        </tr>
      </thead>
      <tbody>
        {found.gates.map((gate) => {
          const limit = limits.get(`${gate.provider} ${gate.kind}`);
          return (
            <tr key={`${gate.provider} ${gate.kind}`}>
              <td>{gate.provider}</td>
              <td>{gate.kind}</td>
              <td>
                {gate.in_flight}
                {limit === undefined ? "" : ` of ${limit}`}
                {limit !== undefined && <meter min={0} max={limit} value={gate.in_flight} />}
              </td>
              <td>
                {gate.paused_until ? (
                  <span class="badge tone-bad">⏸ paused: {gate.paused_reason}</span>
                ) : gate.faults > 0 ? (
                  <span class="badge tone-work">◐ being tried, one at a time</span>
                ) : (
                  <span class="badge tone-good">✓ open</span>
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Depths({ found }: { found: Operations }) {
  if (found.depths.length === 0) return <p class="soft">The queue is empty.</p>;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Status</th>
          <th scope="col">Kind</th>
          <th scope="col">Provider</th>
          <th scope="col">Jobs</th>
        </tr>
      </thead>
      <tbody>
        {found.depths.map((each) => (
          <tr key={`${each.status} ${each.kind} ${each.provider}`}>
            <td>{each.status}</td>
            <td>{each.kind}</td>
            <td>{each.provider ?? "default"}</td>
            <td>{each.jobs}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The machine room: who works, what waits, what is paused and why. */
export function Operator() {
  const [found, setFound] = useState<Operations | null>(null);
  const [error, setError] = useState("");
  useEffect(() => {
    const stop = new AbortController();
    const ask = () =>
      answer(api.GET("/api/v1/operations", { signal: stop.signal }))
        .then((answer) => {
          setFound(answer);
          setError("");
        })
        .catch((reason: unknown) => {
          if (!stop.signal.aborted) setError(reason instanceof Error ? reason.message : "");
        });
    void ask();
    const timer = setInterval(() => !document.hidden && void ask(), AGAIN_SECONDS * 1000);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, []);
  return (
    <section class="stack operator" aria-labelledby="machine-room">
      <h1 id="machine-room">Machine room</h1>
      {error && <p class="notice">{error}</p>}
      {!found && !error && <p class="empty">Looking…</p>}
      {found && (
        <>
          <h2>Executors</h2>
          {found.executors.length === 0 && (
            <p class="notice">No executor is running. Start one: rushes executor</p>
          )}
          <ul class="row">
            {found.executors.map((each) => (
              <li key={each.id} class="card">
                <span class={`badge ${each.alive ? "tone-good" : "tone-bad"}`}>
                  {each.alive ? "✓ alive" : "! silent"}
                </span>
                <span class="mono">{each.name}</span>
              </li>
            ))}
          </ul>
          <h2>Providers</h2>
          <Gates found={found} />
          <h2>Queue</h2>
          <Depths found={found} />
          <h2>Failures by code, last day</h2>
          {found.failures.length === 0 ? (
            <p class="soft">None.</p>
          ) : (
            <ul class="row">
              {found.failures.map((each) => (
                <li key={each.error_code} class="badge tone-bad">
                  {each.error_code} × {each.jobs} {each.provider && `(${each.provider} ${each.kind})`}
                </li>
              ))}
            </ul>
          )}
          <h2>Latest events</h2>
          <ol class="happenings mono" aria-label="Latest events">
            {found.happenings.map((each) => (
              <li key={`${each.created_at} ${each.type} ${each.job_id}`}>
                <time dateTime={each.created_at}>{new Date(each.created_at).toLocaleTimeString()}</time>{" "}
                {each.type} <span class="soft">{(each.job_id ?? each.project_id).slice(-12)}</span>
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}
