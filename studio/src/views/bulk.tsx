import { useState } from "preact/hooks";
import { count, money } from "../model/format";
import { isStitched, tally } from "../model/shots";
import { isLive } from "../model/status";
import { act, busy, cancelAll, generate, type Quote, quote, retryFailed, type Scope } from "../state/actions";
import { film, shots } from "../state/studio";
import { failuresShown } from "../state/ui";
import { Confirm, Dialog } from "./dialog";
import { QuoteText } from "./quote";

function QuoteDialog({
  found,
  title,
  scope,
  onClose,
}: {
  found: Quote;
  title: string;
  scope: Scope;
  onClose: () => void;
}) {
  const blocked = found.problems.length > 0;
  return (
    <Confirm
      title={title}
      confirm={blocked ? "Generate" : `Generate for ${money(found.quote)}`}
      disabled={blocked}
      onConfirm={() => void act("generate", () => generate(scope))}
      onClose={onClose}
    >
      <QuoteText found={found} />
      {!blocked && <p>Nothing that exists is deleted.</p>}
    </Confirm>
  );
}

/** Order shots, after a look at what that costs. */
export function QuoteButton({ scope, title, label }: { scope: Scope; title: string; label: string }) {
  const [found, setFound] = useState<Quote | null>(null);
  const working = busy.value.has("quote") || busy.value.has("generate");
  return (
    <>
      <button
        type="button"
        class="button primary"
        disabled={working}
        onClick={() => void act("quote", async () => setFound(await quote(scope)))}
      >
        {label}
      </button>
      {found && <QuoteDialog found={found} title={title} scope={scope} onClose={() => setFound(null)} />}
    </>
  );
}

function CancelDialog({ onClose }: { onClose: () => void }) {
  const counts = tally(shots.value);
  const waiting = counts.waiting + counts.queued + counts.processing;
  const made = counts.generating + counts.uploading;
  return (
    <Confirm
      title="Cancel what is not finished?"
      confirm="Cancel generation"
      danger
      onConfirm={() => void act("cancel", cancelAll)}
      onClose={onClose}
    >
      {waiting > 0 && (
        <p>{count(waiting, "shot has", "shots have")} not been sent and will stop, free of charge.</p>
      )}
      {made > 0 && (
        <p>
          {count(made, "shot is", "shots are")} already being made: the provider may bill{" "}
          {made === 1 ? "it" : "them"} in any case, so {made === 1 ? "it goes" : "they go"} on, and what would
          follow is not ordered. Cancel on its job card stops waiting for one.
        </p>
      )}
    </Confirm>
  );
}

/** Every shot that failed, and why. */
export function FailuresDialog() {
  const failed = shots.value.filter((view) => view.status === "failed");
  if (!failuresShown.value) return null;
  const close = () => {
    failuresShown.value = false;
  };
  return (
    <Dialog title="What failed" onClose={close}>
      <h2>{failed.length === 0 ? "Nothing failed" : `${count(failed.length, "shot")} failed`}</h2>
      <ul class="stack">
        {failed.map((view) => (
          <li key={view.shot.id} class="card">
            <strong>Shot {view.shot.label}</strong>
            <p class="prose">{view.job?.error_message ?? view.job?.error_code}</p>
          </li>
        ))}
      </ul>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={close}>
          Close
        </button>
        <button
          type="button"
          class="button primary"
          disabled={failed.length === 0 || busy.value.has("retry failed")}
          onClick={() => {
            close();
            void act("retry failed", retryFailed);
          }}
        >
          Retry failed
        </button>
      </div>
    </Dialog>
  );
}

/** Generate everything, watch it, stop it, and see what failed. */
export function BulkToolbar() {
  const [cancelling, setCancelling] = useState(false);
  const open = film.value;
  if (!open) return null;
  const views = shots.value;
  const live = views.filter((view) => isLive(view.status)).length;
  const ready = views.filter((view) => view.clip).length;
  const failed = views.filter((view) => view.status === "failed").length;
  const missing = views.filter((view) => !view.clip && !isLive(view.status)).length;
  const stitching = [...open.jobs.values()].some((job) => job.kind === "film" && isLive(job.status));
  return (
    <>
      {failed > 0 && (
        <button
          type="button"
          class="button danger"
          onClick={() => {
            failuresShown.value = true;
          }}
        >
          {failed} failed…
        </button>
      )}
      {live > 0 ? (
        <>
          <span class="badge tone-work" aria-live="off">
            <span aria-hidden="true">◐</span> Generating… ({ready}/{views.length})
          </span>
          <button type="button" class="button" onClick={() => setCancelling(true)}>
            Cancel
          </button>
        </>
      ) : missing > 0 ? (
        <QuoteButton scope="missing" title="Generate all scenes" label={`Generate all scenes (${missing})`} />
      ) : ready > 0 && !stitching && !isStitched(open, views) ? (
        <QuoteButton scope="missing" title="Make the film" label="Make the film" />
      ) : (
        <button type="button" class="button primary" disabled>
          {stitching ? "Stitching…" : "All shots are made"}
        </button>
      )}
      {cancelling && <CancelDialog onClose={() => setCancelling(false)} />}
      <FailuresDialog />
    </>
  );
}
