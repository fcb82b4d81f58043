import { useEffect, useState } from "preact/hooks";
import { get } from "../api/http";
import type { Job } from "../model/film";
import { clock, money, secondsBetween, span } from "../model/format";
import { isLive, SHOT_FACES } from "../model/status";
import { act, cancel, newTake } from "../state/actions";
import { shots } from "../state/studio";
import { openShot } from "../state/ui";
import { Dialog } from "./dialog";
import { Badge } from "./face";
import { RetryButton } from "./retry";

interface Attempt {
  readonly id: string;
  readonly number: number;
  readonly provider: string;
  readonly model: string;
  readonly state: string;
  readonly actual_cost: number | null;
  readonly estimated_cost: number | null;
  readonly error_message: string | null;
  readonly created_at: string;
  readonly finished_at: string | null;
}

function Attempts({ job }: { job: Job }) {
  const [attempts, setAttempts] = useState<readonly Attempt[] | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    get<{ attempts: Attempt[] }>(`jobs/${job.id}`, stop.signal)
      .then((answer) => setAttempts(answer.attempts))
      .catch(() => setAttempts([]));
    return () => stop.abort();
  }, [job.id, job.status]);
  if (!attempts) return <p class="soft">Loading attempts…</p>;
  if (attempts.length === 0) return <p class="soft">Nothing was sent to a provider yet.</p>;
  return (
    <ol class="attempts">
      {attempts.map((each) => {
        const seconds = secondsBetween(each.created_at, each.finished_at);
        return (
          <li key={each.id}>
            {each.number}. {each.provider} · {each.model} · {each.state} ·{" "}
            {money(each.actual_cost ?? each.estimated_cost)}
            {seconds !== null && ` · ${span(seconds)}`}
            {each.error_message && <p class="soft">{each.error_message}</p>}
          </li>
        );
      })}
    </ol>
  );
}

/** Everything about one shot. */
export function ShotDialog() {
  const view = shots.value.find((each) => each.shot.id === openShot.value);
  if (!view) return null;
  const { shot, scene, clip, job, takes } = view;
  const close = () => {
    openShot.value = null;
  };
  return (
    <Dialog title={`Shot ${shot.label}`} wide onClose={close}>
      <div class="row spread">
        <h2>
          Shot {shot.label} <span class="soft">· {scene.title}</span>
        </h2>
        <button type="button" class="button quiet small" aria-label="Close" onClick={close}>
          ✕
        </button>
      </div>
      <div class="details">
        <div class="stack">
          <div class="picture">
            {clip?.video_url ? (
              <video
                src={clip.video_url}
                controls
                playsInline
                preload="metadata"
                aria-label={`Clip of shot ${shot.label}`}
              >
                <track kind="captions" />
              </video>
            ) : (
              view.picture && (
                <img src={view.picture} alt={shot.image_prompt ?? `Start frame of shot ${shot.label}`} />
              )
            )}
          </div>
          {takes.length > 0 && (
            <section class="stack" aria-label="Takes">
              <h3>Takes</h3>
              {takes.map((take, index) => (
                <div class="card" key={take.id}>
                  <div class="row">
                    <span>
                      Take {takes.length - index}{" "}
                      <Badge face={SHOT_FACES[take.status as keyof typeof SHOT_FACES]} />
                    </span>
                    {take.id === clip?.id && <span class="badge tone-good">✓ in the film</span>}
                  </div>
                  <Attempts job={take} />
                </div>
              ))}
            </section>
          )}
        </div>
        <div class="stack">
          <Badge face={SHOT_FACES[view.status]} />
          {view.stale && (
            <p class="soft">
              The script changed since this clip was made. It stays until you make a new take.
            </p>
          )}
          {job?.error_message && view.status === "failed" && <p class="notice">{job.error_message}</p>}
          <dl class="facts">
            <dt>Length</dt>
            <dd>{view.seconds === null ? "as the model likes" : clock(view.seconds)}</dd>
            <dt>Image prompt</dt>
            <dd class="prose">{shot.image_prompt ?? "–"}</dd>
            <dt>Video prompt</dt>
            <dd class="prose">{shot.video_prompt ?? "–"}</dd>
            <dt>Narration</dt>
            <dd class="prose">{shot.narration ?? "–"}</dd>
          </dl>
          <div class="dialog-actions start">
            {job?.status === "failed" && <RetryButton job={job} />}
            {job && isLive(job.status) && (
              <button
                type="button"
                class="button danger"
                onClick={() => void act(`cancel ${job.id}`, () => cancel(job))}
              >
                Cancel
              </button>
            )}
            {clip && !(job && isLive(job.status)) && (
              <button
                type="button"
                class="button"
                onClick={() => void act(`take of ${shot.id}`, () => newTake(scene.id, shot.id))}
              >
                New take
              </button>
            )}
          </div>
        </div>
      </div>
    </Dialog>
  );
}
