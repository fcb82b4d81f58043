/** What a reviewer does with the open scene. */

import { signal } from "@preact/signals";
import { answer, api, type Shapes } from "../api/http";
import { withReview } from "../model/film";
import { stageName } from "../model/review";
import { changeFilm } from "./showing";
import { go, toast } from "./ui";

export interface ScenePlace {
  readonly id: string;
  readonly project_id: string;
  readonly title: string;
}

function at({ id, project_id }: ScenePlace) {
  return { params: { path: { project_id, scene_id: id } } };
}

/** Show how a scene stands at once: the event comes a moment later. */
function show(review: Shapes["SceneReview"]): void {
  changeFilm((open) => withReview(open, review));
}

const ISSUES = "/api/v1/projects/{project_id}/scenes/{scene_id}/issues";

/** Ask what an issue would open again, and what that would cost; nothing is written. */
export async function previewIssue(
  scene: ScenePlace,
  issue: Shapes["IssueIn"],
): Promise<Shapes["ReopeningOut"]> {
  return (await answer(api.POST(ISSUES, { ...at(scene), body: { ...issue, preview: true } }))).reopens;
}

/** Send a scene back to where the issue is mended. */
export async function fileIssue(scene: ScenePlace, issue: Shapes["IssueIn"]): Promise<void> {
  const filed = await answer(api.POST(ISSUES, { ...at(scene), body: issue }));
  show(filed.scene);
  const label = "Show issues";
  go({ tab: "script" }, "replace");
  toast(`${scene.title} is back at ${stageName(filed.scene.stage)}.`, "good", {
    label,
    run: () => go({ scene: scene.id, tab: "review" }),
  });
}

export async function resolveIssue(scene: ScenePlace, issue: string): Promise<void> {
  const { params } = at(scene);
  const path = { ...params.path, issue_id: issue };
  const { scene: after } = await answer(api.POST(`${ISSUES}/{issue_id}/resolve`, { params: { path } }));
  show(after);
  if (after.review_ready) toast(`${scene.title} is back in review.`, "good");
}

export async function approve(scene: ScenePlace): Promise<void> {
  show(await answer(api.POST("/api/v1/projects/{project_id}/scenes/{scene_id}/approve", at(scene))));
  toast(`${scene.title} is approved.`, "good");
}

/** List a scene's issues, newest first. */
export function issuesOf(scene: ScenePlace, after: string | null, signal: AbortSignal) {
  const query = after === null ? { limit: 50 } : { limit: 50, after };
  const { path } = at(scene).params;
  return answer(api.GET(ISSUES, { params: { path, query }, signal }));
}

const KEPT = "reviews-opened";
const MOST = 200;

/** Reviews that were looked at: their badge pulses no more. */
const opened = signal<readonly string[]>(JSON.parse(localStorage.getItem(KEPT) ?? "[]"));

/** Name one review of a scene: other clips make another one. */
export function reviewOf(scene: ScenePlace, clips: readonly (string | undefined)[]): string {
  return `${scene.id} ${clips.join()}`;
}

export function isOpened(review: string): boolean {
  return opened.value.includes(review);
}

export function noteOpened(review: string): void {
  if (isOpened(review)) return;
  opened.value = [...opened.value, review].slice(-MOST);
  localStorage.setItem(KEPT, JSON.stringify(opened.value));
}
