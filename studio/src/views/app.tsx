import { START, type Tab } from "../model/route";
import { statement } from "../state/credits";
import { connection, film, filmLoad, type Load, projectsLoad } from "../state/studio";
import { go, route } from "../state/ui";
import { CreditsPanel } from "./credits-panel";
import { Filmstrip } from "./filmstrip";
import { JobCards } from "./job-cards";
import { NewProject } from "./new-project";
import { Operator } from "./operator";
import { ProjectList } from "./project-list";
import { ReviewPanel } from "./review-panel";
import { SceneHub } from "./scene-hub";
import { Screen } from "./screen";
import { ScriptPanel } from "./script-panel";
import { ShortcutSheet } from "./shortcuts";
import { ShotDialog } from "./shot-dialog";
import { SignIn } from "./sign-in";
import { StartPage } from "./start-page";
import { Toasts } from "./toasts";
import { TopBar } from "./top-bar";

const TABS: readonly { tab: Tab; label: string }[] = [
  { tab: "script", label: "Script" },
  { tab: "jobs", label: "Jobs" },
  { tab: "review", label: "Review" },
  { tab: "credits", label: "Credits" },
];

function Tabs() {
  // Where credits are off nothing of them is shown.
  const hidden = statement.value === null || (!statement.value && route.value.tab !== "credits");
  const tabs = TABS.filter(({ tab }) => tab !== "credits" || !hidden);
  const open = tabs.some(({ tab }) => tab === route.value.tab) ? route.value.tab : START.tab;
  return (
    <aside class="side" aria-label="Panels">
      <div class="tabs" role="tablist">
        {tabs.map(({ tab, label }) => (
          <button
            key={tab}
            type="button"
            role="tab"
            id={`tab-${tab}`}
            aria-selected={tab === open}
            aria-controls="panel"
            onClick={() => go({ tab }, "replace")}
          >
            {label}
          </button>
        ))}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a panel that scrolls has to be reachable by keyboard */}
      <div class="panel" role="tabpanel" id="panel" aria-labelledby={`tab-${open}`} tabIndex={0}>
        {open === "script" && <ScriptPanel />}
        {open === "jobs" && <JobCards />}
        {open === "review" && <ReviewPanel />}
        {open === "credits" && <CreditsPanel />}
      </div>
    </aside>
  );
}

const LOADS: Readonly<Record<Load, { title: string; text: string }>> = {
  loading: { title: "Loading the film…", text: "" },
  missing: {
    title: "No such film",
    text: "There is no project under this receipt. It may belong to somebody else, or the address has a slip.",
  },
  forbidden: {
    title: "This film is not open to you",
    text: "You need another key to see this project. Ask whoever gave you the address.",
  },
  failed: {
    title: "The film cannot be loaded now",
    text: "The studio tries again by itself.",
  },
  ready: { title: "", text: "" },
};

/** What stands in for a film that is not there, or not yet. */
function Absent() {
  const { title, text } = LOADS[filmLoad.value];
  return (
    <section class="welcome" aria-labelledby="absent">
      <h1 id="absent">{title}</h1>
      {text && <p class="soft">{text}</p>}
      {filmLoad.value !== "loading" && (
        <div class="row">
          <button type="button" class="button" onClick={() => go({ project: null, page: "project" })}>
            All films
          </button>
        </div>
      )}
    </section>
  );
}

/** What is in the middle of the page. */
function Main() {
  if (projectsLoad.value === "forbidden") return <SignIn />;
  if (route.value.page === "new") return <NewProject />;
  if (route.value.page === "operator") return <Operator />;
  if (!route.value.project) return <StartPage />;
  if (!film.value) return <Absent />;
  return (
    <>
      <Screen />
      <Filmstrip />
      <SceneHub />
    </>
  );
}

export function App() {
  return (
    <div class={film.value ? "studio" : "studio bare"}>
      <TopBar />
      {film.value && connection.value === "offline" && (
        <p class="banner" role="status">
          The connection is lost. What you see may be old; the studio reconnects by itself.
        </p>
      )}
      <ProjectList />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
      <main class="main" tabIndex={0}>
        <Main />
      </main>
      {film.value && <Tabs />}
      <ShotDialog />
      <ShortcutSheet />
      <Toasts />
    </div>
  );
}
