/** What the strip, the timeline and the cards show of each shot: one read model for all of them. */

import { decidingJob, type Film, type Job, type Scene, type Shot, standingTake, takesOf } from "./film";
import { count } from "./format";
import { isLive, SCENE_FACES, type SceneBadge, type ShotStatus } from "./status";

export interface ShotView {
  readonly shot: Shot;
  readonly scene: Scene;
  /** 1 … n in film order. */
  readonly number: number;
  readonly status: ShotStatus;
  /** 0–100, of what is on its way now. */
  readonly progress: number;
  /** The job that decides how it stands: its clip's, or its image's while there is none. */
  readonly job: Job | null;
  /** The take that the film uses. */
  readonly clip: Job | null;
  /** A picture of it: of the clip, or of the image. */
  readonly picture: string | null;
  readonly seconds: number | null;
  readonly stale: boolean;
}

/** Give every shot in film order. */
export function shotsOf(film: Film): ShotView[] {
  const byShot = new Map<string, Job[]>();
  for (const job of film.jobs.values()) {
    if (job.shot_id) byShot.set(job.shot_id, [...(byShot.get(job.shot_id) ?? []), job]);
  }
  let number = 0;
  return film.scenes.flatMap((scene) =>
    scene.shots.map((shot) => {
      number += 1;
      return viewOf(
        { ...film, jobs: new Map((byShot.get(shot.id) ?? []).map((job) => [job.id, job])) },
        scene,
        shot,
        number,
      );
    }),
  );
}

/** Give the job that says how a shot stands. */
function leadingJob(video: Job | null, image: Job | null): Job | null {
  if (!video || !image) return video ?? image;
  // A clip that waits for its image stands where the image stands; a cancelled one does while that goes on.
  if (video.status === "waiting" && image.status !== "completed") return image;
  return video.status === "cancelled" && isLive(image.status) ? image : video;
}

function viewOf(film: Film, scene: Scene, shot: Shot, number: number): ShotView {
  const takes = takesOf(film, shot.id, "video");
  const images = takesOf(film, shot.id, "image");
  const clip = standingTake(takes, shot.chosen_job_id);
  const image = standingTake(images, shot.chosen_image_job_id);
  const video = decidingJob(takes);
  const making = decidingJob(images);
  const job = leadingJob(video, making);
  const status = job && (job.kind === "video" || job.status !== "completed") ? job.status : "draft";
  return {
    shot,
    scene,
    number,
    status,
    progress: job && isLive(job.status) ? job.progress : 0,
    job,
    clip,
    picture: clip?.poster_url ?? image?.video_url ?? shot.start_frame_url,
    seconds: clip?.actual_duration_seconds ?? shot.duration_seconds,
    stale: clip?.stale ?? false,
  };
}

const IMAGE_SHARE = 0.1;
const CLIP_SHARE = 0.9;

/** How much of the work on all shots is done, 0–100: an image is a small part of it, a clip the rest. */
export function percentOf(shots: readonly ShotView[]): number {
  const done = shots.reduce((sum, view) => {
    if (view.clip) return sum + 100;
    const making = view.job?.kind === "image" ? IMAGE_SHARE : CLIP_SHARE;
    return sum + (view.picture ? IMAGE_SHARE * 100 : 0) + making * view.progress * 0.99;
  }, 0);
  return shots.length > 0 ? Math.floor(done / shots.length) : 0;
}

/** Tell whether the film of all scenes was made after the last of the clips that stand. */
export function isStitched(film: Film, shots: readonly ShotView[]): boolean {
  const isLater = (moment: string) => shots.every(({ clip }) => moment > (clip?.completed_at ?? ""));
  return [...film.jobs.values()].some(
    (job) => job.kind === "film" && job.scene_id === null && isLater(job.completed_at ?? ""),
  );
}

/** Count shots, or jobs, by status. */
export function tally(shots: readonly Pick<ShotView, "status">[]): Record<ShotStatus, number> {
  const counts: Record<ShotStatus, number> = {
    draft: 0,
    waiting: 0,
    queued: 0,
    processing: 0,
    generating: 0,
    uploading: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
  };
  for (const { status } of shots) counts[status] += 1;
  return counts;
}

/** What a scene's end is worth saying: nothing where a cancel left it without some of its clips. */
export interface News {
  text: string;
  tone: "good" | "bad";
}

/** Say how the scene with this number ended. One that was sent back waits for its issues, not for a review. */
export function newsOf(scene: Scene, number: number, shots: readonly ShotView[]): News | null {
  const failed = shots.filter((shot) => shot.status === "failed").length;
  if (failed > 0) return { text: `Scene ${number} ended with ${count(failed, "failed shot")}.`, tone: "bad" };
  if (scene.render_status !== "complete" || !shots.every((shot) => shot.clip)) return null;
  if (scene.review_status === "returned") {
    return { text: `Scene ${number} has its new takes: resolve its issues to bring it back.`, tone: "good" };
  }
  return { text: `All videos for Scene ${number} are ready for review!`, tone: "good" };
}

/** Tell whether anything is being made of these shots, or will be without a person. */
export function isMaking(shots: readonly ShotView[]): boolean {
  return shots.some((shot) => isLive(shot.status));
}

/** Give how the making of a scene stands. Clips that wait for an image that failed wait for a person. */
export function makingOf(scene: Scene, shots: readonly ShotView[]): Scene["render_status"] {
  const isStuck = shots.some((shot) => shot.status === "failed") && !isMaking(shots);
  return scene.render_status === "rendering" && isStuck ? "failed" : scene.render_status;
}

/** Give the badge of a scene's card, and the word on it. */
export function badgeOf(scene: Scene, shots: readonly ShotView[]): { badge: SceneBadge; word: string } {
  const done = shots.filter((shot) => shot.clip).length;
  const making = makingOf(scene, shots);
  if (making === "rendering") {
    return { badge: "rendering", word: `Rendering ${done}/${shots.length}` };
  }
  if (scene.review_status === "approved") return { badge: "approved", word: SCENE_FACES.approved.word };
  if (scene.review_status === "returned") {
    return { badge: "returned", word: `Sent back to stage ${scene.stage}` };
  }
  if (making === "failed") {
    const failed = shots.filter((shot) => shot.status === "failed").length;
    return { badge: "failed", word: `${failed} failed` };
  }
  if (scene.review_ready) return { badge: "review_ready", word: SCENE_FACES.review_ready.word };
  return { badge: "draft", word: done > 0 ? `Draft ${done}/${shots.length}` : SCENE_FACES.draft.word };
}

/** Say how far the film is, in a few words. */
export function stepLabel(film: Film, shots: readonly ShotView[]): string {
  const total = shots.length;
  const films = [...film.jobs.values()].filter((job) => job.kind === "film");
  const clips = shots.filter((view) => view.clip).length;
  const making = shots.filter((view) => view.job && isLive(view.job.status));
  switch (film.current_step) {
    case "images": {
      const pictures = shots.filter((view) => view.picture).length;
      return `generating images ${pictures}/${total}…`;
    }
    case "videos":
      return `generating videos ${clips}/${total}…`;
    case "stitching":
      return "stitching…";
    case "complete":
      return films.some((job) => job.status === "completed") ? "the film is ready" : "all clips are ready";
    case "failed":
      return `${shots.filter((view) => view.status === "failed").length} of ${total} shots failed`;
    case "cancelled":
      return `cancelled, ${clips}/${total} clips`;
    default:
      return making.length > 0
        ? `generating ${clips}/${total}…`
        : clips > 0
          ? `script, ${clips}/${total} clips`
          : "script";
  }
}
