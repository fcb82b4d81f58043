import { useState } from "preact/hooks";
import type { ShotView } from "../model/shots";
import { isLive, SHOT_FACES } from "../model/status";
import { act, cancel, newTake } from "../state/actions";
import { shots } from "../state/studio";
import { openShot } from "../state/ui";
import { QuoteButton } from "./bulk";
import { Dialog } from "./dialog";
import { Badge, Stale } from "./face";
import { RetryButton } from "./retry";
import { ShotWords } from "./script-panel";
import { type Take, Takes, useTakes } from "./takes";

/** A take large, or what stands for the shot. */
function Look({ view, take }: { view: ShotView; take: Take | undefined }) {
  const { shot, clip, picture } = view;
  const video = take ? take.kind === "video" && take.video_url : clip?.video_url;
  const image = take?.kind === "image" ? take.video_url : picture;
  const name = take ? `${take.kind === "image" ? "Image" : "Take"} ${take.take}` : "Clip";
  return (
    <div class="picture">
      {video ? (
        <video
          src={video}
          controls
          playsInline
          preload="metadata"
          aria-label={`${name} of shot ${shot.label}`}
        >
          <track kind="captions" />
        </video>
      ) : (
        image && <img src={image} alt={shot.image_prompt ?? `Start frame of shot ${shot.label}`} />
      )}
    </div>
  );
}

function Actions({ view, takes }: { view: ShotView; takes: readonly Take[] }) {
  const { job, clip, scene, shot } = view;
  const live = job !== null && isLive(job.status);
  // It is made of the words of its order as soon as there is an image.
  const old = takes.find((take) => take.kind === "video" && take.status === "waiting" && take.stale);
  return (
    <div class="dialog-actions start">
      {!clip && !live && !old && (job?.status !== "failed" || job.stale) && (
        <QuoteButton
          scope={[shot.id]}
          title={`Generate shot ${shot.label}`}
          label={job?.status === "failed" ? "Generate it with the new words" : "Generate it"}
        />
      )}
      {old && (
        <>
          <p class="soft">
            A clip with the old words waits for this shot’s image. Nothing of it was sent: take it out of line
            to order one with the new words.
          </p>
          <button
            type="button"
            class="button primary"
            onClick={() => void act(`cancel ${old.id}`, () => cancel(old))}
          >
            Take it out of line, free
          </button>
        </>
      )}
      {job?.status === "failed" && <RetryButton job={job} old={job.stale || old !== undefined} />}
      {live && (
        <button
          type="button"
          class="button danger"
          onClick={() => void act(`cancel ${job.id}`, () => cancel(job))}
        >
          Cancel
        </button>
      )}
      {clip && !live && (
        <button
          type="button"
          class="button"
          onClick={() => void act(`take of ${shot.id}`, () => newTake(scene.id, shot.id))}
        >
          New take
        </button>
      )}
    </div>
  );
}

function Details({ view, close }: { view: ShotView; close: () => void }) {
  const { shot, scene, job } = view;
  const { takes, failure } = useTakes(view);
  const [looked, setLooked] = useState<string | null>(null);
  const take = takes.find((each) => each.id === looked);
  return (
    <>
      <div class="row spread">
        <h2>
          Shot {shot.label} <span class="soft">· {scene.title}</span>
        </h2>
        <button type="button" class="button quiet small" aria-label="Close" onClick={close}>
          ✕
        </button>
      </div>
      <div class="details">
        <div class="stack">
          <Look view={view} take={take} />
          {failure && <p class="notice">The takes cannot be listed now. {failure}</p>}
          <Takes
            view={view}
            takes={takes}
            shown={take?.id}
            onShow={({ id }) => setLooked(id === looked ? null : id)}
          />
        </div>
        <div class="stack">
          <span class="row start">
            <Badge face={SHOT_FACES[view.status]} />
            {view.stale && <Stale />}
          </span>
          {view.stale && (
            <p class="soft">
              The script changed since this clip was made. It stays in the film until you make a new take.
            </p>
          )}
          {job?.error_message && view.status === "failed" && <p class="notice">{job.error_message}</p>}
          <ShotWords view={view} />
          <Actions view={view} takes={takes} />
        </div>
      </div>
    </>
  );
}

/** Everything about one shot. */
export function ShotDialog() {
  const view = shots.value.find((each) => each.shot.id === openShot.value);
  if (!view) return null;
  const close = () => {
    openShot.value = null;
  };
  return (
    <Dialog title={`Shot ${view.shot.label}`} wide onClose={close}>
      <Details key={view.shot.id} view={view} close={close} />
    </Dialog>
  );
}
