/** What is worth a toast: a scene that became ready, a film that is done. */

import { effect, untracked } from "@preact/signals";
import type { Scene } from "../model/film";
import { newsOf } from "../model/shots";
import { player } from "./screening";
import { film, shots } from "./studio";
import { go, toast } from "./ui";

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
        const was = before.get(scene.id);
        before.set(scene.id, scene.render_status);
        if (fresh || was !== "rendering" || scene.render_status === "rendering") return;
        ended(scene, index + 1);
      });
    });
  });
}

function ended(scene: Scene, number: number): void {
  const views = shots.value.filter((view) => view.scene.id === scene.id);
  const news = newsOf(scene, number, views);
  if (!news) return;
  const good = news.tone === "good";
  const show = {
    label: good ? "Play scene" : "Show",
    run: () => {
      go({ scene: scene.id });
      void player.seek(0);
      if (good) player.play();
    },
  };
  toast(news.text, news.tone, show, `scene ${scene.id}`);
  if (!player.playing.value && good && views[0]) player.seekShot(views[0].shot.id);
}
