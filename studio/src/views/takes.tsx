import { useEffect, useState } from "preact/hooks";
import { answer, api, type Shapes } from "../api/http";
import { money, secondsBetween, span } from "../model/format";
import type { ShotView } from "../model/shots";
import { SHOT_FACES } from "../model/status";
import { act, busy, chooseTake, wordsOf } from "../state/actions";
import { film } from "../state/studio";
import { Badge, Stale } from "./face";

export type Take = Shapes["JobOut"];

function Attempts({ take }: { take: Take }) {
  const [attempts, setAttempts] = useState<readonly Shapes["AttemptOut"][] | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    answer(
      api.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id: take.id } }, signal: stop.signal }),
    ).then(
      (job) => setAttempts(job.attempts),
      () => setAttempts([]),
    );
    return () => stop.abort();
  }, [take.id, take.status, take.attempt_count]);
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

function TakeCard({
  take,
  view,
  shown,
  onShow,
}: {
  take: Take;
  view: ShotView;
  shown: boolean;
  onShow: () => void;
}) {
  const name = `${take.kind === "image" ? "Image" : "Take"} ${take.take}`;
  const action = `take ${take.id}`;
  return (
    <li class={`card${shown ? " current" : ""}`}>
      <div class="row spread">
        <span class="row">
          <strong>{name}</strong> <Badge face={SHOT_FACES[take.status]} />
          {take.stale && <Stale />}
        </span>
        {take.chosen && (
          <span class="badge tone-good">{take.kind === "image" ? "✓ in use" : "✓ in the film"}</span>
        )}
      </div>
      {take.video_url && (
        <div class="row start">
          <button type="button" class="button small" aria-pressed={shown} onClick={onShow}>
            Look at it
          </button>
          {!take.chosen && (
            <button
              type="button"
              class="button small"
              disabled={busy.value.has(action)}
              onClick={() => void act(action, () => chooseTake(view.scene.id, view.shot.id, take.id))}
            >
              Use this {take.kind === "image" ? "image" : "take"}
            </button>
          )}
        </div>
      )}
      <details>
        <summary class="soft">Attempts and cost</summary>
        <Attempts take={take} />
      </details>
    </li>
  );
}

/** Fetch every image and clip of a shot, the newest first, and anew when one of them moves or is chosen. */
export function useTakes(view: ShotView): { takes: readonly Take[]; failure: string | null } {
  const [takes, setTakes] = useState<readonly Take[]>([]);
  const [failure, setFailure] = useState<string | null>(null);
  const { shot } = view;
  const jobs = [...(film.value?.jobs.values() ?? [])].filter((job) => job.shot_id === shot.id);
  const state = jobs.map((job) => `${job.id} ${job.status} ${job.stale}`).join();
  useEffect(() => {
    const stop = new AbortController();
    const query = { shot_id: shot.id, limit: 100 };
    answer(api.GET("/api/v1/jobs", { params: { query }, signal: stop.signal })).then(
      (page) => {
        setTakes(page.data.filter((job) => job.kind !== "film"));
        setFailure(null);
      },
      (error: unknown) => !stop.signal.aborted && setFailure(wordsOf(error)),
    );
    return () => stop.abort();
  }, [shot.id, shot.chosen_job_id, shot.chosen_image_job_id, state]);
  return { takes, failure };
}

/** The takes of a shot: look at each, and choose the one that stands for it. */
export function Takes({
  view,
  takes,
  shown,
  onShow,
}: {
  view: ShotView;
  takes: readonly Take[];
  shown: string | undefined;
  onShow: (take: Take) => void;
}) {
  if (takes.length === 0) return null;
  return (
    <section class="stack" aria-label="Takes">
      <h3>Takes</h3>
      <ul class="stack">
        {takes.map((take) => (
          <TakeCard
            key={take.id}
            take={take}
            view={view}
            shown={take.id === shown}
            onShow={() => onShow(take)}
          />
        ))}
      </ul>
    </section>
  );
}
