import { useEffect, useState } from "preact/hooks";
import {
  attemptFace,
  type Cost,
  costLine,
  type Entry,
  entryLine,
  extended,
  nameOf,
  type Rows,
  refreshed,
  type Statement,
} from "../model/credits";
import { count } from "../model/format";
import { wordsOf } from "../state/actions";
import { costsAfter, ledgerAfter, statement } from "../state/credits";
import { film, shots } from "../state/studio";
import { Badge } from "./face";

function shotsById() {
  return new Map(shots.value.map(({ shot }) => [shot.id, shot]));
}

function When({ moment }: { moment: string }) {
  const at = new Date(moment);
  return (
    <time class="soft" dateTime={moment} title={at.toLocaleString()}>
      {at.toLocaleTimeString()}
    </time>
  );
}

/** Keep the rows of a list whose first page changes; gives what fetches earlier ones too. */
function useRows<T>(first: Rows<T>, id: (row: T) => string, fetchAfter: (after: string) => Promise<Rows<T>>) {
  const [rows, setRows] = useState(first);
  useEffect(() => setRows((loaded) => refreshed(first, loaded, id)), [first]);
  const { next } = rows;
  const earlier =
    next === null
      ? null
      : async () => {
          const page = await fetchAfter(next);
          setRows((loaded) => extended(loaded, next, page));
        };
  return { rows: rows.data, earlier };
}

function Earlier({ load }: { load: () => Promise<void> }) {
  const [failure, setFailure] = useState<string | null>(null);
  return (
    <>
      {failure && <p class="notice">Earlier ones cannot be listed now. {failure}</p>}
      <button
        type="button"
        class="button small"
        onClick={() =>
          void load().then(
            () => setFailure(null),
            (error: unknown) => setFailure(wordsOf(error)),
          )
        }
      >
        Earlier ones
      </button>
    </>
  );
}

function LedgerRow({ entry }: { entry: Entry }) {
  const job = entry.job_id === null ? undefined : film.value?.jobs.get(entry.job_id);
  const earlier = entry.job_id === null ? null : "earlier take";
  const { word, amount } = entryLine(entry, job ? nameOf(job.kind, job.shot_id, shotsById()) : earlier);
  return (
    <li>
      <span class="row spread">
        <span>{word}</span> <span class="mono">{amount}</span>
      </span>
      <span class="row start">
        <When moment={entry.created_at} />
        {entry.note && <span class="soft prose">{entry.note}</span>}
      </span>
    </li>
  );
}

const entryId = (entry: Entry) => String(entry.id);

/** Every movement of the account, the latest first. */
export function Ledger({ found }: { found: Statement }) {
  const { rows, earlier } = useRows(found.ledger, entryId, ledgerAfter);
  if (rows.length === 0) return null;
  return (
    <section class="stack" aria-label="Statement">
      <h3>Statement</h3>
      <ol class="receipts">
        {rows.map((entry) => (
          <LedgerRow key={entry.id} entry={entry} />
        ))}
      </ol>
      {earlier && <Earlier load={earlier} />}
    </section>
  );
}

function CostRow({ cost }: { cost: Cost }) {
  return (
    <li>
      <span class="row spread">
        <span>
          {nameOf(cost.kind, cost.shot_id, shotsById())}
          {cost.number > 1 && `, try ${cost.number}`}
        </span>
        <Badge face={attemptFace(cost)} />
      </span>
      <span>{costLine(cost)}</span>
      <span class="row start soft">
        {cost.provider} · {cost.model} · <When moment={cost.created_at} />
      </span>
    </li>
  );
}

const costId = (cost: Cost) => cost.attempt_id;
const NONE: Rows<Cost> = { data: [], next: null };

function CostRows({ first }: { first: Rows<Cost> }) {
  const { rows, earlier } = useRows(first, costId, costsAfter);
  if (rows.length === 0) return <p class="soft">Nothing was sent to a provider yet.</p>;
  return (
    <>
      <ol class="receipts" aria-label={count(rows.length, "try", "tries")}>
        {rows.map((cost) => (
          <CostRow key={cost.attempt_id} cost={cost} />
        ))}
      </ol>
      {earlier && <Earlier load={earlier} />}
    </>
  );
}

/** What every submission to a provider cost, paid or not, the latest first. */
export function Costs() {
  const [first, setFirst] = useState<Rows<Cost>>(NONE);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    costsAfter(null, stop.signal).then(
      (page) => {
        setFirst(page);
        setFailure(null);
      },
      (error: unknown) => !stop.signal.aborted && setFailure(wordsOf(error)),
    );
    return () => stop.abort();
  }, [statement.value]);
  return (
    <section class="stack" aria-label="What each try cost">
      <h3>What each try cost</h3>
      {failure ? <p class="notice">This cannot be listed now. {failure}</p> : <CostRows first={first} />}
    </section>
  );
}
