import { count } from "../model/format";
import { tally } from "../model/shots";
import { projectFace } from "../model/status";
import { film, type ProjectSummary, projects, projectsLoad, refreshProjects } from "../state/studio";
import { go, listShown, route } from "../state/ui";
import { Badge } from "./face";

const GROUPS = [
  { tone: "good", names: ["completed"] },
  { tone: "work", names: ["processing", "generating", "uploading"] },
  { tone: "bad", names: ["failed"] },
  { tone: "wait", names: ["waiting", "queued"] },
] as const;

/** The states of a project's jobs as one stacked bar, said in words as well. */
function Bar({ counts }: { counts: Readonly<Record<string, number>> }) {
  const total = Object.values(counts).reduce((sum, each) => sum + each, 0);
  if (total === 0) return null;
  const parts = GROUPS.map(({ tone, names }) => ({
    tone,
    number: names.reduce((sum, name) => sum + (counts[name] ?? 0), 0),
  }));
  const words = parts.map(
    ({ tone, number }) =>
      `${number} ${{ good: "ready", work: "working", bad: "failed", wait: "in line" }[tone]}`,
  );
  return (
    <span class="meter" role="img" aria-label={words.join(", ")}>
      {parts.map(({ tone, number }) => (
        <span key={tone} class={`tone-${tone}`} style={{ width: `${(100 * number) / total}%` }} />
      ))}
    </span>
  );
}

/** Of the open project by its events; of the others as they were listed last. */
function countsOf(project: ProjectSummary): Readonly<Record<string, number>> {
  const open = film.value;
  if (open?.id !== project.id) return project.counts;
  return tally([...open.jobs.values()].filter((job) => job.kind === "video"));
}

function Row({ project }: { project: ProjectSummary }) {
  const open = film.value?.id === project.id;
  return (
    <li>
      <a
        href={`?project=${project.receipt}`}
        aria-current={open ? "page" : undefined}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          listShown.value = false;
          go({ project: project.receipt, page: "project" });
        }}
      >
        <span class="row">
          <strong>{project.title}</strong>
        </span>
        <span class="row">
          <span class="mono soft">{project.receipt}</span>
          <Badge face={projectFace(project)} />
        </span>
        <Bar counts={countsOf(project)} />
      </a>
    </li>
  );
}

/** All projects, newest first. */
export function ProjectList() {
  const listed = projects.value;
  return (
    <nav class={`list${listShown.value ? " open" : ""}`} aria-label="Projects">
      <button
        type="button"
        class="button primary"
        onClick={() => {
          listShown.value = false;
          go({ page: "new", project: null });
        }}
      >
        New project
      </button>
      {listed && listed.length > 0 && (
        <ul aria-label={count(listed.length, "project")}>
          {listed.map((project) => (
            <Row key={project.id} project={project} />
          ))}
        </ul>
      )}
      {listed?.length === 0 && (
        <p class="empty">No projects yet. Make one from a script, or from three sentences.</p>
      )}
      {listed === null && projectsLoad.value === "loading" && <p class="empty">Loading projects…</p>}
      {projectsLoad.value === "failed" && (
        <div class="empty">
          <p>The projects cannot be loaded.</p>
          <button type="button" class="button small" onClick={() => void refreshProjects()}>
            Try again
          </button>
        </div>
      )}
      <p class="soft" style={{ marginTop: "auto" }}>
        <a
          href="?page=operator"
          aria-current={route.value.page === "operator" ? "page" : undefined}
          onClick={(event) => {
            event.preventDefault();
            go({ page: "operator", project: null });
          }}
        >
          Machine room
        </a>{" "}
        · <a href="docs">API</a>
      </p>
    </nav>
  );
}
