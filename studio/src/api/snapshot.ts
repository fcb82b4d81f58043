/** The feed's first message, as the page keeps it. */

import type { Film, Job, Scene } from "../model/film";

export interface Snapshot {
  readonly sequence: number;
  readonly data: {
    readonly project: Pick<Film, "id" | "receipt" | "title" | "status" | "current_step">;
    readonly scenes: readonly Scene[];
    readonly jobs: readonly Job[];
  };
}

export function filmOf({ sequence, data }: Snapshot): Film {
  const { id, receipt, title, status, current_step } = data.project;
  const jobs = new Map(data.jobs.map((job) => [job.id, job]));
  return { sequence, id, receipt, title, status, current_step, scenes: data.scenes, jobs };
}
