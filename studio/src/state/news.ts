/** What is worth a toast: a scene that became ready, a film that is done. */

import { effect, untracked } from "@preact/signals";
import { count } from "../model/format";
import { endOf } from "../model/shots";
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
        ended(scene.id, index + 1, scene.render_status);
      });
    });
  });
}

function ended(sceneId: string, number: number, status: string): void {
  const views = shots.value.filter((view) => view.scene.id === sceneId);
  const { failed, ready } = endOf(status, views);
  const show = {
    label: "Show",
    run: () => {
      go({ scene: sceneId });
      void player.seek(0);
    },
  };
  const about = `scene ${sceneId}`;
  if (failed > 0) toast(`Scene ${number} ended with ${count(failed, "failed shot")}.`, "bad", show, about);
  else if (ready) toast(`All videos for Scene ${number} are ready for review!`, "good", show, about);
  if (!player.playing.value && ready && views[0]) player.seekShot(views[0].shot.id);
}
