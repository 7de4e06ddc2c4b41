/** The networks that can be chosen, and the two that are. */

import type { Backend, ModelFile, NetworkName } from './messages';
import { Refusal, sizeOf } from './model_info';
import { byId } from './page';
import { label } from './shipped_models';

const NETWORKS: NetworkName[] = ['depth', 'flow'];
const PREFERRED: Record<Backend, string> = { wasm: 'int8', webgpu: 'float16' }; // The fastest there.

export class ModelChoice {
  constructor(private models: ModelFile[]) {}

  /** Offers models that somebody brought, and chooses them. Returns what takes them back. */
  add(brought: ModelFile[]): () => void {
    const before = NETWORKS.map((network) => this.chosen(network));
    this.models = [...this.models, ...brought];
    for (const [i, network] of NETWORKS.entries()) {
      this.list(network, brought.findLast(({ info }) => info.signatures[network]) ?? before[i]);
    }
    return () => {
      this.models = this.models.filter((model) => !brought.includes(model));
      for (const [i, network] of NETWORKS.entries()) this.list(network, before[i]);
    };
  }

  /** Chooses the variants that suit a back-end. */
  prefer(backend: Backend): void {
    for (const network of NETWORKS) {
      const area = ({ info }: ModelFile) => {
        const { height, width } = sizeOf(info.signatures[network]!);
        return height * width;
      };
      const largest = this.of(network).sort((a, b) => area(b) - area(a));
      this.list(network, largest.find(({ info }) => info.variant === PREFERRED[backend]) ?? largest[0]);
    }
  }

  chosen(network: NetworkName): ModelFile {
    const model = this.models[Number(this.select(network).value)];
    if (!model)
      throw new Refusal(
        `This page has no model of ${network}: build it by "make web-demo", or drop one here.`,
      );
    return model;
  }

  get licence(): string {
    return [...new Set(NETWORKS.map((network) => this.chosen(network).info.licence))].join('; ');
  }

  private of(network: NetworkName): ModelFile[] {
    return this.models.filter(({ info }) => info.signatures[network]);
  }

  private list(network: NetworkName, chosen: ModelFile | undefined): void {
    const options = this.of(network).map((model) => {
      const value = String(this.models.indexOf(model));
      return new Option(label(model, network), value, false, model === chosen);
    });
    this.select(network).replaceChildren(...options);
  }

  private select(network: NetworkName): HTMLSelectElement {
    return byId<HTMLSelectElement>(`${network}-model`);
  }
}
