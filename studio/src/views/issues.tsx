import { useEffect, useState } from "preact/hooks";
import type { Scene } from "../model/film";
import { clock } from "../model/format";
import { ISSUE_TYPES, type Issue } from "../model/review";
import { act, busy, wordsOf } from "../state/actions";
import { issuesOf, resolveIssue } from "../state/review";
import { player } from "../state/screening";
import { sceneShots } from "../state/studio";

function Where({ issue }: { issue: Issue }) {
  const label = sceneShots.value.find(({ shot }) => shot.id === issue.shot_id)?.shot.label;
  if (label === undefined && issue.at_seconds === null) return null;
  const at = issue.at_seconds;
  const words = [label && `Shot ${label}`, at !== null && `at ${clock(at)}`].filter(Boolean).join(" ");
  return (
    <button
      type="button"
      class="button quiet small"
      onClick={() => {
        if (at !== null) void player.seek(at);
        else if (issue.shot_id) player.seekShot(issue.shot_id);
      }}
    >
      {words}
    </button>
  );
}

function IssueCard({ scene, issue }: { scene: Scene; issue: Issue }) {
  const name = `resolve ${issue.id}`;
  return (
    <li class="card stack">
      <div class="row">
        <strong>{ISSUE_TYPES[issue.type].label}</strong>
        {issue.status === "resolved" ? (
          <span class="badge tone-good">✓ resolved</span>
        ) : (
          <span class="badge tone-wait">↩ stage {issue.stage}</span>
        )}
      </div>
      <p class="prose">{issue.description}</p>
      <div class="row start">
        <Where issue={issue} />
        {issue.status === "open" && (
          <button
            type="button"
            class="button small"
            disabled={busy.value.has(name)}
            onClick={() => void act(name, () => resolveIssue(scene, issue.id))}
          >
            Resolve
          </button>
        )}
      </div>
    </li>
  );
}

/** What was found wrong with a scene, newest first. */
export function Issues({ scene }: { scene: Scene }) {
  const [issues, setIssues] = useState<readonly Issue[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  async function load(before: readonly Issue[], after: string | null, signal: AbortSignal): Promise<void> {
    try {
      const page = await issuesOf(scene, after, signal);
      setIssues([...before, ...page.data]);
      setNext(page.next);
      setFailure(null);
    } catch (error) {
      if (!signal.aborted) setFailure(wordsOf(error));
    }
  }
  useEffect(() => {
    const stop = new AbortController();
    void load([], null, stop.signal);
    return () => stop.abort();
  }, [scene.id, scene.review_status, scene.stage, scene.open_issues]);
  if (failure) return <p class="notice">The issues cannot be listed now. {failure}</p>;
  if (issues.length === 0) return null;
  return (
    <section class="stack" aria-label="Issues">
      <h3>Issues</h3>
      <ul class="stack">
        {issues.map((issue) => (
          <IssueCard key={issue.id} scene={scene} issue={issue} />
        ))}
      </ul>
      {next !== null && (
        <button
          type="button"
          class="button small"
          onClick={() => void load(issues, next, new AbortController().signal)}
        >
          Older ones
        </button>
      )}
    </section>
  );
}
