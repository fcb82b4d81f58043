import { useEffect, useState } from "preact/hooks";
import { get } from "../api/http";
import type { Job } from "../model/film";
import { eta } from "../model/format";

interface Explained {
  readonly sentence: string;
  readonly position: number | null;
  readonly eta_seconds: number | null;
}

const AGAIN_SECONDS = 5;

/** What a job waits for now, in the API's own sentence. */
export function Why({ job }: { job: Job }) {
  const [why, setWhy] = useState<Explained | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    const ask = () =>
      get<Explained>(`jobs/${job.id}/why`, stop.signal)
        .then(setWhy)
        .catch(() => setWhy(null));
    void ask();
    const timer = setInterval(() => !document.hidden && void ask(), AGAIN_SECONDS * 1000);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, [job.id, job.status]);
  if (!why) return null;
  const place = why.position !== null ? ` · place ${why.position} in line` : "";
  const left = eta(why.eta_seconds);
  return (
    <p class="soft">
      {why.sentence}
      {place}
      {left && ` · ${left}`}
    </p>
  );
}
