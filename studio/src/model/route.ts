/** Where the page is, as its address says: project, scene, shot and time survive a reload and can be sent. */

export type Tab = "script" | "jobs" | "review" | "credits";

export interface Route {
  /** Receipt or id; `null` for the start page. */
  readonly project: string | null;
  readonly scene: string | null;
  readonly shot: string | null;
  /** Seconds into what is played. */
  readonly time: number | null;
  readonly tab: Tab;
  readonly page: "project" | "new" | "operator";
}

export const START: Route = {
  project: null,
  scene: null,
  shot: null,
  time: null,
  tab: "script",
  page: "project",
};

const TABS: readonly Tab[] = ["script", "jobs", "review", "credits"];
const PAGES: readonly Route["page"][] = ["project", "new", "operator"];

function oneOf<T extends string>(allowed: readonly T[], value: string | null): T | null {
  return allowed.find((each) => each === value) ?? null;
}

/** Read a query string; whatever it does not say, or says wrongly, is as on the start page. */
export function read(search: string): Route {
  const query = new URLSearchParams(search);
  const time = Number.parseFloat(query.get("t") ?? "");
  return {
    project: query.get("project"),
    scene: query.get("scene"),
    shot: query.get("shot"),
    time: Number.isFinite(time) && time >= 0 ? time : null,
    tab: oneOf(TABS, query.get("tab")) ?? START.tab,
    page: oneOf(PAGES, query.get("page")) ?? START.page,
  };
}

/** Write a query string that `read` reads back. */
export function write(route: Route): string {
  const query = new URLSearchParams();
  if (route.page !== START.page) query.set("page", route.page);
  if (route.project) query.set("project", route.project);
  if (route.scene) query.set("scene", route.scene);
  if (route.shot) query.set("shot", route.shot);
  if (route.time !== null) query.set("t", route.time.toFixed(1));
  if (route.tab !== START.tab) query.set("tab", route.tab);
  const text = query.toString();
  return text ? `?${text}` : "";
}
