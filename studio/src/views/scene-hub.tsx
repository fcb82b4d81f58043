import { waitsOf } from "../model/credits";
import type { Scene } from "../model/film";
import { clock, count } from "../model/format";
import { badgeOf } from "../model/shots";
import { SCENE_FACES } from "../model/status";
import { statement } from "../state/credits";
import { isOpened, noteOpened, reviewOf } from "../state/review";
import { player } from "../state/screening";
import { film, scene as openScene, shots } from "../state/studio";
import { go } from "../state/ui";
import { Badge } from "./face";

function Card({ scene, number }: { scene: Scene; number: number }) {
  const views = shots.value.filter((view) => view.scene.id === scene.id);
  const { badge, word } = badgeOf(scene, views);
  const current = openScene.value?.id === scene.id;
  const seconds = views.reduce((sum, view) => sum + (view.seconds ?? 0), 0);
  const waiting = waitsOf(statement.value, scene.id);
  const toReview = badge === "review_ready";
  const review = reviewOf(
    scene,
    views.map((view) => view.clip?.id),
  );
  return (
    <li class={`scene-card${current ? " current" : ""}`}>
      <div class="row">
        <span class="soft">Scene {number}</span>
        <Badge face={SCENE_FACES[badge]} word={word} pulse={toReview && !isOpened(review)} />
      </div>
      <h2>{scene.title}</h2>
      <p class="soft">
        {count(views.length, "shot")} · {clock(seconds)}
        {scene.open_issues > 0 && ` · ${count(scene.open_issues, "open issue")}`}
      </p>
      {waiting && (
        <button type="button" class="button small" onClick={() => go({ scene: scene.id, tab: "credits" })}>
          <span aria-hidden="true">$</span> {count(waiting.jobs, "job waits", "jobs wait")} for credits
        </button>
      )}
      <div class="row">
        <button
          type="button"
          class="button small"
          aria-pressed={current}
          onClick={() => go({ scene: current ? null : scene.id })}
        >
          {current ? "Show all scenes" : "Open"}
        </button>
        {toReview && (
          <button
            type="button"
            class="button small primary"
            onClick={() => {
              noteOpened(review);
              go({ scene: scene.id, tab: "review" });
              player.play();
            }}
          >
            Review video
          </button>
        )}
      </div>
    </li>
  );
}

/** The project's scenes and where each of them stands. */
export function SceneHub() {
  const open = film.value;
  if (!open) return null;
  if (open.scenes.length === 0) {
    return (
      <p class="empty">This project has no scenes yet. Import a script, or let a program insert its shots.</p>
    );
  }
  return (
    <section aria-label="Scenes">
      <ol class="scenes">
        {open.scenes.map((scene, index) => (
          <Card key={scene.id} scene={scene} number={index + 1} />
        ))}
      </ol>
    </section>
  );
}
