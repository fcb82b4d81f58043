/** The feed's first message, as the page keeps it. */

import type { Film } from "../model/film";
import type { Shapes } from "./http";

export function filmOf({ sequence, data }: Shapes["SnapshotMessage"]): Film {
  const { id, receipt, title, status, current_step } = data.project;
  const jobs = new Map(data.jobs.map((job) => [job.id, job]));
  return {
    sequence,
    creditsAt: sequence,
    id,
    receipt,
    title,
    status,
    current_step,
    scenes: data.scenes,
    jobs,
  };
}
