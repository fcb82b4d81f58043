import { useEffect, useRef, useState } from "preact/hooks";
import { answer, api, type Shapes } from "../api/http";
import type { Job } from "../model/film";
import { eta } from "../model/format";

const AGAIN_SECONDS = 5;

/** What a job waits for now, in the API's own sentence. */
export function Why({ job }: { job: Job }) {
  const line = useRef<HTMLParagraphElement>(null);
  const [seen, setSeen] = useState(false);
  const [why, setWhy] = useState<Shapes["WhyOut"] | null>(null);
  useEffect(() => {
    // A long list is asked about where it is looked at.
    const eyes = new IntersectionObserver((entries) => setSeen(entries.at(-1)?.isIntersecting ?? false));
    if (line.current) eyes.observe(line.current);
    return () => eyes.disconnect();
  }, []);
  useEffect(() => {
    if (!seen) return undefined;
    const stop = new AbortController();
    const ask = () =>
      answer(
        api.GET("/api/v1/jobs/{job_id}/why", { params: { path: { job_id: job.id } }, signal: stop.signal }),
      )
        .then(setWhy)
        .catch(() => setWhy(null));
    void ask();
    const timer = setInterval(() => !document.hidden && void ask(), AGAIN_SECONDS * 1000);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, [job.id, job.status, seen]);
  const place = why && why.position !== null ? ` · place ${why.position} in line` : "";
  const left = eta(why?.eta_seconds);
  return (
    <p class="soft" ref={line}>
      {why?.sentence ?? "…"}
      {place}
      {left && ` · ${left}`}
    </p>
  );
}
