import { money, secondsBetween, span } from "../model/format";
import type { ShotView } from "../model/shots";
import { isLive, SHOT_FACES } from "../model/status";
import { act, cancel } from "../state/actions";
import { player } from "../state/screening";
import { sceneShots } from "../state/studio";
import { Badge } from "./face";
import { Gradually } from "./gradually";
import { RetryButton } from "./retry";
import { Why } from "./why";

function Card({ view }: { view: ShotView }) {
  const { job, shot } = view;
  if (!job) return null;
  const seconds = secondsBetween(job.processing_started_at, job.finished_at);
  const cost = job.actual_cost ?? job.estimated_cost;
  return (
    <li class={`card${player.shot.value === shot.id ? " current" : ""}`}>
      <div class="row">
        <button type="button" class="button quiet small jump" onClick={() => player.seekShot(shot.id)}>
          <strong>{shot.label}</strong> {job.kind === "image" ? "image" : "clip"}
        </button>
        <Badge
          face={SHOT_FACES[view.status]}
          word={
            view.progress > 0
              ? `${SHOT_FACES[view.status].word} ${view.progress}%`
              : SHOT_FACES[view.status].word
          }
        />
      </div>
      <dl>
        <dt>Provider</dt>
        <dd>{[job.provider ?? "default", job.model].filter(Boolean).join(" · ")}</dd>
        {seconds !== null && (
          <>
            <dt>Took</dt>
            <dd>{span(seconds)}</dd>
          </>
        )}
        <dt>Cost</dt>
        <dd>
          {job.actual_cost === null && cost !== null ? "≈ " : ""}
          {money(cost)}
          {job.attempt_count > 1 && ` · attempt ${job.attempt_count}`}
        </dd>
      </dl>
      {job.status === "failed" && <p class="prose">{job.error_message}</p>}
      {isLive(job.status) && job.status !== "uploading" && <Why job={job} />}
      <div class="row start">
        {job.status === "failed" && <RetryButton job={job} />}
        {isLive(job.status) && (
          <button
            type="button"
            class="button small"
            onClick={() => void act(`cancel ${job.id}`, () => cancel(job))}
          >
            Cancel
          </button>
        )}
      </div>
    </li>
  );
}

/** A card per shot that has a job; a press on it jumps there. */
export function JobCards() {
  const views = sceneShots.value.filter((view) => view.job);
  if (views.length === 0)
    return <p class="empty">Nothing was ordered yet. Generate the scenes to see their jobs here.</p>;
  return (
    <ul class="stack" aria-label="Jobs">
      <Gradually of={views} each={(view) => <Card key={view.shot.id} view={view} />} />
    </ul>
  );
}
