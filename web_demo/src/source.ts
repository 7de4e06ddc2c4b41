/** Where moments come from: the camera, a film, or one or two pictures. */

import type { Moment } from './messages';
import { Refusal } from './model_info';
import { Moments, type Shot } from './moments';

export interface Source {
  /** A still does not change: it is computed once. */
  readonly isStill: boolean;
  /** The newest frame, and with `pair` one that follows it. */
  moment(pair: boolean): Promise<Moment>;
  /** While the page is hidden: the camera is released, a film pauses. */
  suspend(): void;
  resume(): Promise<void>;
}

export class Camera implements Source {
  readonly isStill = false;
  private readonly moments = new Moments(() => shotOf(this.video));
  private stream: MediaStream | null = null;
  private turn = 0;

  /** `onEnd` is told when the camera is taken away. */
  constructor(
    private readonly video: HTMLVideoElement,
    private readonly deviceId: string | null,
    private readonly onEnd: () => void,
  ) {}

  get openDeviceId(): string | null {
    return this.stream?.getVideoTracks()[0]?.getSettings().deviceId ?? null;
  }

  moment(pair: boolean): Promise<Moment> {
    return this.moments.take(pair);
  }

  suspend(): void {
    this.turn++;
    if (this.stream) release(this.stream);
    this.stream = null;
    this.video.srcObject = null;
  }

  async resume(): Promise<void> {
    this.suspend();
    const { turn } = this;
    const stream = await openStream(this.deviceId);
    if (turn !== this.turn) return release(stream); // Suspended while a person was asked.
    this.stream = stream;
    this.stream.getVideoTracks()[0]!.onended = this.onEnd;
    this.video.srcObject = this.stream;
    await this.video.play();
  }
}

export class Film implements Source {
  readonly isStill = false;
  private readonly moments = new Moments(() => shotOf(this.video));

  constructor(
    private readonly video: HTMLVideoElement,
    url: string,
    private readonly name: string,
  ) {
    video.src = url;
  }

  moment(pair: boolean): Promise<Moment> {
    return this.moments.take(pair);
  }

  suspend(): void {
    this.video.pause();
  }

  async resume(): Promise<void> {
    try {
      await this.video.play();
    } catch (error) {
      if ((error as DOMException).name === 'AbortError') return; // Paused again meanwhile.
      throw new Refusal(
        `${this.name}: expected a film that this browser plays, such as H.264 in MP4. Received: ${error}`,
      );
    }
  }
}

export class Pictures implements Source {
  readonly isStill = true;

  private constructor(
    private readonly first: ImageBitmap,
    private readonly second: ImageBitmap | null,
  ) {}

  /** One picture, or two of one size, whose flow is from the first to the second. */
  static async open(files: File[]): Promise<Pictures> {
    if (files.length > 2)
      throw new Refusal(`Expected one or two pictures, or a film. Received: ${files.length} pictures.`);
    const [first, second = null] = await Promise.all(files.map(decoded));
    if (second && (second.width !== first!.width || second.height !== first!.height)) {
      const sizes = [first!, second].map(({ width, height }) => `${width}x${height}`);
      throw new Refusal(`Expected two pictures of one size. Received: ${sizes.join(' and ')}.`);
    }
    return new Pictures(first!, second);
  }

  async moment(pair: boolean): Promise<Moment> {
    const next = pair && this.second ? await createImageBitmap(this.second) : null;
    return { frame: await createImageBitmap(this.first), next };
  }

  suspend(): void {}

  async resume(): Promise<void> {}
}

async function decoded(file: File): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file);
  } catch {
    throw new Refusal(
      `${file.name}: expected a picture that this browser reads, such as PNG or JPEG. Received: ${file.type || 'another file'}.`,
    );
  }
}

/** The next frame that the video shows. */
function shotOf(video: HTMLVideoElement): Promise<Shot> {
  return new Promise((resolve, reject) => {
    video.requestVideoFrameCallback((_, { mediaTime }) => {
      createImageBitmap(video).then((picture) => resolve({ picture, time: mediaTime }), reject);
    });
  });
}

function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

const REFUSED: Record<string, string> = {
  NotAllowedError:
    "The camera is not allowed. Allow it beside the page's address, or open a film or a picture.",
  NotFoundError: 'There is no camera. Open a film or a picture.',
  OverconstrainedError: 'This camera is gone. Choose another one.',
  NotReadableError: 'The camera is used by another program. Close that, then start the camera again.',
};

async function openStream(deviceId: string | null): Promise<MediaStream> {
  if (!navigator.mediaDevices) {
    throw new Refusal(
      'Browsers give the camera to pages from https:// or localhost alone. Open a film or a picture.',
    );
  }
  const which = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: 'environment' };
  try {
    return await navigator.mediaDevices.getUserMedia({
      video: { ...which, width: { ideal: 1280 }, height: { ideal: 720 } },
      audio: false,
    });
  } catch (error) {
    const { name } = error as DOMException;
    throw new Refusal(REFUSED[name] ?? `The camera does not answer (${name}). Start it again.`);
  }
}
