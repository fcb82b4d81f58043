import { useEffect, useState } from "preact/hooks";
import {
  attemptFace,
  type Cost,
  costLine,
  type Entry,
  entryLine,
  nameOf,
  refreshed,
  type Statement,
} from "../model/credits";
import { count } from "../model/format";
import { wordsOf } from "../state/actions";
import { costsAfter, ledgerAfter, statement } from "../state/credits";
import { film, shots } from "../state/studio";
import { Badge } from "./face";

interface Page<T> {
  readonly data: readonly T[];
  readonly next: string | null;
}

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
function useRows<T>(first: Page<T>, id: (row: T) => string) {
  const [rows, setRows] = useState(first.data);
  const [next, setNext] = useState(first.next);
  useEffect(() => {
    const met = refreshed(first.data, rows, id);
    // Where the page stands alone, so does its end.
    if (met.length === first.data.length) setNext(first.next);
    setRows(met);
  }, [first]);
  const append = (page: Page<T>) => {
    setRows([...rows, ...page.data]);
    setNext(page.next);
  };
  return { rows, next, append };
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
  const { rows, next, append } = useRows(found.ledger, entryId);
  if (rows.length === 0) return null;
  return (
    <section class="stack" aria-label="Statement">
      <h3>Statement</h3>
      <ol class="receipts">
        {rows.map((entry) => (
          <LedgerRow key={entry.id} entry={entry} />
        ))}
      </ol>
      {next !== null && (
        <Earlier load={async () => append(await ledgerAfter(next, new AbortController().signal))} />
      )}
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
const NONE: Page<Cost> = { data: [], next: null };

function CostRows({ first }: { first: Page<Cost> }) {
  const { rows, next, append } = useRows(first, costId);
  if (rows.length === 0) return <p class="soft">Nothing was sent to a provider yet.</p>;
  return (
    <>
      <ol class="receipts" aria-label={count(rows.length, "try", "tries")}>
        {rows.map((cost) => (
          <CostRow key={cost.attempt_id} cost={cost} />
        ))}
      </ol>
      {next !== null && (
        <Earlier load={async () => append(await costsAfter(next, new AbortController().signal))} />
      )}
    </>
  );
}

/** What every submission to a provider cost, paid or not, the latest first. */
export function Costs() {
  const [first, setFirst] = useState<Page<Cost>>(NONE);
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
