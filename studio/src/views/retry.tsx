import { useState } from "preact/hooks";
import type { Job } from "../model/film";
import { money } from "../model/format";
import { act, busy, fetchAgain, retry } from "../state/actions";
import { Confirm } from "./dialog";

/** What failed after the provider was done: it is paid for, and can be fetched once more. */
const FETCHABLE: readonly (string | null)[] = ["download_failed", "storage_failed", "clip_invalid"];

/** Retry a failed job, of `old` words maybe; where it may have been billed, ask before it is risked again. */
export function RetryButton({ job, old = job.stale ?? false }: { job: Job; old?: boolean }) {
  const [asking, setAsking] = useState(false);
  const risky = job.error_code === "submit_unknown" || job.error_code === "deadline_exceeded";
  const name = `retry ${job.id}`;
  return (
    <>
      {FETCHABLE.includes(job.error_code) && (
        <button
          type="button"
          class="button small"
          disabled={busy.value.has(name)}
          onClick={() => void act(name, () => fetchAgain(job))}
        >
          Fetch again, free
        </button>
      )}
      <button
        type="button"
        class="button small"
        disabled={busy.value.has(name)}
        onClick={(event) => {
          event.stopPropagation();
          if (risky) setAsking(true);
          else void act(name, () => retry(job));
        }}
      >
        {old ? "Retry with the old words" : "Retry"}
      </button>
      {asking && (
        <Confirm
          title="This may be paid twice"
          confirm={`Retry, and risk ${money(job.estimated_cost)} more`}
          danger
          onConfirm={() => void act(name, () => retry(job, true))}
          onClose={() => setAsking(false)}
        >
          <p>
            The provider’s answer was lost, so it may have made and billed this shot already. Rushes looked
            for it and did not find it.
          </p>
        </Confirm>
      )}
    </>
  );
}
