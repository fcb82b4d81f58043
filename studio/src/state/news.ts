/** What is worth a toast: how a scene ended. */

import { effect, untracked } from "@preact/signals";
import type { Scene } from "../model/film";
import { makingOf, newsOf, type ShotView } from "../model/shots";
import { player } from "./screening";
import { film, shots } from "./studio";
import { failuresShown, go, toast } from "./ui";

/** Say when the last job of a scene ends, and put its first shot on the screen. */
export function watchNews(): void {
  let project = "";
  const before = new Map<string, string>();
  effect(() => {
    const open = film.value;
    if (!open) return;
    untracked(() => {
      const fresh = project !== open.id;
      project = open.id;
      if (fresh) before.clear();
      open.scenes.forEach((scene, index) => {
        const views = shots.value.filter((view) => view.scene.id === scene.id);
        const [was, is] = [before.get(scene.id), makingOf(scene, views)];
        before.set(scene.id, is);
        if (!fresh && was === "rendering" && is !== "rendering") ended(scene, index + 1, views);
      });
    });
  });
}

function ended(scene: Scene, number: number, views: readonly ShotView[]): void {
  const news = newsOf(scene, number, views);
  if (!news) return;
  const good = news.tone === "good";
  const receipt = film.value?.receipt ?? null;
  const play = () => {
    go({ scene: scene.id });
    void player.seek(0);
    player.play();
  };
  const explain = () => {
    // News stay: by now another film may be open.
    go({ project: receipt, page: "project" });
    failuresShown.value = true;
  };
  const next = good ? { label: "Play scene", run: play } : { label: "What failed", run: explain };
  toast(news.text, news.tone, next, `scene ${scene.id}`);
  if (!player.playing.value && good && views[0]) player.seekShot(views[0].shot.id);
}
