/** The page's side of the worker: one moment at a time, so that no frame waits in a queue. */

import type {
  Backend,
  FromWorker,
  ModelFile,
  Moment,
  NetworkName,
  Opened,
  Result,
  ToWorker,
  Wanted,
} from './messages';

export class Inference {
  private settle: { resolve: (message: FromWorker) => void; reject: (error: Error) => void } | null = null;

  private idle: Promise<unknown> = Promise.resolve(); // Until the moment before is computed.

  private constructor(private readonly worker: Worker) {
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === 'failed') this.settle?.reject(new Error(data.message));
      else this.settle?.resolve(data);
    };
    worker.onerror = (event) =>
      this.settle?.reject(new Error(event.message || 'The worker could not be loaded.'));
  }

  /** Rejects with a line for the person at the page. */
  static async open(backend: Backend, models: Record<NetworkName, ModelFile>): Promise<[Inference, Opened]> {
    const inference = new Inference(new Worker(new URL('./worker.ts', import.meta.url)));
    const runtime = new URL('litert/', document.baseURI).href;
    try {
      const opened = await inference.ask({ kind: 'open', backend, runtime, models }, []);
      return [inference, opened as Opened];
    } catch (error) {
      inference.close();
      throw error;
    }
  }

  async run({ frame, next }: Moment, wanted: Wanted, fieldOfView: number): Promise<Result> {
    await this.idle;
    const pictures = next ? [frame, next] : [frame];
    const result = this.ask({ kind: 'run', frame, next, wanted, fieldOfView }, pictures);
    this.idle = result.catch(() => {});
    return (await result) as Result;
  }

  /** Frees all memory of the networks; what is being computed is thrown away. */
  close(): void {
    this.worker.terminate();
    this.settle?.reject(new Closed());
  }

  private ask(message: ToWorker, transfer: Transferable[]): Promise<FromWorker> {
    return new Promise<FromWorker>((resolve, reject) => {
      this.settle = { resolve, reject };
      this.worker.postMessage(message, transfer);
    });
  }
}

/** Not a failure: other networks were chosen meanwhile. */
export class Closed extends Error {}
