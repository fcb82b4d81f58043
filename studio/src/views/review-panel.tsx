import { useEffect } from "preact/hooks";
import type { Scene } from "../model/film";
import { count } from "../model/format";
import { stageName } from "../model/review";
import { badgeOf, percentOf, type ShotView } from "../model/shots";
import { SCENE_FACES } from "../model/status";
import { act, busy } from "../state/actions";
import { approve, noteOpened, reviewOf } from "../state/review";
import { film, scene as openScene, sceneShots } from "../state/studio";
import { go } from "../state/ui";
import { QuoteButton } from "./bulk";
import { Badge } from "./face";
import { IssueForm } from "./issue-form";
import { Issues } from "./issues";

/** Say how the review of a scene stands, and what brings it on. */
function Standing({ scene, views }: { scene: Scene; views: readonly ShotView[] }) {
  const issues = count(scene.open_issues, "open issue");
  switch (scene.review_status) {
    case "approved":
      return (
        <p class="soft">This scene is approved. Another take or another issue opens the review again.</p>
      );
    case "returned":
      return (
        <p class="soft">
          This scene is at {stageName(scene.stage)}, with {issues}. Change what has to be changed, make new
          takes, and resolve each issue: with the last one the scene is back in review.
        </p>
      );
    case "video_complete":
      return <p class="soft">Every shot has its clip. Watch the scene, then approve it or send it back.</p>;
    default:
      return (
        <p class="soft">
          The review opens when every shot has its clip: {views.filter((view) => view.clip).length} of{" "}
          {views.length}, {percentOf(views)}%.
        </p>
      );
  }
}

function Verdict({ scene, stale }: { scene: Scene; stale: number }) {
  return (
    <>
      {scene.review_ready && stale > 0 && (
        <p class="notice">
          {count(stale, "clip is", "clips are")} stale. Approving takes {stale === 1 ? "it" : "them"} as{" "}
          {stale === 1 ? "it is" : "they are"}.
        </p>
      )}
      <div class="row start">
        <button
          type="button"
          class="button primary"
          disabled={!scene.review_ready || busy.value.has("approve")}
          onClick={() => void act("approve", () => approve(scene))}
        >
          Approve scene
        </button>
      </div>
    </>
  );
}

/** Without a scene: which ones wait for a reviewer. */
function Choice() {
  const open = film.value;
  const ready = open?.scenes.filter((each) => each.review_ready) ?? [];
  if (ready.length === 0)
    return <p class="empty">No scene is ready for review. Open one to see its issues.</p>;
  return (
    <div class="stack">
      <p class="soft">{count(ready.length, "scene is", "scenes are")} ready for review.</p>
      {ready.map((each) => (
        <button key={each.id} type="button" class="button" onClick={() => go({ scene: each.id })}>
          {each.title}
        </button>
      ))}
    </div>
  );
}

/** Review of the open scene: approve it, or say what is wrong and send it back. */
export function ReviewPanel() {
  const scene = openScene.value;
  const views = sceneShots.value;
  const review = scene
    ? reviewOf(
        scene,
        views.map((view) => view.clip?.id),
      )
    : null;
  const ready = scene?.review_ready ?? false;
  useEffect(() => {
    if (review && ready) noteOpened(review);
  }, [review, ready]);
  if (!scene) return <Choice />;
  const { badge, word } = badgeOf(scene, views);
  const stale = views.filter((view) => view.stale);
  return (
    <div class="stack">
      <div class="row spread">
        <h2>{scene.title}</h2>
        <Badge face={SCENE_FACES[badge]} word={word} />
      </div>
      <Standing scene={scene} views={views} />
      {stale.length > 0 && (
        <QuoteButton
          scope={stale.map((view) => view.shot.id)}
          title="Make new takes"
          label={`Make new takes of what is stale (${stale.length})`}
        />
      )}
      <Verdict scene={scene} stale={stale.length} />
      {scene.review_status !== "pending" && <IssueForm key={scene.id} scene={scene} />}
      <Issues key={`issues of ${scene.id}`} scene={scene} />
    </div>
  );
}
